//! Every recorded output, failed or not.

use std::collections::BTreeMap;
use std::path::Path;

use failure_diagnosis::Phase::{self, Build, Configure, Run};
use failure_diagnosis::diagnose;

/// Name, phase, code (empty: no failure), a fact that the cause must name.
const TABLE: &[(&str, Phase, &str, &str)] = &[
    ("arch-empty", Configure, "cuda::arch_invalid", "CMAKE_CUDA_ARCHITECTURES"),
    ("arch-native-no-gpu", Configure, "cuda::arch_native_no_gpu", "native"),
    ("arch-unset-native-off", Configure, "", ""),
    ("arch-unset-no-gpu", Configure, "cuda::arch_native_no_gpu", "no card"),
    ("arch-unsupported-50", Configure, "cuda::arch_unsupported", "compute_50"),
    ("build-cc1plus-killed", Build, "build::out_of_memory", "llama-model.cpp.o"),
    ("build-compile-error", Build, "cuda::compile_error", "/build/bad.cu(1): identifier \"undeclared\" is undefined"),
    ("build-dir-not-writable", Configure, "build::permission_denied", "/build/x/CMakeFiles/pkgRedirects"),
    ("build-link-ok", Build, "", ""),
    ("build-link-undefined-libcuda", Build, "cuda::no_driver_stub", "cuInit"),
    ("build-out-of-memory-ulimit-v", Build, "build::out_of_memory", "ok.cu.o"),
    ("cc-absent", Configure, "build::no_compiler", "no C compiler"),
    ("cmake-build-no-such-target", Build, "build::no_such_target", "the nearest is `llama-server`"),
    ("cmake-build-not-configured", Build, "build::not_configured", "/build"),
    ("cmake-too-old", Configure, "cmake::too_old", "CMake 4.9 or later, and this is 3.25.1"),
    ("cublas-missing", Configure, "cuda::library_missing", "cublas is missing"),
    ("cuda-compiler-changed-full-args", Configure, "cuda::lost", "CMAKE_CUDA_COMPILER"),
    ("cuda-compiler-changed-same-dir", Configure, "cuda::lost", "/build/bin/nvcc"),
    ("cudacxx-env", Configure, "cuda::no_nvcc", "no nvcc"),
    ("cudacxx-env-and-root", Configure, "", ""),
    ("flag-change-same-dir-arch", Configure, "", ""),
    ("generator-changed", Configure, "cmake::generator_changed", "`Unix Makefiles` and is now to be for `Ninja`"),
    ("host-gcc-too-new", Configure, "cuda::host_compiler_too_new", "newer than gcc 16"),
    ("host-gcc-too-new-allowed", Configure, "cuda::host_compiler_too_new", "newer than gcc 16"),
    ("libcuda-stub-missing", Configure, "cuda::no_driver_stub", "libcuda.so.1"),
    ("link-no-stub", Build, "cuda::no_driver_stub", "libcuda.so.1"),
    ("llama-cublas-deprecated", Configure, "cmake::deprecated_option", "`GGML_CUDA` in place of `LLAMA_CUBLAS`"),
    ("llama-cuda-deprecated", Configure, "cuda::no_nvcc", "no nvcc"),
    ("ninja-absent", Configure, "cmake::no_build_program", "`Ninja`"),
    ("ninja-build-ok-one", Build, "", ""),
    ("ninja-no-such-target", Build, "build::no_such_target", "no-such-target"),
    ("nvcc-absent", Configure, "cuda::no_nvcc", "no nvcc"),
    ("nvcc-direct-gcc-too-new", Build, "cuda::host_compiler_too_new", "newer than gcc 16"),
    ("nvcc-on-path-only", Configure, "", ""),
    ("nvcc-path-missing", Configure, "cuda::no_nvcc", "`/opt/cuda/bin/nvcc` does not exist"),
    ("nvcc-version", Configure, "", ""),
    ("ok-cuda-configure", Configure, "", ""),
    ("ok-reconfigure-same-dir", Configure, "", ""),
    ("run-needs-libcuda-absent", Run, "cuda::no_driver", "libcuda.so.1"),
    ("run-no-libcuda", Run, "cuda::driver_too_old", "driver is missing, or older"),
    ("run-stub-libcuda", Run, "cuda::driver_stub", "stub"),
    ("source-dir-missing", Configure, "source::missing", "/nonexistent"),
    ("stale-cache-moved-build-dir", Configure, "cmake::stale_cache", "/build"),
    ("stale-cache-other-source", Configure, "cmake::stale_cache", "/src/llama.cpp/CMakeLists.txt"),
    ("tiny-configure", Configure, "", ""),
    ("toolkit-root-nonexistent", Configure, "cuda::no_nvcc", "`/opt/nope`, which CUDAToolkit_ROOT names"),
    ("toolkit-root-only", Configure, "cuda::no_nvcc", "a toolkit 13.5.37 in `/opt/cuda/include`"),
    ("unknown-generator", Configure, "cmake::unknown_generator", "`Nnja`"),
    ("unknown-option-warning", Configure, "", ""),
];

fn outputs() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/outputs");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

fn check_all(change: impl Fn(&str) -> String) {
    let mut outputs = outputs();
    for (name, phase, code, fact) in TABLE {
        let log = change(&outputs.remove(*name).unwrap_or_else(|| panic!("no output {name}")));
        match diagnose(*phase, &log) {
            None => assert_eq!(*code, "", "{name} is not known"),
            Some(found) => {
                assert_eq!(found.code, *code, "{name}: {found:#?}");
                assert!(found.cause.contains(fact), "{name}: {fact:?} is not in {:?}", found.cause);
                assert!((1..=14).contains(&found.lines.len()), "{name}: {found:#?}");
            }
        }
    }
    assert!(outputs.is_empty(), "not in the table: {:?}", outputs.keys());
}

#[test]
fn every_output_has_its_code() {
    check_all(str::to_owned);
}

#[test]
fn line_ends_and_colours_do_not_matter() {
    check_all(|log| log.replace('\n', "\r\n"));
    check_all(|log| {
        let coloured = |line: &str| {
            let line = line.replace("error:", "\u{1b}[01;31m\u{1b}[Kerror:\u{1b}[m\u{1b}[K");
            // CMake and ninja colour a whole line, gcc and clang parts of it.
            if line.starts_with("CMake Error") || line.starts_with("FAILED") {
                format!("\u{1b}[31m{line}\u{1b}[0m\n")
            } else {
                format!("{line}\n")
            }
        };
        log.lines().map(coloured).collect()
    });
}

#[test]
fn typographic_quotes_do_not_matter() {
    check_all(|log| log.replace('`', "‘").replace('\'', "’"));
}

#[test]
fn versions_do_not_matter() {
    for (from, to) in [("cmake-3.25", "cmake-4.2"), ("13.5.37", "11.8.89"), ("GNU 12.2.0", "GNU 15.2.1")] {
        let outputs = outputs();
        for (name, phase, code, _) in TABLE {
            let found = diagnose(*phase, &outputs.get(*name).unwrap().replace(from, to));
            assert_eq!(found.map_or("", |found| found.code), *code, "{name}");
        }
    }
}
