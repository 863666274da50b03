//! A web server on the loopback, with and without TLS, that answers as a test says: also with lies.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::shell;

/// One request as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `GET` and the like.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers, names in small letters.
    pub headers: Vec<(String, String)>,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first byte that `Range: bytes=N-` asks for.
    pub fn range(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// A connection that an answer is written to, byte by byte.
pub trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct Web {
    /// Its address, without a slash at the end.
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    stopped: Arc<AtomicBool>,
    port: u16,
}

/// Certificates for the loopback, signed by an authority of their own.
#[derive(Debug)]
pub struct Authority {
    /// The authority's certificate, as PEM.
    pub file: PathBuf,
    /// The loopback's certificate, as PEM.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// Makes them with `openssl`, in a folder.
    pub fn create(dir: &Path) -> Self {
        let at = |name: &str| dir.join(name);
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
        let script = format!(
            "cd \"$1\" && openssl req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=testkit \
             && openssl req -x509 {key} -CA ca.pem -CAkey ca.key -keyout leaf.key -out leaf.pem -subj /CN=localhost \
             -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=IP:127.0.0.1,DNS:localhost"
        );
        shell(&script, &[dir]);
        Self { file: at("ca.pem"), certificate: at("leaf.pem"), key: at("leaf.key") }
    }

    fn config(&self) -> Arc<ServerConfig> {
        let certificate = CertificateDer::from_pem_file(&self.certificate).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(&self.key).expect("a key");
        let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("protocol versions").with_no_client_auth();
        Arc::new(builder.with_single_cert(vec![certificate], key).expect("a certificate with its key"))
    }
}

impl Web {
    /// Serves `answer`, which writes the whole answer, by https where there is an authority. One request a connection.
    pub fn serve(
        authority: Option<&Authority>,
        answer: impl Fn(&Asked, &mut dyn Wire) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let scheme = if authority.is_some() { "https" } else { "http" };
        let (asked, stopped) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::<AtomicBool>::default());
        let config = authority.map(Authority::config);
        let (log, stop, answer) = (asked.clone(), stopped.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (log, answer, config) = (log.clone(), answer.clone(), config.clone());
                std::thread::spawn(move || {
                    if let Some(config) = config {
                        let Ok(connection) = ServerConnection::new(config) else { return };
                        let mut tls = StreamOwned::new(connection, stream);
                        one(&mut tls, &log, &*answer);
                        tls.conn.send_close_notify();
                        tls.flush().ok();
                        finish(&tls.sock);
                    } else {
                        let mut stream = stream;
                        one(&mut stream, &log, &*answer);
                        finish(&stream);
                    }
                });
            }
        });
        Self { url: format!("{scheme}://127.0.0.1:{port}"), asked, stopped, port }
    }

    /// Serves one file at every path, with ranges and an ETag, as a well-behaved server does.
    pub fn file(authority: Option<&Authority>, bytes: Vec<u8>) -> Self {
        Self::serve(authority, move |asked, wire| file(asked, wire, &bytes, "\"v1\""))
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok();
    }
}

/// Writes a file, or the part of it that was asked for.
pub fn file(asked: &Asked, wire: &mut dyn Wire, bytes: &[u8], etag: &str) {
    let fresh = asked.header("if-range").is_none_or(|known| known == etag);
    let head = |status: &str, length: usize, more: &str| {
        format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nETag: {etag}\r\nAccept-Ranges: bytes\r\nConnection: close\r\n{more}\r\n"
        )
    };
    let (head, body) = match asked.range().filter(|_| fresh) {
        Some(from) if from < bytes.len() => {
            let range = format!("Content-Range: bytes {from}-{}/{}\r\n", bytes.len() - 1, bytes.len());
            (head("206 Partial Content", bytes.len() - from, &range), &bytes[from..])
        }
        Some(_) => {
            (head("416 Range Not Satisfiable", 0, &format!("Content-Range: bytes */{}\r\n", bytes.len())), &[][..])
        }
        None => (head("200 OK", bytes.len(), ""), bytes),
    };
    wire.write_all(head.as_bytes()).ok();
    if asked.method != "HEAD" {
        wire.write_all(body).ok();
    }
}

/// Writes a short answer.
pub fn reply(wire: &mut dyn Wire, status: &str, headers: &str, body: &str) {
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}");
    wire.write_all(text.as_bytes()).ok();
}

fn one<S: Wire>(stream: &mut S, log: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked, &mut dyn Wire)) {
    let Some(asked) = read(stream) else { return };
    log.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
    answer(&asked, stream);
    stream.flush().ok();
}

/// Closes a connection so that what was written arrives: a close with unread bytes would reset it.
fn finish(stream: &TcpStream) {
    stream.shutdown(std::net::Shutdown::Write).ok();
    stream.set_read_timeout(Some(std::time::Duration::from_millis(200))).ok();
    let mut rest = [0; 1024];
    let mut stream = stream;
    while stream.read(&mut rest).is_ok_and(|read| read > 0) {}
}

fn read(stream: &mut impl Read) -> Option<Asked> {
    let mut lines = BufReader::with_capacity(1, stream);
    let mut line = || {
        let mut text = String::new();
        lines.read_line(&mut text).ok().filter(|read| *read > 0)?;
        Some(text.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let text = line()?;
        if text.is_empty() {
            return Some(Asked { method, path, headers });
        }
        let (name, value) = text.split_once(':')?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}
