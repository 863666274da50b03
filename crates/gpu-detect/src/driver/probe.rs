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
use serde::de::DeserializeOwned;

use super::nvml::Answer;
use super::nvml_usage::UsageAnswer;
use super::problem::{Problem, ProblemKind};
use super::{nvml, nvml_usage};
use crate::host::{Host, Probe};

/// How much later than its own deadline a child is given up that not even a kill ends: one that waits in the kernel.
const UNKILLABLE: Duration = Duration::from_secs(6);

/// Before the UUIDs of a question for [`usage`](crate::usage); the libraries follow after [`LIBRARIES`].
const USAGE: &str = "--usage";
const LIBRARIES: &str = "--libraries";

/// The answer to what [`Host`] asks of its [`Probe`], as one line of JSON: `words` are those added to the probe's
/// arguments.
pub fn answer_probe(words: &[PathBuf]) -> String {
    let text = |word: &PathBuf| word.to_string_lossy().into_owned();
    let at = words.iter().position(|word| word.as_os_str() == LIBRARIES);
    match (words.split_first(), at) {
        (Some((first, _)), Some(at)) if first.as_os_str() == USAGE => {
            let uuids: Vec<String> = words.get(1..at).unwrap_or_default().iter().map(text).collect();
            let libraries = words.get(at + 1..).unwrap_or_default();
            serde_json::to_string(&nvml_usage::ask(libraries, &uuids)).unwrap_or_default()
        }
        _ => serde_json::to_string(&nvml::ask(words)).unwrap_or_default(),
    }
}

/// The libraries' answer; never later than the host's deadline allows.
pub(crate) fn ask(host: &Host) -> Answer {
    let libraries = host.nvml.clone();
    let words = libraries.iter().map(|library| library.clone().into_os_string()).collect();
    asked(host, words, move || nvml::ask(&libraries)).unwrap_or_else(|failed| {
        let tried = failed.library.iter().map(|place| (place.clone(), failed.text.clone())).collect();
        Answer { problem: Some(failed), tried, ..Answer::default() }
    })
}

/// The libraries' answer to what is in use on the GPUs with these UUIDs.
pub(crate) fn ask_usage(host: &Host, uuids: &[String]) -> UsageAnswer {
    let (libraries, uuids) = (host.nvml.clone(), uuids.to_vec());
    let mut words: Vec<OsString> = vec![USAGE.into()];
    words.extend(uuids.iter().map(OsString::from));
    words.push(LIBRARIES.into());
    words.extend(libraries.iter().map(|library| library.clone().into_os_string()));
    asked(host, words, move || nvml_usage::ask(&libraries, &uuids))
        .unwrap_or_else(|problem| UsageAnswer { devices: Vec::new(), problem: Some(problem) })
}

/// Asks in a child process, where the host names one and a library can be seen; otherwise `here` in a thread.
fn asked<T: DeserializeOwned + Send + 'static>(
    host: &Host,
    words: Vec<OsString>,
    here: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let (sender, receiver) = mpsc::channel();
    let probe = host.probe.clone().filter(|_| may_be_there(host));
    let (deadline, env) = (host.deadline, host.env.clone());
    let patience = if probe.is_some() { deadline + UNKILLABLE } else { deadline };
    let ask = move || {
        let answer = match &probe {
            Some(probe) => child(probe, words, deadline, &env),
            None => Ok(here()),
        };
        sender.send(answer).ok();
    };
    let first = host.nvml.first().map(PathBuf::as_path);
    if let Err(error) = thread::Builder::new().name("gpu probe".into()).spawn(ask) {
        return Err(failed(first, ProblemKind::Failed, format!("no thread could be started for it: {error}")));
    }
    receiver
        .recv_timeout(patience)
        .unwrap_or_else(|_| Err(failed(first, ProblemKind::TimedOut, format!("no answer within {deadline:?}"))))
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

fn child<T: DeserializeOwned>(
    probe: &Probe,
    words: Vec<OsString>,
    deadline: Duration,
    env: &exec::Env,
) -> Result<T, Problem> {
    let spec = CommandSpec::new(&probe.program, deadline)
        .args(probe.args.iter().cloned())
        .args(words)
        .inherit(env, &["PATH", "LD_LIBRARY_PATH"]);
    let program = Some(probe.program.as_path());
    match exec::run(&spec) {
        Ok(output) => match (&output.exit, serde_json::from_slice(&output.stdout)) {
            (Exit::Code(0), Ok(answer)) => Ok(answer),
            (Exit::Code(0), Err(_)) => {
                Err(failed(program, ProblemKind::Failed, "the probe's answer is not one".into()))
            }
            (exit, _) => Err(failed(program, ProblemKind::Failed, format!("asking the driver ended with {exit}"))),
        },
        Err(error @ (ExecError::TimedOut { .. } | ExecError::Silent { .. })) => {
            tracing::warn!(%error, "the driver does not answer");
            Err(failed(program, ProblemKind::TimedOut, format!("no answer within {deadline:?}")))
        }
        Err(error) => Err(failed(program, ProblemKind::Failed, error.to_string())),
    }
}

fn failed(who: Option<&Path>, kind: ProblemKind, text: String) -> Problem {
    Problem { kind, library: who.map(Path::to_path_buf), text }
}
