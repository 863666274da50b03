//! What llama-server says when it ends while it starts: of b10361 and v0.5.0 as printed there, of older releases and of CUDA
//! from <https://github.com/ggml-org/llama.cpp/issues>.

use failure_diagnosis::Phase::{Build, Run};
use failure_diagnosis::diagnose;

use crate::support::{check, unknown};

#[test]
fn models() {
    let damaged = "0.00.055.292 E llama_model_load: error loading model: tensor 'blk.16.ffn_down.weight' data is not within the file bounds, model is corrupted or incomplete\n\
        0.00.055.375 E llama_model_load_from_file_impl: failed to load model\n0.00.066.673 E srv  llama_server: exiting due to model loading error\n";
    check(Run, damaged, "engine::model_file", &["file bounds"]);
    let absent = "0.00.024.095 E gguf_init_from_file: failed to open GGUF file '/m/none.gguf' (No such file or directory)\n\
        0.00.024.894 E llama_model_load: error loading model: llama_model_loader: failed to load model from /m/none.gguf\n";
    check(Run, absent, "engine::model_file", &["/m/none.gguf", "No such file"]);
    let other = "0.00.014.755 E gguf_init_from_reader: invalid magic characters: 'nSn?', expected 'GGUF'\n\
        0.00.014.875 E llama_model_load: error loading model: llama_model_loader: failed to load model from junk.gguf\n";
    check(Run, other, "engine::model_file", &[]);
    let short = "0.00.015.258 E gguf_init_from_reader: failed to read key-value pairs\n0.00.015.548 E llama_model_load_from_file_impl: failed to load model\n";
    check(Run, short, "engine::model_file", &[]);
    let unknown = "llama_model_load: error loading model: unknown model architecture: 'zebra'\nllama_load_model_from_file: failed to load model\n";
    check(Run, unknown, "engine::model_unknown", &["zebra"]);
    let beside = "0.01.696.593 E gguf_init_from_file: failed to open GGUF file '/m/none' (No such file or directory)\n\
        0.01.697.225 E llama_adapter_lora_init: failed to apply lora adapter: failed to load lora adapter file from /m/none\n";
    check(Run, beside, "engine::side_file", &["/m/none"]);
    let projector = "0.00.023.146 E gguf_init_from_reader: invalid magic characters: 'nSn?', expected 'GGUF'\n\
        0.00.023.599 E mtmd_get_memory_usage: error: Failed to load CLIP model from junk.gguf\n";
    check(Run, projector, "engine::side_file", &["junk.gguf"]);
}

#[test]
fn memory() {
    let gpu = "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 19099.70 MiB on device 0: cudaMalloc failed: out of memory\n\
        alloc_tensor_range: failed to allocate CUDA0 buffer of size 20027493376\nllama_model_load: error loading model: unable to allocate CUDA0 buffer\n";
    check(Run, gpu, "engine::gpu_memory", &["19099.70 MiB", "device 0"]);
    check(
        Run,
        "CUDA error: out of memory\n  current device: 0, in function alloc at ggml-cuda.cu:411\n",
        "engine::gpu_memory",
        &[],
    );
    let host = "0.14.215.214 E llama_init_from_model: failed to initialize the context: std::bad_alloc\n";
    check(Run, host, "engine::memory", &[]);
    // In a build the same words are about a compiler.
    assert_ne!(diagnose(Build, host).map(|found| found.code), Some("engine::memory"));
}

#[test]
fn command_lines() {
    check(Run, "error: invalid argument: --foo\n", "engine::argument", &["`--foo`"]);
    check(Run, "error: unknown argument: --foo\nusage: llama-server [options]\n", "engine::argument", &["`--foo`"]);
    let value =
        "error while handling argument \"-c\": stoi\n\nusage:\n-c,    --ctx-size N     size of the prompt context\n";
    check(Run, value, "engine::argument", &["`-c`", "stoi"]);
    let address =
        "0.00.002.874 E srv         start: couldn't bind HTTP server socket, hostname: 10.9.8.7, port: 8098\n";
    check(Run, address, "engine::not_bound", &["10.9.8.7", "8098"]);
    check(
        Run,
        "main: couldn't bind to server socket: hostname=127.0.0.1 port=8080\n",
        "engine::not_bound",
        &["127.0.0.1"],
    );
    check(Run, "error: the supplied chat template is not supported: foo{%\n", "engine::chat_template", &[]);
    unknown(Run, "0.00.002.773 W srv  llama_server: CORS is set to allow all origins ('*') and no API key is set\n");
}
