//! Looks at each candidate and tells which parts of a toolkit it lacks.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::candidates::{Candidate, places};
use crate::host::Host;
use crate::layout::{first_with, include_folders, library_folders, stub_folder};
use crate::report::{GpuReport, Looked, Subject};
use crate::toolkit::Toolkit;
use crate::toolkit_version;

/// Fills in the toolkits in order of preference, each root once.
pub(crate) fn detect(host: &Host, report: &mut GpuReport) {
    for (place, candidate) in places(host) {
        let found = candidate.map_or_else(|why| why, |candidate| add(host, candidate, &mut report.toolkits));
        report.looked.push(Looked { subject: Subject::Toolkit, place, found });
    }
}

/// Adds the candidate's toolkit unless its root is known, and says which toolkit it is.
fn add(host: &Host, mut candidate: Candidate, toolkits: &mut Vec<Toolkit>) -> String {
    if candidate.root.is_absolute() {
        candidate.root = candidate.root.canonicalize().unwrap_or(candidate.root);
    }
    if let Some(known) = toolkits.iter().find(|known| known.root == candidate.root) {
        return format!("the same as from {}", known.source);
    }
    let toolkit = inspect(host, candidate);
    let found = toolkit.to_string();
    toolkits.push(toolkit);
    found
}

fn inspect(host: &Host, candidate: Candidate) -> Toolkit {
    let Candidate { source, root, nvcc } = candidate;
    let mut toolkit = Toolkit { root, nvcc: None, version: None, source, missing: Vec::new() };
    if !toolkit.root.is_absolute() {
        toolkit.missing.push("an absolute path".into());
        return toolkit;
    }
    // CMake takes paths as text.
    if toolkit.root.to_str().is_none() {
        toolkit.missing.push("a path in UTF-8".into());
        return toolkit;
    }
    let nvcc = nvcc.unwrap_or_else(|| toolkit.root.join("bin/nvcc"));
    if is_program(&nvcc) {
        match toolkit_version::of(&toolkit.root, &nvcc, &host.env) {
            Ok(version) => toolkit.version = Some(version),
            Err(why) => toolkit.missing.push(format!("a version (`{} --version`: {why})", nvcc.display())),
        }
        toolkit.nvcc = Some(nvcc);
    } else {
        toolkit.missing.push(format!("`nvcc` (no program at `{}`)", nvcc.display()));
    }
    toolkit.missing.extend(missing_files(host, &toolkit.root));
    toolkit
}

fn missing_files(host: &Host, root: &Path) -> Vec<String> {
    let libraries = library_folders(root);
    let has = |file: &str| first_with(&libraries, file).is_some();
    let stub_or_driver = || stub_folder(root).is_some() || first_with(&host.driver_folders(), "libcuda.so").is_some();
    let parts = [
        ("cuda_runtime.h", first_with(&include_folders(root), "cuda_runtime.h").is_some()),
        ("libcudart", has("libcudart.so") || has("libcudart_static.a")),
        ("libcublas", has("libcublas.so")),
        ("libcublasLt", has("libcublasLt.so")),
        ("libcuda (`stubs/libcuda.so`, or the driver's)", stub_or_driver()),
    ];
    parts.into_iter().filter(|(_, there)| !there).map(|(name, _)| name.to_owned()).collect()
}

fn is_program(path: &Path) -> bool {
    path.is_absolute() && path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
