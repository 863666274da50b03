//! Which tools a pool asks of its host, and what for: pure functions.

use std::path::Path;

use config_schema::Accelerator;
use gpu_detect::{Conflict, Family};
use llamacpp_build::{BuildTool, Floor, Generator, Headers, Library, Requirements, requirements};
use preflight::{Need, Tool, Version};

use crate::pool::desired::Desired;
use crate::supply::source::Wish;

/// The tools that any build for this pool runs.
pub(crate) fn build(desired: &Desired, wish: &Wish) -> Vec<Need> {
    let make = match wish.generator {
        None => Tool::NinjaOrMake,
        Some(Generator::Ninja) => Tool::Ninja,
        Some(Generator::Make) => Tool::Make,
    };
    let (mut cmake, mut cxx) = (Need::from(Tool::Cmake), Need::from(Tool::Cxx));
    let cuda = desired.accelerator == Accelerator::Cuda;
    for Floor { tool, version: (major, minor, patch), because } in of_release(wish, cuda, || None).floors {
        let version = Version::new(major, minor, patch);
        match tool {
            BuildTool::Cmake => cmake = cmake.at_least(version, because),
            BuildTool::Cxx => cxx = cxx.at_least(version, because),
            _ => {}
        }
    }
    vec![Tool::Git.into(), cmake, make.into(), Tool::Cc.into(), cxx]
}

/// The programs that a build uses where they are there.
pub(crate) fn helpers() -> Vec<Need> {
    Tool::HELPERS.iter().map(Need::from).collect()
}

fn of_release(wish: &Wish, cuda: bool, declares_curl: impl FnOnce() -> Option<bool>) -> Requirements {
    requirements(&wish.source.reference, cuda, &wish.definitions, declares_curl)
}

/// What else belongs to the list of what is missing: a CUDA toolkit, where nothing else keeps the GPUs from being used,
/// and what other parts of the plan lack. Their own errors say more where these are all that is missing and nothing may
/// be installed.
pub(crate) fn further(others: &[Need], lacking: Option<&Conflict>, root: &Path) -> Vec<Need> {
    lacking.and_then(|conflict| toolkit(conflict, root)).into_iter().chain(others.iter().cloned()).collect()
}

/// The compiler of a release that fits this host's GPUs, driver and C library; nothing where there is none that a
/// distribution would have.
fn toolkit(conflict: &Conflict, root: &Path) -> Option<Need> {
    let need = match conflict.fits.last {
        _ if conflict.fits.is_empty() => return None,
        None => Need::from(Tool::Nvcc),
        Some((12, _)) => Need::from(Tool::Nvcc12),
        Some(_) => return None,
    };
    // Arch's package and NVIDIA's installers put it there, outside `PATH`.
    let need = need.also_in(root.join("opt/cuda/bin")).also_in(root.join("usr/local/cuda/bin"));
    let words = conflict.remedy.for_host(&conflict.distribution);
    // What that command brings is NVIDIA's everywhere but on Arch.
    let from =
        "from NVIDIA's repository (developer.nvidia.com/cuda-downloads, developer.nvidia.com/cuda-toolkit-archive)";
    Some(need.by_hand(if conflict.family == Some(Family::Arch) { words } else { format!("{words}, {from}") }))
}

/// The headers that the pool's own definitions ask for. `declares_curl`: whether the tree has the option, if that is known.
pub(crate) fn headers(wish: &Wish, declares_curl: impl FnOnce() -> Option<bool>) -> Vec<Need> {
    let headers = of_release(wish, false, declares_curl).headers.into_iter();
    let needs = headers.filter_map(|Headers { library, definition }| {
        let tool = match library {
            Library::Curl => Tool::CurlHeaders,
            Library::Openssl => Tool::OpensslHeaders,
            _ => return None,
        };
        Some(Need::from(tool).because(format!("the pool's cmake_flags say {definition}")))
    });
    needs.collect()
}

#[cfg(test)]
mod tests;
