//! From a finished build to a store entry: copied, hashed, synced, and published by one rename.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine_store::{Claim, Contents, Entry, NewEntry, OpaqueInputs, Recipe, Staging};

use crate::cmake::file_api::Configured;
use crate::compile::SERVER;
use crate::folders::Folders;
use crate::output::prove::Proof;
use crate::output::provenance::Facts;
use crate::output::{provenance, sbom};
use crate::{BuildError, Identity};

/// Where the build puts the server, relative to its folder: as CMake says, or where llama.cpp always has put it.
fn server(configured: &Configured) -> PathBuf {
    configured.executables.get(SERVER).cloned().unwrap_or_else(|| Path::new("bin").join(SERVER))
}

/// Copies the server, and the libraries it was linked with where they are shared, to `out/bin`. Returns the server.
pub(crate) fn collect(staging: &Staging, configured: &Configured) -> Result<PathBuf, BuildError> {
    let server = server(configured);
    let (from, to) = (staging.build().join(server.parent().unwrap_or(Path::new(""))), staging.out().join("bin"));
    if !staging.build().join(&server).is_file() {
        return Err(BuildError::NoBinary { expected: server.to_string_lossy().into_owned() });
    }
    fs::create_dir_all(&to).map_err(BuildError::io("create the folder", &to))?;
    for entry in fs::read_dir(&from).map_err(BuildError::io("list", &from))? {
        let entry = entry.map_err(BuildError::io("list", &from))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // A library's version links become files of their own, so that every file of an entry can be hashed.
        if name == SERVER || name.split('.').skip(1).any(|part| part == "so") {
            fs::copy(entry.path(), to.join(&name)).map_err(BuildError::io("copy", entry.path()))?;
        }
    }
    // Gone before the server is asked anything: what still needs the folder it was built in fails here, not later.
    let build = staging.build();
    fs::remove_dir_all(&build).map_err(BuildError::io("remove", &build))?;
    Ok(to.join(SERVER))
}

/// How a build went.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) configured: Configured,
    /// Path and commit.
    pub(crate) submodules: Vec<(String, String)>,
    /// Of compiling; of what was left to compile, where a killed build was gone on with.
    pub(crate) took: Duration,
}

/// Adds help text, provenance and bill of materials to what the build made, and publishes all of it.
pub(crate) fn publish(
    claim: &Claim,
    staging: &Staging,
    identity: &Identity,
    proof: &Proof,
    made: &Made,
) -> Result<Entry, BuildError> {
    let help = staging.out().join("help.txt");
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&help);
    file.and_then(|mut file| file.write_all(proof.help.as_bytes())).map_err(BuildError::io("write", help))?;
    let ended = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut contents = Contents::hash(staging)?;
    let files = contents.files().to_vec();
    let facts = Facts {
        key: claim.key(),
        inputs: &identity.spelled,
        content: identity.inputs(),
        version: &proof.version,
        files: &files,
        configured: &made.configured,
        submodules: &made.submodules,
        begun: ended.saturating_sub(made.took.as_secs()),
        ended,
    };
    for (name, document) in [(provenance::FILE, provenance::statement(&facts)), (sbom::FILE, sbom::bill(&facts))] {
        contents.add(name, &serde_json::to_vec_pretty(&document).unwrap_or_default())?;
    }
    let inputs =
        OpaqueInputs::of(identity.inputs()).map_err(|error| BuildError::io("describe", staging.out())(error.into()))?;
    let entry = NewEntry {
        recipe: Recipe::LLAMACPP_SOURCE_2,
        inputs,
        engine_version: proof.version.clone(),
        binary: Path::new("bin").join(SERVER),
        took: made.took,
    };
    Ok(claim.publish(staging, contents, entry)?)
}
