//! The real Hugging Face command, and an environment in which it asks a hub on loopback.

use std::path::{Path, PathBuf};

use exec::Env;
use model_provisioner::{FetchLimits, ModelProvisioner};

use super::hub::Hub;

/// Names the folder with `hf` in it.
const VARIABLE: &str = "HF_COMMAND_DIR";

/// The folder with `hf` in it: `HF_COMMAND_DIR`, or where `cargo xtask test` installs it.
pub(crate) fn folder() -> PathBuf {
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/huggingface_hub/bin");
    let folder = named.unwrap_or_else(usual);
    assert!(
        folder.join("hf").is_file(),
        "{} has no `hf`: run `cargo xtask test` once, which installs it there, or set {VARIABLE} to the folder of another",
        folder.display()
    );
    folder.canonicalize().unwrap()
}

/// A place for models, and a hub to fetch them from.
pub(crate) struct Bench {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) hub: Hub,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), hub: Hub::start() }
    }

    /// A path in the folder of this test.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The environment of the command, without a token.
    pub(crate) fn env(&self) -> Env {
        let path = format!("{}:/usr/bin:/bin", folder().display());
        Env::from_pairs([
            ("PATH", path),
            ("HOME", self.dir.path().display().to_string()),
            ("HF_ENDPOINT", self.hub.url()),
        ])
    }

    /// Stages with this environment.
    pub(crate) fn models(&self, env: Env) -> ModelProvisioner {
        ModelProvisioner::new(self.at("cache"), env).limits(limits(20, 60))
    }
}

/// Limits in seconds.
pub(crate) fn limits(silence: u64, total: u64) -> FetchLimits {
    use std::time::Duration;

    FetchLimits { silence: Duration::from_secs(silence), total: Duration::from_secs(total) }
}
