//! Opens the driver's library where it can do no harm: in a child process, or at least with a deadline.
//!
//! The library runs the driver's code, and a broken driver hangs or crashes. A program that wants to survive both
//! names itself (or another) as [`Probe`] and answers with [`answer_probe`]. Without a probe the library is opened by
//! a thread that is left behind when it hangs, and a crash of the library is a crash of the program. Where no library
//! can be seen no child is started for it, so that a host without a driver costs no process.

use std::cell::LazyCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use exec::{CommandSpec, ExecError, Exit};

use crate::host::Host;
use crate::nvml::{self, Answer};
use crate::problem::{Problem, ProblemKind};

/// How much later than its own deadline a child is given up that not even a kill ends: one that waits in the kernel.
const UNKILLABLE: Duration = Duration::from_secs(6);

/// A program that prints [`answer_probe`] of the libraries that are added to its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The program; absolute.
    pub program: PathBuf,
    /// Its arguments before the libraries.
    pub args: Vec<OsString>,
}

/// What the first of `libraries` that works says of the driver and its GPUs, as one line of JSON for the caller.
pub fn answer_probe(libraries: &[PathBuf]) -> String {
    serde_json::to_string(&nvml::ask(libraries)).unwrap_or_default()
}

/// The libraries' answer; never later than the host's deadline allows.
pub(crate) fn ask(host: &Host) -> Answer {
    let (sender, receiver) = mpsc::channel();
    let probe = host.probe.clone().filter(|_| may_be_there(host));
    let (libraries, deadline) = (host.nvml.clone(), host.deadline);
    let patience = if probe.is_some() { deadline + UNKILLABLE } else { deadline };
    let env = host.env.clone();
    let ask = move || {
        let answer = match &probe {
            Some(probe) => child(probe, &libraries, deadline, &env),
            None => nvml::ask(&libraries),
        };
        sender.send(answer).ok();
    };
    if let Err(error) = thread::Builder::new().name("gpu probe".into()).spawn(ask) {
        let text = format!("no thread could be started for it: {error}");
        return failed(host.nvml.first().map(PathBuf::as_path), ProblemKind::Failed, text);
    }
    receiver.recv_timeout(patience).unwrap_or_else(|_| {
        let text = format!("no answer within {deadline:?}");
        failed(host.nvml.first().map(PathBuf::as_path), ProblemKind::TimedOut, text)
    })
}

/// Whether one of the libraries can be seen: by its path, or where the loader looks for a bare name.
fn may_be_there(host: &Host) -> bool {
    let search = std::env::split_paths(host.env.get("LD_LIBRARY_PATH").unwrap_or_default()).collect::<Vec<_>>();
    let cache = LazyCell::new(|| std::fs::read(host.at("/etc/ld.so.cache")).unwrap_or_default());
    let cached = |name: &[u8]| cache.windows(name.len().max(1)).any(|window| window == name);
    host.nvml.iter().any(|library| {
        if library.is_absolute() {
            return library.exists();
        }
        search.iter().any(|folder| folder.join(library).exists()) || cached(library.as_os_str().as_encoded_bytes())
    })
}

fn child(probe: &Probe, libraries: &[PathBuf], deadline: Duration, env: &exec::Env) -> Answer {
    let spec = CommandSpec::new(&probe.program, deadline)
        .args(probe.args.iter().cloned())
        .args(libraries.iter().cloned())
        .inherit(env, &["PATH", "LD_LIBRARY_PATH"]);
    let program = Some(probe.program.as_path());
    match exec::run(&spec) {
        Ok(output) => match (&output.exit, serde_json::from_slice(&output.stdout)) {
            (Exit::Code(0), Ok(answer)) => answer,
            (Exit::Code(0), Err(_)) => failed(program, ProblemKind::Failed, "the probe's answer is not one".into()),
            (exit, _) => failed(program, ProblemKind::Failed, format!("asking the driver ended with {exit}")),
        },
        Err(error @ (ExecError::TimedOut { .. } | ExecError::Silent { .. })) => {
            tracing::warn!(%error, "the driver does not answer");
            failed(program, ProblemKind::TimedOut, format!("no answer within {deadline:?}"))
        }
        Err(error) => failed(program, ProblemKind::Failed, error.to_string()),
    }
}

fn failed(who: Option<&Path>, kind: ProblemKind, text: String) -> Answer {
    let library = who.map(Path::to_path_buf);
    let tried = library.iter().map(|place| (place.clone(), text.clone())).collect();
    Answer { problem: Some(Problem { kind, library, text }), tried, ..Answer::default() }
}
