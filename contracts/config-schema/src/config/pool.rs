//! One pool: a model served by an engine on some devices.

use serde::{Deserialize, Serialize};

use super::{fields, mode};
use crate::{Engine, PoolId, ProvisioningConfig, ProvisioningMode};

/// One pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PoolConfig {
    /// The pool's name, different from every other pool's.
    pub id: PoolId,
    /// The engine that serves it.
    pub engine: Engine,
    /// The model's name, as clients ask for it.
    pub model: String,
    /// The model's quantization, such as `q4_k_m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quant: Option<String>,
    /// The size of the context, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ctx: Option<u32>,
    /// The GPUs to use, by index.
    #[serde(default)]
    pub devices: Vec<u32>,
    /// How the model is divided among the GPUs: one share for each, of any sum.
    #[serde(default, deserialize_with = "fields::tensor_split", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(inner(range(min = 0))))]
    pub tensor_split: Option<Vec<f32>>,
    /// Whether the model is loaded before the first request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preload: Option<bool>,
    /// Whether all replicas of the pool must run the same version of the engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_same_engine_version: Option<bool>,
    /// The version of the sampler profile that replicas must share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampler_profile_version: Option<String>,
    /// The queue of waiting requests.
    #[serde(default)]
    pub queue: QueueConfig,
    /// Who is let in, and in which order.
    #[serde(default)]
    pub admission: AdmissionConfig,
    /// How long a request may take.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// How the engine gets onto the host and how it is started.
    #[serde(default)]
    pub provisioning: ProvisioningConfig,
}

impl PoolConfig {
    /// Returns where the pool's engine comes from.
    ///
    /// It is `provisioning.mode` where that is written. Left out, it is the mode whose section (`source`, `container`,
    /// `package`, `binary` or `external`) is the only one present. If none or several are present, it is `source` for llama.cpp and
    /// `container` for vLLM, SGLang, TGI and Triton.
    ///
    /// The provisioner checks whether the engine supports the mode and whether the mode's section is present.
    pub fn mode(&self) -> ProvisioningMode {
        mode::of(self.engine, &self.provisioning)
    }
}

/// The queue of waiting requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct QueueConfig {
    /// How many requests may wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// What happens to a request when the queue is full: `reject` or `drop-lru`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_policy: Option<String>,
}

/// Who is let in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AdmissionConfig {
    /// The classes of requests, most important first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priorities: Option<Vec<PriorityClass>>,
}

/// One class of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PriorityClass {
    /// The class's name, such as `interactive` or `batch`.
    pub name: String,
    /// How many requests of this class may wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_capacity: Option<u32>,
    /// How many requests of this class are let in, per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit_rps: Option<u32>,
    /// The class's share among all classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
}

/// How long a request may take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Longest time from request to end of answer, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u64>,
    /// Longest time between two parts of an answer, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u64>,
}
