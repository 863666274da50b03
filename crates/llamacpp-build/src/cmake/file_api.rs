//! What CMake says about the build it configured, by its File API.
//! <https://cmake.org/cmake/help/latest/manual/cmake-file-api.7.html>

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::BuildError;

/// Where questions and answers lie in a build folder.
const API: &str = ".cmake/api/v1";
/// No answer is larger.
const LARGEST: u64 = 64 << 20;

/// What is known of a configured build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Configured {
    /// Executables by target, relative to the build folder.
    pub(crate) executables: BTreeMap<String, PathBuf>,
    /// What each executable is linked with, as the linker is told.
    pub(crate) libraries: BTreeMap<String, BTreeSet<String>>,
    /// Compilers by language: path, kind and version as CMake found them.
    pub(crate) compilers: BTreeMap<String, String>,
}

/// Asks; CMake answers when it configures. A CMake that does not know a question leaves it unanswered.
pub(crate) fn ask(build: &Path) -> Result<(), BuildError> {
    let query = build.join(API).join("query");
    fs::create_dir_all(&query).map_err(BuildError::io("create the folder", &query))?;
    for name in ["codemodel-v2", "toolchains-v1"] {
        fs::File::create(query.join(name)).map_err(BuildError::io("write", query.join(name)))?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Index {
    objects: Vec<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    kind: String,
    #[serde(rename = "jsonFile")]
    file: PathBuf,
}

#[derive(Deserialize)]
struct Codemodel {
    configurations: Vec<Configuration>,
}

#[derive(Deserialize)]
struct Configuration {
    targets: Vec<TargetReference>,
}

#[derive(Deserialize)]
struct TargetReference {
    name: String,
    #[serde(rename = "jsonFile")]
    file: PathBuf,
}

#[derive(Deserialize)]
struct Target {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    artifacts: Vec<Artifact>,
    #[serde(default)]
    link: Link,
}

#[derive(Deserialize)]
struct Artifact {
    path: PathBuf,
}

#[derive(Default, Deserialize)]
struct Link {
    #[serde(default, rename = "commandFragments")]
    fragments: Vec<Fragment>,
}

#[derive(Deserialize)]
struct Fragment {
    fragment: String,
    role: String,
}

#[derive(Deserialize)]
struct Toolchains {
    toolchains: Vec<Toolchain>,
}

#[derive(Deserialize)]
struct Toolchain {
    language: String,
    compiler: Compiler,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Compiler {
    path: String,
    id: String,
    version: String,
}

impl Configured {
    /// Reads the answers; empty where CMake gave none.
    pub(crate) fn read(build: &Path) -> Self {
        let reply = build.join(API).join("reply");
        let mut known = Self::default();
        // The newest index is the current one, and the last by name.
        let names = fs::read_dir(&reply).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let index = names.filter(|name| name.to_string_lossy().starts_with("index-")).max();
        let Some(index) = index.and_then(|name| json::<Index>(&reply.join(name))) else { return known };
        for object in index.objects {
            match object.kind.as_str() {
                "codemodel" => known.add_targets(&reply, &object.file),
                "toolchains" => known.add_compilers(&reply, &object.file),
                _ => {}
            }
        }
        known
    }

    fn add_targets(&mut self, reply: &Path, file: &Path) {
        let model = json::<Codemodel>(&reply.join(file));
        let configuration = model.and_then(|model| model.configurations.into_iter().next());
        for TargetReference { name, file } in configuration.map(|first| first.targets).unwrap_or_default() {
            let Some(target) = json::<Target>(&reply.join(file)) else { continue };
            if target.kind != "EXECUTABLE" {
                continue;
            }
            let libraries = target.link.fragments.into_iter().filter(|fragment| fragment.role == "libraries");
            // Paths to look in are told with the same role, and libraries that need each other more than once.
            let libraries: BTreeSet<String> =
                libraries.map(|library| library.fragment).filter(|text| !text.starts_with("-Wl,")).collect();
            self.libraries.insert(name.clone(), libraries);
            self.executables.extend(target.artifacts.into_iter().next().map(|artifact| (name, artifact.path)));
        }
    }

    fn add_compilers(&mut self, reply: &Path, file: &Path) {
        for Toolchain { language, compiler: Compiler { path, id, version } } in
            json::<Toolchains>(&reply.join(file)).map(|all| all.toolchains).unwrap_or_default()
        {
            self.compilers.insert(language, format!("{path} ({id} {version})"));
        }
    }
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    let bytes = durable::read_regular(path, LARGEST).ok().flatten()?;
    serde_json::from_slice(&bytes).inspect_err(|error| tracing::debug!(path = %path.display(), %error, "unread")).ok()
}
