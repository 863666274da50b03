//! The small project with a CUDA backend that needs no CUDA: its device is there as long as the driver's node can be opened, and
//! it holds that node, which is what the stand-in for `nvidia-smi` counts.

use std::fs;
use std::path::Path;

use testkit::Repo;

const CMAKE: &str = "ggml_add_backend_library(ggml-cuda ggml-cuda.cpp)\n";
const BACKEND: &str = r#"#include "ggml.h"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>

std::vector<ggml_device> ggml_backend_cuda_devices() {
    const char * mask = getenv("CUDA_VISIBLE_DEVICES");
    if (mask && (!*mask || strcmp(mask, "-1") == 0)) {
        return {};
    }
    static const int node = open("/dev/nvidia-uvm", O_RDWR | O_CLOEXEC);
    if (node < 0) {
        return {};
    }
    return { { "CUDA0", "NVIDIA H100 80GB HBM3", 81559, 80000 } };
}
"#;
/// What the server prints and does once it loads a model, in llama.cpp's words.
const LOADING: &str = r#"    const bool        on_gpu = opts.get("device", "") != "none" && !ggml_backend_devices().empty();
    if (on_gpu && state.ctx_size > 1000000) {
        log_line('E', "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 99999.00 MiB on device 0: cudaMalloc failed: out of memory");
        log_line('E', "srv  llama_server: exiting due to model loading error");
        return 1;
    }
    log_line('I', "load_tensors: offloaded %d/5 layers to GPU", on_gpu ? 5 : 0);
"#;
const BEFORE: &str = "    const std::string problem = llama_model_check";
/// The real model of a kit answers every prompt with this.
const ANSWER: (&str, &str) = (r#"\"content\":\"" + answer +"#, r#"\"content\":\"" + std::string("GPU ok") +"#);

/// The repository's path and commit.
pub(super) fn repository(scratch: &Path) -> (String, String) {
    let repo = testkit::tiny_llama_repo(scratch);
    repo.git(&["rm", "--quiet", "ggml/src/ggml-cuda/ggml-cuda.cu"]);
    repo.change("ggml/src/ggml-cuda/CMakeLists.txt", CMAKE);
    repo.change("ggml/src/ggml-cuda/ggml-cuda.cpp", BACKEND);
    edit(&repo, "tools/server/main.cpp", BEFORE, &format!("{LOADING}{BEFORE}"));
    let commit = edit(&repo, "tools/server/http.cpp", ANSWER.0, ANSWER.1);
    (repo.path.display().to_string(), commit)
}

/// Replaces a part of a file that has to be there.
fn edit(repo: &Repo, file: &str, part: &str, by: &str) -> String {
    let text = fs::read_to_string(repo.path.join(file)).unwrap_or_default();
    assert!(text.contains(part), "{file} has changed: it lacks {part}");
    repo.change(file, &text.replacen(part, by, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_project_still_has_what_is_changed() {
        let dir = tempfile::tempdir().unwrap();
        let (path, commit) = repository(dir.path());
        let server = fs::read_to_string(Path::new(&path).join("tools/server/main.cpp")).unwrap();
        assert!(commit.len() == 40 && server.contains("offloaded %d/5"));
    }
}
