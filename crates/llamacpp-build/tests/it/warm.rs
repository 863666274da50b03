//! A build that is there is found by looking, not by running.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use engine_store::Store;
use llamacpp_build::{BuildError, Generator, identify};

use crate::support::{Bench, code, definitions};

/// EP-11, EP-15, EP-16: the first build makes an entry with a proven server; the second runs no program at all, and
/// works where nothing can be written (F13).
#[test]
fn the_second_build_runs_nothing() {
    let bench = Bench::new();
    // Named by its id: a branch would rightly be asked for.
    let request = bench.request(&bench.repo.commit);
    let built = bench.build(&request).unwrap();
    assert_eq!(bench.compiled(), 1);
    assert!(built.manifest.engine_version.contains(&bench.repo.commit[..7]), "{}", built.manifest.engine_version);
    assert!(built.help().contains("--n-gpu-layers"));
    let configured = fs::read_to_string(built.log("configure")).unwrap();
    assert!(configured.starts_with("$ ") && configured.contains("-DLLAMA_BUILD_SERVER=ON"), "{configured}");
    assert!(fs::read_to_string(built.log("build")).unwrap().contains("Linking CXX executable bin/llama-server"));
    proven_on_paper(&bench, &built);
    let manifest = fs::read_to_string(built.dir.join("build.json")).unwrap();
    assert!(!format!("{manifest}{configured}").contains("sentinel"), "the caller's environment decides nothing");
    assert!(bench.cached("staging").is_empty());

    for poisoned in ["git", "cmake", "ninja", "make", "cc", "c++"] {
        bench.tool(poisoned, "exit 99");
    }
    let calls = fs::read(bench.at("calls")).unwrap();
    let again = bench.build(&request).unwrap();
    assert_eq!((again.dir, again.manifest), (built.dir.clone(), built.manifest));
    assert_eq!(fs::read(bench.at("calls")).unwrap(), calls);

    // Root writes into folders without write permission, but not into a file that stands in a folder's place.
    let verified = bench.at("cache/v1/verified");
    fs::remove_dir_all(&verified).unwrap();
    fs::File::create(&verified).unwrap();
    for dir in [bench.at("cache/v1/store"), bench.at("cache/v1/locks"), bench.at("cache/v1")] {
        fs::set_permissions(dir, Permissions::from_mode(0o500)).unwrap();
    }
    assert_eq!(bench.build(&request).unwrap().dir, built.dir);
    for dir in [bench.at("cache/v1"), bench.at("cache/v1/locks"), bench.at("cache/v1/store")] {
        fs::set_permissions(dir, Permissions::from_mode(0o700)).unwrap();
    }
}

/// The in-toto statement and the bill of materials beside the server name it by its digest, what it was made from and
/// what it is linked with; the manifest has their own digests, so that they are checked with it.
fn proven_on_paper(bench: &Bench, built: &engine_store::Entry) {
    let read = |name: &str| -> serde_json::Value {
        assert!(built.manifest.files.iter().any(|file| file.path.as_os_str() == name), "{name}");
        serde_json::from_slice(&fs::read(built.dir.join(name)).unwrap()).unwrap()
    };
    assert_eq!(crate::validate::statement(&read("provenance.json")), [""; 0]);
    assert_eq!(crate::validate::bill(&read("sbom.cdx.json")), [""; 0]);
    let sha256 = built.manifest.engine_digest().replace("sha256:", "");
    let statement = read("provenance.json");
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["predicateType"], "https://slsa.dev/provenance/v1");
    assert_eq!(statement["subject"][0]["digest"]["sha256"], sha256);
    let definition = &statement["predicate"]["buildDefinition"];
    assert_eq!(definition["resolvedDependencies"][0]["digest"]["gitCommit"], bench.repo.commit);
    assert_eq!(definition["externalParameters"]["definitions"]["LLAMA_BUILD_SERVER"], "ON");
    assert!(definition["internalParameters"]["compilers"]["CXX"].as_str().unwrap().contains("tools/c++"));
    assert_eq!(statement["predicate"]["runDetails"]["metadata"]["invocationId"], built.manifest.key.as_str());
    let bill = read("sbom.cdx.json");
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&"CycloneDX".into(), &"1.6".into()));
    assert_eq!(bill["metadata"]["component"]["components"][0]["hashes"][0]["content"], sha256);
    let names: Vec<_> = bill["components"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"llama.cpp") && names.contains(&"cxx"), "{names:?}");
    assert!(names.iter().any(|name| name.ends_with("libggml-base.a")), "{names:?}");
}

/// EP-16, F20: what changes the result changes the key, and nothing of another key is taken.
#[test]
fn another_wish_is_another_build() {
    let bench = Bench::new();
    let request = bench.request(&bench.repo.commit);
    let commit = bench.resolve(&request).unwrap();
    let key = |change: &dyn Fn(&mut llamacpp_build::BuildRequest)| {
        let mut request = request.clone();
        change(&mut request);
        identify(&request, &commit).unwrap().key()
    };
    let keys = [
        key(&|_| ()),
        key(&|request| request.definitions = definitions(&["-DCMAKE_BUILD_TYPE=Debug"])),
        key(&|request| request.tools.generator = Generator::Make),
        key(&|request| request.tools.cxx.version = "c++ (GCC) 99.1.0".into()),
        key(&|request| request.source.submodules = true),
    ];
    let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len());
    for same in [
        key(&|request| request.jobs = Some(7)),
        key(&|request| request.tools.cmake.path = "/opt/cmake".into()),
        key(&|request| request.tools.cxx.path = "/opt/gcc/bin/c++".into()),
        key(&|request| request.source.repo = "/elsewhere".into()),
        key(&|request| request.tools.git.version = "another".into()),
        key(&|request| request.env = exec::Env::from_pairs([("CFLAGS", "-O0")])),
        key(&|request| request.definitions = definitions(&["-DLLAMA_CUBLAS=OFF"])),
    ] {
        assert_eq!(same, keys[0]);
    }
    assert!(Store::new(bench.layout()).lookup(&keys[0]).unwrap().is_none());
}

/// EP-15, F72: the server runs from the store, where nothing of the staging folder is left, with the libraries it was linked with; make builds it as well as ninja.
#[test]
fn shared_libraries_move_with_the_server() {
    let bench = Bench::new();
    let mut request = bench.request("main");
    request.definitions = definitions(&["-DBUILD_SHARED_LIBS=ON"]);
    request.tools.generator = Generator::Make;
    request.tools.make.path = bench.at("tools/make");
    let entry = bench.build(&request).unwrap();
    let names: Vec<_> = entry.manifest.files.iter().map(|file| file.path.to_string_lossy().into_owned()).collect();
    assert!(names.iter().any(|name| name.starts_with("bin/libggml-base.so")), "{names:?}");
    let spec = exec::CommandSpec::new(entry.binary(), std::time::Duration::from_secs(10)).arg("--version");
    exec::run(&spec).unwrap().require_success(&spec).unwrap();

    // One that still looks for its libraries where it was built is not published: that folder goes.
    request.definitions = definitions(&["-DBUILD_SHARED_LIBS=ON", "-DCMAKE_BUILD_RPATH_USE_ORIGIN=OFF"]);
    let error = bench.build(&request).unwrap_err();
    assert_eq!(code(&error), "build::own_library_lost", "{error:?}");
    assert_eq!(bench.cached("store"), [entry.dir]);
}

/// F39: a tool that CMake would take for two, or that no manifest can name, is refused by name.
#[test]
fn a_tool_with_an_unusable_path_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let bench = Bench::new();
    let mut request = bench.request(&bench.repo.commit);
    let commit = bench.resolve(&request).unwrap();
    for path in ["/a;b/cc".as_ref(), std::ffi::OsStr::from_bytes(b"/\xff/cc"), "cc".as_ref()] {
        request.tools.cc.path = path.into();
        let error = identify(&request, &commit).unwrap_err();
        assert!(matches!(error, BuildError::BadToolPath { .. }), "{error:?}");
    }
}
