//! What compilers said is believed until they change, and no longer.

use gpu_detect::{Memo, detect_with};

use crate::support::Machine;

fn machine() -> Machine {
    Machine::with_driver(&[]).toolkit("opt/cuda", "12.8").without("opt/cuda/version.json").gxx("g++", "13.3.0")
}

#[test]
fn nothing_is_asked_twice() {
    let machine = machine();
    let file = machine.at("memo.json");
    let memo = Memo::load(&file);
    let first = detect_with(&machine.host(), &memo);
    assert_eq!(machine.log().len(), 3, "{:?}", machine.log());
    memo.save_if_changed(&file).unwrap();
    let memo = Memo::load(&file);
    assert_eq!(detect_with(&machine.host(), &memo), first);
    assert_eq!(machine.log().len(), 3, "{:?}", machine.log());
    std::fs::remove_file(&file).unwrap();
    memo.save_if_changed(&file).unwrap();
    assert!(!file.exists(), "nothing new, nothing written");
}

#[test]
fn a_changed_program_is_asked_again() {
    let machine = machine();
    let memo = Memo::default();
    detect_with(&machine.host(), &memo);
    let machine = machine.gxx("g++", "14.2.0");
    let report = detect_with(&machine.host(), &memo);
    assert_eq!(report.host_compilers[0].version.as_deref(), Some("14.2.0"));
}

#[test]
fn a_failure_is_not_remembered() {
    let machine = machine();
    let memo = Memo::default();
    machine.program("opt/cuda/bin/nvcc", "[ -e /proc/self/fd/0 ] && exit 1");
    assert!(detect_with(&machine.host(), &memo).toolkits[0].version.is_none());
    let asked = machine.log().len();
    detect_with(&machine.host(), &memo);
    assert_eq!(machine.log().len(), asked + 2, "nvcc is asked both questions again, g++ is not");
}

/// A damaged file, and one that the version before wrote, are ignored.
#[test]
fn a_file_that_cannot_be_used_is_an_empty_memo() {
    let old = "{\"format\":1,\"commands\":{\"/opt/cuda/bin/nvcc --version\":{\"file\":{},\"answer\":\"x\"}}}";
    for content in ["{\"format\":1,\"commands\":{", old] {
        let machine = machine().file("memo.json", content);
        detect_with(&machine.host(), &Memo::load(&machine.at("memo.json")));
        assert_eq!(machine.log().len(), 3);
    }
}
