//! Containers that are not the pool's are never touched.

use std::time::Duration;

use containers::{Claim, ContainerError, Found, LABEL_POOL, LABEL_RUN, RunSpec, Settled};

use crate::support::{Host, name, owner};

fn claim(run: u32) -> Claim {
    let owner = owner(run);
    Claim { name: name("engine-chat"), pool: owner.pool, run: owner.run, id: None }
}

/// A stranger's container of that name stays as it is.
#[test]
fn a_name_that_is_taken_by_a_stranger_is_refused() {
    let host = Host::new();
    let image = host.image().to_string();
    let id = host.podman(&["run", "--detach", "--network=host", "--name=engine-chat", &image, "wait"]);
    let error = containers::create(&host.program, &host.spec(&["wait"]), &host.slot()).unwrap_err();
    assert!(matches!(&error, ContainerError::Foreign { id: found, .. } if *found == id), "{error:?}");
    assert!(error.to_string().contains("no label of this program"), "{error}");
    assert_eq!(containers::settle(&host.program, &host.slot()).unwrap(), Settled::Nothing);
    assert_eq!(host.podman(&["inspect", "--format", "{{.State.Status}}", &id]), "running");
}

/// A container with forged labels is not ours: its run is not on record.
#[test]
fn forged_labels_prove_nothing() {
    let host = Host::new();
    let image = host.image().to_string();
    let labels = [format!("{LABEL_POOL}=chat"), format!("{LABEL_RUN}={}", owner(9).run)];
    let mut args = vec!["create", "--network=host", "--name=engine-chat"];
    args.extend(labels.iter().flat_map(|label| ["--label", label.as_str()]));
    args.extend([image.as_str(), "wait"]);
    let id = host.podman(&args);
    let found = containers::find(&host.program, &claim(1)).unwrap();
    assert!(matches!(&found, Found::Foreign { id: other, .. } if *other == id), "{found:?}");
    // No run is recorded in this slot.
    assert_eq!(Claim::recorded(&host.slot()).unwrap(), None);
    assert_eq!(containers::settle(&host.program, &host.slot()).unwrap(), Settled::Nothing);
    assert_eq!(host.podman(&["inspect", "--format", "{{.State.Status}}", &id]), "created");
}

/// One that was renamed is found by its id; the name that it left may be a stranger's.
#[test]
fn a_renamed_container_is_still_found() {
    let host = Host::new();
    let running = host.started(&host.spec(&["wait"]));
    host.podman(&["rename", running.id(), "elsewhere"]);
    let image = host.image().to_string();
    host.podman(&["create", "--network=host", "--name=engine-chat", &image, "wait"]);
    let recorded = Claim::recorded(&host.slot()).unwrap().unwrap();
    let Found::Ours(found) = containers::find(&host.program, &recorded).unwrap() else { panic!("not found") };
    assert_eq!((found.id(), found.container().name.as_str()), (running.id(), "elsewhere"));
    containers::stop(&host.program, &found, Duration::from_secs(5)).unwrap();
    containers::remove(&host.program, &found).unwrap();
    assert_eq!(host.containers(), ["engine-chat"]);
}

/// An id file without its container is no obstacle.
#[test]
fn an_id_without_a_container_is_forgotten() {
    let host = Host::new();
    let spec = host.spec(&["wait"]);
    let running = host.started(&spec);
    host.podman(&["rm", "--force", "--time=0", running.id()]);
    assert_eq!(containers::settle(&host.program, &host.slot()).unwrap(), Settled::Nothing);
    let next = host.started(&RunSpec { owner: owner(2), ..spec });
    assert_ne!(next.id(), running.id());
}
