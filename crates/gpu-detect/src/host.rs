//! What detection may look at, as one value: the environment, the root folder and the NVML libraries.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::Env;

use crate::fs::multiarch;
use crate::wish::Wish;

/// The longest that the driver may take to answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// A host as detection sees it. Tests build one by hand; programs take [`Host::current`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The environment: `PATH`, `CUDA_VISIBLE_DEVICES`, `CUDACXX` and the other CUDA variables.
    pub env: Env,
    /// The folder under which `/proc`, `/sys`, `/usr` and `/opt` are looked up.
    pub root: PathBuf,
    /// NVML libraries in the order in which they are tried: bare names go to the loader's search path.
    pub nvml: Vec<PathBuf>,
    /// The program that opens those libraries in our stead; without one this process does.
    pub probe: Option<Probe>,
    /// The longest that the driver may take to answer.
    pub deadline: Duration,
    /// What the configuration says.
    pub wish: Wish,
}

/// A program that prints [`answer_probe`](crate::answer_probe) of the words that are added to its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The program; absolute.
    pub program: PathBuf,
    /// Its arguments before the added words.
    pub args: Vec<OsString>,
}

impl Host {
    /// This machine, seen with `env`.
    ///
    /// NVML is looked for under its versioned name first (the other name belongs to development packages), then
    /// in folders that drivers use without telling the loader: WSL, NixOS, containers.
    pub fn current(env: Env) -> Self {
        let root = PathBuf::from("/");
        let nvml = ["libnvidia-ml.so.1", "libnvidia-ml.so"]
            .into_iter()
            .map(PathBuf::from)
            .chain(driver_folders().into_iter().map(|folder| root.join(folder).join("libnvidia-ml.so.1")))
            .collect();
        Self { env, root, nvml, probe: None, deadline: DEADLINE, wish: Wish::default() }
    }

    /// The same host with its files in another folder; the driver's libraries are looked for in there alone, because the
    /// loader's own search path is that of `/`.
    #[must_use]
    pub fn with_root(mut self, root: &Path) -> Self {
        if root != self.root {
            root.clone_into(&mut self.root);
            self.nvml =
                driver_folders().into_iter().map(|folder| root.join(folder).join("libnvidia-ml.so.1")).collect();
        }
        self
    }

    /// The same host with a program that opens the driver's libraries; see [`Probe`].
    #[must_use]
    pub fn with_probe(mut self, probe: Probe) -> Self {
        self.probe = Some(probe);
        self
    }

    /// The same host with what the configuration says.
    #[must_use]
    pub fn with_wish(mut self, wish: Wish) -> Self {
        self.wish = wish;
        self
    }

    /// An absolute path of this host, under its root.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The folders in which a driver keeps its libraries, under the root, each with whether the linker looks there by
    /// itself.
    pub(crate) fn driver_folders(&self) -> Vec<(PathBuf, bool)> {
        let own = |folder: &Path| {
            let whole = ["usr/lib/wsl", "run", "usr/local", "home", "var"];
            whole.iter().any(|owner| folder.starts_with(owner))
                || ["nvidia", "tegra", "current"].iter().any(|name| folder.ends_with(name))
        };
        driver_folders().iter().map(|folder| (self.root.join(folder), !own(folder))).collect()
    }
}

/// Where drivers keep `libnvidia-ml.so.1` and `libcuda.so.1`, relative to the root folder: WSL, NixOS, Kubernetes nodes and
/// the containers on them, NVIDIA's driver container, Jetsons, Debian's alternatives, and the system's own folders.
fn driver_folders() -> Vec<PathBuf> {
    vec![
        PathBuf::from("usr/lib/wsl/lib"),
        PathBuf::from("run/opengl-driver/lib"),
        PathBuf::from("usr/local/nvidia/lib64"),
        PathBuf::from("home/kubernetes/bin/nvidia/lib64"),
        PathBuf::from("var/lib/nvidia/lib64"),
        Path::new("run/nvidia/driver/usr/lib").join(multiarch()),
        Path::new("usr/lib").join(multiarch()).join("nvidia"),
        Path::new("usr/lib").join(multiarch()).join("tegra"),
        Path::new("usr/lib").join(multiarch()).join("nvidia/current"),
        Path::new("usr/lib").join(multiarch()),
        PathBuf::from("usr/lib64"),
        PathBuf::from("usr/lib"),
    ]
}
