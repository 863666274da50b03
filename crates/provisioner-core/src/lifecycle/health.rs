//! Asks an engine whether it serves, and makes sure that it is the engine that answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use spawner::{Holder, Listener, Record, listener};

use crate::engine::profile;
use crate::{Ensured, Result};

/// How long one answer may take; an engine that loads a model answers at once that it does.
pub(crate) const ANSWER: Duration = Duration::from_secs(2);

/// What an engine answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It serves.
    Ready,
    /// It listens, and does not serve yet.
    Loading,
    /// It does not answer.
    Silent,
}

impl Health {
    /// The word, as JSON has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Loading => "loading",
            Self::Silent => "silent",
        }
    }
}

/// What the engine answers, and who answers in its place: while another process holds its port, it does not answer.
pub(crate) fn look(ensured: &Ensured, record: &Record) -> Result<(Health, Option<String>)> {
    let health = ask(ensured);
    Ok(if health == Health::Silent { (health, None) } else { judged(health, listener(record)?) })
}

/// The same for one who knows who listens: the kernel's tables take milliseconds to read.
pub(crate) fn look_with(ensured: &Ensured, listener: &Listener) -> (Health, Option<String>) {
    let health = ask(ensured);
    if health == Health::Silent { (health, None) } else { judged(health, listener.clone()) }
}

fn judged(health: Health, listener: Listener) -> (Health, Option<String>) {
    match listener {
        Listener::Foreign(Holder { address, process: None }) => {
            (Health::Silent, Some(format!("a process at {address}")))
        }
        Listener::Foreign(Holder { process: Some((pid, name)), .. }) => {
            (Health::Silent, Some(format!("process {pid} ({name})")))
        }
        Listener::Nobody => (Health::Silent, None),
        Listener::NoPort | Listener::Ours => (health, None),
    }
}

/// Asks once.
fn ask(ensured: &Ensured) -> Health {
    let profile = profile(ensured.prepared.engine);
    let prefix = profile.prefix_flag.map_or("", |flag| prefix(flag, &ensured.prepared.flags));
    get(&format!("{}{prefix}{}", ensured.prepared.url, profile.ready_route))
}

fn get(url: &str) -> Health {
    let agent = ureq::Agent::config_builder()
        // One for each part: with a limit for the whole, ureq looks up the name on a thread, and panics where it gets none.
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
    match agent.get(url).call() {
        Ok(answer) if answer.status().is_success() => Health::Ready,
        Ok(_) => Health::Loading,
        Err(_) => Health::Silent,
    }
}

/// The path before every route, where one is configured.
fn prefix<'a>(flag: &str, flags: &'a [String]) -> &'a str {
    let at = flags.iter().position(|word| word == flag);
    at.and_then(|at| flags.get(at + 1)).map_or("", |prefix| prefix.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Instant;

    use super::*;

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
        assert_eq!(get(&server("200 OK")), Health::Ready);
        assert_eq!(get(&server("503 Service Unavailable")), Health::Loading);
        assert_eq!(get(&server("302 Found")), Health::Loading);
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(get(&format!("http://{closed}")), Health::Silent);
    }

    /// F47: one that takes the connection and says nothing does not hold up who asks.
    #[test]
    fn silence_is_an_answer() {
        let mute = TcpListener::bind("127.0.0.1:0").unwrap();
        let begin = Instant::now();
        assert_eq!(get(&format!("http://{}", mute.local_addr().unwrap())), Health::Silent);
        assert!(begin.elapsed() < ANSWER * 3, "{:?}", begin.elapsed());
    }

    #[test]
    fn a_prefix_is_part_of_the_route() {
        let flags = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(prefix("--api-prefix", &flags(&["--api-prefix", "/llm/"])), "/llm");
        assert_eq!(prefix("--api-prefix", &flags(&["--api-prefix"])), "");
        assert_eq!(prefix("--api-prefix", &[]), "");
    }
}
