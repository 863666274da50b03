//! The configuration of pools: types that cannot hold a bad value, loading from TOML, YAML and JSON,
//! and the JSON Schema.
//!
//! ```
//! use config_schema::{Config, Engine, Format};
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
//! # Ok::<(), config_schema::ConfigError>(())
//! ```
//!
//! Every error names the file, the line, the column and the keys that lead there, and says what to
//! write instead. None repeats a value of the file.

mod artifact;
mod cmake_flag;
mod config;
mod download_url;
mod engine;
mod env_name;
mod error;
mod fields;
mod format;
mod git_ref;
mod invalid;
mod limits;
mod load;
mod model;
mod model_ref;
mod nearest;
mod place;
mod plain_name;
mod pool;
mod pool_id;
mod port;
mod port_range;
mod provisioning;
mod repo_url;
mod resolve;
mod schema;
mod sha256;
mod shown;
mod source;
mod text_type;
mod tree;
mod url_rules;

pub use artifact::{BinaryConfig, ContainerConfig, PackageConfig};
pub use cmake_flag::CmakeFlag;
pub use config::{CatalogConfig, Config, TrustPolicyConfig};
pub use download_url::DownloadUrl;
pub use engine::Engine;
pub use env_name::EnvName;
pub use error::ConfigError;
pub use format::Format;
pub use git_ref::GitRef;
pub use invalid::Invalid;
pub use limits::Limits;
pub use model::ModelConfig;
pub use model_ref::ModelRef;
pub use place::{Place, Position};
pub use plain_name::PlainName;
pub use pool::{AdmissionConfig, PoolConfig, PriorityClass, QueueConfig, Timeouts};
pub use pool_id::PoolId;
pub use port::Port;
pub use port_range::PortRange;
pub use provisioning::{Accelerator, ProvisioningConfig, ProvisioningMode};
pub use repo_url::{RepoKind, RepoUrl};
pub use schema::json_schema;
pub use sha256::Sha256;
pub use source::{SourceBuildConfig, SourceConfig};
