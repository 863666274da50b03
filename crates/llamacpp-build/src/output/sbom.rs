//! What is in a build, as a CycloneDX bill of materials: source, submodules, linked libraries, and the tools that made
//! it. <https://cyclonedx.org/docs/1.6/json/>

use serde_json::{Value, json};

use crate::compile::SERVER;
use crate::output::provenance::{Facts, rfc3339};

/// Its file's name in an entry.
pub(crate) const FILE: &str = "sbom.cdx.json";

/// The bill.
pub(crate) fn bill(facts: &Facts<'_>) -> Value {
    let inputs = facts.inputs;
    let commit = inputs.commit.as_str();
    let mut components = vec![json!({
        "type": "application",
        "bom-ref": "source",
        "name": "llama.cpp",
        "version": commit,
        "externalReferences": [{ "type": "vcs", "url": facts.repository() }],
    })];
    for (path, commit) in facts.submodules {
        let reference = format!("submodule:{path}");
        components.push(json!({ "type": "library", "bom-ref": reference, "name": path, "version": commit }));
    }
    for library in facts.configured.libraries.get(SERVER).into_iter().flatten() {
        components.push(json!({ "type": "library", "bom-ref": format!("library:{library}"), "name": library }));
    }
    let libc = json!({ "type": "library", "bom-ref": "system:libc", "name": "libc", "version": inputs.libc });
    components.push(libc);
    let contains: Vec<Value> = components.iter().filter_map(|component| component.get("bom-ref").cloned()).collect();
    for (name, tool) in &inputs.tools {
        components.push(json!({
            "type": "application",
            "bom-ref": format!("tool:{name}"),
            "name": name,
            "version": tool.version,
            "scope": "excluded",
            "properties": [{ "name": "path", "value": tool.path }],
        }));
    }
    let programs: Vec<Value> = facts
        .programs()
        .map(|file| {
            json!({
                "type": "file",
                "name": file.path,
                "hashes": [{ "alg": "SHA-256", "content": file.sha256 }],
            })
        })
        .collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": rfc3339(facts.ended),
            "component": {
                "type": "application",
                "bom-ref": "server",
                "name": SERVER,
                "version": facts.version,
                "components": programs,
            },
            "properties": [{ "name": "engine-provisioner:build-key", "value": facts.key }],
        },
        "components": components,
        "dependencies": [{ "ref": "server", "dependsOn": contains }],
    })
}
