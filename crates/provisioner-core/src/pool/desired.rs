//! What a pool wants of any engine in any mode, as plain data that no longer needs the configuration's shape.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use config_schema::{Accelerator, Limits, ModelPin, PoolId, ProvisioningMode};
use model_provisioner::ModelRequest;

use crate::pool::secret_file::SecretFile;

/// What a pool wants, but for how its engine gets here: that is its [supply](crate::seam::Supply)'s.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one answer of the pool file or the caller")]
pub struct Desired {
    /// The pool.
    pub pool_id: PoolId,
    /// How its engine gets onto the host.
    pub mode: ProvisioningMode,
    /// What it must run on.
    pub accelerator: Accelerator,
    /// Whether missing system packages may be installed.
    pub may_install: bool,
    /// Whether `sudo -n` may be used for that.
    pub may_sudo: bool,
    /// Indices of the GPUs to use; all when empty.
    pub devices: Vec<u32>,
    /// The model.
    pub model: DesiredModel,
    /// The address to listen on.
    pub host: IpAddr,
    /// Ports to try, in order.
    pub ports: Vec<u16>,
    /// Context size in tokens.
    pub ctx: Option<u32>,
    /// Shares of the model for each GPU.
    pub tensor_split: Option<Vec<f32>>,
    /// Flags as the pool writes them.
    pub flags: Vec<String>,
    /// Open variables.
    pub env: BTreeMap<String, String>,
    /// Names of secret variables.
    pub secret_env: Vec<String>,
    /// Secret variables that files hold, by name.
    pub secret_files: BTreeMap<String, SecretFile>,
    /// Time limits.
    pub limits: Limits,
    /// The empty folder in which the engine looks for its user's configuration.
    pub config_home: PathBuf,
    /// Whether all engines of its kind on this host must be of one version.
    pub same_version: bool,
    /// Whether nothing but what is pinned is used.
    pub locked: bool,
}

impl Desired {
    /// The file with the token for a hub of models, where the pool names one.
    pub(crate) fn hub_token(&self) -> Option<PathBuf> {
        let file = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"].iter().find_map(|name| self.secret_files.get(*name))?;
        Some(file.path.clone())
    }
}

/// The model a pool wants.
#[derive(Clone, Debug)]
pub struct DesiredModel {
    /// As configured, for people.
    pub reference: String,
    /// Where it comes from and what it is made of; none where those who run the engine have it.
    pub request: Option<ModelRequest>,
    /// The folder that fetched models are kept in.
    pub cache: PathBuf,
    /// What it is pinned to, where a lock file says so.
    pub pin: Option<ModelPin>,
}
