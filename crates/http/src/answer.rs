//! What a server answered, and its body as it arrives.

use std::fmt;
use std::io::Read;
use std::time::{Duration, Instant};

use ureq::{Body, BodyReader, http};

use crate::guard::Silent;
use crate::{HttpError, Url};

/// An answer whose body has not been read yet.
pub struct Answer {
    url: Url,
    status: u16,
    headers: http::HeaderMap,
    body: BodyReader<'static>,
    length: Option<u64>,
    got: u64,
    silence: Duration,
    deadline: Option<Instant>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, status, length, got, .. } = self;
        f.debug_struct("Answer")
            .field("url", url)
            .field("status", status)
            .field("length", length)
            .field("got", got)
            .finish_non_exhaustive()
    }
}

impl Answer {
    pub(crate) fn new(response: http::Response<Body>, url: Url, silence: Duration, deadline: Option<Instant>) -> Self {
        let (parts, body) = response.into_parts();
        let length = body.content_length();
        let status = parts.status.as_u16();
        Self { url, status, headers: parts.headers, body: body.into_reader(), length, got: 0, silence, deadline }
    }

    /// The status, such as 200.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The address that answered, after all redirects.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// A header's value, where it is there and printable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The printable values of a header that may be there several times, such as `WWW-Authenticate`.
    pub fn header_values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// Bytes of the body, where the server announced them.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Reads the next part of the body; 0 at its end.
    ///
    /// # Errors
    /// `download::cut` where the body is shorter than announced, `download::silent`, `download::deadline`,
    /// `download::cancelled`, `download::protocol`.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, HttpError> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(HttpError::Deadline { host: self.url.host().to_owned() });
        }
        let read = self.body.read(buffer).map_err(|error| {
            failed(ureq::Error::from(error), self.url.host(), self.silence, (self.got, self.length))
        })?;
        self.got += read as u64;
        match self.length {
            Some(length) if read == 0 && !buffer.is_empty() && self.got < length => {
                Err(HttpError::Cut { host: self.url.host().to_owned(), got: self.got, expected: self.length })
            }
            _ => Ok(read),
        }
    }

    /// The whole body, of at most `limit` bytes.
    ///
    /// # Errors
    /// `download::too_large`, and those of [`Answer::read`].
    pub fn bytes(&mut self, limit: u64) -> Result<Vec<u8>, HttpError> {
        let too_large = || HttpError::TooLarge { host: self.url.host().to_owned(), limit };
        if self.length.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let (mut bytes, mut buffer) = (Vec::new(), vec![0; 16 << 10]);
        loop {
            let read = self.read(&mut buffer)?;
            if read == 0 {
                return Ok(bytes);
            }
            bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
            if bytes.len() as u64 > limit {
                return Err(HttpError::TooLarge { host: self.url.host().to_owned(), limit });
            }
        }
    }
}

/// What an error of the HTTP library means. `body`: bytes of the body that arrived, and that were announced.
pub(crate) fn failed(error: ureq::Error, host: &str, silence: Duration, body: (u64, Option<u64>)) -> HttpError {
    let host = host.to_owned();
    let (got, expected) = body;
    let words =
        |error: &dyn std::error::Error| error.to_string().chars().filter(|c| !c.is_control()).take(300).collect();
    match error {
        ureq::Error::Other(inner) if inner.is::<Silent>() => HttpError::Silent { host, after: silence },
        ureq::Error::Other(inner) if inner.is::<cancel::Cancelled>() => HttpError::Cancelled,
        ureq::Error::Timeout(ureq::Timeout::Connect) => {
            HttpError::Unreachable { host, why: "the connection took too long".into() }
        }
        ureq::Error::Timeout(_) => HttpError::Deadline { host },
        ureq::Error::HostNotFound => HttpError::Unreachable { host, why: "its name is not known".into() },
        ureq::Error::ConnectionFailed => HttpError::Unreachable { host, why: "the connection failed".into() },
        ureq::Error::ConnectProxyFailed(_) => {
            HttpError::Unreachable { host, why: "the proxy refused to connect to it".into() }
        }
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) | ureq::Error::TlsRequired => {
            HttpError::Tls { host, why: words(&error) }
        }
        ureq::Error::Io(io) => of_io(&io, host, silence, (got, expected)),
        ureq::Error::BadUri(why) => {
            HttpError::BadUrl { url: host, why: if why.is_empty() { "" } else { "it is malformed" } }
        }
        other => HttpError::Protocol { host, why: words(&other) },
    }
}

fn of_io(io: &std::io::Error, host: String, silence: Duration, (got, expected): (u64, Option<u64>)) -> HttpError {
    use std::io::ErrorKind;
    // What TLS was told passes through an error of the system's kind.
    let inner =
        std::iter::successors(io.get_ref().map(|inner| inner as &dyn std::error::Error), |error| error.source());
    for error in inner {
        if error.is::<Silent>() || error.to_string() == Silent.to_string() {
            return HttpError::Silent { host, after: silence };
        }
        if error.is::<cancel::Cancelled>() || error.to_string() == cancel::Cancelled.to_string() {
            return HttpError::Cancelled;
        }
        if error.to_string().starts_with("timeout:") {
            return HttpError::Deadline { host };
        }
    }
    match io.kind() {
        ErrorKind::UnexpectedEof
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe => HttpError::Cut { host, got, expected },
        ErrorKind::InvalidData => HttpError::Tls { host, why: io.to_string() },
        ErrorKind::TimedOut | ErrorKind::WouldBlock => HttpError::Deadline { host },
        _ => HttpError::Unreachable { host, why: io.to_string() },
    }
}
