//! `catalog.engine_trust`: what loads, and what is refused where it stands.

use config_schema::{Config, EngineTrustConfig, Format};

use crate::support::fixture;

const KEY: &str = "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\\n-----END PUBLIC KEY-----\\n";

fn load(trust: &str) -> Result<EngineTrustConfig, String> {
    let text = format!("{trust}\n[[pools]]\nid = \"p\"\nengine = \"vllm\"\nmodel = \"m\"\n");
    let config = Config::parse(&text, Format::Toml, "pools.toml");
    config.map(|config| config.catalog.engine_trust.unwrap()).map_err(|error| error.to_string())
}

fn key(change: impl Fn(String) -> String) -> Result<EngineTrustConfig, String> {
    load(&change(format!(
        "[[catalog.engine_trust.keys]]\nid = \"a\"\nkey = \"{KEY}\"\nrepositories = [\"ghcr.io/acme/*\"]\n"
    )))
}

/// The three formats say the same.
#[test]
fn every_key_of_it_loads_from_each_format() {
    let trust = |name: &str| Config::load(&fixture(name)).unwrap().catalog.engine_trust.unwrap();
    let json = trust("every-key.json");
    assert_eq!(trust("every-key.toml"), json);
    assert_eq!(trust("every-key.yaml"), json);
    assert_eq!(json.keys[0].not_after.as_ref().map(config_schema::Timestamp::unix_s), Some(1_798_758_000));
    assert_eq!(json.revoked[0].id.as_str(), "release-2025");
}

#[test]
fn left_out_and_empty_are_not_the_same() {
    assert_eq!(load("[catalog.engine_trust]").unwrap(), EngineTrustConfig::default());
    let none = load("[catalog.engine_trust]\nallowed_registries = []").unwrap();
    assert_eq!(none.allowed_registries, Some(Vec::new()));
    assert!(key(|text| text).unwrap().keys.len() == 1);
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    let replaced = |from: &'static str, to: &'static str| {
        key(move |text| {
            assert!(text.contains(from), "{text}");
            text.replace(from, to)
        })
    };
    for (result, place, reason) in [
        (replaced("\"a\"", "\"-a\""), "keys[0].id", "starts with a letter"),
        (replaced("PUBLIC KEY", "PRIVATE KEY"), "keys[0].key", "this is a private key"),
        (replaced("PUBLIC KEY", "CERTIFICATE"), "keys[0].key", "this is a certificate"),
        (replaced("MCow", "MCoz"), "keys[0].key", "neither an Ed25519 key nor"),
        (replaced("[\"ghcr.io/acme/*\"]", "[]"), "keys[0].repositories", "may vouch for nothing"),
        (replaced("acme/*", "acme*"), "keys[0].repositories[0]", "neither a repository"),
        (replaced("repositories", "not_after = \"tomorrow\"\nrepositories"), "keys[0].not_after", "RFC 3339"),
        (replaced("repositories", "not_afterwards = \"x\"\nrepositories"), "keys[0]", "unknown key"),
        (key(|text| format!("{text}{text}")), "engine_trust.keys", "two keys have the same `id`"),
        (load("[catalog.engine_trust]\nallowed_registries = [\"https://ghcr.io\"]"), "allowed_registries[0]", "a host"),
        (load("[catalog.engine_trust]\nrevoked = [{ id = \"a\", since = \"2026\" }]"), "revoked[0].since", "RFC 3339"),
    ] {
        let error = result.unwrap_err();
        assert!(error.contains(place) && error.contains(reason), "{error}");
        assert!(!error.contains("MCo"), "no value is repeated: {error}");
    }
}
