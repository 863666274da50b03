//! The folders in which NVIDIA's installers and distributions put toolkits, in order.

use std::cmp::Reverse;

use super::candidate::{Candidate, Place};
use super::description::ToolkitSource;
use crate::fs::entries;
use crate::host::Host;

/// The folder that an administrator points at the toolkit of choice, then each version newest first, then the folders
/// of Arch and Debian.
pub(crate) fn places(host: &Host) -> Vec<Place> {
    let mut places = vec![folder(host, "/usr/local/cuda")];
    places.extend(versioned(host));
    places.push(folder(host, "/opt/cuda"));
    places.push(debian(host));
    places.push(folder(host, "/usr/lib/cuda"));
    places
}

fn folder(host: &Host, place: &str) -> Place {
    let root = host.at(place);
    let source = ToolkitSource::Folder;
    let candidate = root.is_dir().then_some(Candidate { source, root, nvcc: None });
    (place.to_owned(), candidate.ok_or_else(|| "not there".into()))
}

/// `/usr/local/cuda-*`, newest first.
fn versioned(host: &Host) -> Vec<Place> {
    let paths = entries(&host.at("/usr/local"));
    let names = paths.iter().filter_map(|path| path.file_name()?.to_str());
    let mut versions: Vec<((u32, u32), &str)> =
        names.filter_map(|name| Some((version_of(name.strip_prefix("cuda-")?)?, name))).collect();
    versions.sort_by_key(|version| Reverse(*version));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_folder_names() {
        assert_eq!(version_of("12.8"), Some((12, 8)));
        assert_eq!(version_of("12"), Some((12, 0)));
        assert_eq!(version_of("old"), None);
        assert_eq!(version_of("12.8.1"), None);
    }
}
