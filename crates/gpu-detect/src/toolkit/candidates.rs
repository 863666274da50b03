//! Where CUDA toolkits are looked for, in order of preference.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::candidate::{Candidate, Place};
use super::description::ToolkitSource;
use super::{packaged, usual, variable};
use crate::host::Host;

/// All places in order: what the configuration and the environment name, `nvcc` on `PATH`, the usual folders, what
/// other package managers installed.
pub(crate) fn places(host: &Host) -> Vec<Place> {
    let mut places = named(host);
    places.push(on_path(host));
    places.extend(usual::places(host));
    places.extend(packaged::places(host));
    places
}

fn named(host: &Host) -> Vec<Place> {
    let mut found = Vec::new();
    if let Some(value) = &host.wish.toolkit {
        let is_compiler = value.file_name() == Some(OsStr::new("nvcc")) && !value.is_dir();
        let candidate = if is_compiler {
            from_nvcc(ToolkitSource::Config, on_search_path(host, value))
        } else {
            Candidate { source: ToolkitSource::Config, root: value.clone(), nvcc: None }
        };
        found.push(("the configuration".to_owned(), Ok(candidate)));
    }
    if let Some(value) = host.env.get(variable::COMPILER) {
        let source = ToolkitSource::Variable(variable::COMPILER);
        found.push((variable::COMPILER.to_owned(), Ok(from_nvcc(source, on_search_path(host, Path::new(value))))));
    }
    for name in variable::ROOT {
        let Some(value) = host.env.get(name) else { continue };
        // CMake reads a list here, and Nix makes one of it: the toolkit is the entry with a compiler.
        let entries: Vec<PathBuf> =
            value.to_string_lossy().split(';').filter(|e| !e.is_empty()).map(PathBuf::from).collect();
        let with_compiler = entries.iter().find(|entry| entry.join("bin/nvcc").is_file());
        let root = match entries.as_slice() {
            [] | [_] => PathBuf::from(value),
            [first, ..] => with_compiler.unwrap_or(first).clone(),
        };
        let source = ToolkitSource::Variable(name);
        found.push((name.to_owned(), Ok(Candidate { source, root, nvcc: None })));
    }
    if found.is_empty() {
        found.push((format!("{}, {}", variable::COMPILER, variable::ROOT.join(", ")), Err("not set".into())));
    }
    found
}

/// A compiler by path, or by a name that is looked up.
fn on_search_path(host: &Host, value: &Path) -> PathBuf {
    let is_name = value.components().count() == 1;
    let found = value.to_str().filter(|_| is_name).and_then(|name| host.env.find(name));
    found.unwrap_or_else(|| value.to_owned())
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
}
