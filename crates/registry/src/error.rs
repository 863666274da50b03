//! Why a registry did not do what was asked.

use std::path::PathBuf;

use http::HttpError;
use miette::Diagnostic;
use thiserror::Error;

/// Everything that can go wrong with a registry. What a registry wrote is shown without control characters and cut.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum RegistryError {
    /// The name of an image is not complete, or has characters that no name has.
    #[error("`{reference}` is not the name of an image: {why}")]
    #[diagnostic(
        code(registry::bad_reference),
        help("write registry, repository and tag or digest, as in `docker.io/library/nginx:1.29`")
    )]
    BadReference {
        /// The text.
        reference: String,
        /// Why.
        why: &'static str,
    },
    /// The registry has no such image.
    #[error("{registry} has no {what}{}", said(answer))]
    #[diagnostic(
        code(image::not_found),
        help("check repository and tag; `skopeo list-tags docker://REPOSITORY` lists the tags")
    )]
    NotFound {
        /// The registry.
        registry: String,
        /// What was asked for.
        what: String,
        /// What it answered.
        answer: String,
    },
    /// The registry does not give the image to this caller.
    #[error("{registry} refuses access to {what}{}{}", if *with_credential { " with the credential that is there" } else { "" }, said(answer))]
    #[diagnostic(
        code(image::access_denied),
        help(
            "log in with `podman login {registry}`, and accept the image's terms where it has any; some registries answer the same for names that do not exist"
        )
    )]
    AccessDenied {
        /// The registry.
        registry: String,
        /// What was asked for.
        what: String,
        /// Whether a credential was sent.
        with_credential: bool,
        /// What it answered.
        answer: String,
    },
    /// The registry limits how often it is asked.
    #[error("{registry} refuses further requests for now{}{}", after(*retry_after_s), said(answer))]
    #[diagnostic(
        code(registry::rate_limited),
        help("try again later, or log in with `podman login {registry}` for a higher limit")
    )]
    RateLimited {
        /// The registry.
        registry: String,
        /// How long it asks to wait, in seconds.
        retry_after_s: Option<u64>,
        /// What it answered.
        answer: String,
    },
    /// The registry answered with a status that is not expected here.
    #[error("{registry} answered {status} to {what}{}", said(answer))]
    #[diagnostic(code(registry::status), help("try again; if it stays, ask the operator of the registry"))]
    Status {
        /// The registry.
        registry: String,
        /// The status.
        status: u16,
        /// What was asked for.
        what: String,
        /// What it answered.
        answer: String,
    },
    /// What the registry sent does not have the digest or size that was asked for.
    #[error("{registry} sent {what} that is not the one asked for: {why}")]
    #[diagnostic(
        code(registry::digest),
        help("nothing of it was used; another mirror or a proxy in between may have changed it")
    )]
    Digest {
        /// The registry.
        registry: String,
        /// What was asked for.
        what: String,
        /// Digest or size, expected and found.
        why: String,
    },
    /// A document of the registry is malformed, contradicts itself, or has a form that is not supported.
    #[error("{registry} sent {what} that cannot be used: {why}")]
    #[diagnostic(code(registry::bad_document), help("check that the name is that of a container image"))]
    BadDocument {
        /// The registry.
        registry: String,
        /// What was asked for.
        what: String,
        /// Why.
        why: String,
    },
    /// A document or a list of the registry is larger than any honest one.
    #[error("{registry} sent more than {limit} {unit} as {what}")]
    #[diagnostic(code(registry::too_large), help("check that the address is that of a registry"))]
    TooLarge {
        /// The registry.
        registry: String,
        /// What was asked for.
        what: String,
        /// The limit.
        limit: u64,
        /// Of what: `bytes`, `tags`.
        unit: &'static str,
    },
    /// The image has no variant for this machine.
    #[error("{image} has no image for {wanted}: there are {}", if available.is_empty() { "none".to_owned() } else { available.join(", ") })]
    #[diagnostic(code(registry::no_platform), help("take a tag that has one for this machine"))]
    NoPlatform {
        /// The image.
        image: String,
        /// The platform.
        wanted: String,
        /// What there is.
        available: Vec<String>,
    },
    /// The registry asks for a log-in that this client does not do, or would send the credential somewhere unsafe.
    #[error("{registry} asks for a log-in that is refused: {why}")]
    #[diagnostic(code(registry::bad_challenge), help("check the registry's address and its settings for tokens"))]
    BadChallenge {
        /// The registry.
        registry: String,
        /// Why.
        why: String,
    },
    /// A file of credentials, or a credential helper, cannot be used.
    #[error("credentials for {registry} cannot be read from `{}`: {why}", place.display())]
    #[diagnostic(code(registry::credentials), help("log in again with `podman login {registry}`"))]
    Credentials {
        /// The registry.
        registry: String,
        /// The file or the helper.
        place: PathBuf,
        /// Why.
        why: String,
    },
    /// An upload is not accepted, or did not arrive as it was sent.
    #[error("{registry} did not take {what}: {why}")]
    #[diagnostic(code(registry::upload), help("try again; what it has already is not sent again"))]
    Upload {
        /// The registry.
        registry: String,
        /// What was sent.
        what: String,
        /// Why.
        why: String,
    },
    /// A file of this host could not be read or written during a transfer.
    #[error("{what}: {source}")]
    #[diagnostic(code(registry::io), help("check the room and the permissions there"))]
    Io {
        /// What was done.
        what: String,
        /// What the system reported.
        source: std::io::Error,
    },
    /// The exchange itself failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Http(#[from] HttpError),
}

impl RegistryError {
    pub(crate) fn bad_reference(text: &str, why: &'static str) -> Self {
        Self::BadReference { reference: printable(text), why }
    }

    /// Whether the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Http(error) => error.is_transient(),
            Self::Status { status, .. } => *status >= 500,
            _ => false,
        }
    }
}

/// What strangers wrote, in a form that can be printed: one line, no control characters, at most 200 characters.
pub(crate) fn printable(text: &str) -> String {
    let line = text.chars().map(|letter| if letter == '\n' || letter == '\t' { ' ' } else { letter });
    line.filter(|letter| !letter.is_control()).take(200).collect::<String>().trim().to_owned()
}

fn said(answer: &str) -> String {
    if answer.is_empty() { String::new() } else { format!(" ({answer})") }
}

fn after(seconds: Option<u64>) -> String {
    seconds.map_or_else(String::new, |seconds| format!(" (it asks to wait {seconds} s)"))
}
