//! How engines die, in other words than those of the reports: other numbers and paths, and what resembles a death.

use failure_diagnosis::Phase::{self, Build, Configure, Container, Fetch, Run};
use failure_diagnosis::{guess_phase, meanings};

use crate::support::{check, unknown};

#[track_caller]
fn run(log: &str, code: &str, facts: &[&str]) {
    check(Run, log, code, facts);
}

#[test]
fn gpus_that_fail() {
    run(
        "x.cu:9: ERROR: CUDA kernel flash_attn_ext_f16 has no device code compatible with CUDA arch 1210. ggml-cuda.cu was compiled for: 750,890,1200\n",
        "cuda::no_kernel_image",
        &["1210", "750,890,1200"],
    );
    let torch = "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation.\n\
        The current PyTorch install supports CUDA capabilities sm_50 sm_60 sm_70 sm_90.\n";
    run(torch, "cuda::no_kernel_image", &["sm_120", "sm_90"]);
    run("CUDA error: invalid device function\n", "cuda::no_kernel_image", &[]);
    run("torch.AcceleratorError: CUDA error: an illegal memory access was encountered\n", "cuda::kernel_failed", &[]);
    run("CUDA error: misaligned address\n  current device: 3, in function f at x.cu:1\n", "cuda::kernel_failed", &[]);
    run("RuntimeError: CUDA error: device-side assert triggered\n", "cuda::kernel_failed", &[]);
    run("CUDA error: uncorrectable ECC error encountered\n", "cuda::gpu_memory_fault", &[]);
    let xid = |number: u32| format!("[ 12.3] NVRM: Xid (PCI:0000:41:00): {number}, pid=77, name=llama-server, x\n");
    run(&xid(79), "cuda::gpu_lost", &["PCI:0000:41:00"]);
    run(&xid(48), "cuda::gpu_memory_fault", &[]);
    run(&xid(31), "cuda::kernel_failed", &[]);
    run(&xid(62), "cuda::xid", &["62"]);
    run("CUDA error: the launch timed out and was terminated\n", "cuda::timed_out", &[]);
    run("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`\n", "engine::gpu_memory", &[]);
    run(
        "RuntimeError: CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling cublasGemmEx\n",
        "cuda::cublas_failed",
        &[],
    );
    run(
        "CUDA error: peer access is already enabled\n  current device: 1, in function g at y.cu:2\n",
        "cuda::failed",
        &["peer access", "device 1"],
    );
    run(
        "RuntimeError: The NVIDIA driver on your system is too old (found version 11040).\n",
        "cuda::driver_too_old",
        &["11040"],
    );
    run("RuntimeError: No CUDA GPUs are available\n", "cuda::no_device", &[]);
    run(
        "ImportError: libcudart.so.12: cannot open shared object file: No such file or directory\n",
        "build::library_missing",
        &["libcudart.so.12"],
    );
    run(
        "./llama-server: error while loading shared libraries: libgomp.so.1: cannot open shared object file: No such file or directory\n",
        "build::library_missing",
        &["libgomp.so.1"],
    );
}

/// A driver may be there, in a folder where the loader does not look: nothing is said that is not known.
#[test]
fn a_driver_that_is_not_found_may_be_installed() {
    let log = "/x/llama-server: error while loading shared libraries: libcuda.so.1: cannot open shared object file: No such file or directory\n";
    let found = failure_diagnosis::diagnose(Run, log).unwrap();
    assert!(found.cause.contains("does not find") && found.cause.contains("either"), "{found:#?}");
    assert!(found.remedy.contains("/run/opengl-driver/lib") && found.remedy.contains("LD_LIBRARY_PATH"), "{found:#?}");
}

#[test]
fn signals() {
    for (line, code) in [
        ("signal 9 (SIGKILL)", "engine::killed"),
        ("llama.service: Main process exited, code=killed, status=9/KILL", "engine::killed"),
        ("pool-1 exited with code 137", "engine::killed"),
        ("./run.sh: line 3:  4711 Killed                  ./llama-server -m x", "engine::killed"),
        ("signal 11 (SIGSEGV)", "engine::crashed"),
        ("./run.sh: line 3:  4711 Segmentation fault      (core dumped) ./llama-server", "engine::crashed"),
        ("llama.service: Main process exited, code=dumped, status=6/ABRT", "engine::crashed"),
        ("signal 4 (SIGILL)", "build::illegal_instruction"),
        ("signal 7 (SIGBUS)", "engine::bus_error"),
        ("signal 15 (SIGTERM)", "engine::stopped"),
        ("llama.service: A process of this unit has been killed by the OOM killer.", "engine::memory"),
        ("Out of memory: Killed process 4711 (llama-server) total-vm:9kB", "engine::memory"),
    ] {
        run(&format!("0.00.000.100 I srv  load_model: loading model 'x.gguf'\n{line}\n"), code, &[]);
    }
    // A cause that is known goes before the signal that came of it.
    run(
        "error loading model: unknown model architecture: 'x'\nSegmentation fault (core dumped)\nsignal 11 (SIGSEGV)\n",
        "engine::model_unknown",
        &["`x`"],
    );
    // An assertion is no fault of the CPU it was built for.
    for code in ["engine::assertion", "engine::crashed", "engine::killed"] {
        for meaning in meanings(code) {
            assert!(!meaning.remedy.contains("GGML_NATIVE"), "{code}: {meaning:?}");
        }
    }
}

/// A remedy must not lead into another failure: a quantized V cache needs flash attention.
#[test]
fn no_remedy_asks_for_a_quantized_v_cache_alone() {
    for code in failure_diagnosis::codes() {
        for meaning in meanings(code) {
            let asks = meaning.remedy.contains("--cache-type-v q");
            assert!(!asks || meaning.remedy.contains("--flash-attn on"), "{code}: {meaning:?}");
        }
    }
}

/// What engines print while all is well, or while they go on.
#[test]
fn what_only_sounds_bad() {
    for line in [
        "0.03.913.323 W common_fit_params: failed to fit params to free device memory: n_gpu_layers already set by user to 999, abort",
        "0.00.447.086 W operator(): failed to measure the memory of the extra model, fitting without it: failed to create llama_context from model",
        "0.02.614.783 W llama_init_from_model: failed to initialize the context: Gemma4Assistant requires ctx_other to be set (this warning is normal during memory fitting)",
        "warning: no usable GPU found, --gpu-layers option will be ignored",
        "warning: failed to mlock 123-byte buffer (after previously locking 0 bytes): Cannot allocate memory",
        "warn: failed to set affinity mask 0xff : Operation not permitted (1)",
        "ggml_cuda_host_malloc: failed to allocate 12.00 MiB of pinned memory: out of memory",
        "0.01.000.000 I slot update_slots: id 0 | task 7 | prompt: Segmentation fault, CUDA error: out of memory, Killed",
        "INFO 09-03 21:20:47 [api_server.py:1755] GET /v1/models 401 Client Error",
        "WARNING 09-03 21:20:47 [x.py:1] NCCL error: none",
        "The killer was killed. He Killed it\u{20}softly",
        "load_tensors: offloaded 33/33 layers to GPU",
        "2026-11-28T07:00:00.000000Z  INFO text_generation_launcher: Shard terminated",
        "Trying to pull ghcr.io/ggml-org/llama.cpp:server-cuda...",
        "Copying blob sha256:0000000000000000000000000000000000000000000000000000000000000001 done",
        "WARN[0000] \"/\" is not a shared mount, this could cause issues or missing mounts with rootless containers",
        "time=\"2026-11-28T07:00:00Z\" level=warning msg=\"failed to read CDI directory: x509: certificate signed by unknown authority\"",
        "NOTE: The SHMEM allocation limit is set to the default of 64MB.  This may be",
        "  Normal   Pulled     58s   kubelet  spec.containers{default}: Container image already present on machine",
        "I0728 15:07:31.671315 1 metrics.cc:184] found 2 GPUs supporting NVML",
    ] {
        unknown(Run, &format!("{line}\n"));
        unknown(Container, &format!("{line}\n"));
    }
}

#[test]
fn the_phase_is_told_by_the_words() {
    let phase = |log: &str, expected: Phase| assert_eq!(guess_phase(log), expected, "{log}");
    phase(
        "-- The CXX compiler identification is GNU 12.2.0\nCMake Error at CMakeLists.txt:1 (project):\n  no\n",
        Configure,
    );
    phase("[ 12%] Building CXX object a.o\n", Build);
    phase("[3/9] : && /usr/bin/c++ -O2 a.o -o b\n", Build);
    phase("nvcc fatal   : Unsupported gpu architecture 'compute_120'\n", Build);
    phase("Cloning into 'x'...\nfatal: early EOF\n", Fetch);
    phase("0.00.000.100 I srv  load_model: loading model 'x.gguf'\n", Run);
    phase("Killed\n", Run);
    phase("docker: Error response from daemon: manifest unknown\n", Container);
    phase("0.00.000.100 I srv  load_model: loading model 'x.gguf'\nError: OCI runtime error: crun: no\n", Container);
    phase("Sending build context to podman\n[1/2] Building CXX object a.o\n[2/2] Linking CXX executable b\n", Build);
    phase("", Run);
}
