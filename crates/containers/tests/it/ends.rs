//! Containers that end badly, and starts that fail.

use std::net::{Ipv4Addr, TcpListener};
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use containers::{
    CdiName, ContainerError, Ended, HostPath, ImageRef, InnerPath, LogPart, Mount, Network, Published, RunSpec, State,
    StopOutcome,
};
use miette::Diagnostic;

use crate::support::Host;

/// It exits at once: its status and its last words are there.
#[test]
fn one_that_dies_at_once_is_reported() {
    let host = Host::new();
    let started = host.started(&host.spec(&["die", "3"]));
    let ended = host.ended(&started);
    assert_eq!(ended, Ended { code: Some(3), oom_killed: false });
    let log = containers::logs(&host.program, &started, LogPart::Last(2)).unwrap();
    assert_eq!(log, "loading the model\ncannot load it");
    assert_eq!(containers::stop(&host.program, &started, Duration::from_secs(1)).unwrap(), StopOutcome::AlreadyGone);
}

/// It ignores TERM: killed after the grace, which is reported.
#[test]
fn one_that_ignores_term_is_killed() {
    let host = Host::new();
    let running = host.started(&host.spec(&["ignore"]));
    host.printed(&running, "waiting");
    let begin = Instant::now();
    assert_eq!(containers::stop(&host.program, &running, Duration::from_secs(1)).unwrap(), StopOutcome::Forced);
    assert!(begin.elapsed() >= Duration::from_secs(1));
    let State::Exited(ended) = containers::refresh(&host.program, &running).unwrap().container().state else {
        panic!()
    };
    assert_eq!(ended.code, Some(137));
}

/// Its first process exits while its child would keep running: the container has exited, with all its processes.
#[test]
fn one_whose_first_process_forks_has_exited() {
    let host = Host::new();
    let running = host.started(&host.spec(&["fork"]));
    assert_eq!(host.ended(&running), Ended { code: Some(4), oom_killed: false });
    let processes = host.podman(&["ps", "--quiet"]);
    assert_eq!(processes, "");
}

/// The kernel kills it at its memory limit.
#[test]
fn one_that_needs_too_much_memory_is_reported() {
    let host = Host::new();
    let go = host.path("go");
    std::fs::create_dir(&go).unwrap();
    let mount = Mount::read_only(HostPath::of(&go).unwrap(), InnerPath::new("/tmp").unwrap());
    let mut spec = RunSpec { memory_bytes: NonZeroU64::new(32 << 20), ..host.spec(&["eat"]) };
    spec.mounts = vec![mount];
    let started = host.started(&spec);
    let watch = containers::watch(&host.program, &started).unwrap().unwrap();
    durable::replace(&go.join("go"), b"").unwrap();
    assert_eq!(watch.wait(Duration::from_mins(1)).unwrap(), Some(Ended { code: Some(137), oom_killed: true }));
}

#[track_caller]
fn fails(host: &Host, spec: &RunSpec, code: &str, words: &str) {
    let created = containers::create(&host.program, spec, &host.slot());
    let error = created.and_then(|created| containers::start(&host.program, &created)).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), code, "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
    containers::settle(&host.program, &host.slot()).unwrap();
    assert!(host.containers().is_empty(), "a start that failed leaves nothing that is not found");
}

#[test]
fn a_taken_port_is_named() {
    let host = Host::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let published = Published { address: Ipv4Addr::LOCALHOST.into(), port, inner: 8000 };
    let spec = RunSpec { network: Network::Published(vec![published]), ..host.spec(&["serve", "0.0.0.0", "8000"]) };
    fails(&host, &spec, "container::port_taken", &format!("127.0.0.1:{port}"));
}

#[test]
fn a_device_that_no_specification_has_is_named() {
    let host = Host::new();
    let device = CdiName::new("engine-provisioner.test/gpu=7").unwrap();
    let spec = RunSpec { devices: vec![device], ..host.spec(&["wait"]) };
    fails(&host, &spec, "container::devices_unresolved", "engine-provisioner.test/gpu=7");
}

/// Nothing is pulled by a start.
#[test]
fn an_image_that_is_not_there_is_named() {
    let host = Host::new();
    let image = ImageRef::new(&format!("localhost/nowhere@sha256:{}", "0".repeat(64))).unwrap();
    let spec = RunSpec { image, ..host.spec(&["wait"]) };
    fails(&host, &spec, "container::image_missing", "localhost/nowhere@sha256:000");
}

#[test]
fn a_program_that_is_not_in_the_image_is_quoted() {
    let host = Host::new();
    let spec = RunSpec { entrypoint: Some("/bin/vllm".into()), ..host.spec(&["serve"]) };
    fails(&host, &spec, "container::failed", "/bin/vllm");
    let one_shot = |program: &str, deadline| {
        containers::one_shot(&host.program, &spec, &host.slot(), Some(program), &["wait"], deadline)
    };
    let error = one_shot("/bin/vllm", Duration::from_secs(30)).unwrap_err();
    assert!(matches!(&error, ContainerError::Failed { why, .. } if why.contains("/bin/vllm")), "{error:?}");
    let error = one_shot("/engine", Duration::from_secs(2)).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "exec::timed_out", "{error:?}");
    assert!(host.containers().is_empty(), "neither failure nor timeout leaves a container");
}

/// Its image is removed by force while it runs, which takes the container with it.
#[test]
fn one_whose_image_is_removed_is_gone() {
    let host = Host::new();
    let spec = host.spec(&["wait"]);
    let running = host.started(&spec);
    host.printed(&running, "waiting");
    host.podman(&["image", "prune", "--all", "--force"]);
    let watch = containers::watch(&host.program, &running).unwrap().expect("a prune leaves images that are used");
    host.podman(&["rmi", "--force", &spec.image.to_string()]);
    assert_eq!(watch.wait(Duration::from_secs(30)).unwrap().map(|ended| ended.oom_killed), Some(false));
    let error = containers::refresh(&host.program, &running).unwrap_err();
    assert!(matches!(error, ContainerError::Absent { .. }), "{error:?}");
    let error = containers::create(&host.program, &spec, &host.slot()).unwrap_err();
    assert!(matches!(error, ContainerError::ImageMissing { .. }), "{error:?}");
}
