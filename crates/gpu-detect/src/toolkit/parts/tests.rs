//! Parts of toolkits, real texts and made-up folders.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    durable::replace(path, text.as_bytes()).unwrap();
}

fn tool(root: &Path, answer: &str) {
    let path = root.join("bin/nvcc");
    write(&path, &format!("#!/bin/sh\necho '{answer}'\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn versions_are_those_in_full() {
    let real = "nvcc: NVIDIA (R) Cuda compiler driver\nCuda compilation tools, release 13.0, V13.0.88\nBuild cuda_13.0.r13.0/compiler.36424714_0\n";
    assert_eq!(in_nvcc_output(real).as_deref(), Some("13.0.88"));
    assert_eq!(in_nvcc_output("Cuda compilation tools, release 9.0, V9.0.176").as_deref(), Some("9.0.176"));
    for odd in ["", "release 13.0, V13.0", "Vx.y.z", "V", "Version 1.2.3", "V1..2"] {
        assert_eq!(in_nvcc_output(odd), None, "{odd}");
    }
    let json = r#"{"cuda":{"version":"13.0.1"},"cuda_cudart":{"name":"CUDA Runtime (cudart)","version":"13.0.96"}}"#;
    assert_eq!(in_version_json(json, "cuda_cudart").as_deref(), Some("13.0.96"));
    for (text, part) in [(json, "libcublas"), ("", "cuda"), ("[]", "cuda"), (r#"{"a":{"version":12}}"#, "a")] {
        assert_eq!(in_version_json(text, part), None, "{text} {part}");
    }
    let header = "#define CUBLAS_VER_MAJOR 13\n#define CUBLAS_VER_MINOR 10\n#define CUBLAS_VER_PATCH 0\n# define CUBLAS_VER_BUILD 20";
    assert_eq!(cublas(header).as_deref(), Some("13.10.0.20"));
    assert_eq!(cublas("#define CUBLAS_VER_MAJOR 13"), None);
}

/// Two roots with the same parts are the same toolkit, whatever their paths; each part that changes shows.
#[test]
fn parts_are_named_by_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let make = |root: &Path| {
        tool(root, "Cuda compilation tools, release 13.0, V13.0.88");
        write(&root.join("include/cccl/cub/version.cuh"), "#define CUB_VERSION 300500 // macro\n");
        let build = "#define CUBLAS_VER_MAJOR 13\n#define CUBLAS_VER_MINOR 1\n#define CUBLAS_VER_PATCH 0\n#define CUBLAS_VER_BUILD 3\n";
        write(&root.join("include/cublas_api.h"), build);
        write(&root.join("lib64/libcudart.so"), "runtime");
    };
    let of = |root: &Path| super::of(root, &root.join("bin/nvcc"), &Env::default(), &ProbeCache::default());
    let roots = [dir.path().join("a"), dir.path().join("usr/local/cuda-13.0")];
    for root in &roots {
        make(root);
    }
    let parts = of(&roots[0]);
    assert_eq!(parts, of(&roots[1]));
    let versions = [("nvcc", "13.0.88"), ("cublas", "13.1.0.3"), ("cccl", "3.5.0")];
    assert!(versions.iter().all(|(name, version)| parts[*name] == *version), "{parts:?}");
    assert!(parts["cudart"].starts_with("sha256:") && parts.len() == 4, "{parts:?}");

    let changes: [&dyn Fn(&Path); 4] = [
        &|root| tool(root, "release 13.0, V13.0.48"),
        &|root| write(&root.join("include/cccl/cub/version.cuh"), "#define CUB_VERSION 300501\n"),
        &|root| write(&root.join("include/cublas_api.h"), "#define CUBLAS_VER_MAJOR 12\n"),
        &|root| write(&root.join("lib64/libcudart.so"), "another"),
    ];
    for (at, change) in changes.iter().enumerate() {
        let root = dir.path().join(at.to_string());
        make(&root);
        change(&root);
        assert_ne!(of(&root), parts, "{at}");
    }
}

/// A library whose file bears its version is named by it; `version.json` fills in what a part does not tell.
#[test]
fn a_file_s_own_version_comes_first() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(&root.join("lib64/libcudart.so.13.0.96"), "runtime");
    std::os::unix::fs::symlink("libcudart.so.13.0.96", root.join("lib64/libcudart.so")).unwrap();
    write(&root.join("version.json"), r#"{"cuda_cudart":{"version":"13.0.48"},"libcublas":{"version":"13.0.2.14"}}"#);
    let parts = of(root, &root.join("bin/nvcc"), &Env::default(), &ProbeCache::default());
    assert_eq!(parts["cudart"], "13.0.96");
    assert_eq!(parts["cublas"], "13.0.2.14");
    assert_eq!(parts.len(), 2, "{parts:?}");
}

/// A digest is computed once for a file that does not change.
#[test]
fn a_digest_is_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let (path, cache) = (dir.path().join("libcudart.so"), ProbeCache::default());
    write(&path, "one");
    let first = digest(&path, &cache).unwrap();
    assert!(!cache.is_empty());
    assert_eq!(digest(&path, &cache), Some(first.clone()));
    write(&path, "two");
    assert_ne!(digest(&path, &cache), Some(first));
}

/// NCCL counts where both its header and its library are there.
#[test]
fn nccl_is_found_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("a"), dir.path().join("b"));
    let roots = [first.clone(), second.clone()];
    assert_eq!(nccl(&roots), None);
    let header = |patch: u32| format!("#define NCCL_MAJOR 2\n#define NCCL_MINOR 28\n#define NCCL_PATCH {patch}\n");
    write(&second.join("include/nccl.h"), &header(3));
    assert_eq!(nccl(&roots), None, "no library");
    write(&second.join("lib/libnccl.so"), "x");
    assert_eq!(nccl(&roots).as_deref(), Some("2.28.3"));
    write(&first.join("include/nccl.h"), &header(7));
    assert_eq!(nccl(&roots).as_deref(), Some("2.28.7"));
}
