//! What the hub, or the way to it, refuses. Each has its own remedy.

use miette::Diagnostic;
use thiserror::Error;

/// An answer of the hub that is not the model, or no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum HubError {
    /// The repository is gated, and no Hugging Face token was given.
    #[error("`{repo}` is gated, and there is no Hugging Face token")]
    #[diagnostic(code(model::no_token), help("accept its terms at {url}, then: hf auth login, or export HF_TOKEN"))]
    NoToken {
        /// The repository.
        repo: String,
        /// Its page.
        url: String,
    },
    /// The hub does not accept the Hugging Face token.
    #[error("the hub does not accept the Hugging Face token ({from})")]
    #[diagnostic(
        code(model::bad_token),
        help(
            "it is mistyped, expired or revoked: make another at {url}/settings/tokens, or unset it for a public model"
        )
    )]
    BadToken {
        /// Where the token is from.
        from: String,
        /// The hub.
        url: String,
    },
    /// The repository is gated, and this account has not been granted access.
    #[error("`{repo}` is gated, and this account was not given access")]
    #[diagnostic(
        code(model::gated),
        help("ask for access at {url}; a fine-grained token must also allow to read gated repositories")
    )]
    Gated {
        /// The repository.
        repo: String,
        /// Its page.
        url: String,
    },
    /// The repository is gated, and the request for access awaits a review.
    #[error("`{repo}` is gated, and the request for access is awaiting a review by its authors")]
    #[diagnostic(
        code(model::pending),
        help("{url} shows when it was granted; until then take another repository with the same model")
    )]
    Pending {
        /// The repository.
        repo: String,
        /// Its page.
        url: String,
    },
    /// The hub denies access to the repository: the request was rejected, or the repository is disabled.
    #[error("the hub denies access to `{repo}`: {why}")]
    #[diagnostic(
        code(model::denied),
        help("take another repository with the same model, or write to its authors at {url}")
    )]
    Denied {
        /// The repository.
        repo: String,
        /// Its page.
        url: String,
        /// The hub's words.
        why: String,
    },
    /// The hub limits the rate of requests (HTTP 429).
    #[error("the hub limits requests from here (429){}", retry(after.as_ref()))]
    #[diagnostic(
        code(model::rate_limited),
        help("wait; with a token the limit is higher: hf auth login, or export HF_TOKEN")
    )]
    RateLimited {
        /// When to come again, in seconds, where the hub says so.
        after: Option<u64>,
    },
    /// The hub has no such repository, or a private one that this account may not read.
    #[error("there is no repository `{repo}` that this account may read{}", mean(similar))]
    #[diagnostic(
        code(model::no_repository),
        help("check the name at {url}; a private repository needs a token of an account that may read it")
    )]
    NoRepository {
        /// The repository.
        repo: String,
        /// Where it would be.
        url: String,
        /// Names that are like it.
        similar: Vec<String>,
    },
    /// The repository has no such branch, tag or commit.
    #[error("`{repo}` has no revision `{revision}`{}", mean(similar))]
    #[diagnostic(
        code(model::no_revision),
        help("{url}/refs lists branches and tags; without `@REVISION` the default branch is taken")
    )]
    NoRevision {
        /// The repository.
        repo: String,
        /// The revision.
        revision: String,
        /// Its page.
        url: String,
        /// Names that are like it.
        similar: Vec<String>,
    },
    /// The repository has no such file, or none that matches a pattern.
    #[error("`{repo}` has no file `{file}` at {revision}{}", mean(similar))]
    #[diagnostic(code(model::no_file), help("{url} lists its files"))]
    NoFile {
        /// The repository.
        repo: String,
        /// The file or pattern.
        file: String,
        /// Branch, tag or commit.
        revision: String,
        /// The list of files.
        url: String,
        /// Names that are like it.
        similar: Vec<String>,
    },
    /// The repository has a file whose name would leave the model's folder.
    #[error("`{repo}` has a file `{file}` that cannot be stored: {why}")]
    #[diagnostic(code(model::unsafe_name), help("take another repository, or a pattern that leaves the file out"))]
    UnsafeName {
        /// The repository.
        repo: String,
        /// The file.
        file: String,
        /// What is wrong with its name.
        why: &'static str,
    },
    /// The Hugging Face command on PATH only prints that it was replaced by `hf`.
    #[error("`{command}` no longer works; it is replaced by `hf`")]
    #[diagnostic(
        code(model::dead_command),
        help("install or upgrade it: pipx install --force huggingface_hub, or: pip install -U huggingface_hub")
    )]
    DeadCommand {
        /// The command.
        command: String,
    },
    /// The Hugging Face command is too old.
    #[error("`{command}` is too old: {why}")]
    #[diagnostic(
        code(model::old_command),
        help("upgrade it: pipx upgrade huggingface_hub, or: pip install -U huggingface_hub")
    )]
    OldCommand {
        /// The command.
        command: String,
        /// What it lacks.
        why: String,
    },
    /// The Hugging Face command does not run.
    #[error("`{command}` does not run: {why}")]
    #[diagnostic(
        code(model::broken_command),
        help("install it again: pipx reinstall huggingface_hub, or: pip install --force-reinstall huggingface_hub")
    )]
    BrokenCommand {
        /// The command.
        command: String,
        /// Its words.
        why: String,
    },
    /// The hub could not be reached.
    #[error("the hub at {url} could not be reached: {why}")]
    #[diagnostic(
        code(model::no_network),
        help(
            "check name resolution and the network (curl -I {url}); behind a proxy export HTTPS_PROXY; or fetch the files elsewhere and name their path"
        )
    )]
    NoNetwork {
        /// The hub.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// A proxy did not pass the request to the hub.
    #[error("the proxy did not pass the request to {url}: {why}")]
    #[diagnostic(
        code(model::proxy),
        help("check HTTPS_PROXY, HTTP_PROXY and NO_PROXY; the hub and its storage hosts must be allowed")
    )]
    Proxy {
        /// The hub.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// The certificate of the hub is not trusted.
    #[error("the certificate of {url} is not trusted: {why}")]
    #[diagnostic(
        code(model::certificate),
        help(
            "behind an inspecting proxy export SSL_CERT_FILE (or REQUESTS_CA_BUNDLE) with its certificate; otherwise check the clock"
        )
    )]
    Certificate {
        /// The hub.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// `HF_HUB_OFFLINE` forbids to fetch a model that is not there.
    #[error("the model is not here, and HF_HUB_OFFLINE forbids to fetch it")]
    #[diagnostic(code(model::offline), help("unset HF_HUB_OFFLINE (and TRANSFORMERS_OFFLINE), or put the files there"))]
    Offline,
    /// What answers at the address of the hub is not a hub.
    #[error("what answers at {url} does not speak the hub's language: {why}")]
    #[diagnostic(
        code(model::mirror),
        help("check HF_ENDPOINT (unset it for huggingface.co); a portal or proxy may answer in its place")
    )]
    Mirror {
        /// The address.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// The hub answered with a failure of its own.
    #[error("the hub at {url} failed: {why}")]
    #[diagnostic(
        code(model::hub_failed),
        help("try again later; https://status.huggingface.co shows whether it is known")
    )]
    Failed {
        /// The hub.
        url: String,
        /// What it answered.
        why: String,
    },
}

fn retry(after: Option<&u64>) -> String {
    after.map_or_else(String::new, |seconds| format!("; it asks to wait {seconds} s"))
}

fn mean(similar: &[String]) -> String {
    if similar.is_empty() { String::new() } else { format!("; similar: {}", similar.join(", ")) }
}
