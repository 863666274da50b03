//! CUDA asked for and not to be had: a named failure, never a build for the processor.

use std::fs;

use llamacpp_build::{Backend, BuildError, BuildRequest, Step, ToolId, identify, planned_steps};

use crate::support::{Bench, definitions};

/// A request for CUDA with an nvcc that is none.
fn cuda(bench: &Bench, reference: &str) -> BuildRequest {
    let mut request = bench.request(reference);
    let root = bench.at("cuda");
    fs::create_dir_all(root.join("bin")).unwrap();
    let nvcc = testkit::fake_tool(&root.join("bin"), "nvcc", "echo 'nvcc fatal   : no such thing' >&2; exit 1");
    let define = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    request.backend = Backend::Cuda {
        definitions: vec![
            define("CUDAToolkit_ROOT", root.to_str().unwrap()),
            define("CMAKE_CUDA_COMPILER", nvcc.to_str().unwrap()),
            define("CMAKE_CUDA_ARCHITECTURES", "90"),
            define("CMAKE_EXE_LINKER_FLAGS", "-Wl,-rpath-link,/cuda/compat"),
        ],
        nvcc: ToolId { path: nvcc, version: "12.4".into() },
        parts: std::collections::BTreeMap::from([("cudart".into(), "12.4.127".into())]),
        env: Vec::new(),
        driver_folder: None,
    };
    request
}

/// EP-12, EP-13: the old name becomes the new one, and the hints that find the toolkit reach CMake and the key, beside
/// the operator's own flags.
#[test]
fn cublas_becomes_cuda_and_the_hints_stay() {
    let bench = Bench::new();
    let mut request = cuda(&bench, &bench.repo.commit);
    request.definitions = definitions(&["-DLLAMA_CUBLAS=ON", "-DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,now"]);
    let commit = bench.resolve(&request).unwrap();
    let identity = identify(&request, &commit).unwrap();
    let (inputs, merged) = (identity.inputs(), &identity.definitions);
    assert_eq!(merged.get("GGML_CUDA"), Some("ON"));
    assert_eq!(merged.get("LLAMA_CUBLAS"), None);
    assert_eq!(merged.get("CMAKE_EXE_LINKER_FLAGS"), Some("-Wl,-rpath-link,/cuda/compat -Wl,-z,now"));
    assert_eq!(merged.get("CUDAToolkit_ROOT"), bench.at("cuda").to_str());
    assert_eq!(inputs.definitions.get("GGML_CUDA").map(String::as_str), Some("ON"));
    assert_eq!((inputs.tools["nvcc"].as_str(), inputs.tools["cudart"].as_str()), ("12.4", "12.4.127"));
    assert_eq!(inputs.definitions.get("CMAKE_EXE_LINKER_FLAGS").map(String::as_str), Some("-Wl,-z,now"));
    assert!(!inputs.definitions.values().any(|value| value.contains(bench.at("").to_str().unwrap())), "{inputs:?}");
    request.definitions = definitions(&["-DLLAMA_CUBLAS=OFF"]);
    let error = identify(&request, &commit).unwrap_err();
    assert!(matches!(error, BuildError::AcceleratorContradiction { cuda: true, .. }), "{error:?}");
}

/// Where nvcc compiles for several architectures it may work on them at once, as far as the operator lets it; the build's
/// key knows nothing of that.
#[test]
fn nvcc_works_on_several_architectures_at_once() {
    let bench = Bench::new();
    let threads = |architectures: &str, version: &str, jobs: u32, asked: &[&str]| {
        let mut request = cuda(&bench, &bench.repo.commit);
        let Backend::Cuda { nvcc, definitions: needed, .. } = &mut request.backend else { panic!("it is for CUDA") };
        nvcc.version = version.into();
        needed.retain(|(name, _)| name != "CMAKE_CUDA_ARCHITECTURES");
        needed.push(("CMAKE_CUDA_ARCHITECTURES".into(), architectures.into()));
        request.definitions = definitions(asked);
        request.jobs = Some(jobs);
        let planned = planned_steps(&bench.layout(), &request, None, jobs).unwrap();
        let name = std::ffi::OsStr::new("NVCC_APPEND_FLAGS");
        let all = planned.iter().flat_map(|planned| planned.commands.iter().map(|spec| (planned.step, spec)));
        let threads = all.filter_map(|(step, spec)| Some((step, spec.env.get(name)?.clone())));
        let mut threads: Vec<_> = threads.collect();
        let only = threads.pop().map(|(step, flags)| (step, flags.into_string().unwrap()));
        assert!(threads.is_empty(), "{threads:?}");
        only
    };
    let both = Some((Step::Build, "--threads=2".to_owned()));
    assert_eq!(threads("86;90", "12.4", 2, &[]), both);
    assert_eq!(
        threads("75;80;86;90", "Cuda compilation tools, release 11.2, V11.2.152", 2, &[]),
        both,
        "as many as jobs"
    );
    assert_eq!(threads("90", "12.4", 2, &["-DCMAKE_CUDA_ARCHITECTURES=86;89"]), both, "the operator's own");
    for (architectures, version, jobs, asked) in [
        ("90", "12.4", 2, "-DX=1"),
        ("86;90", "12.4", 1, "-DX=1"),
        ("86;90", "11.1", 2, "-DX=1"),
        ("86;90", "odd", 2, "-DX=1"),
        ("86;90", "12.4", 2, "-DCMAKE_CUDA_FLAGS=-lineinfo --threads 4"),
        ("86;90", "12.4", 2, "-DCMAKE_CUDA_FLAGS=-t=0"),
    ] {
        assert_eq!(threads(architectures, version, jobs, &[asked]), None, "{architectures} {version} {jobs} {asked}");
    }
    let commit = bench.resolve(&cuda(&bench, &bench.repo.commit)).unwrap();
    let key = |jobs| {
        let request = BuildRequest { jobs, ..cuda(&bench, &bench.repo.commit) };
        identify(&request, &commit).unwrap().key()
    };
    assert_eq!(key(Some(1)), key(None));
}

/// EP-14, F66: an nvcc that does not work ends the build while it is configured, and says that nothing is built instead.
#[test]
fn a_broken_nvcc_never_gives_a_build_for_the_processor() {
    let bench = Bench::new();
    let error = bench.build(&cuda(&bench, "main")).unwrap_err();
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    let BuildError::Diagnosed(failure) = &error else { panic!("{error:?}") };
    assert_eq!(failure.diagnosis.code, "cuda::library_missing", "{error}");
    let log = failure.log.as_ref().unwrap();
    assert!(help.contains("nothing is built without it") && help.contains(log.to_str().unwrap()), "{help}");
    assert!(fs::read_to_string(log).unwrap().contains("Unable to find cudart library"));
    assert_eq!(bench.compiled(), 0);
    assert!(bench.cached("store").is_empty() && bench.cached("staging").is_empty());
}

/// EP-12, EP-14, F67: a tree from before `GGML_CUDA` configures happily without it; that is found before anything compiles.
#[test]
fn a_tree_that_does_not_know_the_option_is_found_out() {
    let bench = Bench::new();
    for file in ["ggml/CMakeLists.txt", "ggml/src/CMakeLists.txt", "CMakeLists.txt"] {
        let text = fs::read_to_string(bench.repo.path.join(file)).unwrap();
        let kept: Vec<&str> = text.lines().filter(|line| !line.contains("CUDA")).collect();
        bench.repo.change(file, &(kept.join("\n") + "\n"));
    }
    let error = bench.build(&cuda(&bench, "main")).unwrap_err();
    assert!(matches!(&error, BuildError::CudaLost { log: Some(log), .. } if log.exists()), "{error:?}");
    assert_eq!(bench.compiled(), 0);
    assert!(bench.cached("store").is_empty());
}

/// A driver that does not read compressed kernels, and a tree that cannot leave them uncompressed: refused before anything
/// is compiled.
#[test]
fn kernels_that_an_old_driver_does_not_read_are_refused() {
    let bench = Bench::new();
    let mut request = cuda(&bench, "main");
    let Backend::Cuda { definitions, .. } = &mut request.backend else { panic!("it is for CUDA") };
    definitions.push(("GGML_CUDA_COMPRESSION_MODE".into(), "none".into()));
    let error = bench.build(&request).unwrap_err();
    assert!(matches!(error, BuildError::CompressedKernels), "{error:?}");
    assert_eq!(bench.compiled(), 0);
    let path = "ggml/CMakeLists.txt";
    let text = fs::read_to_string(bench.repo.path.join(path)).unwrap();
    bench.repo.change(path, &format!("{text}\nset(GGML_CUDA_COMPRESSION_MODE \"size\" CACHE STRING \"\")\n"));
    let error = bench.build(&request).unwrap_err();
    assert!(!matches!(error, BuildError::CompressedKernels), "{error:?}");
}

/// EP-15, F66, F67: a server that was built with CUDA and lists none of it is refused, whatever CMake said.
#[test]
fn a_server_without_cuda_in_it_is_refused() {
    let bench = Bench::new();
    // The option is declared and does nothing.
    let list = fs::read_to_string(bench.repo.path.join("ggml/src/CMakeLists.txt")).unwrap();
    bench.repo.change("ggml/src/CMakeLists.txt", &list.replace("ggml_add_backend(CUDA)", ""));
    let error = bench.build(&cuda(&bench, "main")).unwrap_err();
    assert!(matches!(error, BuildError::NoCudaInBinary { .. }), "{error:?}");
    assert_eq!(bench.compiled(), 1);
    assert!(bench.cached("store").is_empty() && bench.cached("staging").is_empty());
}
