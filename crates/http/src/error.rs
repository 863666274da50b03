//! Why an exchange failed.

use std::path::PathBuf;
use std::time::Duration;

use miette::Diagnostic;
use thiserror::Error;

/// Everything that can end an HTTP exchange without an answer. Addresses are shown without their query.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum HttpError {
    /// The address cannot be requested.
    #[error("`{url}` is not an address that can be requested: {why}")]
    #[diagnostic(code(download::bad_url), help("write it as in `https://host/path`"))]
    BadUrl {
        /// The address.
        url: String,
        /// Why.
        why: &'static str,
    },
    /// The address has no encryption, and the caller allows none without.
    #[error("`{url}` would be requested without encryption")]
    #[diagnostic(code(download::plain_http), help("use its `https://` address"))]
    PlainHttp {
        /// The address.
        url: String,
    },
    /// A server that was asked by https redirected to http.
    #[error("`{from}` redirects from https to `{to}`")]
    #[diagnostic(code(download::insecure_redirect), help("find the file's own `https://` address"))]
    InsecureRedirect {
        /// What was asked for.
        from: String,
        /// Where it leads.
        to: String,
    },
    /// A redirect that leads nowhere, or one after another.
    #[error("`{url}` does not lead to an answer: {why}")]
    #[diagnostic(code(download::redirects), help("open the address in a browser to see where it leads"))]
    Redirects {
        /// What was asked for.
        url: String,
        /// Why.
        why: String,
    },
    /// A proxy of the environment that cannot be used.
    #[error("the proxy that `{variable}` names cannot be used: {why}")]
    #[diagnostic(code(download::bad_proxy), help("write it as in `http://host:port`, or unset `{variable}`"))]
    BadProxy {
        /// The variable of the environment.
        variable: String,
        /// Why.
        why: &'static str,
    },
    /// A file of certificate authorities that cannot be used.
    #[error("`{}` is not a file of certificate authorities: {why}", path.display())]
    #[diagnostic(code(download::bad_ca), help("name a file of certificates in PEM form"))]
    BadCa {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The server, or the proxy, was not reached.
    #[error("could not reach {host}: {why}")]
    #[diagnostic(
        code(download::unreachable),
        help("check the address and the network; behind a proxy, export `https_proxy`")
    )]
    Unreachable {
        /// The server or the proxy.
        host: String,
        /// What the system reported.
        why: String,
    },
    /// The server's certificate was refused, or encryption was not agreed on.
    #[error("no trusted connection to {host}: {why}")]
    #[diagnostic(
        code(download::tls),
        help("if its certificate is signed by an authority of your own, export `SSL_CERT_FILE` with its PEM file")
    )]
    Tls {
        /// The server.
        host: String,
        /// Why.
        why: String,
    },
    /// The server sent nothing for too long.
    #[error("{host} sent nothing for {} s", after.as_secs_f32())]
    #[diagnostic(code(download::silent), help("try again; what arrived is kept"))]
    Silent {
        /// The server.
        host: String,
        /// How long.
        after: Duration,
    },
    /// The deadline passed.
    #[error("{host} took longer than allowed")]
    #[diagnostic(code(download::deadline), help("try again, with a longer limit where the connection is slow"))]
    Deadline {
        /// The server.
        host: String,
    },
    /// The connection ended in the middle.
    #[error("{host} ended the connection after {got} bytes{}", of(*expected))]
    #[diagnostic(code(download::cut), help("try again; what arrived is kept"))]
    Cut {
        /// The server.
        host: String,
        /// Bytes of the body that arrived.
        got: u64,
        /// Bytes that it announced, where it did.
        expected: Option<u64>,
    },
    /// What the server sent is not HTTP, or more of it than is read.
    #[error("{host} sent no valid answer: {why}")]
    #[diagnostic(code(download::protocol), help("check that the address is that of a web server"))]
    Protocol {
        /// The server.
        host: String,
        /// Why.
        why: String,
    },
    /// The file or answer is larger than allowed.
    #[error("{host} sent more than {limit} bytes")]
    #[diagnostic(code(download::too_large), help("check the address"))]
    TooLarge {
        /// The server.
        host: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    #[diagnostic(code(download::cancelled), help("what arrived is kept"))]
    Cancelled,
}

fn of(expected: Option<u64>) -> String {
    expected.map_or_else(String::new, |expected| format!(" of {expected}"))
}

impl HttpError {
    /// Whether the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Silent { .. } | Self::Cut { .. })
    }
}
