//! What commands printed, and what it means.

use super::*;
use crate::RepoId;

#[track_caller]
fn check(text: &str, has_token: bool, expected: &str) {
    use miette::Diagnostic;

    let repo = RepoId::parse("o/r").unwrap();
    let about = About {
        command: "hf",
        url: "https://h",
        mirror: false,
        repo: &repo,
        revision: None,
        token_from: "from HF_TOKEN",
    };
    let code = refusal(text, has_token, &about).map(|error| error.code().unwrap().to_string());
    assert_eq!(code.as_deref().unwrap_or("-"), expected, "{text}");
}

/// Printed by `hf` 2.4.0 without a network, with nothing listening, and with `HF_HUB_OFFLINE=1`; by `huggingface-cli`'s
/// stub; and quoted in reports.
#[test]
fn printed_refusals() {
    let offline = "Error: Local entry not found. Cannot reach https://h/o/r/resolve/main/m.gguf: offline mode is enabled. To disable it, please unset the `HF_HUB_OFFLINE` environment variable.\nHint: set HF_DEBUG=1 as environment variable for full traceback.\n";
    check(offline, false, "model::offline");
    let refused = "Retrying in 8s [Retry 5/5].\n'[Errno 111] Connection refused' thrown while requesting HEAD http://127.0.0.1:9/a/b/resolve/main/c\nError: Local entry not found. [Errno 111] Connection refused\nHint: set HF_DEBUG=1 as environment variable for full traceback.\n";
    check(refused, false, "model::no_network");
    assert_eq!(reason(refused), "Error: Local entry not found. [Errno 111] Connection refused");
    check("Error: Local entry not found. [Errno -2] Name or service not known\n", false, "model::no_network");
    let stub = "Warning: `huggingface-cli` is deprecated and no longer works. Use `hf` instead.\n\nHint: `hf` is already installed! Use it directly.\n";
    check(stub, false, "model::dead_command");
    let pending = "Error: Access denied. This repository requires approval.\n403 Client Error. (Request ID: Root=1-68ad)\n\nCannot access gated repo for url https://h/o/r/resolve/main/m.gguf.\nYour request to access model o/r is awaiting a review from the repo authors.\n";
    check(pending, true, "model::pending");
    check("Error: Access denied. This repository requires approval.\n", false, "model::no_token");
    check("Error: Access denied. This repository requires approval.\n", true, "model::gated");
    check("Error: Model 'o/r' not found.\n", false, "model::no_repository");
    check("Error: Revision not found in model 'o/r'.\n", false, "model::no_revision");
    check("Error: File not found in model 'o/r'.\nURL: https://h/o/r/resolve/main/x\n", false, "model::no_file");
    check(
        "requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url: https://h/x\n",
        false,
        "model::rate_limited",
    );
    check("huggingface-cli: error: unrecognized arguments: --dry-run\n", false, "model::old_command");
    check("ModuleNotFoundError: No module named 'huggingface_hub'\n", false, "model::broken_command");
    check("something else\n", false, "-");
}

#[test]
fn old_libraries() {
    let version =
        |version: &str| too_old(&Answer { version: Some(version.into()), ..Answer::default() }, "hf").is_some();
    assert!(version("0.20.1") && version("0.22.2"));
    assert!(!version("0.23.0") && !version("0.36.0") && !version("1.2.3") && !version("2.4.0"));
}
