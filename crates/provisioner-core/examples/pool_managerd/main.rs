//! A daemon that keeps the engines of several pools running, written on this crate alone.
//!
//! `cargo run -p provisioner-core --example pool_managerd -- FILE [--listen ADDRESS] [--backoff-ms N] [--stop-engines]`
//!
//! Every pool of FILE has a thread of its own, which preloads the pool and watches its engine. HUP reads FILE again: what
//! changed is reloaded, what was added is preloaded, what was removed is stopped. INT and TERM end the daemon; the
//! engines keep running, unless `--stop-engines` is given, and the next daemon adopts them. What happens is printed as
//! JSON lines; `GET` on ADDRESS returns the counters as Prometheus text.

mod backoff;
mod cause;
mod daemon;
mod metrics;
mod output;
mod reload;
mod supervisor;

use std::error::Error;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};
use provisioner_core::{Cancel, Env, Helper, Observer, Settings};
use serde_json::json;

use crate::daemon::Daemon;
use crate::metrics::Metrics;

type Outcome<T> = Result<T, Box<dyn Error>>;

struct Options {
    file: PathBuf,
    listen: String,
    backoff: Duration,
    stop_engines: bool,
}

fn main() -> ExitCode {
    // This program is also the helper that asks the GPU driver, keeps logs within their limit, and ends builds.
    if let Some(done) = provisioner_core::helper_main() {
        return done;
    }
    match options(std::env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::line("fatal", None, json!({ "last_error": error.to_string() }));
            ExitCode::FAILURE
        }
    }
}

fn options(mut args: impl Iterator<Item = String>) -> Outcome<Options> {
    let usage = "usage: pool_managerd FILE [--listen ADDRESS] [--backoff-ms N] [--stop-engines]";
    let mut options = Options {
        file: args.next().ok_or(usage)?.into(),
        listen: "127.0.0.1:0".into(),
        backoff: Duration::from_secs(1),
        stop_engines: false,
    };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--listen" => options.listen = args.next().ok_or(usage)?,
            "--backoff-ms" => options.backoff = Duration::from_millis(args.next().ok_or(usage)?.parse()?),
            "--stop-engines" => options.stop_engines = true,
            _ => return Err(usage.into()),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> Outcome<()> {
    // The library handles no signals. They are blocked in every thread from here on, and taken by `wait` below.
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM] {
        signals.add(signal);
    }
    signals.thread_block()?;

    let metrics = Arc::new(Metrics::default());
    let mut settings = Settings::from_env(Env::current())?;
    settings.helper = Helper::current();
    // A pool that is reloaded has its engine replaced.
    settings.replace = true;
    settings.cancel = Cancel::new();
    let folded = Arc::clone(&metrics);
    settings.observer = Observer::new(move |event| folded.on(event));

    let listener = TcpListener::bind(&options.listen)?;
    let address = listener.local_addr()?.to_string();
    let shown = Arc::clone(&metrics);
    thread::Builder::new().name("metrics".into()).spawn(move || metrics::serve(&listener, &shown))?;

    let daemon = Daemon::new(settings, metrics, options.backoff);
    output::line("listening", None, json!({ "metrics": format!("http://{address}/metrics") }));
    let failure = thread::scope(|scope| {
        let mut failure = daemon.read(&options.file, scope).err();
        while failure.is_none() {
            match signals.wait() {
                // A file that cannot be read changes nothing.
                Ok(Signal::SIGHUP) => {
                    if let Err(error) = daemon.read(&options.file, scope) {
                        output::line("not_reloaded", None, json!({ "last_error": error.to_string() }));
                    }
                }
                Ok(_) => break,
                Err(error) => failure = Some(error.into()),
            }
        }
        output::line("stopping", None, json!({ "stop_engines": options.stop_engines }));
        // Builds, downloads and waits end within a second. The scope waits for the threads.
        daemon.settings.cancel.cancel();
        failure
    });
    if options.stop_engines {
        daemon.stop_engines();
    }
    output::line("stopped", None, json!({}));
    failure.map_or(Ok(()), Err)
}
