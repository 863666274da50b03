//! Toolkits that came by another way than the system's packages: conda, Python wheels, the HPC SDK, Nix.

use std::path::{Path, PathBuf};

use super::candidate::{Candidate, Place};
use super::description::ToolkitSource;
use crate::fs::entries;
use crate::host::Host;

/// All of them in order.
pub(crate) fn places(host: &Host) -> Vec<Place> {
    let mut places = vec![conda(host)];
    places.extend(wheels(host));
    places.extend(hpc_sdk(host));
    places.extend(nix(host));
    places
}

fn at(source: ToolkitSource, root: PathBuf) -> Place {
    (root.display().to_string(), Ok(Candidate { source, root, nvcc: None }))
}

fn conda(host: &Host) -> Place {
    let place = "CONDA_PREFIX".to_owned();
    let Some(root) = host.env.get("CONDA_PREFIX").map(PathBuf::from) else {
        return (place, Err("not set".into()));
    };
    if !root.is_absolute() || !root.join("bin/nvcc").is_file() {
        return (place, Err("no `bin/nvcc` in it".into()));
    }
    (place, Ok(Candidate { source: ToolkitSource::Conda, root, nvcc: None }))
}

/// `site-packages/nvidia/cu13` of the active environments and of the user; older wheels hold no compiler.
fn wheels(host: &Host) -> Vec<Place> {
    let set = |name: &str| host.env.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let prefixes = [set("VIRTUAL_ENV"), set("CONDA_PREFIX"), set("HOME").map(|home| home.join(".local"))];
    let libraries = prefixes.into_iter().flatten().flat_map(|prefix| entries(&prefix.join("lib")));
    let packages = libraries.map(|python| python.join("site-packages/nvidia")).flat_map(|nvidia| entries(&nvidia));
    let roots: Vec<PathBuf> = packages.filter(|path| is_wheel(path)).collect();
    if roots.is_empty() {
        return vec![("site-packages/nvidia/cu*".into(), Err("not there".into()))];
    }
    roots.into_iter().rev().map(|root| at(ToolkitSource::Wheels, root)).collect()
}

fn is_wheel(path: &Path) -> bool {
    let version = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("cu"));
    version.is_some_and(|version| !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `…/hpc_sdk/Linux_x86_64/24.5/cuda/12.4`, newest first: of the SDK that the environment names, or of all installed.
fn hpc_sdk(host: &Host) -> Vec<Place> {
    let named = host.env.get("NVHPC_ROOT").map(PathBuf::from).filter(|path| path.is_absolute());
    let releases = match named {
        Some(release) => vec![release],
        None => entries(&host.at("/opt/nvidia/hpc_sdk")).iter().flat_map(|system| entries(system)).collect(),
    };
    let roots = releases.iter().flat_map(|release| entries(&release.join("cuda")));
    let mut roots: Vec<PathBuf> = roots.filter(|root| root.join("bin/nvcc").is_file()).collect();
    if roots.is_empty() {
        return vec![("/opt/nvidia/hpc_sdk".into(), Err("not there".into()))];
    }
    roots.reverse();
    roots.into_iter().map(|root| at(ToolkitSource::HpcSdk, root)).collect()
}

/// The packages of the Nix store that a `nix develop` shell lists as inputs.
fn nix(host: &Host) -> Vec<Place> {
    let lists = ["buildInputs", "nativeBuildInputs"].into_iter().filter_map(|name| host.env.get_str(name));
    let paths = lists.flat_map(str::split_whitespace).map(PathBuf::from);
    let roots = paths.filter(|path| path.is_absolute() && path.join("bin/nvcc").is_file());
    roots.map(|root| at(ToolkitSource::Nix, root)).collect()
}
