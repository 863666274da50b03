//! Images: pulled by digest from a real registry, marked, listed and removed.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use cancel::Cancel;
use containers::{ContainerError, ImageRef, Network, Pull, Removed, RunSpec};
use exec::ExecError;

use crate::support::{Host, free_port, name, owner, until};

/// docker-registry on the loopback, with its storage below a folder.
pub(crate) struct Registry {
    child: Child,
    pub(crate) port: u16,
}

impl Registry {
    pub(crate) fn start(dir: &Path) -> Self {
        let port = free_port();
        let storage = dir.join("registry");
        fs::create_dir(&storage).unwrap();
        let config = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n",
            storage.display()
        );
        let file = dir.join("registry.yml");
        durable::replace(&file, config.as_bytes()).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a server beside the test, which the test ends")]
        let child = std::process::Command::new("/usr/bin/docker-registry")
            .arg("serve")
            .arg(&file)
            .env_clear()
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        until("the registry listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { child, port }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An image in the registry alone, and how it is pulled.
fn published(host: &Host) -> (Registry, ImageRef, Pull) {
    let registry = Registry::start(&host.path(""));
    let local = host.image();
    let repository = format!("127.0.0.1:{}/engine", registry.port);
    let digest = host.path("digest");
    let push = ["push", "--quiet", "--tls-verify=false", "--digestfile", digest.to_str().unwrap()];
    host.podman(&[&push[..], &[&local.to_string(), &format!("{repository}:1")]].concat());
    host.podman(&["rmi", "--all", "--force"]);
    let digest = fs::read_to_string(digest).unwrap();
    let staging = host.path("staging");
    fs::create_dir(&staging).unwrap();
    let how = Pull {
        staging,
        silence: Duration::from_secs(20),
        deadline: Duration::from_mins(2),
        auth_file: None,
        plain_http: true,
    };
    (registry, ImageRef::new(&format!("{repository}@{}", digest.trim())).unwrap(), how)
}

/// Pulled once, by digest, with a mark; and removed with the mark.
#[test]
fn an_image_is_pulled_and_removed() {
    let host = Host::new();
    let (_registry, wanted, how) = published(&host);
    assert_eq!(containers::image(&host.program, &wanted).unwrap(), None);
    let mut lines = Vec::new();
    let image = containers::pull(&host.program, &wanted, &how, &mut |line| lines.push(line.to_owned())).unwrap();
    assert!(lines.iter().any(|line| line.starts_with("Copying blob sha256:")), "{lines:?}");
    assert_eq!((image.entrypoint.as_slice(), image.os.as_str()), (&["/engine".to_owned()][..], "linux"));
    assert!(image.digests.contains(&wanted.to_string()), "{:?}", image.digests);
    let mut again = 0;
    containers::pull(&host.program, &wanted, &how, &mut |_| again += 1).unwrap();
    assert_eq!(again, 0, "what is there is not pulled");

    let mut spec = RunSpec::new(name("engine-chat"), owner(1), wanted.clone(), Network::Host);
    spec.args = vec!["id".into()];
    let started = host.started(&spec);
    assert_eq!(host.ended(&started).code, Some(0));
    let owned = containers::owned_images(&host.program).unwrap();
    let ids: Vec<_> = owned.iter().map(|owned| owned.image.id.clone()).collect();
    assert_eq!(ids, [image.id]);
    let error = containers::remove_image(&host.program, &owned[0]).unwrap_err();
    assert!(matches!(error, ContainerError::ImageInUse { .. }), "{error:?}");
    assert_eq!(containers::owned_images(&host.program).unwrap().len(), 1, "what is used keeps its mark");
    containers::remove(&host.program, &started).unwrap();
    assert_eq!(containers::remove_image(&host.program, &owned[0]).unwrap(), Removed::Gone);
    assert_eq!(containers::image(&host.program, &wanted).unwrap(), None);
    assert!(containers::owned_images(&host.program).unwrap().is_empty());
    assert_eq!(containers::remove_image(&host.program, &owned[0]).unwrap(), Removed::Gone);
}

/// An image that others named too, or that was there before, is not removed.
#[test]
fn an_image_of_others_stays() {
    let host = Host::new();
    let (_registry, wanted, how) = published(&host);
    let image = containers::pull(&host.program, &wanted, &how, &mut |_| ()).unwrap();
    host.podman(&["tag", &image.id, "localhost/mine:1"]);
    let owned = containers::owned_images(&host.program).unwrap();
    assert_eq!(containers::remove_image(&host.program, &owned[0]).unwrap(), Removed::Kept);
    assert!(containers::owned_images(&host.program).unwrap().is_empty());
    assert!(containers::image(&host.program, &wanted).unwrap().is_some());

    host.podman(&["rmi", "--all", "--force"]);
    host.podman(&["pull", "--quiet", "--tls-verify=false", &wanted.to_string()]);
    containers::pull(&host.program, &wanted, &how, &mut |_| ()).unwrap();
    assert!(containers::owned_images(&host.program).unwrap().is_empty(), "it was there before");
}

/// What the registry lacks, an unreachable registry, and a cancelled pull leave nothing.
#[test]
fn a_pull_that_fails_reports_why() {
    let host = Host::new();
    let (registry, wanted, how) = published(&host);
    let pull = |image: &ImageRef| containers::pull(&host.program, image, &how, &mut |_| ()).unwrap_err();
    let absent = format!("{}@sha256:{}", wanted.repository(), "0".repeat(64));
    let error = pull(&ImageRef::new(&absent).unwrap());
    assert!(matches!(&error, ContainerError::PullFailed { why, .. } if why.contains("manifest unknown")), "{error:?}");
    assert!(!error.is_transient());

    let cancel = Cancel::new();
    cancel.cancel();
    let program = host.program.clone().cancel(cancel);
    let error = containers::pull(&program, &wanted, &how, &mut |_| ()).unwrap_err();
    assert!(matches!(error, ContainerError::Exec(ExecError::Cancelled { .. })), "{error:?}");

    drop(registry);
    let error = pull(&wanted);
    assert!(
        matches!(&error, ContainerError::PullFailed { why, .. } if why.contains("connection refused")),
        "{error:?}"
    );
    assert!(error.is_transient());
    assert!(host.podman(&["images", "--quiet"]).is_empty());
}

/// A layer whose bytes are not those of its digest is refused by the runtime.
#[test]
fn a_registry_that_lies_is_refused() {
    let host = Host::new();
    let (_registry, wanted, how) = published(&host);
    let mut blobs = Vec::new();
    collect(&host.path("registry"), &mut blobs);
    let layer = blobs.iter().max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let mut bytes = fs::read(layer).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    durable::replace(layer, &bytes).unwrap();
    let error = containers::pull(&host.program, &wanted, &how, &mut |_| ()).unwrap_err();
    assert!(matches!(error, ContainerError::PullFailed { .. }), "{error:?}");
    assert!(containers::owned_images(&host.program).unwrap().is_empty());
    assert_eq!(containers::image(&host.program, &wanted).unwrap(), None);
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

/// Twice the announced size has to be free.
#[test]
fn an_image_without_room_is_refused() {
    let host = Host::new();
    host.image();
    let info = containers::info(&host.program).unwrap();
    assert!(!info.rootless);
    assert_eq!(info.graph_root, host.path("graph"));
    containers::check_room(&host.program, &info, 1 << 20).unwrap();
    let error = containers::check_room(&host.program, &info, 1 << 60).unwrap_err();
    assert!(matches!(error, ContainerError::NoRoom { needed_bytes, .. } if needed_bytes == 1 << 61), "{error:?}");
}
