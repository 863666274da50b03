//! The problems of real hosts: this one, one without podman, and stores that are not as configured.

use containers::{Demand, Kind, host_facts, judge};
use distro::distribution;
use exec::Env;
use miette::Diagnostic;

use crate::support::{Host, environment};

const ALL: Demand = Demand { devices: true, memory_limit: true, pids_limit: true, published: Some(80) };

fn codes(env: &Env) -> Vec<String> {
    let facts = host_facts(Kind::Podman, env);
    let problems = judge(&facts, ALL, &distribution("/".as_ref()));
    problems.iter().filter_map(|problem| Some(problem.code()?.to_string())).collect()
}

/// Root on a host where the other tests of this crate run.
#[test]
fn a_host_that_works_has_no_problem() {
    let host = Host::new();
    assert_eq!(codes(&host.env), Vec::<String>::new());
}

/// Without podman the package is named.
#[test]
fn a_host_without_podman_is_shown_what_to_install() {
    let facts = host_facts(Kind::Podman, &Env::default());
    let problems = judge(&facts, ALL, &distribution("/".as_ref()));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].help().unwrap().to_string().contains("podman"), "{:?}", problems[0]);
}

/// A store of another driver than the configured one: podman keeps the store's.
#[test]
fn a_store_of_another_driver_is_a_warning() {
    let host = Host::new();
    host.image();
    let env = environment(&host.path(""), "vfs");
    assert_eq!(codes(&env), ["container::storage_overridden"]);
    assert_eq!(codes(&environment(&host.path(""), "overlay")), Vec::<String>::new());
}

/// A driver that this file system cannot have, and a file that cannot be read.
#[test]
fn a_store_that_cannot_work_is_an_error() {
    let host = Host::new();
    assert_eq!(codes(&environment(&host.path(""), "btrfs")), ["container::storage_unusable"]);
    durable::replace(&host.path("storage.conf"), b"driver [[[").unwrap();
    assert_eq!(codes(&host.env), ["container::info_failed"]);
}
