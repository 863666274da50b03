//! What CMake is told, and what stands in the way when nothing can be told.

use gpu_detect::{CudaChoice, choose, detect};

use crate::support::{Machine, told};

fn chosen(machine: &Machine) -> Result<CudaChoice, (String, String)> {
    let host = machine.host();
    choose(&detect(&host), &[], &host).map_err(|error| told(&error))
}

#[track_caller]
fn check_error(machine: &Machine, code: &str, mentions: &[&str]) {
    let (found, text) = chosen(machine).unwrap_err();
    assert_eq!(found, code, "{text}");
    for mention in mentions {
        assert!(text.contains(mention), "no `{mention}` in: {text}");
    }
}

/// EP-13
#[test]
fn a_host_that_fits() {
    let machine = Machine::with_driver(&[]).toolkit("opt/cuda", "12.8").gxx("g++", "13.3.0");
    let machine = machine.file("usr/lib/libcuda.so.1", "");
    let choice = chosen(&machine).unwrap();
    let text = |path: &str| machine.at(path).display().to_string();
    let definitions = [
        ("CUDAToolkit_ROOT", text("opt/cuda")),
        ("CMAKE_CUDA_COMPILER", text("opt/cuda/bin/nvcc")),
        ("CMAKE_CUDA_ARCHITECTURES", "90".into()),
        ("CMAKE_CUDA_HOST_COMPILER", text("usr/bin/g++")),
    ];
    assert_eq!(choice.cmake_definitions(), definitions.map(|(name, value)| (name.to_owned(), value)));
    let path = format!("{}:{}", text("opt/cuda/bin"), text("usr/bin"));
    let variables = [("CUDACXX", text("opt/cuda/bin/nvcc")), ("CUDA_PATH", text("opt/cuda")), ("PATH", path)];
    assert_eq!(choice.env(), variables.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!((choice.version, choice.devices.len(), choice.architectures), ((12, 8), 1, vec![90]));
}

#[test]
fn path_is_left_alone_where_nvcc_is_on_it() {
    let machine = Machine::with_driver(&[]).toolkit("opt/cuda", "12.8").gxx("g++", "13.3.0");
    let path = std::env::join_paths([machine.at("usr/bin"), machine.at("opt/cuda/bin")]).unwrap();
    let names: Vec<String> =
        chosen(&machine.set("PATH", path)).unwrap().env().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["CUDACXX", "CUDA_PATH"]);
}

#[test]
fn equal_gpus_give_one_architecture() {
    let machine = Machine::with_driver(&["-DGPUS=4"]).toolkit("opt/cuda", "12.8").gxx("g++", "13.3.0");
    assert_eq!(chosen(&machine).unwrap().architectures, [90]);
}

/// EP-14
#[test]
fn a_toolkit_newer_than_the_driver() {
    let old_driver = || Machine::with_driver(&["-DCUDA=12040"]).gxx("g++", "13.3.0");
    check_error(
        &old_driver().toolkit("opt/cuda", "13.0"),
        "cuda::toolkit_newer_than_driver",
        &["CUDA 13.0", "driver 570.86.15", "CUDA 12.4", "opt/cuda"],
    );
    // A newer minor version is no obstacle: code for a named architecture runs on every driver of the same major.
    assert_eq!(chosen(&old_driver().toolkit("opt/cuda", "12.8")).unwrap().version, (12, 8));
    // Nor is a second toolkit that fits, unless the first was chosen by name.
    let both = || old_driver().toolkit("usr/local/cuda", "13.0").toolkit("opt/cuda", "12.8");
    assert_eq!(chosen(&both()).unwrap().version, (12, 8));
    let machine = both();
    let root = machine.at("usr/local/cuda");
    check_error(&machine.set("CUDA_PATH", root), "cuda::toolkit_newer_than_driver", &["`CUDA_PATH`"]);
}

/// EP-14
#[test]
fn an_architecture_the_toolkit_does_not_know() {
    let machine = Machine::with_driver(&["-DMAJOR=12", "-DMINOR=0"]).toolkit("opt/cuda", "12.8").gxx("g++", "13.3.0");
    check_error(
        &machine,
        "cuda::arch_unsupported",
        &["NVIDIA H100 80GB HBM3", "120", "80, 86, 90", "install CUDA 12.8"],
    );
    // A compiler too old for the question is judged by what is known of its release.
    machine.program("opt/cuda/bin/nvcc", "echo \"nvcc fatal   : Unknown option '--list-gpu-code'\" >&2; exit 1");
    assert_eq!(chosen(&machine).unwrap().architectures, [120]);
    machine.program("opt/cuda/bin/nvcc", "echo crashed >&2; exit 139");
    check_error(&machine, "cuda::nvcc_failed", &["--list-gpu-code"]);
}

/// EP-14
#[test]
fn the_host_compiler_is_one_that_nvcc_accepts() {
    let host = || Machine::with_driver(&[]).toolkit("opt/cuda", "12.8");
    let compiler = |machine: &Machine| chosen(machine).unwrap().host_compiler.path;
    let machine = host().gxx("g++", "13.3.0").gxx("g++-12", "12.4.0");
    assert_eq!(compiler(&machine), machine.at("usr/bin/g++"), "the default fits");
    let machine = host().gxx("g++", "15.1.0").gxx("g++-14", "14.2.0").gxx("g++-13", "13.3.0").gxx("g++-12", "12.4.0");
    assert_eq!(compiler(&machine), machine.at("usr/bin/g++-13"), "the newest that fits");
    let defined = chosen(&machine).unwrap().cmake_definitions();
    let value = machine.at("usr/bin/g++-13").display().to_string();
    assert!(defined.contains(&("CMAKE_CUDA_HOST_COMPILER".into(), value)), "{defined:?}");
    let machine = host().gxx("g++-13", "15.0.0").gxx("g++-12", "12.4.0");
    assert_eq!(compiler(&machine), machine.at("usr/bin/g++-12"), "the version counts, not the name");
    check_error(
        &host().gxx("g++", "15.1.0").gxx("g++-14", "14.2.0"),
        "cuda::host_compiler_too_new",
        &["up to version 13", "g++ 15", "g++ 14", "usr/bin/g++-14", "apt-get install g++-13"],
    );
    check_error(&host(), "cuda::host_compiler_missing", &["g++ up to version 13"]);
    let machine = host().gxx("g++", "15.1.0").file("opt/cuda/include/crt/host_config.h", "/* no limit */\n");
    assert_eq!(compiler(&machine), machine.at("usr/bin/g++"), "a toolkit that states no limit");
}
