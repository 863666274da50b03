//! The decision: registry, keys, times, revocations.

use crate::{Pattern, PublicKey, TrustError};

/// Who is trusted for what. The empty policy allows every registry, lists no key and asks for no bill of materials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The registries that may be used; any, if left out.
    pub allowed_registries: Option<Vec<String>>,
    /// The keys that may vouch; ids are unique.
    pub keys: Vec<TrustedKey>,
    /// Keys that may no longer vouch, also such that are not listed.
    pub revoked: Vec<Revoked>,
    /// Whether a bill of materials is needed.
    pub require_sbom: bool,
}

/// A key that may vouch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// Its name.
    pub id: String,
    /// The key.
    pub key: PublicKey,
    /// What it may vouch for; nothing, if empty.
    pub repositories: Vec<Pattern>,
    /// When.
    pub window: Window,
}

/// A span of time, in seconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The first second of it; from the beginning, if left out.
    pub not_before: Option<i64>,
    /// The last second before it ends; without an end, if left out.
    pub not_after: Option<i64>,
}

/// A key that may no longer vouch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Its name.
    pub id: String,
    /// From when on, in seconds since 1970; from ever, if left out. What counts is when something is judged: whoever has the
    /// key may write any time into a signature.
    pub since: Option<i64>,
}

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An engine of another host's store.
    StoreEntry,
    /// A container image, which is always taken by its digest.
    Image,
}

/// What has to be shown before something is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The keys of which one must have signed it; empty where no signature is needed.
    pub keys: Vec<&'a TrustedKey>,
    /// Whether it must bring a bill of materials.
    pub needs_sbom: bool,
}

/// Why a key does not vouch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Invalid {
    Revoked,
    NotYet,
    Expired,
}

impl Invalid {
    fn words(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::NotYet => "not valid yet",
            Self::Expired => "expired",
        }
    }
}

impl Policy {
    /// What something of this repository (with its registry, without tag or digest) needs to be used at this time, in seconds
    /// since 1970.
    ///
    /// # Errors
    /// [`TrustError::Registry`]; [`TrustError::NoKey`] for an engine of a store; [`TrustError::NotValid`] and
    /// [`TrustError::Revoked`] where keys are listed for the repository and none of them is valid.
    pub fn judge(&self, repository: &str, kind: Kind, now: i64) -> Result<Decision<'_>, TrustError> {
        self.registry(repository)?;
        let listed: Vec<&TrustedKey> =
            self.keys.iter().filter(|key| key.repositories.iter().any(|pattern| pattern.covers(repository))).collect();
        let needs_sbom = self.require_sbom;
        if listed.is_empty() {
            return match kind {
                Kind::Image => Ok(Decision { keys: Vec::new(), needs_sbom }),
                Kind::StoreEntry => Err(TrustError::NoKey { repository: repository.to_owned() }),
            };
        }
        let judged: Vec<(&TrustedKey, Option<Invalid>)> =
            listed.into_iter().map(|key| (key, self.invalid(key, now))).collect();
        let keys: Vec<&TrustedKey> = judged.iter().filter(|(_, why)| why.is_none()).map(|(key, _)| *key).collect();
        if !keys.is_empty() {
            return Ok(Decision { keys, needs_sbom });
        }
        let why =
            |(key, why): &(&TrustedKey, Option<Invalid>)| format!("`{}` {}", key.id, why.map_or("", Invalid::words));
        let keys = judged.iter().map(why).collect::<Vec<_>>().join(", ");
        let repository = repository.to_owned();
        Err(if judged.iter().all(|(_, why)| *why == Some(Invalid::Revoked)) {
            TrustError::Revoked { repository, keys }
        } else {
            TrustError::NotValid { repository, keys }
        })
    }

    fn registry(&self, repository: &str) -> Result<(), TrustError> {
        let registry = repository.split('/').next().unwrap_or_default();
        match &self.allowed_registries {
            Some(allowed) if !allowed.iter().any(|known| known.eq_ignore_ascii_case(registry)) => {
                let allowed = if allowed.is_empty() { "none is".to_owned() } else { allowed.join(", ") };
                let (registry, repository) = (registry.to_owned(), repository.to_owned());
                Err(TrustError::Registry { registry, repository, allowed })
            }
            _ => Ok(()),
        }
    }

    fn invalid(&self, key: &TrustedKey, now: i64) -> Option<Invalid> {
        let revoked = |one: &Revoked| one.id == key.id && one.since.is_none_or(|since| now >= since);
        let Window { not_before, not_after } = key.window;
        if self.revoked.iter().any(revoked) {
            Some(Invalid::Revoked)
        } else if not_before.is_some_and(|begin| now < begin) {
            Some(Invalid::NotYet)
        } else if not_after.is_some_and(|end| now >= end) {
            Some(Invalid::Expired)
        } else {
            None
        }
    }
}
