//! The engine refuses its command line, or cannot listen.

use super::super::{RUNNING, Rule};
use crate::pattern::{line, said};

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "engine::no_ssl",
        phases: RUNNING,
        any: &[said("the server is built without SSL support"), said("Server is built without SSL support")],
        cause: "the flags ask for HTTPS (`--ssl-key-file`, `--ssl-cert-file`), and the engine was built without it",
        remedy: "put -DLLAMA_OPENSSL=ON into `provisioning.source.build.cmake_flags` (before 2025-11: -DLLAMA_SERVER_SSL=ON; it needs OpenSSL's \
                 development files), or leave these flags out and let a proxy speak HTTPS",
    },
    Rule {
        code: "engine::no_ssl",
        phases: RUNNING,
        any: &[said("HTTPS is not supported. Please rebuild with"), said("error: built without SSL, cannot download")],
        cause: "the engine was told to download something itself, and was built without HTTPS",
        remedy: "let the pool fetch the model (`provisioning.model.ref`, side files below their own flags), or put -DLLAMA_OPENSSL=ON into \
                 `provisioning.source.build.cmake_flags`",
    },
    Rule {
        code: "engine::not_bound",
        phases: RUNNING,
        any: &[
            said("[Errno 13] error while attempting to bind on address ('{host}', {port#}): permission denied"),
            said("bind: permission denied"),
            said("bind: Permission denied"),
        ],
        cause: "the engine may not listen[ on {host}][, port {port}]: ports below 1024 are root's",
        remedy: "take a port of 1024 or more in `provisioning.ports`",
    },
    Rule {
        code: "engine::not_bound",
        phases: RUNNING,
        any: &[
            said("couldn't bind HTTP server socket, hostname: {host}, port: {port}"),
            said("couldn't bind to server socket: hostname={host} port={port}"),
            said("couldn't bind HTTP server socket"),
            said("[Errno 98] error while attempting to bind on address ('{host}', {port#}): address already in use"),
            said("[Errno 99] error while attempting to bind on address ('{host}', {port#}): {why*}"),
            said("OSError: [Errno 98] Address already in use"),
            said("OSError: [Errno 99] Cannot assign requested address"),
            said("Address already in use (os error 98)"),
            said("Cannot assign requested address (os error 99)"),
            said("Socket '{host}:{port}' already in use"),
            said("bind: address already in use"),
            said("bind: Address already in use"),
            said("[Errno 98] Address already in use"),
        ],
        cause: "the engine cannot listen[ on {host}][, port {port}]: another program has the port, or the address is none of this host",
        remedy: "`provisioning.host` must be an address of this host (`ip addr`), and the port free: `ss -ltnp` names who has it",
    },
    Rule {
        code: "engine::argument",
        phases: RUNNING,
        any: &[
            said("error while handling argument \"{argument}\": error: failed to open file '{file}'"),
            said("error while handling argument \"{argument}\": not a directory: {file*}"),
            said("error while handling argument \"{argument}\": path does not exist: {file*}"),
            said("error while handling argument \"{argument}\": file does not exist or cannot be opened: {file*}"),
            said("error: failed to open file '{file}'"),
        ],
        cause: "the engine failed to open file or folder `{file}`[, which `{argument}` names]",
        remedy: "correct the path[ after `{argument}`] in `provisioning.flags`: `ls -l {file}` must show it, and the user of the engine be allowed \
                 to read it. A path there is absolute: nothing expands `~` or `$HOME`",
    },
    Rule {
        code: "engine::argument",
        phases: RUNNING,
        any: &[
            said("error while handling argument \"{argument}\": the argument has been removed. {advice*} usage:"),
            said("error while handling argument \"{argument}\": the argument has been removed. {advice*}"),
            said("error: the argument has been removed: {argument}"),
        ],
        cause: "this release of the engine no longer has `{argument}`[: {advice}]",
        remedy: "write in `provisioning.flags` what the engine names in its place; `engine-provisioner flags --binary SERVER -- FLAGS` says what \
                 it takes",
    },
    Rule {
        code: "engine::argument",
        phases: RUNNING,
        any: &[said("vllm: error: unrecognized arguments: serve {rest*}")],
        cause: "the command begins with `serve`, which the image's entry point has already",
        remedy: "leave `vllm serve` out of the command: write the model and the flags alone",
    },
    Rule {
        code: "engine::argument",
        phases: RUNNING,
        any: &[
            said("error: invalid argument: {argument}"),
            said("error: unknown argument: {argument}"),
            said("error while handling argument \"{argument}\": {why*}"),
            said("error while handling environment variable \"{argument}\": {why*}"),
            line("error: unexpected argument '{argument}' found"),
            line("error: invalid value '{value}' for '{argument}': {why*}"),
            line("error: the following required arguments were not provided: {argument}"),
            line("tritonserver: unrecognized option '{argument}'"),
            said(": error: unrecognized arguments: {argument*}"),
            said(": error: argument {argument*}: {why*}"),
            said(": error: ambiguous option: {argument} could match"),
            said(": error: the following arguments are required: {argument*}"),
            said("ValueError: Unsupported argument: {argument}"),
        ],
        cause: "the engine does not take `{argument}`[: {why}]",
        remedy: "correct `provisioning.flags`; `engine-provisioner flags --binary SERVER -- FLAGS` says what it takes. Of an image, write only what \
                 comes after its own entry point",
    },
    Rule {
        code: "engine::argument",
        phases: RUNNING,
        any: &[said("to show complete usage, run with -h")],
        cause: "the engine refused the value of the argument whose usage it printed last; the line that says why came before that and is not in \
                this log",
        remedy: "check the value of that argument: where it names a file, `ls -l FILE` must show it and the user of the engine be allowed to read \
                 it; `engine-provisioner logs -n 100` shows what was printed before",
    },
    Rule {
        code: "engine::chat_template",
        phases: RUNNING,
        any: &[
            said("common_chat_templates_init: error: {why*}"),
            said("the supplied chat template is not supported"),
            said("failed to initialize chat template"),
            said("chat template parsing error: {why*}"),
            said("this custom template is not supported, try using --jinja"),
        ],
        cause: "the engine cannot use the chat template[: {why}]",
        remedy: "correct `--chat-template` or `--chat-template-file`, or leave it out and the model's own is used; `--jinja` takes more",
    },
    Rule {
        code: "engine::grammar",
        phases: RUNNING,
        any: &[
            line("parse: error parsing grammar: {why*}"),
            said("error parsing grammar: {why*}"),
            line("failed to parse grammar"),
            said("what(): failed to parse grammar"),
        ],
        cause: "the engine cannot read the grammar[: {why}]",
        remedy: "correct the file of `--grammar-file`, or the text of `--grammar` or `--json-schema`: \
                 https://github.com/ggml-org/llama.cpp/tree/master/grammars",
    },
    Rule {
        code: "engine::argument",
        phases: RUNNING,
        any: &[
            said("static assets path not found: {file*}"),
            said("failed to open MCP config file: {file*}"),
            said("failed to open server preset file: {file*}"),
            said("preset file does not exist: {file*}"),
            said("models directory does not exist: {file*}"),
        ],
        cause: "a file or folder that the flags name is not there: `{file}`",
        remedy: "correct its path in `provisioning.flags`: `ls -l {file}` must show it",
    },
    Rule {
        code: "engine::argument",
        phases: RUNNING,
        any: &[
            said("invalid value for main_gpu: {value} (available devices: {devices#})"),
            said("LLAMA_SPLIT_MODE_TENSOR needs >= {devices#} devices"),
        ],
        cause: "the flags ask for a GPU that the engine does not see[: `--main-gpu {value}` of {devices}]",
        remedy: "correct `--main-gpu` or `--split-mode` in `provisioning.flags`; the engine counts the pool's `devices` from 0, and `--list-devices` \
                 shows what it sees",
    },
];
