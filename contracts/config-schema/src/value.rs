//! Values that are valid once they exist: each type parses its text and rejects everything else.

pub(crate) mod cmake_flag;
pub(crate) mod download_url;
pub(crate) mod env_name;
pub(crate) mod git_ref;
pub(crate) mod invalid;
pub(crate) mod model_ref;
pub(crate) mod plain_name;
pub(crate) mod pool_id;
pub(crate) mod port;
pub(crate) mod port_range;
pub(crate) mod repo_url;
pub(crate) mod sha256;
pub(crate) mod text_type;
mod url_parts;
mod url_rules;
