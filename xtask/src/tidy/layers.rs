//! Which crate may know which: one table, compared with what the manifests declare.

use cargo_metadata::DependencyKind;

use super::Finding;
use super::manifests::Member;

/// What a crate that does one job may use.
const BASE: &[&str] = &["cancel", "durable", "exec", "redact"];

/// Every member, from the lowest layer to the highest, and the members it may depend on.
const LAYERS: &[(&str, &[&str])] = &[
    // 0a: know nothing of the product.
    ("cancel", &[]),
    ("durable", &["cancel"]),
    ("redact", &[]),
    // 0: one job each, for any program.
    ("artifact-fit", &[]),
    ("config-schema", &["redact"]),
    ("distro", &[]),
    ("engine-trust", &[]),
    ("exec", &["cancel", "durable", "redact"]),
    ("failure-diagnosis", &["exec", "redact"]),
    ("flags", &["redact"]),
    ("host-memory", &[]),
    ("http", &["cancel"]),
    ("image-fit", &[]),
    ("unpack", &["cancel"]),
    // 1: one job each; never one another, never the configuration.
    ("cdi", &[]),
    ("containers", &["cancel", "distro", "durable", "exec", "redact"]),
    ("download", &["cancel", "durable", "http"]),
    ("engine-store", BASE),
    ("gpu-detect", &["cancel", "distro", "durable", "exec"]),
    ("model-provisioner", BASE),
    ("preflight", &["cancel", "distro", "durable", "exec", "host-memory"]),
    ("registry", &["cancel", "exec", "http"]),
    ("spawner", BASE),
    // 1b: may also use the store.
    ("llamacpp-build", &["cancel", "durable", "engine-store", "exec", "failure-diagnosis", "host-memory"]),
    // 2: the composition.
    (
        "provisioner-core",
        &[
            "artifact-fit",
            "cancel",
            "config-schema",
            "distro",
            "download",
            "durable",
            "engine-store",
            "engine-trust",
            "exec",
            "failure-diagnosis",
            "flags",
            "gpu-detect",
            "host-memory",
            "http",
            "image-fit",
            "llamacpp-build",
            "model-provisioner",
            "preflight",
            "redact",
            "registry",
            "spawner",
            "unpack",
        ],
    ),
    // 3: what people call.
    (
        "engine-provisioner",
        &[
            "cancel",
            "config-schema",
            "durable",
            "engine-store",
            "exec",
            "failure-diagnosis",
            "flags",
            "gpu-detect",
            "llamacpp-build",
            "provisioner-core",
            "spawner",
        ],
    ),
    // Beside them, never shipped.
    ("testkit", &["exec"]),
    ("xtask", &["config-schema", "exec", "testkit"]),
];

/// For tests only, where every member may use it (its own dependencies may not: that would be a circle).
const TEST_ONLY: &str = "testkit";

pub(super) fn findings(members: &[Member]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in members {
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == member.name) else {
            findings
                .push(member.finding(&member.name, format!("`{}` has no place in the table of layers", member.name)));
            continue;
        };
        for (dependency, kind) in &member.dependencies {
            // A crate may name itself to turn a feature on for its tests.
            let open = allowed.contains(&dependency.as_str()) || *dependency == member.name;
            if open || !LAYERS.iter().any(|(name, _)| name == dependency) {
                continue;
            }
            let for_tests = *kind == DependencyKind::Development && dependency == TEST_ONLY;
            if !for_tests || ["durable", "exec"].contains(&member.name.as_str()) {
                findings
                    .push(member.finding(dependency, format!("`{}` may not depend on `{dependency}`", member.name)));
            }
        }
    }
    for (name, _) in LAYERS {
        if !members.iter().any(|member| member.name == *name) {
            let what = format!("the table of layers names `{name}`, which is no member");
            findings.push(Finding { file: file!().into(), line: 1, what });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, dependencies: &[(&str, DependencyKind)]) -> Member {
        let mut text = format!("[package]\nname = \"{name}\"\n\n[dependencies]\n");
        for (dependency, _) in dependencies {
            text = text + dependency + ".workspace = true\n";
        }
        let dependencies = dependencies.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
        Member { name: name.into(), manifest: format!("crates/{name}/Cargo.toml"), text, dependencies }
    }

    #[track_caller]
    fn check(name: &str, dependency: &str, kind: DependencyKind, expected: &[&str]) {
        let mut members = vec![member(name, &[(dependency, kind)])];
        members.extend(LAYERS.iter().filter(|(other, _)| *other != name).map(|(other, _)| member(other, &[])));
        let found: Vec<_> = findings(&members).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn edges_are_compared_with_the_table() {
        use DependencyKind::{Build, Development, Normal};
        check("spawner", "durable", Normal, &[]);
        check("spawner", "serde", Normal, &[]);
        check("spawner", "testkit", Development, &[]);
        let upwards = "crates/flags/Cargo.toml:5: `flags` may not depend on `exec`";
        check("flags", "exec", Normal, &[upwards]);
        check("flags", "exec", Build, &[upwards]);
        check("flags", "exec", Development, &[upwards]);
        check("spawner", "testkit", Normal, &["crates/spawner/Cargo.toml:5: `spawner` may not depend on `testkit`"]);
        check("exec", "testkit", Development, &["crates/exec/Cargo.toml:5: `exec` may not depend on `testkit`"]);
        check(
            "newcomer",
            "serde",
            Normal,
            &["crates/newcomer/Cargo.toml:2: `newcomer` has no place in the table of layers"],
        );
    }

    #[test]
    fn a_row_without_a_member_is_found() {
        let members: Vec<_> = LAYERS.iter().skip(1).map(|(name, _)| member(name, &[])).collect();
        let found = findings(&members);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, "the table of layers names `cancel`, which is no member");
    }

    #[test]
    fn the_table_has_no_edge_that_points_upwards() {
        for (at, (name, allowed)) in LAYERS.iter().enumerate() {
            for dependency in *allowed {
                let below = LAYERS[..at].iter().any(|(other, _)| other == dependency);
                assert!(below, "{name} -> {dependency}");
            }
        }
    }
}
