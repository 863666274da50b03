//! EP-51: a secret of a container is on no disk, in no command line, and in nothing that `inspect` prints.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use containers::{ContainerError, InnerPath, RunSpec, SecretDir, User};

use crate::support::Host;

const SECRET: &[u8] = b"hunter2-hunter2-hunter2";

fn in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap()
}

/// Every file below a folder that holds the secret.
fn files_with_secret(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files_with_secret(&entry.path()));
        } else if kind.is_file()
            && fs::read(entry.path()).is_ok_and(|bytes| bytes.windows(SECRET.len()).any(|part| part == SECRET))
        {
            found.push(entry.path());
        }
    }
    found
}

fn target() -> InnerPath {
    InnerPath::new("/run/secrets/key").unwrap()
}

/// The engine reads it as its own user, and nothing else has it: not the graph root, not the run root, not `inspect`.
#[test]
fn a_secret_is_a_file_that_only_the_engine_reads() {
    for user in ["0", "2000:0"] {
        let host = Host::new();
        let memory = in_memory();
        let secrets = SecretDir::create(memory.path().join("secrets")).unwrap();
        let image = host.image_of(user);
        let image_user = containers::image(&host.program, &image).unwrap().unwrap().user;
        let mount = secrets.write(&host.program, "key", SECRET, image_user.as_ref(), target()).unwrap();
        let file = fs::metadata(mount.source.as_path()).unwrap();
        let uid: u32 = user.split(':').next().unwrap().parse().unwrap();
        assert_eq!((file.uid(), file.permissions().mode() & 0o777), (uid, 0o400));

        let spec = RunSpec { secrets: vec![mount], image, ..host.spec(&["show", "/run/secrets/key"]) };
        let started = host.started(&spec);
        assert_eq!(host.ended(&started).code, Some(0));
        // The engine printed it, so that the log is the one place that has it: without a log nothing has.
        let log = host.podman(&["inspect", "--format", "{{.HostConfig.LogConfig.Path}}", started.id()]);
        assert!(fs::read_to_string(&log).unwrap().contains("hunter2-hunter2"), "the container read it");
        fs::remove_file(&log).unwrap();
        for folder in ["graph", "runroot", "state", "run"] {
            assert_eq!(files_with_secret(&host.path(folder)), Vec::<PathBuf>::new(), "{folder}");
        }
        assert!(!host.podman(&["inspect", started.id()]).contains("hunter2"));
        assert_eq!(files_with_secret(memory.path()).len(), 1);
        secrets.clear().unwrap();
        assert_eq!(files_with_secret(memory.path()).len(), 0);
    }
}

/// What podman's own secrets do, and why they are not used: the container's folder on disk keeps a copy.
#[test]
fn podmans_own_secrets_are_copied_to_the_disk() {
    let host = Host::new();
    let file = host.path("value");
    durable::replace(&file, SECRET).unwrap();
    let memory = in_memory();
    let path = format!("path={}", memory.path().display());
    host.podman(&["secret", "create", "--driver-opts", &path, "key", file.to_str().unwrap()]);
    let image = host.image().to_string();
    host.podman(&["run", "--detach", "--network=host", "--secret=key", &image, "wait"]);
    let found = files_with_secret(&host.path("graph"));
    assert!(found.iter().any(|path| path.ends_with("secrets/key")), "{found:?}");
}

/// A folder on a disk is refused before a byte is written.
#[test]
fn a_secret_is_never_written_to_a_disk() {
    let host = Host::new();
    let error = SecretDir::create(host.path("secrets")).unwrap_err();
    assert!(matches!(error, ContainerError::SecretOnDisk { .. }), "{error:?}");
}

/// A folder that another user can write to, names that lead out, and users that only the image knows are refused.
#[test]
fn what_would_show_a_secret_is_refused() {
    let host = Host::new();
    let memory = in_memory();
    let secrets = SecretDir::create(memory.path().join("secrets")).unwrap();
    let write = |name: &str, user: Option<&User>| secrets.write(&host.program, name, SECRET, user, target());
    for name in ["", "../key", "a/b", ".x"] {
        assert!(matches!(write(name, None), Err(ContainerError::BadValue { .. })), "{name}");
    }
    let named = User::new("vllm").unwrap();
    let error = write("key", Some(&named)).unwrap_err();
    assert!(matches!(error, ContainerError::UserUnknown { .. }), "{error:?}");
    assert_eq!(files_with_secret(memory.path()), Vec::<PathBuf>::new());
    // What an earlier run left is removed.
    write("key", None).unwrap();
    SecretDir::create(memory.path().join("secrets")).unwrap();
    assert_eq!(files_with_secret(memory.path()), Vec::<PathBuf>::new());
    let spec = RunSpec { secrets: vec![], ..host.spec(&["id"]) };
    let ran = containers::one_shot(&host.program, &spec, &host.slot(), None, &["id"], Duration::from_secs(30)).unwrap();
    assert_eq!(ran.stdout, b"user 0:0\n");
}
