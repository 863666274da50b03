//! Files of this host: what is a model, what is not, and what is said of it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use exec::Env;
use miette::Diagnostic;
use model_provisioner::{ModelError, ModelProvisioner, ModelRequest, Presence, StagedKind};

use crate::support::fixtures::{self, Writer};
use crate::support::tree::put;

/// Stages from this host; nothing is written below the folder but what is remembered.
pub(crate) fn models(dir: &Path) -> ModelProvisioner {
    ModelProvisioner::new(dir.join("cache"), Env::default())
}

/// The code of what `inspect` says; `-` for a model that is there.
pub(crate) fn code(dir: &Path, request: &ModelRequest) -> String {
    match models(dir).inspect(request) {
        Presence::Present(_) => "-".into(),
        Presence::Fetchable(_) => "fetchable".into(),
        Presence::Unusable(error) => error.code().unwrap().to_string(),
    }
}

fn gguf(dir: &Path, name: &str) -> String {
    code(dir, &ModelRequest::local_gguf(dir.join(name)))
}

#[test]
fn a_model_is_a_whole_plain_file() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    assert_eq!(gguf(dir.path(), "none.gguf"), "model::missing");
    put(&at("page.gguf"), b"<!DOCTYPE html>");
    assert_eq!(gguf(dir.path(), "page.gguf"), "model::wrong_format");
    put(&at("empty.gguf"), b"");
    assert_eq!(gguf(dir.path(), "empty.gguf"), "model::wrong_format");
    put(&at("pointer.gguf"), b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    assert_eq!(gguf(dir.path(), "pointer.gguf"), "model::wrong_format");
    let whole = fixtures::read("phi-4.gguf");
    put(&at("cut.gguf"), &whole[..whole.len() - 40]);
    assert_eq!(gguf(dir.path(), "cut.gguf"), "model::gguf");
    put(&at("m.gguf"), &whole);
    symlink("m.gguf", at("link.gguf")).unwrap();
    symlink("nothing", at("dangling.gguf")).unwrap();
    assert_eq!(gguf(dir.path(), "m.gguf"), "-");
    assert_eq!(gguf(dir.path(), "link.gguf"), "-");
    assert_eq!(gguf(dir.path(), "dangling.gguf"), "model::missing");
    let Presence::Present(found) = models(dir.path()).inspect(&ModelRequest::local_gguf(at("m.gguf"))) else {
        panic!()
    };
    assert_eq!((found.staged.kind, found.staged.size()), (StagedKind::File, whole.len() as u64));
    assert_eq!((found.staged.path, found.staged.revision), (at("m.gguf"), None));
    assert_eq!(found.headers[0].architecture.as_deref(), Some("phi3"));
    assert!(!at("cache").exists(), "nothing was written");
}

#[test]
fn no_pipe_device_or_folder_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo.gguf");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    fs::create_dir(dir.path().join("folder.gguf")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket.gguf")).unwrap();
    for name in ["fifo.gguf", "folder.gguf", "socket.gguf", "/dev/zero", "/dev/null", "/"] {
        assert_eq!(gguf(dir.path(), name), "model::not_a_file", "{name}");
    }
}

/// The digest is computed once for each change, and `inspect` shows it as long as it is true.
#[test]
fn a_checksum_is_compared_after_each_change() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.gguf");
    let bytes = Writer::model(1000);
    durable::replace(&path, &bytes).unwrap();
    let sha256 = crate::support::hub::sha256(&bytes);
    let request = ModelRequest::local_gguf(&path).sha256(Some(sha256.to_uppercase()));
    let models = models(dir.path());
    for _ in 0..2 {
        let found = models.ensure_present(&request).unwrap();
        assert_eq!(found.staged.digest(), Some(format!("sha256:{sha256}").as_str()));
    }
    let Presence::Present(found) = models.inspect(&ModelRequest::local_gguf(&path)) else { panic!() };
    assert_eq!(found.staged.digest(), Some(format!("sha256:{sha256}").as_str()), "remembered");
    durable::replace(&path, &Writer::model(1001)).unwrap();
    let Presence::Present(found) = models.inspect(&request) else { panic!() };
    assert_eq!(found.staged.digest(), None, "forgotten with the file");
    assert!(matches!(models.ensure_present(&request), Err(ModelError::WrongChecksum { .. })));
}

/// What has no meaning is refused before anything is looked at.
#[test]
fn requests_that_mean_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let folder = ModelRequest::triton(dir.path()).sha256(Some("0".repeat(64)));
    assert_eq!(code(dir.path(), &folder), "model::request");
    for (repo, revision, file) in [("x", None, "m.gguf"), ("o/r", Some("a..b"), "m.gguf"), ("o/r", None, "../m.gguf")] {
        let error = ModelRequest::hub_gguf(repo, revision, file).unwrap_err();
        assert_eq!(error.code().unwrap().to_string(), "model::bad_name");
    }
    let request = ModelRequest::hub_gguf("o/r", None, "m.gguf").unwrap();
    assert_eq!(code(dir.path(), &request), "model::no_command", "PATH is empty");
}
