//! Looks at each candidate: what the toolkit is, what it can do, and which parts it lacks.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use exec::ProbeCache;

use super::candidate::Candidate;
use super::candidates::places;
use super::description::Toolkit;
use super::headers::Contradicts;
use super::layout::{compat_folder, first_with, include_folders, library_folders, stub_folder, versioned};
use super::{headers, nvcc, parts, releases, toolkit_version};
use crate::host::Host;
use crate::report::{GpuReport, Libcuda};
use crate::source::{Looked, Subject};

/// Fills in the toolkits in order of preference, each root once. Their compilers are asked all at once.
pub(crate) fn detect(host: &Host, cache: &ProbeCache, report: &mut GpuReport) {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut looked: Vec<(String, Result<usize, String>)> = Vec::new();
    for (place, candidate) in places(host) {
        let found = candidate.and_then(|mut candidate| {
            if candidate.root.is_absolute() {
                candidate.root = candidate.root.canonicalize().unwrap_or(candidate.root);
            }
            if let Some(known) = candidates.iter().find(|known| known.root == candidate.root) {
                return Err(format!("the same as from {}", known.source));
            }
            candidates.push(candidate);
            Ok(candidates.len() - 1)
        });
        looked.push((place, found));
    }
    let libcuda = report.libcuda.as_ref();
    let ordered = (0..).zip(candidates).collect();
    let toolkits = exec::parallel_map(ordered, |(order, found)| inspect(host, cache, libcuda, order, found));
    report.toolkits = toolkits;
    for (place, found) in looked {
        let found = match found {
            Ok(index) => report.toolkits.get(index).map(ToString::to_string).unwrap_or_default(),
            Err(why) => why,
        };
        report.looked.push(Looked { subject: Subject::Toolkit, place, found });
    }
}

fn inspect(host: &Host, cache: &ProbeCache, libcuda: Option<&Libcuda>, order: usize, candidate: Candidate) -> Toolkit {
    let Candidate { source, root, nvcc } = candidate;
    let mut toolkit = Toolkit {
        root,
        nvcc: None,
        version: None,
        parts: BTreeMap::new(),
        headers: None,
        source,
        order,
        missing: Vec::new(),
        gcc: None,
        clang: None,
        glibc_below: None,
        architectures: Vec::new(),
        nvcc_failure: None,
        oldest_driver: None,
        stubs: None,
        compat: None,
    };
    // CMake takes paths as text, and lists of them with semicolons between.
    if toolkit.root.to_str().is_none_or(|path| path.contains(';')) {
        toolkit.missing.push("a path in UTF-8 without semicolons".into());
        toolkit.root = toolkit.root.to_string_lossy().into_owned().into();
        return toolkit;
    }
    if !toolkit.root.is_absolute() {
        toolkit.missing.push("an absolute path".into());
        return toolkit;
    }
    let own = headers::of(&toolkit.root);
    toolkit.headers = own.version;
    (toolkit.gcc, toolkit.clang) = (own.gcc, own.clang);
    let nvcc = nvcc.unwrap_or_else(|| toolkit.root.join("bin/nvcc"));
    if is_program(&nvcc) && nvcc.to_str().is_some() {
        ask(host, cache, &nvcc, &mut toolkit);
        if toolkit.version.is_some() {
            toolkit.parts = parts::of(&toolkit.root, &nvcc, &host.env, cache);
        }
        toolkit.nvcc = Some(nvcc);
    } else {
        toolkit.missing.push(format!("`nvcc` (no program at `{}`)", nvcc.display()));
    }
    toolkit.stubs = stub_folder(&toolkit.root);
    toolkit.compat = compat_folder(&toolkit.root);
    toolkit.glibc_below = match own.glibc {
        Contradicts::From(glibc) => Some(glibc),
        Contradicts::Nothing => None,
        Contradicts::Unknown => toolkit.version.and_then(known_glibc),
    };
    toolkit.missing.extend(missing_files(libcuda, &toolkit));
    toolkit
}

/// Version and architectures, from the compiler.
fn ask(host: &Host, cache: &ProbeCache, nvcc: &Path, toolkit: &mut Toolkit) {
    match toolkit_version::of(&toolkit.root, nvcc, toolkit.headers, &host.env, cache) {
        Ok(version) => toolkit.version = Some(version),
        Err(why) => toolkit.missing.push(format!("a version (`{} --version`: {why})", nvcc.display())),
    }
    toolkit.oldest_driver = toolkit.version.and_then(releases::oldest_driver);
    match (nvcc::architectures(nvcc, &host.env, cache), toolkit.version) {
        (Ok(Some(all)), _) => toolkit.architectures = all,
        (Ok(None), version) => toolkit.architectures = version.map(releases::architectures).unwrap_or_default(),
        (Err(error), _) => toolkit.nvcc_failure = Some(error.to_string()),
    }
}

/// The first glibc that a release contradicts, for headers that cannot be read.
fn known_glibc(release: (u32, u32)) -> Option<(u32, u32)> {
    if release < (13, 0) { Some((2, 41)) } else { (release < (13, 2)).then_some((2, 42)) }
}

fn missing_files(libcuda: Option<&Libcuda>, toolkit: &Toolkit) -> Vec<String> {
    let libraries = library_folders(&toolkit.root);
    let has = |file: &str| first_with(&libraries, file).is_some();
    let stub_or_driver = toolkit.stubs.is_some() || libcuda.is_some_and(|driver| driver.linkable);
    let parts = [
        ("cuda_runtime.h", None, first_with(&include_folders(&toolkit.root), "cuda_runtime.h").is_some()),
        ("libcudart", Some("libcudart.so"), has("libcudart.so") || has("libcudart_static.a")),
        ("libcublas", Some("libcublas.so"), has("libcublas.so")),
        ("libcublasLt", Some("libcublasLt.so"), has("libcublasLt.so")),
        ("libcuda (`stubs/libcuda.so`, or the driver's)", None, stub_or_driver),
    ];
    let absent = parts.into_iter().filter(|(.., there)| !there);
    absent
        .map(|(name, library, _)| match library.and_then(|library| versioned(&libraries, library)) {
            Some(only) => format!("{name} (there is only `{}`, which the linker does not take)", only.display()),
            None => name.to_owned(),
        })
        .collect()
}

fn is_program(path: &Path) -> bool {
    path.is_absolute() && path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
