//! Why something is not trusted.

use miette::Diagnostic;
use thiserror::Error;

use crate::KeyFault;

/// Why something is not trusted. No key material is in it.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum TrustError {
    /// A list of registries is written, and this one is not in it.
    #[error("the registry `{registry}` is not among those that are allowed: {allowed}")]
    #[diagnostic(
        code(trust::registry),
        help(
            "take `{repository}` from an allowed registry, or add `{registry}` to `catalog.engine_trust.allowed_registries`"
        )
    )]
    Registry {
        /// The registry.
        registry: String,
        /// What was to come from it.
        repository: String,
        /// The list.
        allowed: String,
    },
    /// No key is listed for the repository.
    #[error("no key may vouch for `{repository}`")]
    #[diagnostic(
        code(trust::no_key),
        help(
            "list a key whose `repositories` cover it in `catalog.engine_trust.keys`, once you trust who holds that key"
        )
    )]
    NoKey {
        /// The repository.
        repository: String,
    },
    /// Keys are listed for the repository, and none of them is valid now.
    #[error("no key may vouch for `{repository}` now: {keys}")]
    #[diagnostic(
        code(trust::key_not_valid),
        help(
            "list the key that took its place in `catalog.engine_trust.keys`; a wrong clock makes keys invalid, too (`doctor`)"
        )
    )]
    NotValid {
        /// The repository.
        repository: String,
        /// Each key, with why.
        keys: String,
    },
    /// Every key for the repository was revoked.
    #[error("every key that might vouch for `{repository}` was revoked: {keys}")]
    #[diagnostic(
        code(trust::key_revoked),
        help("use nothing that these keys signed; list the key that took their place in `catalog.engine_trust.keys`")
    )]
    Revoked {
        /// The repository.
        repository: String,
        /// The keys.
        keys: String,
    },
    /// A text that is no key.
    #[error("the key `{id}` cannot be used: {fault}")]
    #[diagnostic(
        code(trust::bad_key),
        help(
            "an Ed25519 or ECDSA P-256 public key in PEM: `openssl pkey -in KEY -pubout`, `cosign public-key --key KEY`"
        )
    )]
    BadKey {
        /// The key.
        id: String,
        /// Why.
        fault: KeyFault,
    },
    /// A text that is no pattern of repositories.
    #[error("`{pattern}` is no pattern of repositories")]
    #[diagnostic(
        code(trust::bad_pattern),
        help(
            "write registry and path, as in `ghcr.io/acme/engines`; a last `*` stands for all below: `ghcr.io/acme/*`"
        )
    )]
    BadPattern {
        /// The text.
        pattern: String,
    },
}
