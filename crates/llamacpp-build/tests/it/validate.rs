//! What the published schemas have against a document: nothing, it is hoped.

use boon::{Compiler, Schemas};
use serde_json::Value;

/// CycloneDX 1.6.
pub(crate) fn bill(document: &Value) -> Vec<String> {
    let parts = [
        ("http://cyclonedx.org/schema/bom-1.6.schema.json", include_str!("../schemas/bom-1.6.schema.json")),
        ("http://cyclonedx.org/schema/spdx.schema.json", include_str!("../schemas/spdx.schema.json")),
        ("http://cyclonedx.org/schema/jsf-0.82.schema.json", include_str!("../schemas/jsf-0.82.schema.json")),
    ];
    let mut faults = faults(&parts, document);
    // The schema cannot say that each reference is unique and names something.
    let mut references = Vec::new();
    collect(document, "bom-ref", &mut references);
    let count = references.len();
    references.sort();
    references.dedup();
    if references.len() != count {
        faults.push("a bom-ref stands twice".into());
    }
    let mut used = Vec::new();
    collect(document, "ref", &mut used);
    for list in document["dependencies"].as_array().into_iter().flatten() {
        used.extend(list["dependsOn"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
    }
    faults
        .extend(used.into_iter().filter(|name| !references.contains(name)).map(|name| format!("nothing is `{name}`")));
    faults
}

/// in-toto's statement with SLSA's provenance.
pub(crate) fn statement(document: &Value) -> Vec<String> {
    faults(&[("http://localhost/slsa.json", include_str!("../schemas/slsa-provenance-v1.schema.json"))], document)
}

/// By the first of these schemas, whose others it may refer to; formats count.
fn faults(parts: &[(&str, &str)], document: &Value) -> Vec<String> {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    for (name, text) in parts {
        compiler.add_resource(name, serde_json::from_str(text).unwrap()).unwrap();
    }
    let schema = compiler.compile(parts[0].0, &mut schemas).unwrap();
    schemas.validate(document, schema).err().map(|error| format!("{error:#}")).into_iter().collect()
}

fn collect(value: &Value, key: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(key).and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, key, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, key, found)),
        _ => {}
    }
}
