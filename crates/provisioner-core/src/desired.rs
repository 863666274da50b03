//! What a pool wants, as plain data that no longer needs the configuration's shape.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use config_schema::{Accelerator, Limits, PoolId};
use llamacpp_build::{Definition, Generator, Layout, Source};
use model_provisioner::ModelRequest;

/// What a llama.cpp pool in source mode wants.
#[derive(Clone, Debug)]
pub(crate) struct Desired {
    pub(crate) pool_id: PoolId,
    pub(crate) accelerator: Accelerator,
    /// Whether missing system packages may be installed.
    pub(crate) may_install: bool,
    /// Whether `sudo -n` may be used for that.
    pub(crate) may_sudo: bool,
    /// Indices of the cards to use; all when empty.
    pub(crate) devices: Vec<u32>,
    pub(crate) source: Source,
    pub(crate) definitions: Vec<Definition>,
    /// As configured; otherwise ninja when it is there.
    pub(crate) generator: Option<Generator>,
    pub(crate) jobs: Option<u32>,
    pub(crate) layout: Layout,
    pub(crate) model: DesiredModel,
    pub(crate) host: IpAddr,
    /// Ports to try, in order.
    pub(crate) ports: Vec<u16>,
    pub(crate) ctx: Option<u32>,
    pub(crate) tensor_split: Option<Vec<f32>>,
    pub(crate) flags: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) secret_env: Vec<String>,
    pub(crate) limits: Limits,
    /// Where the engine looks for its user's configuration, and finds none.
    pub(crate) config_home: PathBuf,
}

/// The model a pool wants.
#[derive(Clone, Debug)]
pub(crate) struct DesiredModel {
    /// As configured, for people.
    pub(crate) reference: String,
    pub(crate) request: ModelRequest,
    pub(crate) cache: PathBuf,
}
