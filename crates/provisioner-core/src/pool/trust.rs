//! Who is trusted for engines that come from registries: from the configuration to the policy that decides.

use config_schema::{EngineTrustConfig, RevokedKeyConfig, Timestamp, TrustedKeyConfig};
use engine_trust::{Policy, PublicKey, Revoked, TrustedKey, Window};

use crate::Result;

/// The policy that a configuration asks for.
///
/// # Errors
/// `trust::bad_key` where a key is no point of its curve, or a weak one.
pub fn engine_trust(config: &EngineTrustConfig) -> Result<Policy> {
    let seconds = |time: &Option<Timestamp>| time.as_ref().map(Timestamp::unix_s);
    let key = |key: &TrustedKeyConfig| -> Result<TrustedKey> {
        let TrustedKeyConfig { id, key, repositories, not_before, not_after } = key;
        let repositories = repositories.iter().map(|pattern| pattern.as_str().parse());
        Ok(TrustedKey {
            id: id.to_string(),
            key: PublicKey::from_pem(key.as_str()).map_err(|fault| fault.of(id.as_str()))?,
            repositories: repositories.collect::<std::result::Result<_, _>>()?,
            window: Window { not_before: seconds(not_before), not_after: seconds(not_after) },
        })
    };
    let revoked = |one: &RevokedKeyConfig| Revoked { id: one.id.to_string(), since: seconds(&one.since) };
    let registries = config.allowed_registries.as_ref();
    Ok(Policy {
        allowed_registries: registries.map(|all| all.iter().map(ToString::to_string).collect()),
        keys: config.keys.iter().map(key).collect::<Result<_>>()?,
        revoked: config.revoked.iter().map(revoked).collect(),
        require_sbom: config.require_sbom.unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use engine_trust::Kind;
    use miette::Diagnostic;
    use serde_json::json;

    use super::*;

    fn config(body: &str) -> EngineTrustConfig {
        let key = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
        serde_json::from_value(json!({
            "allowed_registries": ["ghcr.io"],
            "keys": [{
                "id": "a", "key": key, "repositories": ["ghcr.io/acme/*"],
                "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z",
            }],
            "revoked": [{ "id": "a", "since": "2026-07-01T00:00:00Z" }],
        }))
        .unwrap()
    }

    /// EP-86
    #[test]
    fn the_policy_is_the_configurations() {
        let policy = engine_trust(&config("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=")).unwrap();
        let judge = |repository: &str, time: &str| {
            let now = time.parse::<Timestamp>().unwrap().unix_s();
            let code = |error: engine_trust::TrustError| error.code().unwrap().to_string();
            policy.judge(repository, Kind::StoreEntry, now).map(|decision| decision.keys.len()).map_err(code)
        };
        assert_eq!(judge("ghcr.io/acme/x", "2026-06-30T23:59:59Z"), Ok(1));
        assert_eq!(judge("ghcr.io/acme/x", "2026-07-01T00:00:00Z"), Err("trust::key_revoked".into()));
        assert_eq!(judge("ghcr.io/acme/x", "2025-12-31T23:59:59Z"), Err("trust::key_not_valid".into()));
        assert_eq!(judge("ghcr.io/other/x", "2026-06-30T00:00:00Z"), Err("trust::no_key".into()));
        assert_eq!(judge("docker.io/acme/x", "2026-06-30T00:00:00Z"), Err("trust::registry".into()));
    }

    /// What has the form of a key and is none is found out.
    #[test]
    fn a_key_that_is_no_point_is_refused() {
        // Of small order; and P-256 at a point beside its curve.
        let off_curve = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n\
                         6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9A==";
        let weak = format!("MCowBQYDK2VwAyEA{}=", "A".repeat(43));
        for body in [off_curve, &weak] {
            let error = engine_trust(&config(body)).unwrap_err();
            assert_eq!(error.code().unwrap().to_string(), "trust::bad_key", "{error}");
        }
    }
}
