//! Which toolkit is found, where, and what one is told that lacks parts.

use gpu_detect::{ToolkitSource, choose, detect};

use crate::support::{Machine, told};

/// A host with a GPU and a g++ that fits.
fn machine() -> Machine {
    Machine::with_driver(&["-DGPUS=1"]).gxx("g++", "12.2.0")
}

/// The root of the chosen toolkit under the host's root, or the code of the error.
#[track_caller]
fn check(machine: &Machine, expected: Result<&str, &str>) {
    let host = machine.host();
    let chosen = choose(&detect(&host), &[], &host);
    let found = match &chosen {
        Ok(choice) => Ok(choice.root.strip_prefix(&host.root).unwrap().to_str().unwrap().to_owned()),
        Err(error) => Err(told(error).0),
    };
    assert_eq!(found.as_deref().map_err(String::as_str), expected, "{chosen:#?}");
}

/// EP-13
#[test]
fn without_nvcc_on_path_a_usual_folder_is_found() {
    for root in ["usr/local/cuda", "usr/local/cuda-12.8", "opt/cuda"] {
        check(&machine().toolkit(root, "12.8"), Ok(root));
    }
}

/// EP-13
#[test]
fn the_order_of_places() {
    let all = || machine().toolkit("opt/cuda", "12.8").toolkit("usr/local/cuda-12.4", "12.4");
    check(&all(), Ok("usr/local/cuda-12.4"));
    check(&all().toolkit("usr/local/cuda-12.6", "12.6"), Ok("usr/local/cuda-12.6"));
    check(&all().toolkit("usr/local/cuda", "12.1"), Ok("usr/local/cuda"));
    let named = all();
    let path = std::env::join_paths([named.at("opt/cuda/bin"), named.at("usr/bin")]).unwrap();
    let named = named.set("PATH", path);
    check(&named, Ok("opt/cuda"));
    let home = named.at("usr/local/cuda-12.4");
    let named = named.set("CUDA_HOME", home);
    check(&named, Ok("usr/local/cuda-12.4"));
    let nvcc = named.at("opt/cuda/bin/nvcc");
    check(&named.set("CUDACXX", nvcc), Ok("opt/cuda"));
}

/// A link in a folder of `PATH` must not make that folder's parent the toolkit.
#[test]
fn nvcc_on_path_is_followed_to_where_it_lies() {
    let machine = machine().toolkit("opt/cuda", "12.8");
    std::os::unix::fs::symlink(machine.at("opt/cuda/bin/nvcc"), machine.at("usr/bin/nvcc")).unwrap();
    let host = machine.host();
    let report = detect(&host);
    assert_eq!(report.toolkits.len(), 1, "{:?}", report.toolkits);
    assert_eq!(report.toolkits[0].source, ToolkitSource::SearchPath);
    check(&machine, Ok("opt/cuda"));
}

#[test]
fn debians_own_package() {
    let machine = machine().toolkit("usr", "12.8").without("usr/version.json");
    let multiarch = format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    for library in ["libcudart.so", "libcublas.so", "libcublasLt.so", "stubs/libcuda.so"] {
        let (from, to) = (machine.at("usr/lib64").join(library), machine.at(&multiarch).join(library));
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::rename(from, to).unwrap();
    }
    std::fs::create_dir_all(machine.at("usr/lib/nvidia-cuda-toolkit/bin")).unwrap();
    check(&machine, Ok("usr"));
    // On another search path it is found by its folder.
    let machine = machine.set("PATH", "/nowhere");
    let report = detect(&machine.host());
    assert_eq!((report.toolkits[0].source, report.toolkits[0].version), (ToolkitSource::Folder, Some((12, 8))));
}

#[test]
fn a_conda_environment() {
    let machine = machine().toolkit("envs/llm", "12.8");
    let prefix = machine.at("envs/llm");
    check(&machine.set("CONDA_PREFIX", prefix), Ok("envs/llm"));
    let machine = Machine::with_driver(&[]);
    let prefix = machine.at("envs/none");
    check(&machine.set("CONDA_PREFIX", prefix), Err("cuda::toolkit_missing"));
}

/// EP-13, EP-14
#[test]
fn a_missing_toolkit_is_told_with_all_places() {
    let machine = machine();
    let host = machine.host();
    let (code, text) = told(&choose(&detect(&host), &[], &host).unwrap_err());
    assert_eq!(code, "cuda::toolkit_missing");
    for place in ["CUDACXX, CUDAToolkit_ROOT, CUDA_HOME, CUDA_PATH: not set", "nvcc on PATH: not found"] {
        assert!(text.contains(place), "{text}");
    }
    for folder in ["/usr/local/cuda", "/usr/local/cuda-*", "/opt/cuda", "/usr/lib/nvidia-cuda-toolkit"] {
        assert!(text.contains(&format!("{folder}: not there")), "{text}");
    }
}

/// EP-14
#[test]
fn what_is_missing_is_named() {
    let cases = [
        ("include/cuda_runtime.h", "cuda_runtime.h"),
        ("lib64/libcudart.so", "libcudart"),
        ("lib64/libcublas.so", "libcublas"),
        ("lib64/libcublasLt.so", "libcublasLt"),
        ("lib64/stubs/libcuda.so", "libcuda"),
        ("bin/nvcc", "`nvcc`"),
    ];
    for (file, name) in cases {
        let machine = machine().toolkit("opt/cuda", "12.8").without(&format!("opt/cuda/{file}"));
        let host = machine.host();
        let report = detect(&host);
        assert_eq!(report.toolkits[0].missing.len(), 1, "{:?}", report.toolkits);
        assert!(report.toolkits[0].missing[0].starts_with(name), "{:?}", report.toolkits[0].missing);
        let (code, text) = told(&choose(&report, &[], &host).unwrap_err());
        assert_eq!(code, "cuda::toolkit_incomplete");
        assert!(text.contains(name) && text.contains("opt/cuda"), "{text}");
    }
}

#[test]
fn the_drivers_libcuda_serves_where_there_is_no_stub() {
    let machine = machine().toolkit("opt/cuda", "12.8").without("opt/cuda/lib64/stubs/libcuda.so");
    check(&machine.file("usr/lib/wsl/lib/libcuda.so", ""), Ok("opt/cuda"));
}

/// A toolkit that lacks parts is passed over, unless somebody named it.
#[test]
fn a_broken_choice_is_an_error_and_never_passed_over() {
    let broken = || {
        let machine = machine().toolkit("usr/local/cuda", "12.8").toolkit("opt/cuda", "12.8");
        machine.without("usr/local/cuda/lib64/libcublas.so")
    };
    check(&broken(), Ok("opt/cuda"));
    for name in ["CUDAToolkit_ROOT", "CUDA_HOME", "CUDA_PATH"] {
        let machine = broken();
        let root = machine.at("usr/local/cuda");
        check(&machine.set(name, root), Err("cuda::toolkit_incomplete"));
        check(&broken().set(name, "/nowhere"), Err("cuda::toolkit_incomplete"));
        check(&broken().set(name, "relative"), Err("cuda::toolkit_incomplete"));
        check(&broken().set(name, ""), Ok("opt/cuda"));
    }
    check(&broken().set("CUDACXX", "/nowhere/bin/nvcc"), Err("cuda::toolkit_incomplete"));
    check(&broken().set("CUDACXX", "nvcc"), Err("cuda::toolkit_incomplete"));
}

/// F66
#[test]
fn the_version_comes_from_the_file_and_otherwise_from_the_compiler() {
    let machine = machine().toolkit("opt/cuda", "12.8");
    assert_eq!(detect(&machine.host()).toolkits[0].version, Some((12, 8)));
    let asked = |machine: &Machine| machine.log().iter().filter(|line| line.ends_with("--version")).count();
    assert_eq!(asked(&machine), 1, "for its version in full");
    let machine = machine.file("opt/cuda/version.json", "{");
    assert_eq!(detect(&machine.host()).toolkits[0].version, Some((12, 8)));
    assert_eq!(asked(&machine), 2, "one answer serves both");
    machine.program("opt/cuda/bin/nvcc", "echo broken >&2; exit 3");
    let toolkit = &detect(&machine.host()).toolkits[0];
    assert_eq!(toolkit.version, None);
    assert!(toolkit.missing[0].contains("exit status 3"), "{:?}", toolkit.missing);
}
