//! Where CUDA toolkits are looked for, in order of preference.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::host::Host;
use crate::toolkit::ToolkitSource;

/// A place that may be a toolkit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) source: ToolkitSource,
    pub(crate) root: PathBuf,
    /// The compiler, where it and not the root was found first.
    pub(crate) nvcc: Option<PathBuf>,
}

/// A place that was looked at: a candidate, or in a few words why there is none.
pub(crate) type Place = (String, Result<Candidate, String>);

/// The variables that name a toolkit's root, in order.
const ROOT_VARIABLES: [&str; 3] = ["CUDAToolkit_ROOT", "CUDA_HOME", "CUDA_PATH"];

/// All places in order: what the environment names, `nvcc` on `PATH`, the usual folders, the conda environment.
pub(crate) fn places(host: &Host) -> Vec<Place> {
    let mut places = named(host);
    places.push(on_path(host));
    places.push(folder(host, "/usr/local/cuda"));
    places.extend(versioned(host));
    places.push(folder(host, "/opt/cuda"));
    places.push(debian(host));
    places.push(conda(host));
    places
}

fn named(host: &Host) -> Vec<Place> {
    let cudacxx = host.env.get("CUDACXX").map(|value| {
        let nvcc = if value.as_encoded_bytes().contains(&b'/') {
            PathBuf::from(value)
        } else {
            value.to_str().and_then(|name| host.env.find(name)).unwrap_or_else(|| PathBuf::from(value))
        };
        ("CUDACXX", from_nvcc(ToolkitSource::Variable("CUDACXX"), nvcc))
    });
    let roots = ROOT_VARIABLES.into_iter().filter_map(|name| {
        let root = PathBuf::from(host.env.get(name)?);
        Some((name, Candidate { source: ToolkitSource::Variable(name), root, nvcc: None }))
    });
    let found: Vec<Place> = cudacxx.into_iter().chain(roots).map(|(name, c)| (name.to_owned(), Ok(c))).collect();
    if found.is_empty() {
        vec![(format!("CUDACXX, {}", ROOT_VARIABLES.join(", ")), Err("not set".into()))]
    } else {
        found
    }
}

fn on_path(host: &Host) -> Place {
    let nvcc = host.env.find("nvcc").map(|nvcc| from_nvcc(ToolkitSource::SearchPath, nvcc));
    ("nvcc on PATH".into(), nvcc.ok_or_else(|| "not found".into()))
}

/// The candidate a compiler belongs to: the folder above its `bin`, or `/usr` for Debian's split layout.
fn from_nvcc(source: ToolkitSource, nvcc: PathBuf) -> Candidate {
    let nvcc = resolved(nvcc);
    let above = nvcc.ancestors().nth(2).unwrap_or(Path::new("/"));
    let root = if above.ends_with("lib/nvidia-cuda-toolkit") { above.ancestors().nth(2) } else { Some(above) };
    Candidate { source, root: root.unwrap_or(Path::new("/")).to_owned(), nvcc: Some(nvcc) }
}

/// The real path of a compiler. nvcc finds its own files from where it really lies, and CMake takes the root from
/// there; but a link to another program, as ccache's folder of compilers has them, must keep its name.
pub(crate) fn resolved(nvcc: PathBuf) -> PathBuf {
    let real = if nvcc.is_absolute() { nvcc.canonicalize().ok() } else { None };
    real.filter(|real| real.file_name() == Some(OsStr::new("nvcc"))).unwrap_or(nvcc)
}

fn folder(host: &Host, place: &str) -> Place {
    let root = host.at(place);
    let candidate = root.is_dir().then_some(Candidate { source: ToolkitSource::Folder, root, nvcc: None });
    (place.to_owned(), candidate.ok_or_else(|| "not there".into()))
}

/// `/usr/local/cuda-*`, newest first.
fn versioned(host: &Host) -> Vec<Place> {
    let entries = std::fs::read_dir(host.at("/usr/local")).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut versions: Vec<((u32, u32), String)> =
        names.filter_map(|name| Some((version_of(name.strip_prefix("cuda-")?)?, name))).collect();
    versions.sort_by_key(|version| Reverse(version.clone()));
    if versions.is_empty() {
        return vec![("/usr/local/cuda-*".into(), Err("not there".into()))];
    }
    versions.into_iter().map(|(_, name)| folder(host, &format!("/usr/local/{name}"))).collect()
}

/// `12.8` as (12, 8); `12`, a link to the newest 12, as (12, 0).
fn version_of(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Debian's and Ubuntu's own package: `/usr` is the root, the compiler proper lies in a folder of its own.
fn debian(host: &Host) -> Place {
    let own = host.at("/usr/lib/nvidia-cuda-toolkit");
    let place = "/usr/lib/nvidia-cuda-toolkit".to_owned();
    if !own.is_dir() {
        return (place, Err("not there".into()));
    }
    let nvcc = [host.at("/usr/bin/nvcc"), own.join("bin/nvcc")].into_iter().find(|nvcc| nvcc.is_file());
    (place, Ok(Candidate { source: ToolkitSource::Folder, root: host.at("/usr"), nvcc }))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(nvcc: &str, root: &str) {
        assert_eq!(from_nvcc(ToolkitSource::SearchPath, nvcc.into()).root, Path::new(root), "{nvcc}");
    }

    #[test]
    fn the_root_of_a_compiler() {
        check("/opt/cuda/bin/nvcc", "/opt/cuda");
        check("/absent/nvcc", "/");
        check("/nvcc", "/");
        check("/absent/usr/lib/nvidia-cuda-toolkit/bin/nvcc", "/absent/usr");
        check("nvcc", "/");
    }

    #[test]
    fn versions_in_folder_names() {
        assert_eq!(version_of("12.8"), Some((12, 8)));
        assert_eq!(version_of("12"), Some((12, 0)));
        assert_eq!(version_of("old"), None);
        assert_eq!(version_of("12.8.1"), None);
    }
}
