//! Sends requests and follows redirects.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cancel::Cancel;
use ureq::http;
use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector, TcpConnector};
use ureq::{Agent, AsSendBody, SendBody};

use crate::guard::Guard;
use crate::{Answer, HttpError, Plain, Proxies, Request, Url, roots};

/// Redirects that are followed, one after another.
const MOST_REDIRECTS: usize = 10;

/// Bytes of headers that are read.
const HEADERS: usize = 64 << 10;

/// What holds for every exchange of a client.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long a connection may take to be made.
    pub connect: Duration,
    /// How long a server may send nothing.
    pub silence: Duration,
    /// Ends every wait once it is cancelled.
    pub cancel: Cancel,
    /// Which addresses may be requested without encryption.
    pub plain: Plain,
    /// The proxies of the environment.
    pub proxies: Proxies,
    /// The operator's list of certificate authorities (`SSL_CERT_FILE`), instead of the system's.
    pub authorities: Option<PathBuf>,
    /// A file with further certificate authorities.
    pub added_authorities: Option<PathBuf>,
    /// What the client names itself.
    pub user_agent: String,
}

impl Default for Options {
    /// 30 seconds to connect, 60 seconds of silence, https only, no proxy, the system's authorities.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            silence: Duration::from_mins(1),
            cancel: Cancel::new(),
            plain: Plain::Never,
            proxies: Proxies::default(),
            authorities: None,
            added_authorities: None,
            user_agent: format!("engine-provisioner/{}", env!("CARGO_PKG_VERSION")),
        }
    }
}

impl Options {
    /// The default, with proxies and authorities as the environment names them: `https_proxy`, `no_proxy`, `SSL_CERT_FILE`.
    ///
    /// # Errors
    /// `download::bad_proxy`.
    pub fn from_env(variable: impl Fn(&str) -> Option<String>) -> Result<Self, HttpError> {
        let authorities = variable("SSL_CERT_FILE").filter(|path| !path.is_empty()).map(PathBuf::from);
        Ok(Self { proxies: Proxies::from_env(variable)?, authorities, ..Self::default() })
    }
}

/// A client; connections are kept and used again. Clones share them.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    options: Options,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Client {
    /// A client.
    ///
    /// # Errors
    /// `download::bad_ca` where a file of authorities cannot be used.
    pub fn new(options: Options) -> Result<Self, HttpError> {
        let roots = roots::roots(options.authorities.as_deref(), options.added_authorities.as_deref())?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(options.user_agent.as_str())
            // Counted in bytes; the limits in time are set for each request and by the guard.
            .max_response_header_size(HEADERS)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        let guard = Guard { silence: options.silence, cancel: options.cancel.clone() };
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(TcpConnector::default())
                .chain(guard)
                .chain(RustlsConnector::default());
        Ok(Self { agent: Agent::with_parts(config, connector, DefaultResolver::default()), options })
    }

    /// Sends a request without a body; redirects of `GET` and `HEAD` are followed, unless the request says otherwise.
    ///
    /// # Errors
    /// Every [`HttpError`]. A status of 400 or above is none.
    pub fn send(&self, request: &Request) -> Result<Answer, HttpError> {
        let mut url = request.url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.exchange(request, &url, SendBody::none())?;
            let location = match answer.status() {
                301 | 302 | 303 | 307 | 308 if request.redirects && request.method.follows() => {
                    answer.header("location").map(str::to_owned)
                }
                _ => None,
            };
            let Some(location) = location else { return Ok(answer) };
            let next = url
                .join(&location)
                .map_err(|error| HttpError::Redirects { url: request.url.to_string(), why: error.to_string() })?;
            if url.is_https() && !next.is_https() {
                return Err(HttpError::InsecureRedirect { from: url.to_string(), to: next.to_string() });
            }
            tracing::debug!(from = %url, to = %next, "redirected");
            url = next;
        }
        let why = format!("it redirects more than {MOST_REDIRECTS} times");
        Err(HttpError::Redirects { url: request.url.to_string(), why })
    }

    /// Sends a request with a body of known length in bytes; a redirect is returned as the answer.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn send_body(&self, request: &Request, length: u64, body: &mut dyn Read) -> Result<Answer, HttpError> {
        let request = request.clone().header("content-length", length.to_string());
        self.exchange(&request, &request.url, SendBody::from_reader(body))
    }

    fn exchange(&self, request: &Request, url: &Url, body: impl AsSendBody) -> Result<Answer, HttpError> {
        url.allow(self.options.plain)?;
        if self.options.cancel.is_cancelled() {
            return Err(HttpError::Cancelled);
        }
        let host = url.host().to_owned();
        let deadline = request.deadline;
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(HttpError::Deadline { host });
        }
        let mut builder = http::Request::builder().method(request.method.name()).uri(url.uri());
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(secret) = request.authorization.as_ref().filter(|_| url.has_origin_of(&request.url)) {
            builder = builder.header("authorization", secret.value());
        }
        let failed = |error: ureq::Error| crate::answer::failed(error, &host, self.options.silence, (0, None));
        let message = builder.body(body).map_err(|error| failed(error.into()))?;
        let connect = left.map_or(self.options.connect, |left| left.min(self.options.connect));
        // One limit for each part: with one for the whole, ureq looks the name up on a thread of its own.
        let message = self
            .agent
            .configure_request(message)
            .proxy(self.options.proxies.of(url).cloned())
            .timeout_connect(Some(connect))
            .timeout_send_request(left)
            .timeout_recv_response(left)
            .timeout_recv_body(left)
            .build();
        let response = self.agent.run(message).map_err(failed)?;
        Ok(Answer::new(response, url.clone(), self.options.silence, deadline))
    }
}
