//! Entries of the recipe before: used where they prove to be the same build, kept and listed where not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use durable::Wait;
use engine_store::{Contents, Entry, EntryKey, Manifest, NewEntry, OpaqueInputs, Recipe, Store};
use llamacpp_build::{Backend, BuildRequest, Commit, Inputs, ToolId, identify, nearest};
use serde_json::json;

use crate::support::{Bench, definitions};

/// The inputs as recipe 1 wrote them for this request: its fields in their order. The key is the hash of these bytes.
fn as_recipe_one(request: &BuildRequest, commit: &Commit) -> OpaqueInputs {
    #[derive(serde::Serialize)]
    struct One<'a> {
        recipe: u32,
        repo: &'a str,
        commit: &'a Commit,
        submodules: bool,
        backend: String,
        definitions: BTreeMap<String, String>,
        generator: &'a str,
        tools: BTreeMap<&'a str, &'a ToolId>,
        target: String,
        libc: String,
        cpu: Option<String>,
        env: BTreeMap<String, String>,
    }
    let (identity, tools) = (identify(request, commit).unwrap(), &request.tools);
    let mut named = BTreeMap::from([("cc", &tools.cc), ("cxx", &tools.cxx), ("cmake", &tools.cmake)]);
    let mut variables = BTreeMap::new();
    if let Backend::Cuda { nvcc, env, .. } = &request.backend {
        named.insert("nvcc", nvcc);
        variables.extend(env.iter().cloned());
    }
    let one = One {
        recipe: 1,
        repo: &request.source.repo,
        commit,
        submodules: false,
        backend: request.backend.to_string(),
        definitions: identity.definitions.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        generator: "Ninja",
        tools: named,
        target: identity.inputs().target.clone(),
        libc: identity.inputs().libc.clone(),
        cpu: None,
        env: variables,
    };
    let inputs = OpaqueInputs::of(&one).unwrap();
    assert_eq!(EntryKey::of(&Recipe::LLAMACPP_SOURCE_1, &inputs.canonical()), identity.earlier_key());
    inputs
}

/// Publishes an entry as the release before did.
fn publish(bench: &Bench, request: &BuildRequest, commit: &Commit) -> Entry {
    let inputs = as_recipe_one(request, commit);
    let recipe = Recipe::LLAMACPP_SOURCE_1;
    let key = EntryKey::of(&recipe, &inputs.canonical());
    let claim = Store::new(bench.layout()).claim(&key, "build", Wait::new(Duration::from_secs(5))).unwrap();
    let staging = claim.stage().unwrap();
    fs::create_dir_all(staging.out().join("bin")).unwrap();
    testkit::fake_tool(&staging.out().join("bin"), "llama-server", "echo version: 1");
    let contents = Contents::hash(&staging).unwrap();
    let (engine_version, binary, took) = ("1 (0000000)".into(), "bin/llama-server".into(), Duration::ZERO);
    claim.publish(&staging, contents, NewEntry { recipe, inputs, engine_version, binary, took }).unwrap()
}

/// A build for any CPU, so that what the kernel says of this one is no part of it.
fn request(bench: &Bench) -> BuildRequest {
    let mut request = bench.request(&bench.repo.commit);
    request.definitions = definitions(&["-DGGML_NATIVE=OFF"]);
    request
}

/// A build for the CPU: recipe 1 named all that decides it, so that its entry is a hit, and nothing is built.
#[test]
fn an_entry_that_names_every_input_is_used() {
    let bench = Bench::new();
    let request = request(&bench);
    let commit = bench.resolve(&request).unwrap();
    let (store, old) = (Store::new(bench.layout()), publish(&bench, &request, &commit));
    let identity = identify(&request, &commit).unwrap();
    assert_ne!(identity.key(), identity.earlier_key());
    let found = |request: &BuildRequest| {
        let found = identify(request, &commit).unwrap().find(&store, false).unwrap();
        found.map(|entry| entry.manifest.key)
    };
    assert_eq!(found(&request), Some(old.manifest.key.clone()));
    assert_eq!(bench.build(&request).unwrap().dir, old.dir);
    assert_eq!(bench.compiled(), 0);

    // By content, also where recipe 1 would have had another key.
    let mut elsewhere = request.clone();
    elsewhere.source.repo = "/elsewhere".into();
    elsewhere.tools.cmake.path = "/opt/cmake/bin/cmake".into();
    assert_ne!(identify(&elsewhere, &commit).unwrap().earlier_key(), old.manifest.key);
    assert_eq!(found(&elsewhere), Some(old.manifest.key.clone()));

    let mut other = request.clone();
    other.tools.cxx.version = "c++ (GCC) 99.1.0".into();
    assert_eq!(found(&other), None);

    // An entry of today comes first.
    fs::rename(&old.dir, bench.at("aside")).unwrap();
    let new = bench.build(&request).unwrap();
    assert_eq!((new.manifest.key.clone(), new.manifest.recipe.as_str()), (identity.key(), "llamacpp-source/2"));
    fs::rename(bench.at("aside"), &old.dir).unwrap();
    assert_eq!(found(&request), Some(new.manifest.key));
}

/// A build for CUDA: recipe 1 did not write down what its toolkit was. The entry is no hit, and what it lacks is named; the
/// engine that runs from it can still be told.
#[test]
fn an_entry_that_proves_too_little_is_not_used() {
    let bench = Bench::new();
    let mut request = request(&bench);
    let nvcc = ToolId { path: "/opt/cuda/bin/nvcc".into(), version: "13.0".into() };
    let define = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    request.backend = Backend::Cuda {
        definitions: vec![
            define("CMAKE_CUDA_COMPILER", "/opt/cuda/bin/nvcc"),
            define("CMAKE_CUDA_HOST_COMPILER", request.tools.cxx.path.to_str().unwrap()),
            define("CUDAToolkit_ROOT", "/opt/cuda"),
        ],
        parts: ["nvcc", "cuda_host_compiler", "cudart", "cublas"]
            .map(|name| (name.to_owned(), "13.0.88".to_owned()))
            .into(),
        env: vec![define("CUDA_PATH", "/opt/cuda")],
        driver_folder: None,
        nvcc,
    };
    let commit = bench.resolve(&request).unwrap();
    let (store, old) = (Store::new(bench.layout()), publish(&bench, &request, &commit));
    let identity = identify(&request, &commit).unwrap();
    assert!(identity.find(&store, true).unwrap().is_none());
    assert_eq!(identity.earlier(&store).unwrap().unwrap().dir, old.dir);
    let near = nearest(&store, identity.inputs()).unwrap().unwrap();
    let named: Vec<_> = near.differences.iter().map(|difference| difference.input.as_str()).collect();
    for input in ["recipe", "tools.nvcc", "tools.cudart", "tools.cublas", "tools.cuda_host_compiler"] {
        assert!(named.contains(&input), "{named:?}");
    }
    assert_eq!(store.list().unwrap().len(), 1, "it is listed, and collected like any other");
}

/// What an earlier release wrote, as it wrote it: read by content, with no path in it.
#[test]
fn a_manifest_of_recipe_one_is_read_by_content() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../engine-store/tests/fixtures/recipe-1/b339d75e07b4ac3c4b7adbfa9514c698/build.json");
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(fixture).unwrap()).unwrap();
    let inputs = Inputs::of(&manifest).unwrap();
    assert_eq!((inputs.recipe, inputs.backend.as_str(), inputs.cpu.as_deref()), (1, "cpu", None));
    assert_eq!(inputs.commit.as_str(), "18fdb7d22cb5d525a633c421fd8570724329257b");
    assert_eq!(inputs.tools["cxx"], "gcc (Debian 12.2.0-14) 12.2.0");
    assert!(!serde_json::to_string(&inputs).unwrap().contains("/opt/tiny"), "{inputs:?}");
    let wanted = Inputs { recipe: 2, ..inputs.clone() };
    assert!(wanted.is_proven_by(&inputs));
    assert_ne!(wanted.key(), manifest.key);
    // Written and read again, the inputs of today are the same.
    manifest.recipe = Recipe::LLAMACPP_SOURCE_2;
    manifest.inputs = OpaqueInputs::of(&wanted).unwrap();
    assert_eq!(Inputs::of(&manifest), Some(wanted.clone()));
    assert_eq!(EntryKey::of(&manifest.recipe, &manifest.inputs.canonical()), wanted.key());
    manifest.recipe = Recipe::parse("archive/1").unwrap();
    assert_eq!(Inputs::of(&manifest), None);
    manifest.inputs = OpaqueInputs::of(&json!({"recipe": 2, "future": true})).unwrap();
    manifest.recipe = Recipe::LLAMACPP_SOURCE_2;
    assert_eq!(Inputs::of(&manifest), None);
}

/// A compiler that the operator names is an input by its content: its path is none.
#[test]
fn a_compiler_of_the_operator_is_its_content() {
    let bench = Bench::new();
    let mut request = bench.request(&bench.repo.commit);
    let commit = bench.resolve(&request).unwrap();
    let ours = identify(&request, &commit).unwrap().into_inputs();
    let mut of = |folder: &str, content: &str| {
        fs::create_dir_all(bench.at(folder)).unwrap();
        let path = testkit::fake_tool(&bench.at(folder), "cc", content);
        request.definitions = definitions(&[&format!("-DCMAKE_C_COMPILER={}", path.display())]);
        identify(&request, &commit).unwrap().into_inputs()
    };
    let (one, same, other) = (of("one", "exec gcc"), of("two", "exec gcc"), of("three", "exec clang"));
    assert_eq!(one, same);
    assert!(one != other && one != ours);
    assert!(one.tools["cc"].starts_with("sha256:") && !one.definitions.contains_key("CMAKE_C_COMPILER"), "{one:?}");
}
