//! Asks an engine that others run what it is: whether it serves, which version it has, and which models.
//!
//! The rules: one look takes seconds at most; no redirect is followed; the key goes to that origin alone; nothing here
//! changes anything there.

use std::io::Cursor;
use std::time::{Duration, Instant};

use cancel::Cancel;
use http::{Answer, Client, HttpError, Method, Options, Plain, Request, Secret, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::documents;
use super::target::Target;
use super::{Found, RemoteError};
use crate::engine::profile;
use crate::engine::remote::{ModelList, RemoteProfile};
use crate::{Error, Result, Settings};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long the whole of an answer may take.
const ANSWER: Duration = Duration::from_secs(5);
/// An answer is no larger, in bytes. SGLang's lists every setting.
const LARGEST: u64 = 4 << 20;
/// The question for the models of a Triton that are ready.
const READY_ONLY: &[u8] = br#"{"ready":true}"#;

/// One look at an engine.
pub(super) struct Asker<'a> {
    target: &'a Target,
    remote: RemoteProfile,
    ready_route: &'static str,
    key: Option<&'a SecretString>,
    client: Client,
}

impl<'a> Asker<'a> {
    pub(super) fn new(
        target: &'a Target,
        key: Option<&'a SecretString>,
        settings: &Settings,
        cancel: &Cancel,
    ) -> Result<Self> {
        let profile = profile(target.engine);
        let mode = config_schema::ProvisioningMode::External;
        let remote = profile.remote.ok_or(Error::UnsupportedMode { engine: target.engine, mode })?;
        let env = |name: &str| settings.env.get(name).map(|value| value.to_string_lossy().into_owned());
        let options = Options {
            connect: CONNECT,
            silence: ANSWER,
            cancel: cancel.clone(),
            // The pool file says so, in a network that its author trusts; the plan warns where a key goes along.
            plain: Plain::Always,
            added_authorities: target.ca_file.clone(),
            ..Options::from_env(env).map_err(RemoteError::from)?
        };
        let client = Client::new(options).map_err(RemoteError::from)?;
        Ok(Self { target, remote, ready_route: profile.ready_route, key, client })
    }

    /// Whether it serves.
    pub(super) fn health(&self) -> Result<()> {
        let route = self.ready_route;
        let status = self.send(Method::Get, route, &[])?.status();
        match status {
            200..=299 => Ok(()),
            503 => Err(self.not_ready(status).into()),
            _ if self.remote.loading.contains(&status) => Err(self.not_ready(status).into()),
            _ => Err(self.not_it(route, status).into()),
        }
    }

    /// Its version, once it has shown to be the engine that it should be and to serve the model.
    pub(super) fn identity(&self) -> Result<Found> {
        let (route, about) = self.about()?;
        let version = documents::version(self.target, &self.remote, route, &about)?;
        match self.remote.models {
            ModelList::One(_) => documents::serves(self.target, &self.remote.models, &about)?,
            ModelList::OpenAi { route, .. } => {
                let listed = self.document(Method::Get, route, &[])?;
                let listed = listed.ok_or_else(|| self.not_it(route, 404))?;
                documents::serves(self.target, &self.remote.models, &listed)?;
            }
            ModelList::TritonIndex(route) => {
                let listed = self.document(Method::Post, route, READY_ONLY)?;
                let listed = listed.ok_or_else(|| self.not_it(route, 404))?;
                documents::serves(self.target, &self.remote.models, &listed)?;
            }
        }
        Ok(Found { version })
    }

    /// The document that names its version, with its route.
    fn about(&self) -> Result<(&'static str, Value)> {
        for route in self.remote.version_routes {
            if let Some(document) = self.document(Method::Get, route, &[])? {
                return Ok((route, document));
            }
        }
        Err(self.not_it(self.remote.version_routes.first().copied().unwrap_or_default(), 404).into())
    }

    /// A document; none where there is no such route.
    fn document(&self, method: Method, route: &str, body: &[u8]) -> Result<Option<Value>> {
        let mut answer = self.send(method, route, body)?;
        match answer.status() {
            200..=299 => {
                let bytes = answer.bytes(LARGEST).map_err(|error| self.failed(route, error))?;
                Ok(Some(documents::parse(self.target, route, &bytes)?))
            }
            404 => Ok(None),
            503 => Err(self.not_ready(503).into()),
            status => Err(self.not_it(route, status).into()),
        }
    }

    /// The answer, unless it is that of a gatekeeper.
    fn send(&self, method: Method, route: &str, body: &[u8]) -> Result<Answer> {
        let url = Url::parse(&self.target.at(route)).map_err(RemoteError::from)?;
        let mut request = Request::new(method, url).no_redirects().deadline(Instant::now() + ANSWER);
        request = request.header("accept", "application/json");
        if let Some(key) = self.key {
            request = request.authorization(Secret::new(format!("Bearer {}", key.expose_secret())));
        }
        let answer = if method == Method::Post {
            let request = request.header("content-type", "application/json");
            self.client.send_body(&request, body.len() as u64, &mut Cursor::new(body))
        } else {
            self.client.send(&request)
        };
        let answer = answer.map_err(|error| self.failed(route, error))?;
        let (url, route) = (self.target.url.clone(), route.to_owned());
        match answer.status() {
            300..=399 => {
                let to = answer.header("location").and_then(|to| answer.url().join(to).ok());
                let to = to.map_or_else(|| "nowhere".to_owned(), |to| to.to_string());
                Err(RemoteError::Redirect { url, route, to }.into())
            }
            status @ (401 | 403 | 407) => {
                let key = self.key.and(self.target.key.clone());
                Err(RemoteError::KeyRefused { url, route, status, key }.into())
            }
            _ => Ok(answer),
        }
    }

    fn not_ready(&self, status: u16) -> RemoteError {
        RemoteError::NotReady { url: self.target.url.clone(), status }
    }

    fn not_it(&self, route: &str, status: u16) -> RemoteError {
        documents::not_it(self.target, format!("it answers `{route}` with status {status}"))
    }

    /// What an exchange that failed says of the engine.
    fn failed(&self, route: &str, error: HttpError) -> Error {
        let (url, route) = (self.target.url.clone(), route.to_owned());
        match error {
            HttpError::Cancelled => return Error::Cancelled,
            HttpError::Unreachable { why, .. } => RemoteError::Unreachable { url, why },
            HttpError::Tls { why, .. } => RemoteError::Tls { url, why },
            HttpError::Silent { .. } | HttpError::Deadline { .. } => {
                RemoteError::Slow { url, route, limit_s: ANSWER.as_secs() }
            }
            HttpError::TooLarge { limit, .. } => RemoteError::TooLarge { url, route, limit },
            HttpError::Cut { .. } => documents::not_it(self.target, format!("it ends its answer to `{route}` halfway")),
            HttpError::Protocol { .. } => {
                documents::not_it(self.target, format!("its answer to `{route}` is not valid HTTP"))
            }
            other => other.into(),
        }
        .into()
    }
}
