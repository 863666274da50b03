//! A Debian 12 with a compiler, git, CMake and ninja, entered with nothing of this host: no network, no processes, no devices
//! but the stand-ins.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{CommandSpec, Env, Exit};

use crate::failure::Result;
use crate::proc;

const DEBIAN: [&str; 4] = ["mmdebstrap", "--variant=minbase", "--include=g++,git,cmake,ninja-build,make", "bookworm"];
/// The nodes of NVIDIA's driver; what is opened is `/dev/null`.
const NODES: [&str; 3] = ["/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"];
/// Two runs of `run.sh`, with a margin for a busy machine.
const PATIENCE: Duration = Duration::from_mins(10);

/// The system and what is put into it.
pub(super) struct System {
    bwrap: PathBuf,
    root: PathBuf,
    kit: PathBuf,
    /// Replaces `/usr/local`, and says that device nodes are there.
    local: Option<PathBuf>,
}

impl System {
    /// Made once below `home`.
    pub(super) fn debian(env: &Env, home: &Path, kit: &Path) -> Result<Self> {
        let root = home.join("bookworm");
        if !root.is_dir() {
            println!("installing a Debian 12 (about 500 MB)");
            let scratch = tempfile::Builder::new().prefix("bookworm.").tempdir_in(home)?;
            let made = scratch.path().join("root");
            proc::capture(&proc::tool(env, &DEBIAN, home)?.arg(&made))?;
            fs::rename(made, &root)?;
        }
        Ok(Self { bwrap: proc::find(env, "bwrap")?, root, kit: kit.into(), local: None })
    }

    /// The same system with a driver in `/usr/local`.
    pub(super) fn with_local(&self, local: &Path) -> Self {
        Self { bwrap: self.bwrap.clone(), root: self.root.clone(), kit: self.kit.clone(), local: Some(local.into()) }
    }

    /// Runs a command in it, as its root, with the kit at `/mnt`; its output is shown.
    pub(super) fn run(&self, words: &[&str]) -> Result<Exit> {
        let mut spec = CommandSpec::new(&self.bwrap, PATIENCE).cwd("/").arg("--ro-bind").arg(&self.root).arg("/");
        spec =
            spec.args(["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/root", "--tmpfs", "/run"]);
        spec = spec.args(["--unshare-net", "--unshare-pid", "--unshare-ipc", "--cap-add", "ALL", "--die-with-parent"]);
        spec = spec.arg("--bind").arg(&self.kit).arg("/mnt");
        if let Some(local) = &self.local {
            spec = spec.arg("--ro-bind").arg(local).arg("/usr/local");
            for node in NODES {
                spec = spec.args(["--dev-bind", "/dev/null", node]);
            }
        }
        for (name, value) in [("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"), ("HOME", "/root")] {
            spec = spec.args(["--setenv", name, value]);
        }
        let spec = spec.arg("--").args(words.iter().copied());
        Ok(proc::lines(&spec, &mut |_stream, _line| {})?.exit)
    }
}
