//! Whose GPU memory is whose.

use std::time::{Duration, Instant};

use gpu_detect::{Probe, memory_used_by};

use crate::support::Machine;

const VERSION: &str = "proc/driver/nvidia/version";

#[track_caller]
fn check(machine: &Machine, pids: &[i32], expected: Option<u64>) {
    assert_eq!(memory_used_by(pids, &machine.host()), expected, "{pids:?}");
}

#[test]
fn the_memory_of_a_process_is_that_on_all_gpus() {
    let machine = Machine::with_driver(&["-DGPUS=3", "-DBUSY"]).file(VERSION, "NVRM version: 570.86.15");
    check(&machine, &[4242], Some(3 << 30));
    check(&machine, &[4242, 4243, 4244, 1], Some((3 << 30) + 2048));
    check(&machine, &[4243], Some(1024));
    // Nobody tells: of one process not how much, and of the others nothing.
    check(&machine, &[4242, 4245], None);
    check(&machine, &[4711, -4242, 0], None);
    check(&machine, &[], None);
}

#[test]
fn a_driver_that_does_not_tell_is_no_zero() {
    let machine = |options: &[&str]| Machine::with_driver(options).file(VERSION, "NVRM version: 570.86.15");
    check(&machine(&["-DBARE"]), &[4242], None);
    check(&machine(&["-DINIT=9"]), &[4242], None);
    check(&Machine::empty().file(VERSION, "NVRM version: 570.86.15"), &[4242], None);
    let started = Instant::now();
    check(&machine(&["-DHANG=1"]).deadline(Duration::from_millis(200)), &[4242], None);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

/// Without a kernel module neither a library is opened nor a program run.
#[test]
fn a_host_without_a_module_is_asked_nothing() {
    let asked = |machine: Machine| {
        let mark = machine.at("asked");
        machine.program("usr/bin/probe", &format!("echo > '{}'", mark.display()));
        let probe = Probe { program: machine.at("usr/bin/probe"), args: vec![] };
        assert_eq!(memory_used_by(&[4242], &machine.host().with_probe(probe)), None);
        mark.exists()
    };
    let machine = || Machine::with_driver(&["-DBARE"]);
    assert!(!asked(machine()));
    assert!(asked(machine().file(VERSION, "NVRM version: 570.86.15")));
}
