//! A container from its creation to its removal.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::num::{NonZeroU32, NonZeroU64};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use cancel::Cancel;
use containers::{
    CdiName, Claim, ContainerError, Ended, Found, HostPath, InnerPath, LogPart, Mount, Network, Published, RunSpec,
    Scratch, State, StopOutcome, User,
};

use crate::support::{Host, free_port, owner, until};

fn answer(port: u16) -> Option<String> {
    let mut wire = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    wire.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    wire.write_all(b"GET /health HTTP/1.0\r\n\r\n").ok()?;
    let mut text = String::new();
    wire.read_to_string(&mut text).ok()?;
    (!text.is_empty()).then_some(text)
}

/// EP-80: created, started, adopted, stopped and removed, and each state is reported.
#[test]
fn a_container_has_a_life() {
    let host = Host::new();
    let port = free_port();
    let spec = host.spec(&["serve", "127.0.0.1", &port.to_string()]);
    let created = containers::create(&host.program, &spec, &host.slot()).unwrap();
    assert_eq!(created.container().state, State::Created);
    assert_eq!(created.container().image_digest.as_ref(), Some(spec.image.digest()));
    assert_eq!(containers::watch(&host.program, &created).unwrap().map(drop), None);
    assert_eq!(host.slot().id().unwrap().as_deref(), Some(created.id()));

    let running = containers::start(&host.program, &created).unwrap();
    let State::Running { pid } = running.container().state else { panic!("{running:?}") };
    assert!(running.container().started_unix_s.is_some());
    until("the engine answers", || answer(port).is_some_and(|text| text.ends_with("ok\n")));
    let exe = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    assert!(exe.ends_with("engine"), "{exe:?}");

    // Another process of ours, which knows the slot alone.
    let claim = Claim::recorded(&host.slot()).unwrap().unwrap();
    let begin = Instant::now();
    let Found::Ours(adopted) = containers::find(&host.program, &claim).unwrap() else { panic!("not found") };
    println!("adopted in {} ms", begin.elapsed().as_millis());
    assert_eq!(adopted, running);

    let watch = containers::watch(&host.program, &adopted).unwrap().unwrap();
    assert_eq!(watch.wait(Duration::from_millis(100)).unwrap(), None);
    assert_eq!(containers::stop(&host.program, &adopted, Duration::from_secs(10)).unwrap(), StopOutcome::Graceful);
    assert_eq!(watch.wait(Duration::from_secs(5)).unwrap(), Some(Ended { code: Some(0), oom_killed: false }));
    assert!(containers::logs(&host.program, &adopted, LogPart::Whole).unwrap().contains("listening on"));
    assert_eq!(containers::stop(&host.program, &adopted, Duration::ZERO).unwrap(), StopOutcome::AlreadyGone);

    containers::remove(&host.program, &adopted).unwrap();
    containers::remove(&host.program, &adopted).unwrap();
    assert_eq!(containers::find(&host.program, &claim).unwrap(), Found::Absent);
    assert!(matches!(containers::refresh(&host.program, &adopted), Err(ContainerError::Absent { .. })));
    assert!(host.containers().is_empty());
}

/// A device comes by its CDI name, with what its specification adds.
#[test]
fn a_device_comes_by_its_name() {
    let host = Host::new();
    // podman 4.3.1 reads this folder alone and has no option for another one: the kind is this process's own.
    let kind = format!("engine-provisioner.test/gpu{}", std::process::id());
    let folder = Path::new("/etc/cdi");
    std::fs::create_dir_all(folder).unwrap();
    let mut file = tempfile::Builder::new().prefix("containers-test-").suffix(".json").tempfile_in(folder).unwrap();
    let edits = r#"{"env":["EP_TEST_DEVICE=passed in"]}"#;
    write!(file, r#"{{"cdiVersion":"0.5.0","kind":"{kind}","devices":[{{"name":"0","containerEdits":{edits}}}]}}"#)
        .unwrap();
    let mut spec = host.spec(&[]);
    let ask = |spec: &RunSpec| {
        let args = ["env", "EP_TEST_DEVICE"];
        containers::one_shot(&host.program, spec, &host.slot(), None, &args, Duration::from_secs(30)).unwrap().stdout
    };
    assert_eq!(ask(&spec), b"unset\n");
    spec.devices = vec![CdiName::new(format!("{kind}=0")).unwrap()];
    assert_eq!(ask(&spec), b"passed in\n");
}

/// All processes of a container are found, and none of others.
#[test]
fn processes_are_those_of_the_container() {
    let host = Host::new();
    let running = host.started(&host.spec(&["workers"]));
    until("its workers run", || containers::processes(&running).len() == 3);
    let pids = containers::processes(&running);
    assert_eq!(Some(pids[0]), running.container().state.pid());
    let space = |pid: i32| std::fs::read_link(format!("/proc/{pid}/ns/pid")).unwrap();
    assert!(pids.iter().all(|pid| space(*pid) == space(pids[0])));
    containers::stop(&host.program, &running, Duration::from_secs(5)).unwrap();
    assert_eq!(containers::processes(&running), [0_i32; 0]);
    let exited = containers::refresh(&host.program, &running).unwrap();
    assert_eq!(containers::processes(&exited), [0_i32; 0]);
}

/// A published port leads to the container's own network, and is on the named address alone.
#[test]
fn a_port_is_published() {
    let host = Host::new();
    let published = Published { address: Ipv4Addr::LOCALHOST.into(), port: free_port(), inner: 8000 };
    let spec = RunSpec { network: Network::Published(vec![published]), ..host.spec(&["serve", "0.0.0.0", "8000"]) };
    let running = host.started(&spec);
    until("the engine answers", || answer(published.port).is_some_and(|text| text.ends_with("ok\n")));
    assert_eq!(containers::stop(&host.program, &running, Duration::from_secs(10)).unwrap(), StopOutcome::Graceful);
    assert_eq!(answer(published.port), None);
}

/// A container can do what it was given, and nothing else.
#[test]
fn a_container_has_no_privilege() {
    let host = Host::new();
    let model = host.path("model, \"old\":1.gguf");
    durable::replace(&model, b"GGUF of the model").unwrap();
    let mut spec = host.spec(&["wait"]);
    spec.mounts = vec![Mount::read_only(HostPath::of(&model).unwrap(), InnerPath::new("/models/m.gguf").unwrap())];
    spec.scratch = vec![Scratch::new(InnerPath::new("/cache").unwrap(), NonZeroU64::new(1 << 20).unwrap()).unwrap()];
    spec.memory_bytes = NonZeroU64::new(64 << 20);
    spec.pids = NonZeroU32::new(20);
    spec.shm_bytes = NonZeroU64::new(32 << 20);
    let running = host.started(&spec);
    assert_eq!((running.container().memory_bytes, running.container().pids), (Some(64 << 20), Some(20)));
    let pid = running.container().state.pid().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    for line in ["CapBnd:\t0000000000000000", "CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(line), "{line} in {status}");
    }
    let mounts = std::fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap();
    let of =
        |path: &str| mounts.lines().find(|line| line.split(' ').nth(4) == Some(path)).unwrap_or_default().to_owned();
    for read_only in ["/", "/models/m.gguf"] {
        assert!(of(read_only).split(' ').nth(5).unwrap().starts_with("ro"), "{}", of(read_only));
    }
    assert!(of("/cache").contains("size=1024k") && !of("/cache").contains("noexec"), "{}", of("/cache"));
    assert!(of("/dev/shm").contains("size=32768k"), "{}", of("/dev/shm"));

    let answer = |args: &[&str]| {
        let ran =
            containers::one_shot(&host.program, &spec, &host.slot(), None, args, Duration::from_secs(30)).unwrap();
        (ran.exit, String::from_utf8(ran.stdout).unwrap())
    };
    let ok = exec::Exit::Code(0);
    assert_eq!(answer(&["show", "/models/m.gguf"]), (ok, "GGUF of the model".into()));
    assert_eq!(answer(&["touch", "/models/m.gguf"]), (exec::Exit::Code(1), String::new()));
    assert_eq!(answer(&["touch", "/etc/x"]), (exec::Exit::Code(1), String::new()));
    assert_eq!(answer(&["touch", "/cache/x"]), (ok, "wrote /cache/x\n".into()));
    spec.user = Some(User::new("1234:5678").unwrap());
    let ran = containers::one_shot(&host.program, &spec, &host.slot(), None, &["id"], Duration::from_secs(30)).unwrap();
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), "user 1234:5678\n");
    assert_eq!(host.containers(), ["engine-chat"], "one-shot containers leave nothing");
}

/// The whole log of both streams, its end, and what comes next.
#[test]
fn a_log_is_read_and_followed() {
    let host = Host::new();
    let running = host.started(&host.spec(&["print", "40"]));
    let watch = containers::watch(&host.program, &running).unwrap();
    watch.map(|watch| watch.wait(Duration::from_secs(30)).unwrap());
    let log = containers::logs(&host.program, &running, LogPart::Whole).unwrap();
    let numbers: Vec<u32> = log.lines().map(|line| line.trim_start_matches("line ").parse().unwrap()).collect();
    // The runtime reads two streams, each in its order.
    for stream in [0, 1] {
        let printed: Vec<u32> = numbers.iter().copied().filter(|number| number % 2 == stream).collect();
        assert_eq!(printed, (0..20).map(|line| 2 * line + stream).collect::<Vec<_>>(), "{log}");
    }
    let end = containers::logs(&host.program, &running, LogPart::Last(5)).unwrap();
    assert_eq!(end.lines().count(), 5);
    assert!(log.ends_with(&end), "{end}");
    let mut followed = Vec::new();
    containers::follow(&host.program, &running, 3, &Cancel::new(), &mut |line| followed.push(line.to_owned())).unwrap();
    assert_eq!(followed.len(), 3, "{followed:?}");
    assert!(followed.iter().all(|line| log.lines().any(|printed| printed == line)), "{followed:?}");
}

/// The same as an iterator, which ends with the container, and leaves nothing behind when it is dropped.
#[test]
fn a_log_is_an_iterator() {
    let host = Host::new();
    let running = host.started(&host.spec(&["wait"]));
    let cancel = Cancel::new();
    let mut dropped = containers::follow_lines(&host.program, &running, 10, &cancel).unwrap();
    assert_eq!(dropped.next().unwrap().unwrap(), "waiting");
    drop(dropped);
    let follower = format!("logs\0--follow\0--timestamps\0--tail=10\0{}\0", running.id());
    let followers = || {
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let lines = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
        lines.filter(|line| line.ends_with(&follower)).count()
    };
    until("the program that read the log has exited", || followers() == 0);
    assert!(!cancel.is_cancelled(), "the caller's own token is left alone");

    let following = containers::follow_lines(&host.program, &running, 10, &cancel).unwrap();
    containers::stop(&host.program, &running, Duration::from_secs(5)).unwrap();
    let lines: Vec<String> = following.map(Result::unwrap).collect();
    assert_eq!(lines, ["waiting"]);
    containers::remove(&host.program, &running).unwrap();
    let gone: Vec<_> = containers::follow_lines(&host.program, &running, 10, &cancel).unwrap().collect();
    assert!(matches!(gone.as_slice(), [Err(ContainerError::Absent { .. })]), "{gone:?}");
}

/// Following ends when the container exits, and when the caller cancels.
#[test]
fn following_ends() {
    let host = Host::new();
    let running = host.started(&host.spec(&["wait"]));
    host.printed(&running, "waiting");
    let cancel = Cancel::new();
    let mut seen = 0;
    containers::follow(&host.program, &running, 10, &cancel, &mut |_| {
        seen += 1;
        cancel.cancel();
    })
    .unwrap();
    assert_eq!(seen, 1);
    let stopper = std::thread::scope(|scope| {
        let follower = scope.spawn(|| containers::follow(&host.program, &running, 10, &Cancel::new(), &mut |_| ()));
        containers::stop(&host.program, &running, Duration::from_secs(10)).unwrap();
        follower.join().unwrap()
    });
    stopper.unwrap();
}

/// A log never grows beyond its limit.
#[test]
fn a_log_is_bounded() {
    let host = Host::new();
    let spec = RunSpec { log_max_bytes: NonZeroU64::new(64 << 10).unwrap(), ..host.spec(&["flood"]) };
    let running = host.started(&spec);
    let path = host.podman(&["inspect", "--format", "{{.HostConfig.LogConfig.Path}}", running.id()]);
    // Each time that it begins again, it is another file; between two of them it is away for a moment.
    let mut files = BTreeSet::new();
    until("the log begins again three times", || {
        let file = std::fs::metadata(&path).ok();
        assert!(file.as_ref().is_none_or(|file| file.len() <= 128 << 10), "{file:?}");
        files.extend(file.map(|file| file.ino()));
        files.len() > 3
    });
    until("its end is read", || !containers::logs(&host.program, &running, LogPart::Last(5)).unwrap().is_empty());
    containers::remove(&host.program, &running).unwrap();
}

/// What is frozen is woken up to be stopped.
#[test]
fn a_paused_container_is_stopped() {
    let host = Host::new();
    let running = host.started(&host.spec(&["wait"]));
    host.printed(&running, "waiting");
    host.podman(&["pause", running.id()]);
    let now = containers::refresh(&host.program, &running).unwrap();
    assert!(matches!(now.container().state, State::Paused { .. }), "{now:?}");
    assert_eq!(containers::stop(&host.program, &now, Duration::from_secs(10)).unwrap(), StopOutcome::Graceful);
}

/// A run that is asked for twice has one container.
#[test]
fn creating_again_finds_what_was_created() {
    let host = Host::new();
    let spec = host.spec(&["wait"]);
    let created = containers::create(&host.program, &spec, &host.slot()).unwrap();
    assert_eq!(containers::create(&host.program, &spec, &host.slot()).unwrap(), created);
    containers::start(&host.program, &created).unwrap();
    let again = containers::create(&host.program, &spec, &host.slot()).unwrap_err();
    assert!(matches!(again, ContainerError::Foreign { .. }), "{again:?}");
    let next = RunSpec { owner: owner(2), ..spec };
    let again = containers::create(&host.program, &next, &host.slot()).unwrap_err();
    assert!(again.to_string().contains("a run that is not on record"), "{again}");
    assert_eq!(host.containers(), ["engine-chat"]);
}
