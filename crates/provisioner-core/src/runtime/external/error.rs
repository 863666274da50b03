//! Why an engine that others run is not used.

use config_schema::{Engine, PoolId};
use miette::Diagnostic;
use thiserror::Error;

/// Why an engine that others run is not used. No value of a key, no query and no body of an answer is in it.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum RemoteError {
    /// Nothing answers there.
    #[error("nothing answers at {url}: {why}")]
    #[diagnostic(
        code(remote::unreachable),
        help("ask those who run the engine, or correct `provisioning.external.url`; nothing here starts or stops it")
    )]
    Unreachable {
        /// Where.
        url: String,
        /// What the system reported.
        why: String,
    },
    /// Its certificate was refused.
    #[error("no trusted connection to {url}: {why}")]
    #[diagnostic(
        code(remote::tls),
        help(
            "if an authority of your own signed its certificate, name that authority's PEM file in `provisioning.external.ca_file`"
        )
    )]
    Tls {
        /// Where.
        url: String,
        /// Why.
        why: String,
    },
    /// It took too long.
    #[error("{url} takes a connection and does not answer {route} within {limit_s} s")]
    #[diagnostic(code(remote::slow), help("ask those who run the engine: it is overloaded, or hangs"))]
    Slow {
        /// Where.
        url: String,
        /// What was asked.
        route: String,
        /// The limit in seconds.
        limit_s: u64,
    },
    /// It sends its callers elsewhere, as a login page does.
    #[error("{url} redirects {route} to {to}")]
    #[diagnostic(
        code(remote::redirect),
        help(
            "redirects are not followed, so that no key goes elsewhere: name the engine's own address, behind any login page, in `provisioning.external.url`"
        )
    )]
    Redirect {
        /// Where.
        url: String,
        /// What was asked.
        route: String,
        /// To where, without a query.
        to: String,
    },
    /// It asks for a key, or for another one.
    #[error("{url} refuses {route} with status {status} {}", with(key.as_deref()))]
    #[diagnostic(
        code(remote::key_refused),
        help(
            "put the engine's API key into a variable and name that in `provisioning.secret_env`, or a file that holds it in `provisioning.secret_file`"
        )
    )]
    KeyRefused {
        /// Where.
        url: String,
        /// What was asked.
        route: String,
        /// What it answered.
        status: u16,
        /// The variable with the key that was sent; none where none was.
        key: Option<String>,
    },
    /// It still loads.
    #[error("the engine at {url} does not serve yet: its readiness route answers {status}")]
    #[diagnostic(code(remote::not_ready), help("wait until it has loaded its model, and try again"))]
    NotReady {
        /// Where.
        url: String,
        /// What it answered.
        status: u16,
    },
    /// What answers is no engine of this kind: a web page, another service.
    #[error("what answers at {url} is not {engine}: {what}")]
    #[diagnostic(
        code(remote::not_an_engine),
        help(
            "correct `provisioning.external.url`, with the path before the engine's routes if a proxy adds one, or `engine`"
        )
    )]
    NotAnEngine {
        /// Where.
        url: String,
        /// What it should be.
        engine: Engine,
        /// What it answers instead.
        what: String,
    },
    /// It answers more than an engine has to say.
    #[error("{url} answers {route} with more than {limit} bytes")]
    #[diagnostic(code(remote::too_large), help("correct `provisioning.external.url`: no engine's answer is so large"))]
    TooLarge {
        /// Where.
        url: String,
        /// What was asked.
        route: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// It has another version than the pool asks for.
    #[error("the engine at {url} has version {found}, and the pool asks for {wanted}")]
    #[diagnostic(
        code(remote::other_version),
        help("ask those who run it for the wanted version, or change `provisioning.external.version`")
    )]
    OtherVersion {
        /// Where.
        url: String,
        /// Its version.
        found: String,
        /// The wanted one.
        wanted: String,
    },
    /// It does not serve the pool's model.
    #[error("the engine at {url} does not serve `{wanted}` but {served}")]
    #[diagnostic(
        code(remote::other_model),
        help(
            "write the name by which clients ask for the model in the pool's `model`, or ask those who run the engine"
        )
    )]
    OtherModel {
        /// Where.
        url: String,
        /// The pool's model.
        wanted: String,
        /// What it serves.
        served: String,
    },
    /// It became another version since it was last looked at.
    #[error("the engine at {url} has become another one: it had version {before}, and has {now}")]
    #[diagnostic(code(remote::changed), help("`ensure` looks at it again and takes it as it is now"))]
    Changed {
        /// Where.
        url: String,
        /// The version before.
        before: String,
        /// The version now.
        now: String,
    },
    /// Several secrets, of which one is the key.
    #[error("pool `{pool}` names several secrets, and one of them is the engine's API key: {names}")]
    #[diagnostic(
        code(pool::several_keys),
        help("an engine that others run is given its API key alone: name that one in `secret_env` or `secret_file`")
    )]
    SeveralKeys {
        /// The pool.
        pool: PoolId,
        /// The names.
        names: String,
    },
    /// Proxies or certificate authorities that cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Http(#[from] http::HttpError),
}

fn with(key: Option<&str>) -> String {
    key.map_or_else(|| "(no API key was sent)".into(), |name| format!("(with the API key of `{name}`)"))
}

impl RemoteError {
    /// Whether it may serve a moment later: it is away, slow or loads, and has not shown to be another one.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Slow { .. } | Self::NotReady { .. })
    }
}
