//! What the tests share: recorded specs in a folder, and hosts by the paths that they lack.

use std::path::Path;

use cdi::{Host, NVIDIA, PathState, Report, SpecFile, WantedGpu, check};
use miette::Diagnostic;

/// A recorded spec as a file of a folder.
pub(crate) fn recorded(name: &str, folder: &str) -> SpecFile {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cdi").join(name);
    let text = std::fs::read_to_string(data).unwrap();
    SpecFile { path: Path::new(folder).join(name), text: Ok(text) }
}

pub(crate) fn gpu(index: u32, uuid: &str) -> WantedGpu {
    WantedGpu { index, uuid: uuid.into() }
}

/// A UUID that no recorded spec has.
pub(crate) fn gpu_0() -> WantedGpu {
    gpu(0, "GPU-99999999-1111-2222-3333-444444444444")
}

pub(crate) fn codes(report: &Report) -> Vec<String> {
    report.problems.iter().map(|problem| problem.code().unwrap().to_string()).collect()
}

/// A recorded spec in /etc/cdi on a host that has every path; `change` makes the host differ.
pub(crate) fn on_host(name: &str, wanted: &[WantedGpu], change: impl FnOnce(&mut Host<'_>)) -> Report {
    let mut host = Host::new(&|_| PathState::Open);
    change(&mut host);
    check(&[recorded(name, "/etc/cdi")], NVIDIA, wanted, &host)
}

/// The same on a host where the paths that hold one of these words are absent.
pub(crate) fn without(name: &str, absent: &[&str], wanted: &[WantedGpu], change: impl FnOnce(&mut Host<'_>)) -> Report {
    let path = |path: &Path| {
        let text = path.to_string_lossy();
        if absent.iter().any(|word| text.contains(word)) { PathState::Absent } else { PathState::Open }
    };
    let mut host = Host::new(&path);
    change(&mut host);
    check(&[recorded(name, "/etc/cdi")], NVIDIA, wanted, &host)
}

/// The help of a report's first problem.
pub(crate) fn help(report: &Report) -> String {
    report.problems[0].help().unwrap().to_string()
}
