//! Asks an engine by HTTP whether it serves. Whether it is the engine that answers is for its runtime to say.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Ensured;
use crate::engine::profile;

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

/// Asks once, at the address and by the route that the summary and the engine's profile name; whatever listens there
/// answers. Takes a few seconds at most.
pub fn ask(engine: &Ensured) -> Health {
    let profile = profile(engine.prepared.engine);
    let prefix = profile.prefix_flag.map_or("", |flag| prefix(flag, &engine.prepared.flags));
    get(&format!("{}{prefix}{}", engine.prepared.url, profile.ready_route))
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
