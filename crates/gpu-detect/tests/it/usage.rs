//! What is in use on single GPUs, asked narrowly and within a time limit.

use std::time::{Duration, Instant};

use gpu_detect::{GpuProcess, ProblemKind, usage};

use crate::probe::in_child;
use crate::support::Machine;

fn uuid(gpu: u32) -> String {
    format!("GPU-{gpu:08x}-0000-0000-0000-000000000000")
}

/// A host whose driver acts out what its state file says.
fn machine(options: &[&str], state: &str) -> Machine {
    let machine = Machine::empty();
    let path = format!("-DSTATE=\"{}\"", machine.at("state").display());
    machine.driver("libnvidia-ml.so.1", &[options, &[&path]].concat()).file("state", state)
}

#[test]
fn memory_and_processes_of_the_gpus_that_are_asked_for() {
    let machine = machine(&["-DGPUS=3"], "used 1 1048576\nprocess 1 4242 524288\nprocess 2 4243 7\nused 100 5\n");
    let instance = "MIG-00000064-0000-0000-0000-000000000000".to_owned();
    let asked = [uuid(1), uuid(0), "GPU-nobody".to_owned(), instance.clone()];
    let found = usage(&asked, &machine.host());
    assert_eq!(found.problem, None);
    assert_eq!(found.devices.iter().map(|device| device.uuid.clone()).collect::<Vec<_>>(), asked);
    let one = found.of(&uuid(1)).unwrap();
    assert_eq!((one.used_bytes, one.problem.as_ref()), (Some(1 << 20), None));
    assert_eq!(one.processes, Some(vec![GpuProcess { pid: 4242, memory_bytes: Some(1 << 19) }]));
    assert_eq!(found.of(&uuid(0)).unwrap().processes, Some(vec![]));
    assert_eq!(found.of("GPU-nobody").unwrap().problem.as_deref(), Some("no GPU has this UUID"));
    assert_eq!(found.of(&instance).unwrap().used_bytes, Some(5));
    assert_eq!(found.of("GPU-never"), None);
    assert_eq!(usage(&asked, &in_child(&machine)), found, "a child answers the same");
}

#[test]
fn a_driver_that_does_not_tell_or_hangs() {
    let of = |state: &str| usage(&[uuid(0)], &machine(&[], state).deadline(Duration::from_millis(300)).host());
    let silent = of("nolist\nnomemory\n");
    assert_eq!((silent.devices[0].used_bytes, &silent.devices[0].processes), (None, &None));
    let failed = of("fail 999\n");
    assert!(failed.devices.is_empty() && failed.problem.is_some_and(|problem| problem.kind == ProblemKind::Failed));
    let begin = Instant::now();
    let hangs = of("hang\n");
    assert_eq!(hangs.problem.unwrap().kind, ProblemKind::TimedOut);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    let none = usage(&[uuid(0)], &Machine::empty().host());
    assert_eq!(none.problem.unwrap().kind, ProblemKind::NoLibrary);
}
