//! Where tracing goes: standard error, above the progress bar, or as JSON lines among the events.

mod json_lines;

use tracing_subscriber::EnvFilter;

use crate::args::Args;
use crate::logging::json_lines::JsonLines;
use crate::progress::Progress;

/// Crates whose lines `--verbose` shows.
const OURS: [&str; 10] = [
    "engine_provisioner",
    "provisioner_core",
    "llamacpp_build",
    "spawner",
    "exec",
    "preflight",
    "gpu_detect",
    "model_provisioner",
    "flags",
    "durable",
];

/// Installs the subscriber; RUST_LOG wins over `--verbose` and `--quiet`.
pub(crate) fn init(args: &Args, progress: &Progress) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_unset_or_bad| EnvFilter::new(default(args)));
    let lines = progress.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never)
        .with_target(args.verbose > 0)
        .with_writer(move || lines.clone())
        // Its report of a line that could not be written is a line on the same closed or full stderr, and a panic.
        .log_internal_errors(false)
        .without_time();
    if args.events.is_some() {
        subscriber.event_format(JsonLines).init();
    } else {
        subscriber.init();
    }
}

fn default(args: &Args) -> String {
    let ours = |level: &str| {
        let each: Vec<String> = OURS.iter().map(|name| format!("{name}={level}")).collect();
        // What is an event is shown as one.
        format!("warn,{},provisioner_core::event=error", each.join(","))
    };
    match (args.quiet, args.verbose) {
        (true, _) => "error".to_owned(),
        (false, 0) => "warn,provisioner_core::event=error".to_owned(),
        (false, 1) => ours("info"),
        (false, _) => ours("debug"),
    }
}
