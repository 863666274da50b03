//! Values a field refuses, beyond what the tables of each type show.

use config_schema::Format;

use crate::support::{code, help, refusal, yaml_pool};

/// The value is refused at the path, with this in its message and this in its help.
#[track_caller]
fn check(provisioning: &str, keys: &str, reason: &str, advice: &str) {
    let error = refusal(&yaml_pool(provisioning), Format::Yaml);
    assert_eq!(code(&error), "config::invalid_value", "{error}");
    let place = error.place().unwrap();
    assert_eq!(place.keys, format!("pools[0].provisioning.{keys}"), "{error}");
    assert_eq!(place.position.unwrap().line, 5, "{error}");
    assert!(error.to_string().contains(reason), "{error}");
    assert!(help(&error).contains(advice), "{}", help(&error));
}

#[test]
fn ports() {
    check("{ports: []}", "ports", "empty", "leave `ports` out");
    check("{ports: [1, 0]}", "ports[1]", "port 0 means", "1 to 65535");
    check("{ports: [65536]}", "ports[0]", "1 to 65535", "8080");
    check("{ports: [99999999999999999999]}", "ports[0]", "outside that range", "a port or a range of ports");
    check("{ports: ['8080']}", "ports[0]", "with a `-` between", "without quotes");
    check("{ports: [8080-8079]}", "ports[0]", "the lower first", "8080-8099");
    check("{ports: [8080-65536]}", "ports[0]", "from 1 to 65535", "8080");
    check("{ports: [[8080, 8099]]}", "ports[0]", "a range of ports, found a list", "9000-9099");
    check("{ports: 8080}", "ports", "expected a list", "[a, b]");
}

#[test]
fn hosts() {
    for host in ["localhost", "''", "127.0.0.1:80", "1.2.3"] {
        check(&format!("{{host: {host}}}"), "host", "not an IP address", "127.0.0.1");
    }
}

/// EP-51: a secret's value has no place in a file.
#[test]
fn environment() {
    for name in [
        "HF_TOKEN",
        "my_api_key",
        "DB_PASSWORD",
        "X_CREDENTIALS",
        "PRIVATE_KEY",
        "KEY_PASSPHRASE",
        "AUTHORIZATION",
        "PROXY_PWD",
        "SIGNATURE",
    ] {
        check(&format!("{{env: {{{name}: x}}}}"), "env", "looks secret", "name it in `secret_env`");
    }
    check("{env: {A-B: x}}", "env", "letters, digits and `_`", "HF_HOME");
    check("{env: {A: [x]}}", "env.A", "expected a text, found a list", "quotes");
    check("{env: {A: \"a\\0b\"}}", "env.A", "NUL", "leave the NUL byte out");
    check("{secret_env: ['HF_TOKEN=hf_x']}", "secret_env[0]", "no `=`", "the name alone");
}

/// Places of secrets, and the token limits of text-generation-inference.
#[test]
fn places_and_counts_are_open() {
    let text = yaml_pool(
        "{env: {HF_TOKEN_PATH: /t, DB_PASSWORD_FILE: /p, TOKENIZERS_PARALLELISM: false, MAX_TOTAL_TOKENS: 4096,
          MAX_BATCH_PREFILL_TOKENS: 4096, MAX_INPUT_TOKENS: 1024}}",
    );
    assert_eq!(crate::support::parse(&text, Format::Yaml).pools[0].provisioning.env.len(), 6);
}

#[test]
fn sources() {
    check("{source: {repo: 'ext::sh -c x', ref: a}}", "source.repo", "transport", "https://host/path");
    check("{source: {repo: ./x, ref: a}}", "source.repo", "absolute path", "write a path absolute");
    check("{source: {repo: /x, ref: -b}}", "source.ref", "read it as an option", "703f9e3");
    let build = |build: &str| format!("{{source: {{repo: /x, ref: a, build: {{{build}}}}}}}");
    check(&build("cmake_flags: [-DA=1, -P]"), "source.build.cmake_flags[1]", "-DNAME=value", "in one piece");
    check(&build("jobs: 0"), "source.build.jobs", "from 1 to 4294967295", "from 1");
    check(&build("generator: \"a\\0\""), "source.build.generator", "NUL", "NUL");
    check(&build("cache_dir: ''"), "source.build.cache_dir", "empty", "default");
    check(&build("cache_dir: ~/x"), "source.build.cache_dir", "not expanded", "absolute");
}

#[test]
fn the_rest() {
    check("{flags: [a, \"b\\0\"]}", "flags[1]", "NUL", "NUL");
    check("{model: {ref: 'hf:o/r/../x'}}", "model.ref", "`.` or `..`", "hf:owner/repo");
    check("{model: {checksum: abc}}", "model.checksum", "64 hexadecimal digits", "sha256sum");
    check("{container: {image: --privileged, tag: x}}", "container.image", "letter or a digit", "alone");
    check("{package: {name: -Rns}}", "package.name", "letter or a digit", "alone");
    check("{binary: {url: 'http://h/x'}}", "binary.url", "https://", "file:///");
    check("{limits: }", "limits", "found nothing", "leave it out");
    check("{allow_package_installs: yes}", "allow_package_installs", "`true` or `false`", "without quotes");
    check("{allow_sudo: sudo}", "allow_sudo", "`true` or `false`", "without quotes");
}

/// A limit of 0 would fail every step: to have no limit, a key is left out.
#[test]
fn limits() {
    for key in [
        "fetch_timeout_s",
        "fetch_silence_s",
        "build_timeout_s",
        "build_silence_s",
        "ready_timeout_s",
        "ready_silence_s",
        "stop_grace_s",
    ] {
        let at = format!("limits.{key}");
        for number in ["0", "-1", "4294967296"] {
            check(&format!("{{limits: {{{key}: {number}}}}}"), &at, "outside that range", "from 1");
        }
        for other in ["1.5", "60s", "true"] {
            check(&format!("{{limits: {{{key}: {other}}}}}"), &at, "a whole number", "without quotes");
        }
    }
}

#[test]
fn tensor_split() {
    for share in [".nan", ".inf", "-1", "1e300", "-0.5"] {
        let text = format!("pools: [{{id: a, engine: tgi, model: m, tensor_split: [1, {share}]}}]");
        let error = refusal(&text, Format::Yaml);
        assert_eq!(error.place().unwrap().keys, "pools[0].tensor_split[1]", "{share}");
        assert!(error.to_string().contains("finite"), "{error}");
    }
    for share in ["nan", "inf", "-1"] {
        let text = format!("[[pools]]\nid = \"a\"\ntensor_split = [{share}]");
        assert!(refusal(&text, Format::Toml).to_string().contains("finite"), "{share}");
    }
}

#[test]
fn a_date_is_no_text() {
    let error = refusal("[[pools]]\nid = 2026-01-01\n", Format::Toml);
    assert_eq!(error.to_string(), "f:2:6: `pools[0].id`: expected a text, found a date");
}
