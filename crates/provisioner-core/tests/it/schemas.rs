//! The published schemas accept every document that was ever written, and refuse what is none.

use std::fs;
use std::path::Path;

use boon::{Compiler, Schemas};
use provisioner_core::{DocumentKind, document_schema};
use serde_json::{Value, json};

fn valid(kind: DocumentKind, document: &Value) -> Result<(), String> {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("schema.json", document_schema(kind)).unwrap();
    let schema = compiler.compile("schema.json", &mut schemas).unwrap();
    schemas.validate(document, schema).map_err(|error| format!("{error:#}"))
}

fn kind(name: &str) -> DocumentKind {
    let name = name.trim_end_matches(".json");
    match name.rsplit(['.', '/']).next().unwrap() {
        "executed" => DocumentKind::Executed,
        "events" => DocumentKind::Event,
        "record" => DocumentKind::Record,
        "summary" | "prepared" => DocumentKind::Summary,
        plan if plan.starts_with("plan") => DocumentKind::Plan,
        other => panic!("{other}"),
    }
}

/// Each golden file of each schema.
fn golden() -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut all = Vec::new();
    for folder in [root.clone(), root.join("schema-1")] {
        for entry in fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().is_file()) {
            let name = entry.path().display().to_string();
            all.push((name, serde_json::from_slice(&fs::read(entry.path()).unwrap()).unwrap()));
        }
    }
    all
}

#[test]
fn every_version_of_every_document_is_valid() {
    let all = golden();
    assert!(all.len() > 30, "{}", all.len());
    for (name, document) in &all {
        let parts = document.as_array().cloned().unwrap_or_else(|| vec![document.clone()]);
        for part in parts {
            valid(kind(name), &part).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

#[test]
fn what_is_no_such_document_is_refused() {
    for (name, document) in golden() {
        let mut part = document.as_array().map_or(document.clone(), |parts| parts[0].clone());
        for key in part.as_object().unwrap().clone().keys() {
            let before = part[key].clone();
            // No field is an object or a list and a number as well.
            part[key] = if before.is_number() { json!({ "x": [] }) } else { json!(-1.5) };
            let found = valid(kind(&name), &part);
            let open = ["inputs"].contains(&key.as_str());
            assert!(found.is_err() || open, "{name}: {key}");
            part[key] = before;
        }
        valid(kind(&name), &json!([])).unwrap_err();
        valid(kind(&name), &json!({})).unwrap_err();
    }
    valid(DocumentKind::Lock, &json!({ "schema": 1, "pools": {} })).unwrap();
    valid(DocumentKind::Lock, &json!({ "schema": 1, "pols": {} })).unwrap_err();
    valid(DocumentKind::Proof, &json!({ "schema": 2 })).unwrap_err();
    valid(DocumentKind::Pool, &json!({ "pools": [] })).unwrap_err();
}
