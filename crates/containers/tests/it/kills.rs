//! `kill -9` of the caller, and of podman under it: the next call finds what is there and finishes it.

use std::time::Duration;

use containers::{Claim, ContainerError, Found, RunSpec, Settled, State};
use exec::{CommandSpec, Exit};

use crate::support::{Host, example, owner};

/// The example as a process that can be killed.
fn caller(host: &Host, image: &str, seconds: &str) -> CommandSpec {
    let folder = host.path("run");
    let mut spec = CommandSpec::new(example("container"), Duration::from_mins(2)).arg(folder).args([
        "engine-chat",
        image,
        seconds,
        "wait",
    ]);
    for (name, value) in host.env.iter() {
        spec = spec.env(name, value);
    }
    spec
}

/// EP-80: killed at any moment between the first and the last call of podman, and repeated: never two containers, and
/// none is left.
#[test]
fn a_killed_caller_is_finished_by_the_next() {
    let host = Host::new();
    let image = host.image().to_string();
    let mut seen = std::collections::BTreeSet::new();
    let spec = caller(&host, &image, "0.1");
    let whole = exec::run(&spec).unwrap().require_success(&spec).unwrap().elapsed;
    for moment in 1..12 {
        let killed = whole * moment / 12;
        kill_after(&spec, killed);
        let names = host.containers();
        assert!(names.len() <= 1, "{killed:?}: {names:?}");
        let claim = Claim::recorded(&host.slot()).unwrap();
        seen.insert(claim.map_or("nothing", |claim| match containers::find(&host.program, &claim).unwrap() {
            Found::Absent if names.is_empty() => "recorded",
            Found::Absent => "storage",
            Found::Foreign { .. } => "foreign",
            Found::Ours(ours) => match ours.container().state {
                State::Created => "created",
                State::Exited(_) => "exited",
                State::Starting { .. } => "starting",
                State::Removing | State::Dead => "removing",
                State::Running { .. } | State::Paused { .. } | State::Stopping { .. } => "running",
            },
        }));
    }
    println!("{seen:?}");
    assert!(!seen.contains("foreign"), "{seen:?}");
    assert!(seen.len() > 2, "the kills hit different steps: {seen:?}");
    let output = exec::run(&spec).unwrap().require_success(&spec).unwrap();
    assert!(output.stdout_text().ends_with("removed\n"), "{}", output.stdout_text());
    assert!(host.containers().is_empty());
    assert_eq!(Claim::recorded(&host.slot()).unwrap(), None);
}

/// Starts it, and kills it with KILL after a while; podman is then a child whose parent is gone. `timeout` exits with 124
/// where the program exits by itself at that moment.
fn kill_after(spec: &CommandSpec, after: Duration) {
    let seconds = format!("{:.3}", after.as_secs_f64());
    let mut timeout = CommandSpec::new("/usr/bin/timeout", Duration::from_mins(2))
        .args(["--foreground", "--signal=KILL", &seconds])
        .arg(&spec.program)
        .args(spec.args.iter());
    timeout.env.clone_from(&spec.env);
    let output = exec::run(&timeout).unwrap();
    assert!(
        matches!(output.exit, Exit::Code(0 | 124 | 137) | Exit::Signal(9)),
        "{}: {}",
        output.exit,
        output.stderr_tail(5)
    );
}

/// What podman leaves that is killed while it creates: storage that has the name, and no container in its database.
fn storage_alone(host: &Host, spec: &RunSpec) {
    let argv = containers::create_argv(host.program.kind(), spec, &host.path("other.id")).unwrap();
    host.podman(&argv.iter().map(String::as_str).collect::<Vec<_>>());
    host.forget_containers();
    assert_eq!(host.podman(&["ps", "--all", "--quiet"]), "");
    assert_eq!(host.containers(), ["engine-chat"]);
}

#[test]
fn a_killed_creation_is_created_again() {
    let host = Host::new();
    let spec = host.spec(&["wait"]);
    // As create() does it: the intent first. Its container is removed, so that the next creation is from nothing.
    let ours = containers::create(&host.program, &spec, &host.slot()).unwrap();
    containers::remove(&host.program, &ours).unwrap();
    storage_alone(&host, &spec);
    let created = containers::create(&host.program, &spec, &host.slot()).unwrap();
    assert_eq!(created.container().state, State::Created);
    assert_eq!(host.containers(), ["engine-chat"]);
}

/// The same storage under the name of a pool that has recorded no creation is a stranger's.
#[test]
fn storage_of_others_is_not_removed() {
    let host = Host::new();
    let spec = host.spec(&["wait"]);
    storage_alone(&host, &spec);
    for _ in 0..2 {
        let error = containers::create(&host.program, &spec, &host.slot()).unwrap_err();
        assert!(matches!(error, ContainerError::Foreign { .. }), "{error:?}");
    }
    assert_eq!(host.containers(), ["engine-chat"]);
}

/// Between create and start, and between stop and removal.
#[test]
fn what_was_created_or_stopped_is_settled() {
    let host = Host::new();
    let spec = host.spec(&["wait"]);
    containers::create(&host.program, &spec, &host.slot()).unwrap();
    assert_eq!(containers::settle(&host.program, &host.slot()).unwrap(), Settled::Nothing);
    assert!(host.containers().is_empty(), "what never ran is removed");

    let running = host.started(&spec);
    host.printed(&running, "waiting");
    let Settled::Container(found) = containers::settle(&host.program, &host.slot()).unwrap() else { panic!() };
    assert_eq!(found, running, "what runs keeps running");
    containers::stop(&host.program, &found, Duration::from_secs(5)).unwrap();
    let Settled::Container(found) = containers::settle(&host.program, &host.slot()).unwrap() else { panic!() };
    assert!(matches!(found.container().state, State::Exited(_)), "its log is still there");
    containers::remove(&host.program, &found).unwrap();
    assert_eq!(containers::settle(&host.program, &host.slot()).unwrap(), Settled::Nothing);
    // The next run.
    host.started(&RunSpec { owner: owner(2), ..spec });
}
