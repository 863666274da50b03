//! Waiting until an engine answers: <https://github.com/ggml-org/llama.cpp/tree/master/tools/server#get-health>.

use std::time::{Duration, Instant};

use provisioner_core::{Ended, Ensured};
use spawner::{Exit, Holder, Listener, PoolDir, Record, Status, listener, log_tail, status, wait_exit};

use crate::failure::{Failure, Result};
use crate::progress::Progress;

/// How often the engine is asked.
const PAUSE: Duration = Duration::from_millis(100);
/// How long one answer may take; an engine that loads a model answers at once that it does.
const ANSWER: Duration = Duration::from_secs(2);
/// How much of the log an error shows.
const LINES: usize = 20;

/// What an engine says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It answers questions.
    Ready,
    /// It listens, and is not ready.
    Loading,
    /// It does not answer.
    Silent,
}

impl Health {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Loading => "loading",
            Self::Silent => "silent",
        }
    }
}

/// Asks once. `flags` are those it was started with.
fn ask(url: &str, flags: &[String]) -> Health {
    let agent = ureq::Agent::config_builder()
        // Each for itself: with a limit for all, ureq looks up the name on a thread, and panics where it gets none.
        .timeout_connect(Some(ANSWER))
        .timeout_send_request(Some(ANSWER))
        .timeout_recv_response(Some(ANSWER))
        .timeout_recv_body(Some(ANSWER))
        .http_status_as_error(false)
        // An engine on this host is not behind the proxy that the environment may name.
        .proxy(None)
        .max_redirects(0)
        .build()
        .new_agent();
    match agent.get(format!("{url}{}/health", prefix(flags))).call() {
        Ok(answer) if answer.status().is_success() => Health::Ready,
        Ok(_) => Health::Loading,
        Err(_) => Health::Silent,
    }
}

/// Waits until the engine is ready. An engine that dies ends the wait at once.
pub(crate) fn wait(ensured: &Ensured, dir: &PoolDir, limit: Duration, progress: &Progress) -> Result<()> {
    let begin = Instant::now();
    progress.phase("waiting for the engine to answer");
    let record = match status(dir)? {
        Status::Running { record, .. } | Status::Exited { record, .. } => record,
        Status::Stale { .. } | Status::Foreign { .. } | Status::Absent | Status::Unreadable { .. } => {
            return Err(Failure::Gone);
        }
    };
    if record.pid != ensured.process.pid {
        return Err(Failure::Gone);
    }
    loop {
        let (health, other) = look(ensured, &record)?;
        if let Some(exit) = wait_exit(&record, if health == Health::Ready { Duration::ZERO } else { PAUSE })? {
            return Err(exited(dir, &record, exit));
        }
        if health == Health::Ready {
            return Ok(());
        }
        if begin.elapsed() > limit {
            return Err(Failure::NotReady { after: limit, tail: tail(dir) });
        }
        let what = match (other, health) {
            (Some(other), _) => format!("port {} is answered by {other}, not by the engine", record.port),
            (None, Health::Loading) => "the engine loads the model".into(),
            (None, _) => "the engine does not answer yet".into(),
        };
        progress.still(&format!("{what}, {} s", begin.elapsed().as_secs()));
    }
}

/// What the engine says, and whether it is the engine that says it: while somebody else holds its port, it does not answer.
pub(crate) fn look(ensured: &Ensured, record: &Record) -> Result<(Health, Option<String>)> {
    let health = ask(&ensured.prepared.url, &ensured.prepared.flags);
    if health == Health::Silent {
        return Ok((health, None));
    }
    Ok(match listener(record)? {
        Listener::Foreign(Holder { address, process: None }) => {
            (Health::Silent, Some(format!("a process at {address}")))
        }
        Listener::Foreign(Holder { process: Some((pid, name)), .. }) => {
            (Health::Silent, Some(format!("process {pid} ({name})")))
        }
        Listener::Nobody => (Health::Silent, None),
        Listener::NoPort | Listener::Ours => (health, None),
    })
}

/// Why a wait ended without an engine. Somebody else may have stopped it.
fn exited(dir: &PoolDir, record: &Record, exit: Exit) -> Failure {
    let (exit, still_ours) = match status(dir) {
        Ok(Status::Exited { record: now, exit: told }) => (told.unwrap_or(exit), now.instance == record.instance),
        Ok(Status::Stale { record: now, .. }) => (exit, now.instance == record.instance),
        _ => (exit, false),
    };
    if !still_ours {
        return Failure::Gone;
    }
    let tail = tail(dir);
    let failure = Failure::Exited { how: exit.to_string(), tail: tail.clone(), advice: advice(exit).to_owned() };
    Ended::of(&failure, exit, &tail).map_or(failure, Failure::Ended)
}

fn advice(exit: Exit) -> &'static str {
    match exit {
        // SIGBUS, SIGSEGV
        Exit::Signal(7 | 11) => {
            "the engine itself crashed; code made for another processor is the usual reason: try cmake_flags = [\"-DGGML_NATIVE=OFF\"]"
        }
        // SIGKILL
        Exit::Signal(9) => "nothing of ours sends SIGKILL here; the kernel does when memory is short: see `dmesg`",
        _ => "the engine's own words are above, and whole in `logs`",
    }
}

fn tail(dir: &PoolDir) -> String {
    let lines = log_tail(dir, LINES).unwrap_or_default();
    if lines.is_empty() { String::new() } else { format!("\n{lines}") }
}

/// The path before every route, where one is configured.
fn prefix(flags: &[String]) -> &str {
    let at = flags.iter().position(|flag| flag == "--api-prefix");
    at.and_then(|at| flags.get(at + 1)).map_or("", |prefix| prefix.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// Answers one request with this status line.
    fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let read = client.read(&mut [0; 1024]).unwrap();
            assert!(read > 0);
            write!(client, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        });
        url
    }

    #[test]
    fn the_answer_decides() {
        assert_eq!(ask(&server("200 OK"), &[]), Health::Ready);
        assert_eq!(ask(&server("503 Service Unavailable"), &[]), Health::Loading);
        assert_eq!(ask(&server("302 Found"), &[]), Health::Loading);
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(ask(&format!("http://{closed}"), &[]), Health::Silent);
    }

    /// F47: one that takes the connection and says nothing does not hold up who asks.
    #[test]
    fn silence_is_an_answer() {
        let mute = TcpListener::bind("127.0.0.1:0").unwrap();
        let begin = Instant::now();
        assert_eq!(ask(&format!("http://{}", mute.local_addr().unwrap()), &[]), Health::Silent);
        assert!(begin.elapsed() < ANSWER * 3, "{:?}", begin.elapsed());
    }

    #[test]
    fn a_prefix_is_part_of_the_route() {
        let flags = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(prefix(&flags(&["--api-prefix", "/llm/"])), "/llm");
        assert_eq!(prefix(&flags(&["--api-prefix"])), "");
        assert_eq!(prefix(&[]), "");
    }
}
