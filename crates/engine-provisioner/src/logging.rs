//! Where tracing goes: standard error, above the progress line.

use tracing_subscriber::EnvFilter;

use crate::args::Args;
use crate::progress::Progress;

/// Installs the subscriber; RUST_LOG wins over `--verbose` and `--quiet`.
pub(crate) fn init(args: &Args, progress: &Progress) {
    let ours = |level: &str| {
        let crates = ["engine_provisioner", "provisioner_core", "llamacpp_build", "spawner", "exec", "preflight"];
        let more = ["gpu_detect", "model_provisioner", "flags", "durable"];
        let each: Vec<String> = crates.iter().chain(&more).map(|name| format!("{name}={level}")).collect();
        format!("warn,{}", each.join(","))
    };
    let default = match (args.quiet, args.verbose) {
        (true, _) => "error".to_owned(),
        // What the observer is told is shown by it.
        (false, 0) => "warn,provisioner_core::llamacpp=error,llamacpp_build::build=error".to_owned(),
        (false, 1) => ours("info"),
        (false, _) => ours("debug"),
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_unset_or_bad| EnvFilter::new(default));
    let lines = progress.clone();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never)
        .with_target(args.verbose > 0)
        .with_writer(move || lines.clone())
        // Its report of a line that could not be written is a line on the same closed or full stderr, and a panic.
        .log_internal_errors(false)
        .without_time()
        .init();
}
