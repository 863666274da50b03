//! What a build from source finds on a host, for tests: one on which all is ready, and a fresh one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use config_schema::Accelerator;
use engine_store::{Entry, FileEntry, Layout, Manifest, OpaqueInputs, Recipe};
use exec::{CommandSpec, Env};
use gpu_detect::{CudaChoice, GpuError};
use llamacpp_build::{
    Backend, BuildRequest, Commit, Generator, Guard, Identity, Inputs, Near, Source, ToolId, Toolchain, Transport,
    identify,
};
use preflight::{PreflightError, Tool, distribution};
use serde_json::json;

use crate::supply::source::acquire::Built;
use crate::supply::source::libraries::Libraries;
use crate::supply::source::{Found, Wish};

/// Branch `main` of a repository on this host.
pub(crate) fn wish() -> Wish {
    Wish {
        source: Source { repo: "/r".into(), transport: Transport::Local, reference: "main".into(), submodules: false },
        definitions: Vec::new(),
        generator: None,
        jobs: Some(1),
        layout: Layout::new(Path::new("/cache")).unwrap(),
        reference: "main".into(),
        pin: None,
    }
}

pub(crate) fn request() -> BuildRequest {
    let tool = |name: &str| ToolId { path: Path::new("/usr/bin").join(name), version: format!("{name} 9") };
    let day = Duration::from_hours(1);
    BuildRequest {
        source: wish().source,
        backend: Backend::Cpu,
        definitions: Vec::new(),
        tools: Toolchain {
            linker: None,
            ccache: None,
            git: tool("git"),
            cmake: tool("cmake"),
            generator: Generator::Ninja,
            make: tool("ninja"),
            cc: tool("cc"),
            cxx: tool("c++"),
        },
        jobs: Some(1),
        limits: llamacpp_build::Limits { fetch: day, fetch_silence: day, build: day, silence: day },
        env: Env::default(),
        guard: Guard::default(),
    }
}

pub(crate) fn commit() -> Commit {
    Commit::parse(&"c0".repeat(20)).unwrap()
}

pub(crate) fn identity() -> Identity {
    // Which CPU this is, is looked up once.
    static IDENTITY: LazyLock<Identity> = LazyLock::new(|| identify(&request(), &commit()).unwrap());
    IDENTITY.clone()
}

pub(crate) fn inputs() -> Inputs {
    identity().into_inputs()
}

pub(crate) fn entry() -> Entry {
    let inputs = inputs();
    let binary = PathBuf::from("bin/llama-server");
    let manifest = Manifest {
        schema: 1,
        key: inputs.key(),
        recipe: Recipe::LLAMACPP_SOURCE_2,
        inputs: OpaqueInputs::of(&inputs).unwrap(),
        engine_version: "1.2.3".into(),
        files: vec![FileEntry { path: binary.clone(), size: 1, sha256: "00".into() }],
        binary,
        build_seconds: 1,
        built_unix_s: 1,
    };
    Entry { dir: "/cache/v1/store/k".into(), manifest }
}

/// A host where all is ready.
pub(crate) fn ready() -> Found {
    Found {
        wish: wish(),
        accelerator: Accelerator::Cpu,
        tools: Ok("git 2.50".into()),
        needs: Vec::new(),
        install: None,
        cuda: None,
        driver: None,
        gpu_memory_free: None,
        request: Some(request()),
        commit: Some((commit(), 1)),
        identity: Some(Ok(Some(identity()))),
        entry: Some(Arc::new(entry())),
        libraries: Libraries::Found,
        runs_from: None,
        near: None,
        docs: None,
        notes: Vec::new(),
        built: Built::default(),
    }
}

/// A host where nothing was built yet.
pub(crate) fn fresh() -> Found {
    Found { commit: None, identity: Some(Ok(None)), entry: None, ..ready() }
}

/// A host without CMake.
pub(crate) fn no_tools() -> Result<String, PreflightError> {
    let missing = preflight::check(&[Tool::Cmake], &Env::default(), &preflight::Memo::default());
    missing.require(&distribution("/nonexistent".as_ref())).map(|_| String::new())
}

pub(crate) fn installs() -> CommandSpec {
    CommandSpec::new("/usr/bin/pacman", Duration::from_secs(1)).args(["-S", "--needed", "cmake"])
}

pub(crate) fn no_gpu() -> GpuError {
    GpuError::NoDriver { looked: Vec::new() }
}

/// One H100 and CUDA 12.9.
pub(crate) fn cuda() -> CudaChoice {
    let gpu = json!({
        "index": 0,
        "uuid": "GPU-1",
        "pci_bus_id": "00000000:65:00.0",
        "name": "NVIDIA H100",
        "architecture": 90,
    });
    let compiler = json!({ "path": "/usr/bin/g++", "kind": "gxx", "version": "13.3.0", "source": "default" });
    let choice = json!({
        "root": "/opt/cuda",
        "nvcc": "/opt/cuda/bin/nvcc",
        "version": [12, 9],
        "parts": { "nvcc": "12.9.86", "cudart": "12.9.79", "cublas": "12.9.1.4" },
        "source": "search_path",
        "host_compiler": compiler,
        "architectures": [90],
        "devices": [gpu],
        "exe_linker_flags": null,
        "driver_library": null,
        "allow_unsupported_compiler": false,
        "uncompressed": false,
        "notes": [],
    });
    serde_json::from_value(choice).unwrap()
}

/// The stored build that another compiler made.
pub(crate) fn near() -> Near {
    let mut stored = inputs();
    *stored.tools.get_mut("cxx").unwrap() = "c++ 8".into();
    Near { key: stored.key(), differences: inputs().differences(&stored) }
}
