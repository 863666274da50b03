//! What the chosen devices need of the host's file system and driver.

use std::path::Path;

use crate::error::{CdiError, Note};
use crate::host::{Host, PathState, Platform};
use crate::remedy::{Remedy, driver_root};
use crate::spec::{Edits, Spec};
use crate::{NVIDIA, check::Loaded};

/// Compares the edits of a spec that a container gets with the host.
pub(crate) fn compare(
    loaded: &Loaded<'_>,
    edits: &[&Edits],
    host: &Host<'_>,
    problems: &mut Vec<CdiError>,
    notes: &mut Vec<Note>,
) {
    let (spec, path) = (&loaded.spec, loaded.path);
    let remedy = Remedy::generate(spec, path, host);
    let is_jetson = host.platform == Platform::Jetson || has_node(edits, |node| node.starts_with("/dev/nvhost"));
    let is_wsl = host.platform == Platform::Wsl || has_node(edits, |node| node == "/dev/dxg");
    // One reason is enough to act on.
    let driver = host.driver.as_deref().filter(|_| !is_jetson);
    if let Some(what) = out_of_date(edits, driver, host) {
        problems.push(CdiError::Stale { spec: path.to_owned(), what, remedy: remedy.clone() });
    }
    for node in edits.iter().flat_map(|edits| edits.nodes()) {
        let on_host = node.on_host();
        match (host.path)(Path::new(on_host)) {
            PathState::Absent => {
                let what = format!("`{on_host}`, which does not exist");
                problems.push(CdiError::NodeMissing { spec: path.to_owned(), what, remedy: remedy.clone() });
            }
            PathState::Denied => notes.push(Note::NodeDenied { path: on_host.into() }),
            PathState::Open => {}
        }
    }
    let lacks = |what: &str, remedy: Remedy| CdiError::NodeMissing { spec: path.to_owned(), what: what.into(), remedy };
    if spec.kind != NVIDIA {
        return;
    }
    if is_wsl {
        let has_core =
            edits.iter().flat_map(|edits| edits.mounts()).any(|mount| mount.host_path.ends_with("/libdxcore.so"));
        if !has_core {
            problems.push(lacks("no `libdxcore.so`, without which CUDA does not start", remedy));
        }
    } else if !is_jetson && !has_node(edits, |node| node.ends_with("/dev/nvidia-uvm")) {
        // With a driver in a container its operator makes the nodes: only one that is there is missing in the spec.
        let is_there = match driver_root(spec) {
            Some(root) => (host.path)(&Path::new(&root).join("dev/nvidia-uvm")) != PathState::Absent,
            None => true,
        };
        if is_there {
            let what = "no `/dev/nvidia-uvm`, without which nvidia-smi works and CUDA finds no GPU";
            problems.push(lacks(what, remedy.with_uvm()));
        }
    }
}

/// The first thing that does not agree with the host: its driver, then each file that is mounted or run.
fn out_of_date(edits: &[&Edits], driver: Option<&str>, host: &Host<'_>) -> Option<String> {
    let of_driver = driver.and_then(|driver| {
        let made_for = edits.iter().find_map(|edits| other_driver(edits, driver))?;
        Some(format!("it is for driver {made_for}, and {driver} runs"))
    });
    let files = || {
        edits.iter().find_map(|edits| {
            let mounts = edits.mounts().iter().map(|mount| (mount.host_path.as_str(), "mounts"));
            let mut all = mounts.chain(edits.hooks().iter().map(|hook| (hook.path.as_str(), "runs")));
            let (file, verb) = all.find(|(file, _)| (host.path)(Path::new(file)) == PathState::Absent)?;
            Some(format!("it {verb} `{file}`, which does not exist"))
        })
    };
    of_driver.or_else(files)
}

fn has_node(edits: &[&Edits], is: impl Fn(&str) -> bool) -> bool {
    edits.iter().flat_map(|edits| edits.nodes()).any(|node| is(&node.path))
}

/// The driver that these edits are for, where it is not the one that runs. Two witnesses: what the generator passes to its hook, and
/// the names of the driver's libraries; other libraries have numbers of their own.
fn other_driver(edits: &Edits, driver: &str) -> Option<String> {
    let arguments = edits.hooks().iter().flat_map(|hook| hook.args.iter().flatten());
    let passed = arguments.filter_map(|argument| argument.strip_prefix("--host-driver-version="));
    let named = edits.mounts().iter().filter_map(|mount| driver_in_name(&mount.host_path));
    passed.chain(named).find(|version| *version != driver).map(|version| version.chars().take(20).collect())
}

/// `575.57.08` of `…/libcuda.so.575.57.08`: the driver's versions begin with three digits.
fn driver_in_name(path: &str) -> Option<&str> {
    let (_, version) = path.rsplit('/').next()?.split_once(".so.")?;
    let branch = version.split('.').next()?;
    let is_driver =
        branch.len() == 3 && version.contains('.') && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_driver.then_some(version)
}

/// Whether a spec lets NVIDIA's own hook choose between the image's compat libraries and the host's.
pub(crate) fn has_compat_hook(spec: &Spec) -> bool {
    let arguments = spec.container_edits.hooks().iter().flat_map(|hook| hook.args.iter().flatten());
    arguments.into_iter().any(|argument| argument == "enable-cuda-compat")
}
