//! What a build was made from and by whom, as an in-toto statement with SLSA's provenance.
//! <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>, <https://slsa.dev/spec/v1.0/provenance>

use std::path::Path;

use engine_store::FileEntry;
use serde_json::{Value, json};

use crate::cmake::file_api::Configured;
use crate::key::as_spelled::AsSpelled;
use crate::{BuildKey, Inputs};

/// Its file's name in an entry.
pub(crate) const FILE: &str = "provenance.json";

/// What is known at the end of a build.
#[derive(Clone, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) key: &'a BuildKey,
    /// Where things were on this host.
    pub(crate) inputs: &'a AsSpelled,
    /// What the key is made of.
    pub(crate) content: &'a Inputs,
    pub(crate) version: &'a str,
    pub(crate) files: &'a [FileEntry],
    pub(crate) configured: &'a Configured,
    /// Path and commit.
    pub(crate) submodules: &'a [(String, String)],
    /// Unix seconds.
    pub(crate) begun: u64,
    pub(crate) ended: u64,
}

impl Facts<'_> {
    /// Repository and commit as SPDX names a place to download from: `git+https://host/repo@commit`.
    /// <https://spdx.github.io/spdx-spec/v2.3/package-information/#77-package-download-location-field>
    pub(crate) fn source(&self) -> String {
        format!("git+{}@{}", self.repository(), self.inputs.commit.as_str())
    }

    /// The repository as a URI, whatever git's spelling of it is.
    pub(crate) fn repository(&self) -> String {
        let repo = &self.inputs.repo;
        match (repo.contains("://"), repo.split_once(':')) {
            (true, _) => escaped(repo, ""),
            (false, Some((host, path))) if !repo.starts_with('/') => {
                format!("ssh://{}/{}", escaped(host, "/?#"), escaped(path.trim_start_matches('/'), "?#"))
            }
            _ => file_uri(Path::new(repo)),
        }
    }

    /// The files that run.
    pub(crate) fn programs(&self) -> impl Iterator<Item = &FileEntry> {
        self.files.iter().filter(|file| file.path.starts_with("bin"))
    }
}

/// The statement.
pub(crate) fn statement(facts: &Facts<'_>) -> Value {
    let (inputs, content) = (facts.inputs, facts.content);
    let named = |file: &FileEntry| json!({ "name": file.path, "digest": { "sha256": file.sha256 } });
    let mut resolved = vec![json!({ "uri": facts.source(), "digest": { "gitCommit": inputs.commit } })];
    resolved.extend(
        facts.submodules.iter().map(|(path, commit)| json!({ "name": path, "digest": { "gitCommit": commit } })),
    );
    resolved.extend(inputs.tools.iter().map(|(name, tool)| {
        let uri = file_uri(&tool.path);
        json!({ "name": name, "uri": uri, "annotations": { "version": tool.version } })
    }));
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": facts.programs().map(named).collect::<Vec<_>>(),
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": format!("urn:engine-provisioner:llamacpp-build:{}", content.recipe),
                "externalParameters": {
                    "repository": inputs.repo,
                    "commit": inputs.commit,
                    "submodules": inputs.submodules,
                    "backend": inputs.backend,
                    "definitions": inputs.definitions,
                },
                "internalParameters": {
                    "generator": inputs.generator,
                    "target": inputs.target,
                    "libc": inputs.libc,
                    "cpu": inputs.cpu,
                    "env": inputs.env,
                    "content": content.tools,
                    "compilers": facts.configured.compilers,
                },
                "resolvedDependencies": resolved,
            },
            "runDetails": {
                "builder": {
                    "id": "urn:engine-provisioner:llamacpp-build",
                    "version": { "llamacpp-build": env!("CARGO_PKG_VERSION") },
                },
                "metadata": {
                    "invocationId": facts.key,
                    "startedOn": rfc3339(facts.begun),
                    "finishedOn": rfc3339(facts.ended),
                },
                "byproducts": facts.files.iter().filter(|file| file.path.starts_with("logs")).map(named).collect::<Vec<_>>(),
            },
        },
    })
}

/// A path as a URI.
fn file_uri(path: &Path) -> String {
    format!("file://{}", escaped(&path.to_string_lossy(), "?#%"))
}

/// What may stand in a URI stays, but for `special`; the rest is escaped.
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2>
fn escaped(text: &str, special: &str) -> String {
    let stays = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'()*+,;=%".contains(c) && !special.contains(c);
    let mut uri = String::new();
    for c in text.chars() {
        if stays(c) {
            uri.push(c);
        } else {
            uri.extend(c.encode_utf8(&mut [0; 4]).bytes().flat_map(|byte| ['%', digit(byte >> 4), digit(byte & 15)]));
        }
    }
    uri
}

fn digit(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap_or_default().to_ascii_uppercase()
}

/// Unix seconds as `2026-01-02T03:04:05Z`; what is after the year 9999, which the format cannot express, as its end.
///
/// The date by [days from civil](https://howardhinnant.github.io/date_algorithms.html#civil_from_days), backwards.
pub(crate) fn rfc3339(unix_s: u64) -> String {
    let unix_s = unix_s.min(253_402_300_799);
    let (days, rest) = (unix_s / 86_400 + 719_468, unix_s % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::key::content;
    use crate::output::sbom;
    use crate::validate;
    use crate::{Commit, Generator, ToolId};

    /// The published schemas have nothing against statement and bill, whatever the repository, the tools and the
    /// libraries are called.
    #[test]
    fn odd_names_make_sound_documents() {
        for repo in [
            "https://github.com/ggml-org/llama.cpp.git",
            "https://***@example.com/a b/ü.git",
            "git@example.com:team/llama.cpp.git",
            "ssh://git@example.com:2222/~x/llama.cpp",
            "/srv/my models/100%/#1 [x]/llama.cpp.bundle",
        ] {
            let digest = "ab".repeat(32);
            let file = |path: &str| FileEntry { path: path.into(), size: 1, sha256: digest.clone() };
            let tool = |path: &str| ToolId { path: path.into(), version: "c++ (Debian 12) 12.2.0".into() };
            let inputs = AsSpelled {
                recipe: 1,
                repo: repo.into(),
                commit: Commit::parse(&"a".repeat(64)).unwrap(),
                submodules: true,
                backend: "cuda".into(),
                definitions: BTreeMap::new(),
                generator: Generator::Ninja,
                tools: BTreeMap::from([("cxx".into(), tool("/opt/g++ 12/bin/g++")), ("libc".into(), tool("/x"))]),
                target: "x86_64-linux".into(),
                libc: String::new(),
                cpu: None,
                env: BTreeMap::new(),
                files: BTreeMap::new(),
            };
            let mut configured = Configured::default();
            let names = ["../ggml/libggml.a", "-lpthread", "libc", "/usr/lib/libm.so"];
            configured.libraries.insert("llama-server".into(), BTreeSet::from(names.map(str::to_owned)));
            let submodules = ["ggml/src/ggml-kompute/kompute", "a b"].map(|path| (path.to_owned(), "c".repeat(40)));
            let files = [file("bin/llama-server"), file("bin/libggml.so.0"), file("logs/build.log"), file("help.txt")];
            let content = content::of(&inputs, &BTreeMap::new());
            let key = content.key();
            let (configured, submodules) = (&configured, submodules.as_slice());
            let (inputs, content, key, files, version) = (&inputs, &content, &key, files.as_slice(), "1 (abc)");
            let facts = Facts { key, inputs, content, version, files, configured, submodules, begun: 1, ended: 2 };
            assert_eq!(validate::statement(&statement(&facts)), [""; 0], "{repo}");
            assert_eq!(validate::bill(&sbom::bill(&facts)), [""; 0], "{repo}");
        }
    }

    #[test]
    fn days_of_the_calendar() {
        for (unix_s, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_323_045, "2026-01-02T03:04:05Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (u64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(unix_s), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn every_second_is_what_humantime_says(unix_s in 0..253_402_300_800_u64) {
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(unix_s);
            proptest::prop_assert_eq!(rfc3339(unix_s), humantime::format_rfc3339_seconds(time).to_string());
        }
    }
}
