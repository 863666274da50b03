//! What to type on this host.

use std::fmt;
use std::path::Path;

use crate::host::{Host, Platform};
use crate::spec::{Edits, Spec};
use crate::{AMD, NVIDIA};

/// A sentence with commands, for the help of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy(String);

/// Where NVIDIA says how to install its toolkit.
const GUIDE: &str = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html";

impl Remedy {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Generates the spec again, as this one was made.
    pub(crate) fn generate(spec: &Spec, path: &Path, host: &Host<'_>) -> Self {
        let is_read = host.folders.iter().any(|folder| path.starts_with(folder));
        let target = if is_read { path.to_owned() } else { usual(&spec.kind).into() };
        Self::for_kind(&spec.kind, &target, driver_root(spec).as_deref(), host)
    }

    /// Generates a spec of a kind where there is none.
    pub(crate) fn first(kind: &str, host: &Host<'_>) -> Self {
        let Self(text) = Self::for_kind(kind, Path::new(usual(kind)), None, host);
        Self(text.replacen("generate it again", "generate it", 1))
    }

    fn for_kind(kind: &str, target: &Path, root: Option<&str>, host: &Host<'_>) -> Self {
        let sudo = if host.is_root { "" } else { "sudo " };
        let target = target.display();
        if host.family.as_deref() == Some("NixOS") && kind == NVIDIA {
            return Self::new(
                "set `hardware.nvidia-container-toolkit.enable = true`, rebuild, and `sudo systemctl restart nvidia-container-toolkit-cdi-generator`",
            );
        }
        let generate = match kind {
            NVIDIA => {
                let mode = match host.platform {
                    Platform::Native => "",
                    Platform::Wsl => " --mode=wsl",
                    Platform::Jetson => " --mode=csv",
                };
                let root = root.map_or_else(String::new, |root| format!(" --driver-root={root}"));
                format!("`{sudo}nvidia-ctk cdi generate{mode}{root} --output={target}`")
            }
            AMD => format!("`{sudo}amd-ctk cdi generate --output={target}`"),
            kind => return Self::new(format!("generate the spec of `{kind}` with its vendor's tool")),
        };
        if host.has_toolkit {
            return Self::new(format!("generate it again: {generate}"));
        }
        let install = match (kind, host.family.as_deref()) {
            (NVIDIA, Some("Arch")) => format!("`{sudo}pacman -S nvidia-container-toolkit`"),
            (NVIDIA, _) => format!("install NVIDIA's container toolkit ({GUIDE})"),
            _ => "install AMD's container toolkit".to_owned(),
        };
        Self::new(format!("{install}, then {generate}"))
    }

    /// For a spec that lacks the node of unified memory: its module was not loaded.
    pub(crate) fn with_uvm(&self) -> Self {
        Self::new(format!("load the module, `sudo nvidia-modprobe -u -c 0`, then {}", self.0))
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn usual(kind: &str) -> &'static str {
    if kind == AMD { "/etc/cdi/amd.json" } else { "/etc/cdi/nvidia.yaml" }
}

/// The folder of a driver that is not installed in `/`: nodes have their host path below it.
pub(crate) fn driver_root(spec: &Spec) -> Option<String> {
    let edits = spec.devices().iter().map(|device| &device.container_edits).chain([&spec.container_edits]);
    let mut nodes = edits.flat_map(Edits::nodes);
    nodes.find_map(|node| {
        let root = node.host_path.as_deref()?.strip_suffix(&node.path)?;
        (!root.is_empty()).then(|| root.to_owned())
    })
}
