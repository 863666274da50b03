//! A host with NVIDIA's driver and toolkit that needs neither, and the small project with a CUDA backend for it.
//!
//! The driver is the stand-in of `gpu-detect`'s own tests, compiled with a state file that a test writes. The backend is
//! C++: whether its devices are there is in another file that a test writes, and it is read at each start.

use std::path::{Path, PathBuf};

use crate::{Repo, files, shell, write};

const CMAKE: &str = "ggml_add_backend_library(ggml-cuda ggml-cuda.cpp)\n";
const BACKEND: &str = include_str!("cuda_host/backend.cpp");
const LOADING: &str = include_str!("cuda_host/loading.cpp");
/// Where the loading begins in the small project's server.
const BEFORE: &str = "    const std::string problem = llama_model_check";
const NVCC: &str = "case \"$1\" in\n--version) echo 'Cuda compilation tools, release 12.8, V12.8.1' ;;\n\
    --list-gpu-code) printf 'sm_80\\nsm_86\\nsm_90\\nsm_90a\\n' ;;\n*) exit 1 ;;\nesac";
/// The files of a toolkit that only have to be there.
const TOOLKIT: [(&str, &str); 6] = [
    ("version.json", r#"{"cuda":{"name":"CUDA SDK","version":"12.8.1"}}"#),
    ("include/cuda_runtime.h", ""),
    (
        "include/crt/host_config.h",
        "#if __GNUC__ > 14\n#error -- unsupported GNU version! gcc versions later than 14 are not supported!\n#endif\n",
    ),
    ("lib64/libcudart.so", ""),
    ("lib64/libcublas.so", ""),
    ("lib64/libcublasLt.so", ""),
];

/// The host, below a folder that stands for `/`.
#[derive(Clone, Debug)]
pub struct CudaHost {
    dir: PathBuf,
}

impl CudaHost {
    /// Makes the host in `dir`, and gives `repo` the backend for it. `options` are those of the stand-in for NVML, such as
    /// `-DGPUS=2`; its GPUs are idle, and the backend's devices are there.
    pub fn install(dir: &Path, repo: &Repo, options: &[&str]) -> Self {
        let host = Self { dir: dir.join("cuda-host") };
        let root = host.root();
        for (name, text) in TOOLKIT {
            write(&root.join("usr/local/cuda").join(name), text);
        }
        write(&root.join("usr/local/cuda/lib64/stubs/libcuda.so"), "");
        std::fs::create_dir_all(root.join("usr/local/cuda/bin")).expect("a set-up works");
        files::fake_tool(&root.join("usr/local/cuda/bin"), "nvcc", NVCC);
        for library in ["usr/local/nvidia/lib64/libcuda.so", "usr/local/nvidia/lib64/libcuda.so.1"] {
            write(&root.join(library), "");
        }
        if let Ok(text) = std::fs::read_to_string("/etc/os-release") {
            write(&root.join("etc/os-release"), &text);
        }
        let state = format!("-DSTATE=\"{}\"", host.dir.join("state").display());
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gpu-detect/tests/it/support/nvml_stub.c");
        let library = root.join("usr/local/nvidia/lib64/libnvidia-ml.so.1");
        let options: Vec<&Path> = options.iter().map(Path::new).collect();
        let words = [&[library.as_path(), source.as_path(), Path::new(&state)], options.as_slice()].concat();
        shell("library=$1 && shift && gcc -shared -fPIC -o \"$library\" \"$@\"", &words);
        host.devices("all");
        let gate = host.dir.join("devices").display().to_string();
        repo.git(&["rm", "--quiet", "ggml/src/ggml-cuda/ggml-cuda.cu"]);
        repo.change("ggml/src/ggml-cuda/CMakeLists.txt", CMAKE);
        repo.change("ggml/src/ggml-cuda/ggml-cuda.cpp", &BACKEND.replace("@GATE@", &gate));
        let server = "tools/server/main.cpp";
        let text = std::fs::read_to_string(repo.path.join(server)).expect("the small project has a server");
        assert!(text.contains(BEFORE), "{server} has changed");
        let loading = LOADING.replace("@GATE@", &gate);
        repo.change(
            server,
            &format!("#include <fstream>\n{}", text.replacen(BEFORE, &format!("{loading}{BEFORE}"), 1)),
        );
        host
    }

    /// The folder that stands for `/`. Driver and toolkit are below its `usr/local`, where containers have them, so that a
    /// test can also lay that folder over its own.
    pub fn root(&self) -> PathBuf {
        self.dir.join("root")
    }

    /// What NVML reports from now on; see the stand-in's first comment.
    pub fn nvml(&self, state: &str) {
        // Replaced as a whole: it may be read meanwhile.
        let new = self.dir.join("state.new");
        write(&new, state);
        std::fs::rename(new, self.dir.join("state")).expect("a set-up works");
    }

    /// What CUDA finds from now on: `all` devices; `none`, which the backend prints; `listed`, which are there when asked
    /// for and gone when the engine starts; `quiet`, the same without a word; `half`, all, with half of the layers.
    pub fn devices(&self, what: &str) {
        write(&self.dir.join("devices"), what);
    }
}
