//! The built engine in the words of every supply.

use engine_store::Entry;
use gpu_detect::CudaChoice;
use llamacpp_build::{Definition, Inputs};

use crate::plan::placeholder::{KEY, literal, marker};
use crate::summary::{Artifact, Device};
use crate::supply::source::libraries::Libraries;
use crate::supply::source::{Found, Wish};
use crate::supply::{Accelerated, Facts, Obtained};

/// The facts that make a build the wanted one. Their names are in records of engines that run: they stay.
pub(crate) fn facts(wish: &Wish, key: &str) -> Facts {
    Facts::from([
        ("build".to_owned(), key.to_owned()),
        ("source".into(), format!("{}@{}", wish.source.repo, wish.reference)),
    ])
}

/// What will be started: in the store under its key, which only execution may know.
pub(crate) fn planned(found: &Found) -> Artifact {
    if let Some(entry) = found.entry() {
        return of_entry(&entry);
    }
    let key = match (found.known_identity(), asks(found)) {
        (Some(identity), false) => literal(identity.key().as_str()),
        // A commit that is asked for again may be another one.
        _ => marker(KEY),
    };
    let store = literal(&found.wish.layout.root().join("store").display().to_string());
    let path = format!("{store}/{key}/bin/llama-server");
    Artifact::Program { path, version: String::new(), digest: None, provenance: None }
}

/// Parts of llama.cpp that have flags of their own and are off in this build: the recipe leaves them out unless the pool asks
/// for one. HTTPS has had several options.
pub(crate) fn left_out(definitions: &[Definition]) -> Vec<&'static str> {
    const PARTS: [(&str, &[&str]); 2] = [
        ("LLAMA_OPENSSL", &["LLAMA_OPENSSL", "LLAMA_SERVER_SSL", "LLAMA_BUILD_BORINGSSL", "LLAMA_BUILD_LIBRESSL"]),
        ("GGML_RPC", &["GGML_RPC", "LLAMA_RPC"]),
    ];
    let is_on = |name: &&str| definitions.iter().rev().find(|d| d.name == **name).is_some_and(Definition::is_on);
    let off = PARTS.into_iter().filter(|(_, options)| !options.iter().any(is_on));
    off.map(|(part, _)| part).collect()
}

/// Whether the repository is asked which commit the reference is.
pub(crate) fn asks(found: &Found) -> bool {
    !matches!(found.commit, Some((_, 0)))
}

/// What is in the store.
pub(crate) fn of_entry(entry: &Entry) -> Artifact {
    let provenance = entry.dir.join("provenance.json");
    Artifact::Program {
        path: entry.binary().display().to_string(),
        version: entry.manifest.engine_version.clone(),
        digest: Some(entry.manifest.engine_digest()),
        provenance: provenance.exists().then(|| provenance.display().to_string()),
    }
}

/// What the steps led to.
pub(crate) fn obtained(wish: &Wish, entry: &Entry) -> Obtained {
    let key = entry.manifest.key.to_string();
    let inputs = Inputs::of(&entry.manifest);
    Obtained {
        artifact: of_entry(entry),
        facts: facts(wish, &key),
        build_ref: inputs.map(|inputs| inputs.commit.as_str().to_owned()),
        build_key: Some(key),
        logs: vec![
            entry.log("configure"),
            entry.log("build"),
            entry.dir.join("build.json"),
            entry.dir.join("provenance.json"),
        ],
    }
}

/// What a CUDA build is made for.
pub(crate) fn accelerated(
    choice: &CudaChoice,
    driver: Option<String>,
    free: Option<u64>,
    libraries: &Libraries,
) -> Accelerated {
    let (major, minor) = choice.version;
    Accelerated {
        devices: choice.devices.iter().map(Device::from).collect(),
        driver,
        toolkit: Some(format!("{major}.{minor}")),
        architectures: choice.architectures.iter().map(ToString::to_string).collect(),
        memory_free_bytes: free,
        driver_folder: choice.driver_folder.clone(),
        toolkit_folder: match libraries {
            Libraries::In(folder) => Some(folder.clone()),
            Libraries::Found | Libraries::Gone(_) => None,
        },
    }
}
