//! One repository of one registry: addresses, log-in, and requests that are repeated where that is safe.

pub(crate) mod blobs;
pub(crate) mod check;
pub(crate) mod lists;
pub(crate) mod options;
pub(crate) mod push;
pub(crate) mod resolve;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::{Answer, Client, HttpError, Method, Plain, Request, Secret, Url};

use crate::auth::challenge::{self, Challenge};
use crate::auth::token;
use crate::{Credentials, Options, RegistryError, Repository};

/// Whether what answered is no TLS at all. A certificate that is not trusted is no reason to ask without encryption.
fn has_no_encryption(error: &HttpError) -> bool {
    match error {
        // rustls, of a first record that is none.
        HttpError::Tls { why, .. } => why.contains("corrupt message"),
        HttpError::Protocol { .. } | HttpError::Cut { .. } => true,
        _ => false,
    }
}

/// The pause before the first repetition; it doubles with each.
const PAUSE: Duration = Duration::from_millis(200);

/// A client for one repository. Connections and tokens are kept and used again.
pub struct Registry {
    client: Client,
    repository: Repository,
    base: OnceLock<Url>,
    options: Options,
    credentials: Credentials,
    /// The value of `Authorization` that the registry took, by scope.
    granted: Mutex<BTreeMap<&'static str, Secret>>,
    has_credential: AtomicBool,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("repository", &self.repository)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// To read.
pub(crate) const PULL: &str = "pull";
/// To read and write.
pub(crate) const PUSH: &str = "pull,push";

/// What can be sent again from any position.
pub(crate) trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

/// A request's body.
pub(crate) enum Body<'a> {
    None,
    Bytes(&'a [u8]),
    /// `length` bytes from `from` on.
    Part {
        source: &'a mut dyn Source,
        from: u64,
        length: u64,
    },
}

/// A request, apart from its log-in.
pub(crate) struct Ask<'h, 'b> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) scope: &'static str,
    pub(crate) headers: &'h [(&'h str, String)],
    pub(crate) body: Body<'b>,
}

impl Registry {
    /// A client for a repository. Asks nothing yet.
    ///
    /// # Errors
    /// `download::bad_ca` for a file of authorities that cannot be used.
    pub fn new(repository: Repository, options: Options, credentials: Credentials) -> Result<Self, RegistryError> {
        let plain = if options.plain_http { Plain::Always } else { Plain::Loopback };
        let client = Client::new(http::Options { plain, ..options.http.clone() })?;
        Ok(Self {
            client,
            repository,
            base: OnceLock::new(),
            options,
            credentials,
            granted: Mutex::default(),
            has_credential: AtomicBool::new(false),
        })
    }

    /// The repository.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The registry's address. On this host it is asked by https first, and without encryption where it has none.
    pub(crate) fn base(&self) -> Result<&Url, RegistryError> {
        if let Some(base) = self.base.get() {
            return Ok(base);
        }
        let host = self.repository.host();
        let scheme = if self.options.plain_http { "http" } else { "https" };
        let mut base = Url::parse(&format!("{scheme}://{host}/v2/"))?;
        if base.is_loopback() && base.is_https() {
            match self.client.send(&Request::get(base.clone())) {
                Err(error) if has_no_encryption(&error) => {
                    base = Url::parse(&format!("http://{host}/v2/"))?;
                }
                Err(error) => return Err(error.into()),
                Ok(_) => {}
            }
        }
        Ok(self.base.get_or_init(|| base))
    }

    /// An address below the repository, such as `manifests/latest`.
    pub(crate) fn url(&self, below: &str) -> Result<Url, RegistryError> {
        Ok(self.base()?.join(&format!("{}/{below}", self.repository.path()))?)
    }

    /// Asks for something that is only read; repeated where a failure may pass.
    pub(crate) fn read(&self, method: Method, url: &Url, headers: &[(&str, String)]) -> Result<Answer, RegistryError> {
        let mut pause = PAUSE;
        for left in (0..=self.options.retries).rev() {
            let ask = Ask { method, url: url.clone(), scope: PULL, headers, body: Body::None };
            let result = self.ask(ask);
            let may_pass = match &result {
                Ok(answer) => matches!(answer.status(), 500 | 502 | 503 | 504),
                Err(error) => error.is_transient(),
            };
            if left == 0 || !may_pass {
                return result;
            }
            if self.options.http.cancel.wait(pause) {
                return Err(HttpError::Cancelled.into());
            }
            pause *= 2;
        }
        Err(HttpError::Cancelled.into())
    }

    /// Sends a request, and logs in where the registry itself asks for it.
    pub(crate) fn ask(&self, mut ask: Ask<'_, '_>) -> Result<Answer, RegistryError> {
        let base = self.base()?;
        let granted = self.lock().get(ask.scope).cloned();
        let answer = self.once(&mut ask, granted)?;
        // What another server asks for, behind a redirect, is not answered with this registry's credential.
        if answer.status() != 401 || !answer.url().has_origin_of(base) {
            return Ok(answer);
        }
        let Some(secret) = self.log_in(&answer, ask.scope)? else { return Ok(answer) };
        self.lock().insert(ask.scope, secret.clone());
        let answer = self.once(&mut ask, Some(secret))?;
        if answer.status() == 401 {
            self.lock().remove(ask.scope);
        }
        Ok(answer)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Secret>> {
        self.granted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn once(&self, ask: &mut Ask<'_, '_>, authorization: Option<Secret>) -> Result<Answer, RegistryError> {
        let mut request = Request::new(ask.method, ask.url.clone());
        for (name, value) in ask.headers {
            request = request.header(name, value.as_str());
        }
        // An upload may be sent elsewhere, and the credential is not.
        if let Some(secret) = authorization.filter(|_| self.base().is_ok_and(|base| ask.url.has_origin_of(base))) {
            request = request.authorization(secret);
        }
        Ok(match &mut ask.body {
            Body::None if ask.method == Method::Get || ask.method == Method::Head => self.client.send(&request)?,
            Body::None => self.client.send_body(&request, 0, &mut std::io::empty())?,
            Body::Bytes(bytes) => {
                let length = bytes.len() as u64;
                self.client.send_body(&request, length, &mut &bytes[..])?
            }
            Body::Part { source, from, length } => {
                let rewound = source.seek(SeekFrom::Start(*from));
                rewound.map_err(|source| RegistryError::Io { what: "the blob cannot be read".into(), source })?;
                self.client.send_body(&request, *length, &mut source.take(*length))?
            }
        })
    }

    /// The value of `Authorization` that answers a challenge; `None` where there is nothing to answer it with.
    fn log_in(&self, answer: &Answer, scope: &str) -> Result<Option<Secret>, RegistryError> {
        let registry = || self.repository.registry().to_owned();
        let Some(challenge) = challenge::parse(answer.header_values("www-authenticate")) else {
            let why = "it answers 401 and names no scheme that is known".to_owned();
            return Err(RegistryError::BadChallenge { registry: registry(), why });
        };
        let credential = self.credentials.find(&self.repository)?;
        self.has_credential.store(credential.is_some(), Ordering::Relaxed);
        match challenge {
            Challenge::Basic => Ok(credential.and_then(|credential| credential.basic())),
            Challenge::Bearer { realm, service, .. } => {
                let scope = format!("repository:{}:{scope}", self.repository.path());
                let wanted =
                    token::Wanted { realm: &realm, service: service.as_deref(), scope: &scope, registry: self.base()? };
                token::fetch(&self.client, &wanted, credential.as_ref())
            }
        }
    }
}
