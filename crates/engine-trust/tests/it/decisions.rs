//! Registry, key, time, revocation: each alone, and all of them together.

use engine_trust::{Kind, Policy, PublicKey, Revoked, TrustError, TrustedKey, Window};
use miette::Diagnostic;

use crate::keys::ED25519;

const REPOSITORY: &str = "ghcr.io/acme/engines";

fn key(id: &str, repository: &str, not_before: Option<i64>, not_after: Option<i64>) -> TrustedKey {
    let (key, repositories) = (PublicKey::from_pem(ED25519).unwrap(), vec![repository.parse().unwrap()]);
    TrustedKey { id: id.into(), key, repositories, window: Window { not_before, not_after } }
}

fn policy(keys: Vec<TrustedKey>, revoked: &[(&str, Option<i64>)]) -> Policy {
    let revoked = revoked.iter().map(|(id, since)| Revoked { id: (*id).to_owned(), since: *since }).collect();
    Policy { keys, revoked, ..Policy::default() }
}

/// The ids of the keys, or the code of the refusal.
#[track_caller]
fn check(policy: &Policy, kind: Kind, now: i64, expected: &str) {
    let found = match policy.judge(REPOSITORY, kind, now) {
        Ok(decision) => decision.keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>().join(" "),
        Err(error) => error.code().unwrap().to_string(),
    };
    assert_eq!(found, expected, "{kind:?} at {now}");
}

#[test]
fn an_engine_needs_a_key_and_an_image_only_a_listed_one() {
    check(&Policy::default(), Kind::StoreEntry, 0, "trust::no_key");
    check(&Policy::default(), Kind::Image, 0, "");
    let other = policy(vec![key("other", "ghcr.io/other/*", None, None)], &[]);
    check(&other, Kind::StoreEntry, 0, "trust::no_key");
    check(&other, Kind::Image, 0, "");
    let two = policy(vec![key("a", REPOSITORY, None, None), key("b", "ghcr.io/*", None, None)], &[]);
    for kind in [Kind::StoreEntry, Kind::Image] {
        check(&two, kind, 0, "a b");
    }
}

/// A key is valid from its first second on, and no longer in the second in which it ends.
#[test]
fn a_key_has_its_time() {
    let one = policy(vec![key("a", REPOSITORY, Some(10), Some(20))], &[]);
    for kind in [Kind::StoreEntry, Kind::Image] {
        for (now, expected) in [(9, "trust::key_not_valid"), (10, "a"), (19, "a"), (20, "trust::key_not_valid")] {
            check(&one, kind, now, expected);
        }
    }
    let next = policy(vec![key("a", REPOSITORY, None, Some(20)), key("b", REPOSITORY, Some(15), None)], &[]);
    for (now, expected) in [(0, "a"), (15, "a b"), (20, "b"), (i64::MAX, "b")] {
        check(&next, Kind::StoreEntry, now, expected);
    }
}

/// A revoked key vouches for nothing from then on, and a valid one beside it still does.
#[test]
fn a_revoked_key_vouches_for_nothing() {
    let keys = || vec![key("a", REPOSITORY, None, None), key("b", REPOSITORY, Some(50), None)];
    let since = policy(keys(), &[("a", Some(30))]);
    check(&since, Kind::Image, 29, "a");
    check(&since, Kind::Image, 30, "trust::key_not_valid");
    check(&since, Kind::Image, 50, "b");
    let ever = policy(vec![key("a", REPOSITORY, None, Some(10))], &[("a", None), ("unknown", None)]);
    for now in [i64::MIN, 0, i64::MAX] {
        check(&ever, Kind::StoreEntry, now, "trust::key_revoked");
    }
    let error = since.judge(REPOSITORY, Kind::Image, 30).unwrap_err();
    assert!(error.to_string().ends_with("`a` revoked, `b` not valid yet"), "{error}");
}

#[test]
fn a_list_of_registries_is_enforced() {
    let of = |allowed: &[&str]| Policy {
        allowed_registries: Some(allowed.iter().map(ToString::to_string).collect()),
        keys: vec![key("a", "ghcr.io/*", None, None)],
        require_sbom: true,
        ..Policy::default()
    };
    check(&of(&["ghcr.io"]), Kind::Image, 0, "a");
    check(&of(&["GHCR.io"]), Kind::Image, 0, "a");
    check(&of(&["ghcr.io:443", "docker.io"]), Kind::Image, 0, "trust::registry");
    check(&of(&[]), Kind::StoreEntry, 0, "trust::registry");
    assert!(of(&["ghcr.io"]).judge(REPOSITORY, Kind::Image, 0).unwrap().needs_sbom);
    let error = of(&["docker.io"]).judge(REPOSITORY, Kind::Image, 0).unwrap_err();
    assert!(matches!(&error, TrustError::Registry { registry, .. } if registry == "ghcr.io"), "{error}");
}
