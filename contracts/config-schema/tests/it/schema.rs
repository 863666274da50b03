//! The JSON Schema describes exactly what loads.

use config_schema::{Config, json_schema};
use serde_json::Value;

use crate::support::fixture;

/// The schema a `$ref` leads to.
fn follow<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => root.pointer(path.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// Whether the schema admits the value: types, keys, required keys, alternatives and keywords.
fn admits(schema: &Value, value: &Value, root: &Value) -> Result<(), String> {
    let schema = follow(schema, root);
    if let Some(choices) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        let refusals: Vec<String> = choices.iter().filter_map(|choice| admits(choice, value, root).err()).collect();
        return if refusals.len() < choices.len() { Ok(()) } else { Err(refusals.join("; ")) };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    let fits = types.contains(&kind) || (kind == "integer" && types.contains(&"number"));
    if !types.is_empty() && !fits {
        return Err(format!("{value} is no {types:?}"));
    }
    let keyword = schema["enum"].as_array().is_none_or(|words| words.contains(value))
        && schema.get("const").is_none_or(|word| word == value);
    if !keyword {
        return Err(format!("{value} is not one of {}", schema["enum"]));
    }
    for item in value.as_array().into_iter().flatten() {
        admits(&schema["items"], item, root)?;
    }
    let Some(object) = value.as_object() else { return Ok(()) };
    for required in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(required.as_str().unwrap()) {
            return Err(format!("{required} is missing"));
        }
    }
    for (key, value) in object {
        let by_pattern = schema["patternProperties"].as_object();
        let described = by_pattern.and_then(|patterns| patterns.values().next());
        match schema["properties"].get(key).or(described) {
            Some(schema) => admits(schema, value, root).map_err(|e| format!("{key}: {e}"))?,
            None => return Err(format!("{key} is unknown")),
        }
    }
    Ok(())
}

fn example() -> Value {
    serde_json::to_value(Config::load(&fixture("every-key.json")).unwrap()).unwrap()
}

/// EP-06
#[test]
fn the_examples_fit_the_schema() {
    let schema = json_schema();
    admits(&schema, &example(), &schema).unwrap();
    let sample = Config::load(&fixture("llamacpp-3090-source.yaml")).unwrap();
    admits(&schema, &serde_json::to_value(sample).unwrap(), &schema).unwrap();
}

/// The example of the three formats leaves no key out.
#[test]
fn every_key_stands_in_the_example() {
    fn keys(value: &Value, found: &mut Vec<String>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            found.push(key.clone());
            keys(value, found);
        }
        value.as_array().into_iter().flatten().for_each(|item| keys(item, found));
    }
    let mut found = Vec::new();
    keys(&example(), &mut found);
    let schema = json_schema();
    let types = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    for key in types.filter_map(|one| one["properties"].as_object()).flat_map(|properties| properties.keys()) {
        assert!(found.contains(key), "`{key}` is missing from the fixtures");
    }
}

#[test]
fn what_does_not_load_does_not_fit_either() {
    let schema = json_schema();
    for (pointer, key, value) in [
        ("", "unknown", Value::from(1)),
        ("/pools/0", "unknown", Value::from(1)),
        ("/pools/0", "ctx", Value::from("x")),
        ("/pools/0", "engine", Value::from("x")),
        ("/pools/0/provisioning", "ports", Value::from("x")),
        ("/pools/0/provisioning", "mode", Value::from("x")),
        ("/pools/0/provisioning/source", "unknown", Value::from(1)),
        ("/pools/0/provisioning/limits", "stop_grace_s", Value::from("x")),
    ] {
        let mut example = example();
        example.pointer_mut(pointer).unwrap()[key] = value;
        assert!(admits(&schema, &example, &schema).is_err(), "{pointer}/{key}");
    }
    let mut example = example();
    example["pools"][0].as_object_mut().unwrap().remove("id");
    assert!(admits(&schema, &example, &schema).is_err());
}

#[test]
fn the_draft_is_named_and_every_type_and_key_is_described() {
    let schema = json_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["title"], "Config");
    let types = schema["$defs"].as_object().unwrap();
    for (name, definition) in types.iter().map(|(name, value)| (&name[..], value)).chain([("Config", &schema)]) {
        assert!(definition["description"].is_string(), "{name} has no description");
        let properties = definition["properties"].as_object().into_iter().flatten();
        for (key, property) in properties {
            assert!(property["description"].is_string(), "{name}.{key} has no description: {property}");
        }
        let keywords = definition["oneOf"].as_array().into_iter().flatten();
        for keyword in keywords.filter(|keyword| keyword.get("const").is_some()) {
            assert!(keyword["description"].is_string(), "{name}: {keyword}");
        }
    }
}

#[test]
fn bounds_that_can_be_said_are_said() {
    let schema = json_schema();
    let at = |pointer: &str| schema.pointer(pointer).unwrap_or_else(|| panic!("{pointer}: {schema:#}")).clone();
    assert_eq!(at("/properties/pools/minItems"), 1);
    assert_eq!(at("/$defs/PoolId/pattern"), "^[a-z0-9][a-z0-9_-]{0,63}$");
    assert_eq!(at("/$defs/Port/minimum"), 1);
    assert_eq!(at("/$defs/Port/maximum"), 65535);
    assert_eq!(at("/$defs/ProvisioningConfig/properties/ports/minItems"), 1);
    assert_eq!(at("/$defs/PoolConfig/properties/tensor_split/items/minimum"), 0);
    for limit in ["stop_grace_s", "fetch_silence_s", "ready_silence_s"] {
        assert_eq!(at(&format!("/$defs/Limits/properties/{limit}/minimum")), 1);
    }
    assert_eq!(at("/$defs/ProvisioningConfig/properties/accelerator/default"), "cuda");
    assert_eq!(at("/$defs/ModelRef/type"), "string");
}

/// EP-02: an editor shows that `mode` may be left out, and what it is then.
#[test]
fn the_mode_is_optional_and_its_rule_is_described() {
    let schema = json_schema();
    let provisioning = &schema["$defs"]["ProvisioningConfig"];
    let mode = &provisioning["properties"]["mode"];
    assert!(mode.get("default").is_none_or(Value::is_null), "{mode}");
    assert!(!provisioning["required"].as_array().into_iter().flatten().any(|key| key == "mode"), "{provisioning}");
    let description = mode["description"].as_str().unwrap();
    for part in ["Left out", "`source`, `container`, `package`, `binary`", "only one present", "`source` for llama.cpp"]
    {
        assert!(description.contains(part), "{description}");
    }
    let mut example = example();
    example["pools"][0]["provisioning"].as_object_mut().unwrap().remove("mode");
    admits(&schema, &example, &schema).unwrap();
}
