//! The little of HTTP/1.1 that a hub on loopback needs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path without query, percent-decoded.
    pub(crate) path: String,
    pub(crate) query: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// The next request of a connection.
    pub(crate) fn read(reader: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        let mut words = line.split_whitespace();
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let request = Self { method, path: decode(path), query: query.to_owned(), headers };
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        reader.by_ref().take(length).read_to_end(&mut Vec::new()).ok()?;
        Some(request)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The first byte of `Range: bytes=N-`, and its last where one is named.
    pub(crate) fn range(&self) -> Option<(usize, Option<usize>)> {
        let (first, last) = self.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
        Some((first.parse().ok()?, last.parse().ok()))
    }
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self::new(200).header("Content-Type", "application/json").body(value.to_string().into_bytes())
    }

    /// A refusal in the hub's form.
    pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Self {
        let answer = Self::new(status).header("X-Error-Message", message);
        if code.is_empty() { answer } else { answer.header("X-Error-Code", code) }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// The head; `length` is that of the body as it is announced.
    pub(crate) fn head(&self, length: usize) -> Vec<u8> {
        let own = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let first = format!("HTTP/1.1 {} X\r\n", self.status);
        let last = format!("Content-Length: {length}\r\n\r\n");
        [first].into_iter().chain(own).chain([last]).collect::<String>().into_bytes()
    }

    /// Sends it whole; a `HEAD` gets the head.
    pub(crate) fn send(&self, request: &Request, stream: &mut TcpStream) -> std::io::Result<()> {
        stream.write_all(&self.head(self.body.len()))?;
        if request.method != "HEAD" {
            stream.write_all(&self.body)?;
        }
        stream.flush()
    }
}

fn decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let hex = after
            .get(..2)
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let (b'%', Some(byte)) = (first, hex) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap()
}
