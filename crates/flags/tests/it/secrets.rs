//! Secrets given as flags reach the engine by its environment or not at all.

use crate::support::{code, help, live, normalized, on, policy};
use flags::{Accel, Arity, Catalogue, Engine, Role, Trust};
use secrecy::ExposeSecret;

/// Fault F58: the flags leave the command line and the value is in this variable.
#[track_caller]
fn check(pool: &[&str], variable: &str, value: &str) {
    let line = normalized(pool, &policy(Accel::Cpu), live()).unwrap();
    assert!(line.pool_args().is_empty(), "{:?}", line.pool_args());
    assert_eq!(line.secret_env.len(), 1);
    assert_eq!(line.secret_env.get(variable).unwrap().expose_secret(), value);
    let seen = format!("{line:?}");
    assert!(!seen.contains("S3cr3t"), "{seen}");
}

/// EP-51
#[test]
fn keys_and_tokens_become_variables() {
    for pool in [["--api-key", "S3cr3t"], ["--api_key", "S3cr3t"]] {
        check(&pool, "LLAMA_API_KEY", "S3cr3t");
    }
    check(&["--api-key=S3cr3t=="], "LLAMA_API_KEY", "S3cr3t==");
    for pool in [["--hf-token", "S3cr3t"], ["-hft", "S3cr3t"], ["--hf_token", "S3cr3t"]] {
        check(&pool, "HF_TOKEN", "S3cr3t");
    }
    check(&["-hft=S3cr3t"], "HF_TOKEN", "S3cr3t");
    check(&["--api-key", "--S3cr3t"], "LLAMA_API_KEY", "--S3cr3t");
}

#[test]
fn several_keys_are_joined_as_the_engine_splits_them() {
    check(&["--api-key", "S3cr3t1", "--api-key=S3cr3t2"], "LLAMA_API_KEY", "S3cr3t1,S3cr3t2");
    check(&["--api-key", "S3cr3t", "--api-key", "S3cr3t"], "LLAMA_API_KEY", "S3cr3t");
    check(&["--api-key", "S3cr3t1,S3cr3t2"], "LLAMA_API_KEY", "S3cr3t1,S3cr3t2");
    check(&["-hft", "S3cr3t1", "-hft", "S3cr3t2"], "HF_TOKEN", "S3cr3t2");
    let quoted = ["--api-key", "a\"b", "--api-key", "c"];
    let error = normalized(&quoted, &policy(Accel::Cpu), live()).unwrap_err();
    assert_eq!(code(&error), "flags::secret_in_flags");
}

#[test]
fn an_older_engine_that_does_not_split_takes_one_key() {
    let text = "--api-key KEY                           API key to use for authentication (default: none)\n                                        (env: LLAMA_API_KEY)";
    let engine = Catalogue::from_help(Engine::LlamaServer, text, "old", Trust::Live);
    let policy = policy(Accel::Cpu);
    assert!(normalized(&["--api-key", "a"], &policy, &engine).is_ok());
    let error = normalized(&["--api-key", "a", "--api-key", "b"], &policy, &engine).unwrap_err();
    assert_eq!(code(&error), "flags::secret_in_flags");
    let engine = Catalogue::from_help(Engine::LlamaServer, "--api-key KEY", "older", Trust::Live);
    let error = normalized(&["--api-key", "a"], &policy, &engine).unwrap_err();
    assert_eq!(code(&error), "flags::secret_in_flags", "no variable is known");
}

#[test]
fn an_empty_secret_would_leave_the_server_open() {
    for pool in [&["--api-key="][..], &["--api-key", ""], &["-hft", ""]] {
        let error = normalized(pool, &policy(Accel::Cpu), live()).unwrap_err();
        assert_eq!(code(&error), "flags::bad_value");
    }
}

/// Fault F58
#[test]
fn other_secrets_are_refused_whatever_the_spelling() {
    for catalogue in [live(), Catalogue::newest(Engine::LlamaServer)] {
        for pool in [
            &["--API-KEY=S3cr3t"][..],
            &["--Api_Key", "S3cr3t"],
            &["--api-kye", "S3cr3t"],
            &["--api-keyS3cr3t"],
            &["-hftS3cr3t"],
            &["-api-key", "S3cr3t"],
            &["--admin-password", "S3cr3t"],
            &["--admin-password=S3cr3t"],
            &["--admin-password"],
            &["--admin-password", "--S3cr3t"],
            &["--admin-password", "-S3cr3t/"],
        ] {
            let error = normalized(pool, &policy(Accel::Cpu), catalogue).unwrap_err();
            assert_eq!(code(&error), "flags::secret_in_flags", "{pool:?}");
            let seen = format!("{error} {error:?} {}", help(&error));
            assert!(!seen.to_lowercase().contains("s3cr3t"), "{seen}");
        }
    }
}

#[test]
fn a_listed_flag_is_refused_by_its_name() {
    let text = "--vault-token TOKEN                     token of the vault (env: VAULT_TOKEN)\n--max-token N                           how many\n--token-file FNAME                      where\n--with-token                            whether";
    let engine = Catalogue::from_help(Engine::LlamaServer, text, "engine", Trust::Live);
    let policy = policy(Accel::Cpu);
    let error = normalized(&["--vault-token", "S3cr3t"], &policy, &engine).unwrap_err();
    assert_eq!(help(&error), "list `VAULT_TOKEN` in `provisioning.secret_env` and set it in the environment");
    let harmless = ["--max-token", "3", "--token-file", "/t", "--with-token"];
    assert_eq!(normalized(&harmless, &policy, &engine).unwrap().pool_args(), harmless);
}

/// The rule for names holds for every flag of every release of the five engines: it refuses none that takes an open
/// value, and needs help (`known.txt`) only for values that hold a secret among other things.
#[test]
fn the_rule_for_names_agrees_with_every_release() {
    let mut by_hand = Vec::new();
    for engine in Engine::ALL {
        for release in Catalogue::releases(engine) {
            for spec in Catalogue::nearest(engine, release).specs() {
                let secret = spec.positive().any(redact::looks_secret);
                if secret && spec.value != Arity::None && !spec.values.is_numeric() {
                    assert_eq!(spec.role, Role::Secret, "{engine} {release}: {}", spec.name);
                }
                if spec.role == Role::Secret && !secret {
                    by_hand.push(spec.name.as_str());
                }
            }
        }
    }
    by_hand.sort_unstable();
    by_hand.dedup();
    assert_eq!(by_hand, ["--grpc-restricted-protocol", "--http-restricted-api", "--mcp-servers-json"]);
}

#[test]
fn files_and_counts_of_v0_5_0_are_no_secrets() {
    for pool in [
        "--api-key-file /k",
        "--ssl-key-file /k",
        "--image-max-tokens 4",
        "--mtmd-batch-max-tokens 4",
        "--cors-credentials",
    ] {
        assert_eq!(on(Accel::Cpu, pool).unwrap().pool_args().join(" "), pool);
    }
    let unlisted = ["--my-token-file", "/t"];
    let line = normalized(&unlisted, &policy(Accel::Cpu), Catalogue::newest(Engine::LlamaServer)).unwrap();
    assert_eq!(line.pool_args(), unlisted);
}

#[test]
fn the_rest_of_an_unquoted_secret_is_not_shown() {
    for pool in [&["--api-key", "my", "S3cr3t"][..], &["--api-key S3cr3t"], &["--api-kye:S3cr3t"], &["S3cr3t"]] {
        let error = normalized(pool, &policy(Accel::Cpu), live()).unwrap_err();
        let seen = format!("{error} {error:?} {}", help(&error));
        assert!(!seen.contains("S3cr3t"), "{seen}");
    }
}
