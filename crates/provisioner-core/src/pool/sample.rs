//! What a pool wants, for tests: a pool for the CPU with a model in a file, and how that model is found.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use config_schema::{Accelerator, Limits, ProvisioningMode};
use exec::CommandSpec;
use model_provisioner::{
    CommitId, FetchPlan, Found, ModelError, ModelRequest, Presence, REVISION, Staged, StagedFile, StagedKind,
};

use crate::pool::desired::{Desired, DesiredModel};

/// A pool for the CPU.
pub(crate) fn desired() -> Desired {
    Desired {
        pool_id: "p".parse().unwrap(),
        mode: ProvisioningMode::Source,
        accelerator: Accelerator::Cpu,
        may_install: false,
        may_sudo: false,
        devices: Vec::new(),
        model: DesiredModel {
            reference: "file:///m/tiny.gguf".into(),
            request: ModelRequest::local_gguf("/m/tiny.gguf"),
            cache: "/cache/models".into(),
        },
        host: IpAddr::V4(Ipv4Addr::LOCALHOST),
        ports: vec![8080],
        ctx: None,
        tensor_split: None,
        flags: Vec::new(),
        env: BTreeMap::new(),
        secret_env: Vec::new(),
        limits: Limits::default(),
        config_home: "/run/p/config".into(),
    }
}

/// The model, where it is there.
pub(crate) fn present() -> Presence {
    let file = StagedFile { path: "/m/tiny.gguf".into(), size: 64, digest: None };
    let staged = Staged { kind: StagedKind::File, path: file.path.clone(), files: vec![file], revision: None };
    Presence::Present(Found { staged, headers: Vec::new() })
}

/// A model of the hub that is not there yet.
pub(crate) fn fetchable() -> Presence {
    let words = ["download", "o/r", "m.gguf", "--revision", REVISION];
    Presence::Fetchable(FetchPlan {
        commands: vec![CommandSpec::new("/usr/bin/hf", Duration::from_secs(1)).args(words)],
        asks: "https://hub.example/o/r".into(),
        folder: "/cache/models/o/r".into(),
        path: "/cache/models/o/r/m.gguf".into(),
        files: Vec::new(),
        replaces: Vec::new(),
        resumes: None,
    })
}

/// A model whose fetch was interrupted.
pub(crate) fn resumable() -> Presence {
    let Presence::Fetchable(mut fetch) = fetchable() else { return fetchable() };
    let commit = "ab".repeat(20);
    let words = ["download", "o/r", "m.gguf", "--revision", &commit];
    fetch.commands = vec![CommandSpec::new("/usr/bin/hf", Duration::from_secs(1)).args(words)];
    fetch.resumes = CommitId::parse(&commit);
    Presence::Fetchable(fetch)
}

/// A model that is not there, and that nobody can fetch.
pub(crate) fn unusable() -> Presence {
    Presence::Unusable(ModelError::Missing { path: "/m/tiny.gguf".into() })
}
