//! What a pool wants, for tests: a pool for the CPU with a model in a file.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use config_schema::{Accelerator, Limits, ProvisioningMode};
use model_provisioner::ModelRequest;

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
            request: Some(ModelRequest::local_gguf("/m/tiny.gguf")),
            cache: "/cache/models".into(),
            pin: None,
        },
        host: IpAddr::V4(Ipv4Addr::LOCALHOST),
        ports: vec![8080],
        ctx: None,
        tensor_split: None,
        flags: Vec::new(),
        env: BTreeMap::new(),
        secret_env: Vec::new(),
        secret_files: BTreeMap::new(),
        limits: Limits::default(),
        config_home: "/run/p/config".into(),
        same_version: false,
        locked: false,
    }
}
