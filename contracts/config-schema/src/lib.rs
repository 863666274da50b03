//! The configuration of pools: types that cannot hold a bad value, loading from TOML, YAML and JSON,
//! and the JSON Schema.
//!
//! ```
//! use config_schema::{Config, Engine, Format, ProvisioningMode};
//!
//! let text = r#"
//!     [[pools]]
//!     id = "local-gpu-0"
//!     engine = "llamacpp"
//!     model = "qwen2.5-0.5b-instruct"
//!     [pools.provisioning.source]
//!     repo = "https://github.com/ggml-org/llama.cpp.git"
//!     ref = "b6432"
//! "#;
//! let config = Config::parse(text, Format::Toml, "pools.toml")?;
//! let pool = config.pool(Some("local-gpu-0"))?;
//! assert_eq!(pool.engine, Engine::Llamacpp);
//! assert_eq!(pool.mode(), ProvisioningMode::Source);
//! # Ok::<(), config_schema::ConfigError>(())
//! ```
//!
//! The feature `schema` adds `json_schema`. Every error names the file, the line, the column and the keys that lead there, and says what to
//! write instead. None repeats a value of the file.

mod config;
mod error;
mod load;
mod pins;
#[cfg(feature = "schema")]
mod schema;
mod value;

pub use config::artifact::{BinaryConfig, ContainerConfig, ExternalConfig, PackageConfig};
pub use config::engine::Engine;
pub use config::engine_trust::public_key::PublicKeyPem;
pub use config::engine_trust::registry::{Registry, RepositoryPattern};
pub use config::engine_trust::timestamp::Timestamp;
pub use config::engine_trust::{EngineTrustConfig, RevokedKeyConfig, TrustedKeyConfig};
pub use config::limits::Limits;
pub use config::mode::ProvisioningMode;
pub use config::model::ModelConfig;
pub use config::pool::{AdmissionConfig, PoolConfig, PriorityClass, QueueConfig, Timeouts};
pub use config::provisioning::{Accelerator, OnFailedProof, ProvisioningConfig};
pub use config::source::{SourceBuildConfig, SourceConfig};
pub use config::{CatalogConfig, Config, TrustPolicyConfig};
pub use error::ConfigError;
pub use error::place::{Place, Position};
pub use load::format::Format;
pub use pins::{ArchivePin, CommitPin, ImagePin, LockFile, LockFileError, ModelPin, PoolPins};
#[cfg(feature = "schema")]
pub use schema::{json_schema, lock_schema};
pub use value::cmake_flag::CmakeFlag;
pub use value::download_url::{DownloadUrl, EngineUrl};
pub use value::env_name::EnvName;
pub use value::git_ref::GitRef;
pub use value::invalid::Invalid;
pub use value::model_ref::ModelRef;
pub use value::plain_name::{InnerPath, PlainName};
pub use value::pool_id::PoolId;
pub use value::port::Port;
pub use value::port_range::PortRange;
pub use value::repo_url::{RepoKind, RepoUrl};
pub use value::sha256::Sha256;
