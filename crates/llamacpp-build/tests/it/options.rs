//! What the operator asks CMake for is what the tree gets, or an error that says why not.

use std::fs;

use llamacpp_build::{BuildError, CmakeCache, Definition, Inputs, identify};

use crate::support::{Bench, definitions};

/// EP-12: a wish for CUDA in a pool that runs on the processor is an error before anything is fetched.
#[test]
fn cublas_for_the_processor_is_a_contradiction() {
    let bench = Bench::new();
    let mut request = bench.request(&bench.repo.commit);
    request.definitions = definitions(&["-DLLAMA_CUBLAS=ON"]);
    let before = bench.calls("git", "fetch").len();
    let error = bench.build(&request).unwrap_err();
    assert!(matches!(error, BuildError::AcceleratorContradiction { cuda: false, .. }), "{error:?}");
    assert!(error.to_string().contains("-DLLAMA_CUBLAS=ON"), "{error}");
    assert_eq!(bench.calls("git", "fetch").len(), before);
    assert!(!bench.at("cache").exists());
}

/// EP-12: CMake only warns about an option that no tree knows; here it is an error, before CMake runs, with the
/// option that was probably meant.
#[test]
fn an_unknown_option_is_an_error_before_configuring() {
    let bench = Bench::new();
    for (wrong, meant) in [
        ("-DGGML_CUAD=ON", Some("GGML_CUDA")),
        ("-DLLAMA_BUILD_SERVRE=ON", Some("LLAMA_BUILD_SERVER")),
        ("-DGGML_WHATEVER_THIS_IS=1", None),
    ] {
        let mut request = bench.request("main");
        request.definitions = definitions(&[wrong]);
        match bench.build(&request) {
            Err(BuildError::UnknownOption { nearest, .. }) => assert_eq!(nearest.as_deref(), meant, "{wrong}"),
            other => panic!("{wrong}: {other:?}"),
        }
    }
    assert_eq!(bench.calls("cmake", "-S"), [""; 0]);
    assert!(bench.cached("store").is_empty() && bench.cached("staging").is_empty());
}

/// EP-12: a tree from before today's names is refused by name before CMake runs, for either accelerator.
#[test]
fn a_tree_from_before_today_s_names_is_too_old() {
    let bench = Bench::new();
    let list = fs::read_to_string(bench.repo.path.join("ggml/CMakeLists.txt")).unwrap();
    assert!(list.contains("option(GGML_CUDA"), "{list}");
    bench.repo.change("ggml/CMakeLists.txt", &list.replace("option(GGML_CUDA", "option(LLAMA_CUBLAS"));
    let error = bench.build(&bench.request("main")).unwrap_err();
    assert!(matches!(error, BuildError::TooOld { old: "LLAMA_CUBLAS", new: "GGML_CUDA", .. }), "{error:?}");
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(help.contains("b3347") && help.contains("26 June 2024"), "{help}");
    assert_eq!(bench.calls("cmake", "-S"), [""; 0]);
}

/// EP-12: what the tree replaced is given to CMake under the new name, and what it ignores is not given at all.
#[test]
fn deprecations_of_the_tree_reach_cmake() {
    let bench = Bench::new();
    let list = fs::read_to_string(bench.repo.path.join("CMakeLists.txt")).unwrap();
    let more = "function(tiny_option_depr)\nendfunction()\ntiny_option_depr(WARNING LLAMA_FOO BUILD_SHARED_LIBS)\n\
                tiny_option_depr(WARNING LLAMA_GONE)\n";
    bench.repo.change("CMakeLists.txt", &list.replace("\nadd_subdirectory", &format!("\n{more}add_subdirectory")));
    let mut request = bench.request("main");
    request.definitions = definitions(&["-DLLAMA_FOO=OFF", "-DLLAMA_GONE=ON"]);
    bench.tool("cmake", "echo \"CMake Error: $*\"; exit 1");
    match bench.build(&request) {
        Err(BuildError::Configure { excerpt, .. }) => {
            assert!(excerpt.contains("-DBUILD_SHARED_LIBS=OFF") && !excerpt.contains("LLAMA_FOO"), "{excerpt}");
            assert!(!excerpt.contains("LLAMA_GONE"), "{excerpt}");
        }
        other => panic!("{other:?}"),
    }
}

/// EP-12: what CMake itself reports as unused is found after configuring; a variable that the tree reads without
/// declaring it is none of these.
#[test]
fn an_unused_definition_is_an_error_after_configuring() {
    let bench = Bench::new();
    bench.repo.change("cmake/more.cmake", "message(STATUS \"peers: ${GGML_PEERS}\")\n");
    let list = fs::read_to_string(bench.repo.path.join("CMakeLists.txt")).unwrap();
    bench.repo.change("CMakeLists.txt", &format!("{list}\ninclude(cmake/more.cmake)\n"));
    let mut request = bench.request("main");
    request.definitions = definitions(&["-DGGML_PEERS=4", "-DNOBODY_READS_THIS=1"]);
    match bench.build(&request) {
        Err(BuildError::UnknownOption { name, .. }) => assert_eq!(name, "NOBODY_READS_THIS"),
        other => panic!("{other:?}"),
    }
    assert_eq!(bench.calls("cmake", "-S").len(), 1);
    assert_eq!(bench.compiled(), 0);
}

/// HTTPS that was asked for and silently left out is an error with what to install; not asked for, it is off, whatever the host
/// has, and so is the web page that newer trees build with npm.
#[test]
fn https_is_built_when_asked_for_or_not_at_all() {
    let bench = Bench::new();
    let list = fs::read_to_string(bench.repo.path.join("CMakeLists.txt")).unwrap();
    assert!(list.contains("find_package(OpenSSL)"), "{list}");
    bench.repo.change("CMakeLists.txt", &list.replace("find_package(OpenSSL)", "set(OpenSSL_FOUND OFF)"));
    let mut request = bench.request("main");
    request.definitions = definitions(&["-DLLAMA_OPENSSL=ON"]);
    let error = bench.build(&request).unwrap_err();
    assert!(matches!(error, BuildError::NoOpenssl), "{error:?}");
    assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("libssl-dev"));
    assert_eq!(bench.compiled(), 0);
    request.definitions.clear();
    let inputs = identify(&request, &bench.resolve(&request).unwrap()).unwrap().into_inputs();
    for name in ["LLAMA_OPENSSL", "LLAMA_BUILD_UI", "LLAMA_BUILD_WEBUI", "LLAMA_USE_PREBUILT_UI", "LLAMA_CURL"] {
        assert_eq!(inputs.definitions.get(name).map(String::as_str), Some("OFF"), "{name}");
    }
}

/// A GCC that breaks AMX code does not get to build it: only on a processor that has AMX, only while the operator did
/// not decide, and then the key no longer depends on the processor.
#[test]
fn amx_and_an_old_gcc() {
    let bench = Bench::new();
    let mut request = bench.request(&bench.repo.commit);
    let commit = bench.resolve(&request).unwrap();
    let amx = fs::read_to_string("/proc/cpuinfo").unwrap().split_whitespace().any(|flag| flag == "amx_tile");
    let mut check = |version: &str, asked: &[&str], held_back: bool, native: Option<&str>| {
        request.tools.cxx.version = format!("c++ (Debian {version}-1) {version}");
        request.tools.cc.version = format!("cc (Debian {version}-1) {version}");
        request.definitions = definitions(asked);
        let identity = identify(&request, &commit).unwrap();
        let (inputs, merged) = (identity.inputs(), &identity.definitions);
        assert_eq!(merged.notes().len(), usize::from(held_back), "{version} {asked:?}");
        assert_eq!(merged.get("GGML_NATIVE"), native, "{version} {asked:?}");
        assert_eq!(inputs.cpu.is_none(), native == Some("OFF"), "{version} {asked:?}");
    };
    check("12.2.0", &[], amx, amx.then_some("OFF"));
    check("12.2.0", &["-DGGML_NATIVE=ON"], false, Some("ON"));
    check("12.2.0", &["-DLLAMA_NATIVE=ON"], false, Some("ON"));
    check("12.2.0", &["-DGGML_NATIVE=OFF"], false, Some("OFF"));
    check("12.2.0", &["-DCMAKE_C_COMPILER=/opt/cc", "-DCMAKE_CXX_COMPILER=/opt/c++"], false, None);
    check("14.2.0", &[], false, None);
}

/// A build folder's cache says what CMake decided, with its type.
#[test]
fn an_absent_cache_is_empty() {
    let bench = Bench::new();
    assert_eq!(CmakeCache::read(&bench.repo.path).unwrap(), CmakeCache::default());
}

/// A file that CMake is to run is taken from somebody who trusts it, and what it contains is in the key.
#[test]
fn a_trusted_toolchain_file_is_in_the_key() {
    let bench = Bench::new();
    let file = bench.at("toolchain.cmake");
    let write = |flag: &str| durable::replace(&file, format!("set(CMAKE_CXX_FLAGS_INIT {flag})\n").as_bytes()).unwrap();
    let mut request = bench.request(&bench.repo.commit);
    let text = format!("-DCMAKE_TOOLCHAIN_FILE={}", file.display());
    request.definitions = vec![Definition::parse_unsafe(&text).unwrap()];
    let commit = bench.resolve(&request).unwrap();
    let error = identify(&request, &commit).unwrap_err();
    assert!(matches!(error, BuildError::UnsafeDefinitionFile { .. }), "{error:?}");
    write("-DONE");
    let built = bench.build(&request).unwrap();
    let inputs = Inputs::of(&built.manifest).unwrap();
    assert!(inputs.definitions["CMAKE_TOOLCHAIN_FILE"].len() == 64 + "sha256:".len(), "{inputs:?}");
    let log = fs::read_to_string(built.log("build")).unwrap() + &fs::read_to_string(built.log("configure")).unwrap();
    assert!(!log.contains("not used"), "{log}");
    assert_eq!(bench.build(&request).unwrap().manifest.key, built.manifest.key);
    write("-DTWO");
    assert_ne!(identify(&request, &commit).unwrap().key(), built.manifest.key);
}
