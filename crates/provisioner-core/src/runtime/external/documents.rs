//! What an engine's documents say: pure, and distrustful of every byte.

use serde_json::Value;

use super::RemoteError;
use super::target::Target;
use crate::engine::remote::{Claim, ModelList, RemoteProfile};

/// No name or version that is shown has more characters.
const LONGEST: usize = 200;
/// No more models are shown.
const MOST: usize = 8;

/// The bytes of an answer as a document.
pub(super) fn parse(target: &Target, route: &str, bytes: &[u8]) -> Result<Value, RemoteError> {
    serde_json::from_slice(bytes).map_err(|_not_json| {
        let begin = bytes.trim_ascii_start().first();
        let what = match begin {
            None => "nothing",
            Some(b'<') => "a web page",
            Some(_) => "something that is not JSON",
        };
        not_it(target, format!("`{route}` answers with {what}"))
    })
}

/// The version that the document names, once it claims all that this engine's does.
pub(super) fn version(
    target: &Target,
    profile: &RemoteProfile,
    route: &str,
    document: &Value,
) -> Result<String, RemoteError> {
    for claim in profile.claims {
        match claim {
            Claim::Begins(at, with) => match document.pointer(at).and_then(Value::as_str) {
                Some(text) if text.starts_with(with) => {}
                Some(text) => {
                    return Err(not_it(target, format!("in `{route}`, `{at}` is `{}`, not `{with}`", shown(text))));
                }
                None => return Err(not_it(target, format!("`{route}` has no `{at}`"))),
            },
            Claim::Has(at) if document.pointer(at).is_some() => {}
            Claim::Has(at) => return Err(not_it(target, format!("`{route}` has no `{at}`"))),
        }
    }
    let found = document.pointer(profile.version).and_then(Value::as_str).map(shown).filter(|text| !text.is_empty());
    let found = found.ok_or_else(|| not_it(target, format!("`{route}` names no version at `{}`", profile.version)))?;
    match &target.version {
        Some(wanted) if !found.starts_with(wanted.as_str()) => {
            Err(RemoteError::OtherVersion { url: target.url.clone(), found, wanted: wanted.clone() })
        }
        _ => Ok(found),
    }
}

/// Checks that the model is among those that the document lists.
pub(super) fn serves(target: &Target, list: &ModelList, document: &Value) -> Result<(), RemoteError> {
    let served = names(target, list, document)?;
    if served.contains(&target.model) {
        return Ok(());
    }
    let files = matches!(list, ModelList::OpenAi { files: true, .. });
    if files && served.iter().any(|name| is_file_of(name, &target.model)) {
        return Ok(());
    }
    let mut shown: Vec<String> = served.iter().take(MOST).map(|name| format!("`{}`", shown(name))).collect();
    match served.len() {
        0 => shown.push("no model".into()),
        more if more > MOST => shown.push(format!("{} more", more - MOST)),
        _ => {}
    }
    let (url, wanted) = (target.url.clone(), target.model.clone());
    Err(RemoteError::OtherModel { url, wanted, served: shown.join(", ") })
}

/// All names by which models of the list are called.
fn names(target: &Target, list: &ModelList, document: &Value) -> Result<Vec<String>, RemoteError> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    match list {
        ModelList::OpenAi { route, owner, .. } => {
            let all = document.get("data").and_then(Value::as_array);
            let all = all.ok_or_else(|| not_it(target, format!("`{route}` lists no models")))?;
            let owners: Vec<String> = all.iter().filter_map(|model| text(model, "owned_by")).collect();
            if let Some(other) = owners.iter().find(|found| found != owner) {
                return Err(not_it(target, format!("`{route}` says that models are owned by `{}`", shown(other))));
            }
            if owners.len() < all.len() {
                return Err(not_it(target, format!("`{route}` lists models without an owner")));
            }
            let aliases = |model: &Value| -> Vec<String> {
                let all = model.get("aliases").and_then(Value::as_array).into_iter().flatten();
                all.filter_map(Value::as_str).map(str::to_owned).collect()
            };
            Ok(all.iter().flat_map(|model| text(model, "id").into_iter().chain(aliases(model))).collect())
        }
        ModelList::One(at) => Ok(document.pointer(at).and_then(Value::as_str).map(str::to_owned).into_iter().collect()),
        ModelList::TritonIndex(route) => {
            let all = document.as_array();
            let all = all.ok_or_else(|| not_it(target, format!("`{route}` lists no models")))?;
            let ready = |model: &&Value| model.get("state").is_none_or(|state| state == "READY");
            Ok(all.iter().filter(ready).filter_map(|model| text(model, "name")).collect())
        }
    }
}

/// Whether `name` is the path or the name of a GGUF file that is called `wanted`, with or without its ending.
fn is_file_of(name: &str, wanted: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let wanted = wanted.rsplit('/').next().unwrap_or(wanted);
    !file.is_empty() && file.trim_end_matches(".gguf") == wanted.trim_end_matches(".gguf")
}

pub(super) fn not_it(target: &Target, what: String) -> RemoteError {
    RemoteError::NotAnEngine { url: target.url.clone(), engine: target.engine, what }
}

/// A stranger's text, safe to show.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use config_schema::Engine;
    use serde_json::json;

    use super::*;
    use crate::engine::profile;

    /// What each engine's documents look like, by its own sources and documentation.
    fn documents(engine: Engine) -> (Value, Value) {
        match engine {
            Engine::Llamacpp => (
                json!({ "default_generation_settings": {}, "total_slots": 4, "model_path": "/m/x.gguf",
                        "build_info": "b6673-50d26e8" }),
                json!({ "object": "list", "data": [{ "id": "/m/x.gguf", "object": "model", "owned_by": "llamacpp" }] }),
            ),
            Engine::Vllm => (
                json!({ "version": "0.11.0" }),
                json!({ "object": "list", "data": [{ "id": "x", "owned_by": "vllm" }, { "id": "lora", "owned_by": "vllm" }] }),
            ),
            Engine::Sglang => (
                json!({ "model_path": "x", "version": "0.5.4" }),
                json!({ "object": "list", "data": [{ "id": "x", "owned_by": "sglang" }] }),
            ),
            Engine::Tgi => {
                let info = json!({ "model_id": "x", "router": "text-generation-router", "version": "3.3.6" });
                (info.clone(), info)
            }
            Engine::Triton => (
                json!({ "name": "triton", "version": "2.59.0", "extensions": ["classification"] }),
                json!([{ "name": "x", "version": "1", "state": "READY" }, { "name": "y", "state": "UNAVAILABLE" }]),
            ),
        }
    }

    fn target(engine: Engine, model: &str) -> Target {
        let url = "http://h".to_owned();
        Target { engine, url, model: model.into(), version: None, ca_file: None, key: None }
    }

    /// Every engine is itself, and none is another one.
    #[test]
    fn an_engine_is_known_by_its_own_documents() {
        for claimed in Engine::ALL {
            let remote = profile(claimed).remote.unwrap();
            for real in Engine::ALL {
                let (about, models) = documents(real);
                let target = target(claimed, "x");
                let found =
                    version(&target, &remote, "/v", &about).and_then(|_| serves(&target, &remote.models, &models));
                assert_eq!(found.is_ok(), claimed == real, "{real} as {claimed}: {found:?}");
                if claimed != real {
                    assert!(matches!(found, Err(RemoteError::NotAnEngine { .. } | RemoteError::OtherModel { .. })));
                }
            }
        }
    }

    #[test]
    fn another_model_or_version_is_named() {
        for engine in Engine::ALL {
            let remote = profile(engine).remote.unwrap();
            let (about, models) = documents(engine);
            let error = serves(&target(engine, "y"), &remote.models, &models).unwrap_err();
            assert!(
                matches!(&error, RemoteError::OtherModel { served, .. } if served.contains('x')),
                "{engine}: {error}"
            );
            let wanted = |text: &str| Target { version: Some(text.into()), ..target(engine, "x") };
            let found = version(&target(engine, "x"), &remote, "/v", &about).unwrap();
            version(&wanted(&found[..3]), &remote, "/v", &about).unwrap();
            let error = version(&wanted("9.9"), &remote, "/v", &about).unwrap_err();
            assert!(matches!(error, RemoteError::OtherVersion { .. }), "{engine}: {error}");
        }
    }

    #[test]
    fn a_file_is_called_by_its_name_or_path() {
        for (name, wanted, same) in [
            ("/m/tiny.gguf", "tiny", true),
            ("/m/tiny.gguf", "tiny.gguf", true),
            ("/m/tiny.gguf", "/other/tiny.gguf", true),
            ("tiny.gguf", "tin", false),
            ("/m/", "m", false),
        ] {
            assert_eq!(is_file_of(name, wanted), same, "{name} {wanted}");
        }
    }

    #[test]
    fn a_strangers_words_are_tamed() {
        let vllm = target(Engine::Vllm, "x");
        for (bytes, expected) in
            [(&b""[..], "nothing"), (b" <!doctype html>", "a web page"), (b"hello", "something that is not JSON")]
        {
            let error = parse(&vllm, "/version", bytes).unwrap_err().to_string();
            assert!(error.ends_with(&format!("`/version` answers with {expected}")), "{error}");
        }
        let long = format!("1\u{1b}[31m{}", "a".repeat(1000));
        let remote = profile(Engine::Vllm).remote.unwrap();
        let found = version(&vllm, &remote, "/v", &json!({ "version": long })).unwrap();
        assert!(found.len() == LONGEST && found.starts_with("1[31m"), "{found}");
        for document in [json!(null), json!([]), json!({ "version": 7 }), json!({ "version": "" })] {
            assert!(version(&vllm, &remote, "/v", &document).is_err(), "{document}");
        }
        let many: Vec<Value> = (0..20).map(|at| json!({ "id": format!("m{at}"), "owned_by": "vllm" })).collect();
        let error = serves(&vllm, &remote.models, &json!({ "data": many })).unwrap_err().to_string();
        assert!(error.ends_with("`m7`, 12 more"), "{error}");
        let none = serves(&vllm, &remote.models, &json!({ "data": [] })).unwrap_err().to_string();
        assert!(none.ends_with("does not serve `x` but no model"), "{none}");
    }
}
