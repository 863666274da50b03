//! EP-51: wherever a secret stands in a file, no error repeats it.

use std::fmt::Write as _;

use config_schema::{Config, ConfigError, Format};
use serde_json::{Value, json};

use crate::support::{FORMATS, refusal};

/// Of the shape of a Hugging Face token: 37 letters and digits.
const SECRET: &str = "hf_s3cr3tS3CR3Ts3cr3tS3CR3Ts3cr3tS3CR";

/// Everything an error can show: its message, its help, its `Debug`, and those of its sources.
fn all_shown(error: &ConfigError) -> String {
    let mut shown = format!("{error}\n{error:#}\n{error:?}\n{error:#?}\n{}", crate::support::help(error));
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        write!(shown, "\n{error}\n{error:?}").unwrap();
        source = error.source();
    }
    shown
}

#[track_caller]
fn check(text: &str, format: Format) {
    assert!(text.contains(SECRET), "the test has lost its secret: {text}");
    let shown = all_shown(&refusal(text, format));
    assert!(!shown.contains(SECRET), "{format}\n{text}\n{shown}");
    assert!(!shown.contains("s3cr3t"), "a part of it\n{format}\n{text}\n{shown}");
}

fn pool() -> Value {
    json!({"id": "a", "engine": "vllm", "model": "m", "provisioning": {
        "source": {"repo": "/r", "ref": "main", "build": {}},
        "container": {"image": "i", "tag": "t"},
        "package": {"name": "p"},
        "binary": {"url": "https://h/x"},
        "model": {}, "limits": {}, "env": {},
    }, "queue": {}, "admission": {}, "timeouts": {}})
}

/// The configuration with `value` at the pointer below the pool, in all three formats.
#[track_caller]
fn check_at(pointer: &str, value: &Value) {
    let mut pool = pool();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    pool.pointer_mut(parent).unwrap()[key] = value.clone();
    let config = json!({"pools": [pool]});
    check(&config.to_string(), Format::Json);
    check(&serde_json::to_string_pretty(&config).unwrap(), Format::Json);
    check(&toml::to_string(&config).unwrap(), Format::Toml);
    check(&serde_saphyr::to_string(&config).unwrap(), Format::Yaml);
}

#[test]
fn a_secret_where_another_type_belongs() {
    for pointer in [
        "/ctx",
        "/devices",
        "/tensor_split",
        "/preload",
        "/require_same_engine_version",
        "/queue",
        "/queue/capacity",
        "/admission",
        "/admission/priorities",
        "/timeouts",
        "/timeouts/wall_ms",
        "/provisioning",
        "/provisioning/allow_package_installs",
        "/provisioning/allow_sudo",
        "/provisioning/source",
        "/provisioning/source/submodules",
        "/provisioning/source/build",
        "/provisioning/source/build/cmake_flags",
        "/provisioning/source/build/jobs",
        "/provisioning/container",
        "/provisioning/package",
        "/provisioning/binary",
        "/provisioning/model",
        "/provisioning/host",
        "/provisioning/ports",
        "/provisioning/env",
        "/provisioning/secret_env",
        "/provisioning/secret_file",
        "/provisioning/flags",
        "/provisioning/on_failed_proof",
        "/provisioning/limits",
        "/provisioning/limits/stop_grace_s",
    ] {
        check_at(pointer, &json!(SECRET));
    }
    for pointer in [
        "/id",
        "/model",
        "/quant",
        "/sampler_profile_version",
        "/provisioning/source/repo",
        "/provisioning/source/ref",
        "/provisioning/model/ref",
        "/provisioning/binary/url",
    ] {
        check_at(pointer, &json!([SECRET]));
        check_at(pointer, &json!({ SECRET: SECRET }));
    }
}

#[test]
fn a_secret_a_type_refuses() {
    check_at("/id", &json!(SECRET));
    check_at("/engine", &json!(SECRET));
    check_at("/provisioning/mode", &json!(SECRET));
    check_at("/provisioning/accelerator", &json!(SECRET));
    check_at("/provisioning/source/repo", &json!(SECRET));
    for url in [
        "https://u:S@h/x",
        "https://S@h/x",
        "ssh://u:S@h/x",
        "https://h/x?token=S",
        "ext::S",
        "u:S@h:x",
        "http://u:S@h",
    ] {
        let url = json!(url.replace('S', SECRET));
        check_at("/provisioning/source/repo", &url);
        check_at("/provisioning/binary/url", &url);
    }
    check_at("/provisioning/source/ref", &json!(format!("-{SECRET}")));
    check_at("/provisioning/source/build/cmake_flags", &json!([format!("-P{SECRET}")]));
    check_at("/provisioning/source/build/cmake_flags", &json!([format!("-D{SECRET}")]));
    check_at("/provisioning/model/ref", &json!(format!("hf:o/r/../{SECRET}")));
    check_at("/provisioning/model/checksum", &json!(SECRET));
    check_at("/provisioning/container/image", &json!(format!("-{SECRET}")));
    check_at("/provisioning/ports", &json!([SECRET]));
    check_at("/provisioning/flags", &json!([format!("{SECRET}\0")]));
}

#[test]
fn a_secret_in_the_environment() {
    check_at("/provisioning/env/HF_TOKEN", &json!(SECRET));
    check_at("/provisioning/env/A", &json!([SECRET]));
    check_at("/provisioning/env/A=B", &json!(SECRET));
    check_at("/provisioning/env", &json!({ format!("HF_TOKEN={SECRET}"): "" }));
    check_at("/provisioning/env", &json!({ SECRET: 1, "B": [] }));
    check_at("/provisioning/env", &json!([format!("HF_TOKEN={SECRET}")]));
    check_at("/provisioning/secret_env", &json!([format!("HF_TOKEN={SECRET}")]));
    check_at("/provisioning/secret_env", &json!([format!("={SECRET}")]));
    check_at("/provisioning/secret_env", &json!({ "HF_TOKEN": SECRET }));
    check_at("/provisioning/secret_file", &json!([SECRET]));
    check_at("/provisioning/secret_file", &json!({ "HF_TOKEN": [SECRET] }));
    check_at("/provisioning/secret_file", &json!({ "HF_TOKEN": format!("{SECRET}\0") }));
    check_at("/provisioning/secret_file", &json!({ format!("A={SECRET}"): "/x" }));
}

#[test]
fn a_secret_as_a_key() {
    check_at(&format!("/{SECRET}"), &json!(1));
    check_at(&format!("/provisioning/{SECRET}"), &json!(SECRET));
    check_at("/provisioning/token", &json!(SECRET));
}

#[test]
fn a_secret_next_to_a_mistake_of_syntax() {
    for (text, format) in [
        (format!("a = {SECRET}"), Format::Toml),
        (format!("a = \"{SECRET}"), Format::Toml),
        (SECRET.to_owned(), Format::Toml),
        (format!("{SECRET} {SECRET}"), Format::Toml),
        (format!("a = 1\n{SECRET} = 1\n{SECRET} = 2"), Format::Toml),
        (format!("a = \"\\{SECRET}\""), Format::Toml),
        (format!("a = 1{SECRET}"), Format::Toml),
        (format!("a.{SECRET} = 1\na.{SECRET}.b = 2"), Format::Toml),
        (format!("[{SECRET}]\n[{SECRET}]"), Format::Toml),
        (format!("a: \"{SECRET}"), Format::Yaml),
        (format!("a: [{SECRET}"), Format::Yaml),
        (format!("a: *{SECRET}"), Format::Yaml),
        (format!("a: !{SECRET} x"), Format::Yaml),
        (format!("a: !{SECRET}!x y"), Format::Yaml),
        (format!("%TAG !{SECRET} x\n---\na"), Format::Yaml),
        (format!("%{SECRET}\na: b: c"), Format::Yaml),
        (format!("a: {SECRET}: b: c"), Format::Yaml),
        (format!("{SECRET}: 1\n{SECRET}: 2"), Format::Yaml),
        (format!("a: \"\\{SECRET}\""), Format::Yaml),
        (format!("a: b\n {SECRET}: c"), Format::Yaml),
        (SECRET.to_owned(), Format::Yaml),
        (format!("- {SECRET}"), Format::Yaml),
        (format!("{{\"a\": {SECRET}}}"), Format::Json),
        (format!("{{\"a\": \"{SECRET}"), Format::Json),
        (format!("{{{SECRET}"), Format::Json),
        (format!("{{\"{SECRET}\": 1, \"{SECRET}\": 2}}"), Format::Json),
        (format!("{{\"a\": \"\\{SECRET}\"}}"), Format::Json),
        (format!("\"{SECRET}\""), Format::Json),
    ] {
        check(&text, format);
    }
}

/// The rule does not depend on where exactly the file breaks off.
#[test]
fn a_secret_in_a_file_cut_short() {
    let mut pool = pool();
    pool["provisioning"]["flags"] = json!(["--key", SECRET]);
    let config = json!({"pools": [pool], "zzz": 1});
    let texts = [toml::to_string(&config).unwrap(), serde_saphyr::to_string(&config).unwrap(), config.to_string()];
    for (text, format) in texts.iter().zip(FORMATS) {
        let after = text.find(SECRET).unwrap() + SECRET.len();
        for end in after..=text.len() {
            if let Err(error) = Config::parse(&text[..end], format, "f") {
                let shown = all_shown(&error);
                assert!(!shown.contains("s3cr3t"), "{format}: {shown}");
            }
        }
    }
}

#[test]
fn numbers_are_not_repeated_either() {
    let shown = all_shown(&refusal("pools: [{id: a, ctx: 4711471147}]", Format::Yaml));
    assert!(!shown.contains("4711"), "{shown}");
    let shown = all_shown(&refusal("{\"pools\": [{\"ctx\": -471147114711}]}", Format::Json));
    assert!(!shown.contains("4711"), "{shown}");
    let shown = all_shown(&refusal("pools = 4711.5", Format::Toml));
    assert!(!shown.contains("4711"), "{shown}");
}
