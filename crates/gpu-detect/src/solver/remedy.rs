//! What to change, in words and as a command for each family of systems. Nothing here is ever run.
//!
//! Names of packages: NVIDIA's repositories carry `cuda-toolkit-12-9` and its parts for Debian, Ubuntu, Fedora, RHEL and
//! openSUSE (<https://docs.nvidia.com/cuda/cuda-installation-guide-linux/>); nixpkgs has a set for each release
//! (`cudaPackages_12_9`); conda-forge names parts alike and takes the release from `cuda-version`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::distribution::Family;
use crate::toolkit::releases::{Releases, dotted};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// What to do, in words.
    pub change: String,
    /// What to type, for each family of systems where that is known.
    pub commands: BTreeMap<Family, String>,
}

impl Remedy {
    /// The change in words with this family's command, or with all commands where the family is unknown.
    pub fn for_family(&self, family: Option<Family>) -> String {
        match family.and_then(|family| self.commands.get(&family)) {
            Some(command) => format!("{}: `{command}`", self.change),
            None => self.to_string(),
        }
    }

    fn words(change: impl Into<String>) -> Self {
        Self { change: change.into(), commands: BTreeMap::new() }
    }

    fn with(mut self, commands: [(Family, String); 6]) -> Self {
        self.commands = commands.into_iter().filter(|(_, command)| !command.is_empty()).collect();
        self
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.change)?;
        let commands: Vec<String> = self.commands.iter().map(|(family, line)| format!("{family}: `{line}`")).collect();
        if commands.is_empty() { Ok(()) } else { write!(f, " ({})", commands.join("; ")) }
    }
}

/// A toolkit that fits, beside the others.
pub(crate) fn toolkit(fits: Releases) -> Remedy {
    if fits.is_empty() {
        return Remedy::words(
            "no CUDA release fits GPUs, driver and C library at once: change one of them, for example by building in a \
             container with an older system",
        );
    }
    let range = match fits.last {
        Some(last) if last == fits.first => format!("CUDA {}", dotted(last)),
        Some(last) => format!("CUDA {} to {}", dotted(fits.first), dotted(last)),
        None => format!("CUDA {} or newer", dotted(fits.first)),
    };
    install(format!("install {range} and point `CUDA_HOME` at it"), fits.last)
}

/// Commands for a whole toolkit: of one release, or the newest there is.
fn install(change: String, release: Option<(u32, u32)>) -> Remedy {
    let dashed = release.map(|(major, minor)| format!("-{major}-{minor}")).unwrap_or_default();
    let package = format!("cuda-toolkit{dashed}");
    Remedy::words(change).with([
        // Arch carries the newest release only.
        (Family::Arch, if release.is_none() { "pacman -S --needed cuda".into() } else { String::new() }),
        (Family::Debian, format!("apt-get install {package}")),
        (Family::Fedora, format!("dnf install {package}")),
        (Family::Suse, format!("zypper install {package}")),
        (Family::Nixos, format!("nix shell nixpkgs#{}.cudatoolkit", nix_set(release))),
        (Family::Conda, format!("conda install -c conda-forge cuda-toolkit{}", conda_version(release))),
    ])
}

fn nix_set(release: Option<(u32, u32)>) -> String {
    release.map_or_else(|| "cudaPackages".into(), |(major, minor)| format!("cudaPackages_{major}_{minor}"))
}

fn conda_version(release: Option<(u32, u32)>) -> String {
    release.map(|release| format!(" cuda-version={}", dotted(release))).unwrap_or_default()
}

/// A newer driver, or an older toolkit.
pub(crate) fn driver_or_toolkit(needed: Option<&'static str>, fits: Releases) -> Remedy {
    let driver = needed
        .map_or_else(|| "update the NVIDIA driver".into(), |v| format!("update the NVIDIA driver to {v} or newer"));
    if fits.is_empty() {
        return Remedy::words(driver);
    }
    let other = toolkit(fits);
    Remedy { change: format!("{driver}, or {}", other.change), commands: other.commands }
}

/// The parts that a toolkit lacks, of its own release.
pub(crate) fn parts(missing: &[String], version: Option<(u32, u32)>) -> Remedy {
    let Some(release) = version else {
        return install(
            "install a whole CUDA toolkit, and point `CUDA_HOME` at the folder that holds `bin/nvcc`".into(),
            None,
        );
    };
    // The part, its name for Debian, for RPM systems, in nixpkgs and in conda-forge.
    let known = [
        ("`nvcc`", ["cuda-nvcc", "cuda-nvcc", "cuda_nvcc", "cuda-nvcc"]),
        ("cuda_runtime.h", ["cuda-cudart-dev", "cuda-cudart-devel", "cuda_cudart", "cuda-cudart-dev"]),
        ("libcudart", ["cuda-cudart-dev", "cuda-cudart-devel", "cuda_cudart", "cuda-cudart-dev"]),
        ("libcublas", ["libcublas-dev", "libcublas-devel", "libcublas", "libcublas-dev"]),
        ("libcuda ", ["cuda-driver-dev", "cuda-driver-devel", "cuda_cudart", "cuda-driver-dev"]),
    ];
    let packages = |column: usize, decorate: &dyn Fn(&str) -> String| {
        let mut names: Vec<String> = Vec::new();
        for (part, columns) in &known {
            let name = columns.get(column).map(|name| decorate(name)).unwrap_or_default();
            if missing.iter().any(|missing| missing.starts_with(part)) && !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(" ")
    };
    let dashed = |name: &str| format!("{name}-{}-{}", release.0, release.1);
    let line = |command: &str, names: String| if names.is_empty() { names } else { format!("{command} {names}") };
    let nix = |name: &str| format!("nixpkgs#{}.{name}", nix_set(version));
    let conda = line("conda install -c conda-forge", packages(3, &str::to_owned));
    Remedy::words(format!("install its missing parts, all of CUDA {}", dotted(release))).with([
        (Family::Arch, "pacman -S cuda".into()),
        (Family::Debian, line("apt-get install", packages(0, &dashed))),
        (Family::Fedora, line("dnf install", packages(1, &dashed))),
        (Family::Suse, line("zypper install", packages(1, &dashed))),
        (Family::Nixos, line("nix shell", packages(2, &nix))),
        (Family::Conda, if conda.is_empty() { conda } else { format!("{conda}{}", conda_version(version)) }),
    ])
}

/// Compiler and headers of one release.
pub(crate) fn one_release(release: (u32, u32)) -> Remedy {
    install("take compiler and headers from one release".into(), Some(release))
}

pub(crate) fn reinstall() -> Remedy {
    Remedy::words("run its `nvcc --list-gpu-code` yourself; if that fails too, reinstall the toolkit")
}

pub(crate) fn overruled(by: &str, root: &str) -> Remedy {
    Remedy::words(format!("unset or correct {by}, for example to `{root}`"))
}

/// A g++ that nvcc accepts, beside the others.
pub(crate) fn host_compiler(gcc: Option<u32>) -> Remedy {
    let Some(major) = gcc else {
        return Remedy::words("install g++").with([
            (Family::Arch, "pacman -S --needed gcc".into()),
            (Family::Debian, "apt-get install g++".into()),
            (Family::Fedora, "dnf install gcc-c++".into()),
            (Family::Suse, "zypper install gcc-c++".into()),
            (Family::Nixos, "nix shell nixpkgs#gcc".into()),
            (Family::Conda, "conda install -c conda-forge gxx".into()),
        ]);
    };
    let change = format!("install g++ {major} beside the others; as `g++-{major}` on `PATH` it is found");
    Remedy::words(change).with([
        (Family::Arch, format!("pacman -S --needed gcc{major}")),
        (Family::Debian, format!("apt-get install g++-{major}")),
        (Family::Fedora, format!("dnf install gcc{major}-c++")),
        (Family::Suse, format!("zypper install gcc{major}-c++")),
        (Family::Nixos, format!("nix shell nixpkgs#gcc{major}")),
        (Family::Conda, format!("conda install -c conda-forge gxx={major}")),
    ])
}
