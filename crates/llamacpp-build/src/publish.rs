//! From a finished build to a store entry: copied, hashed, synced, and published by one rename.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::compile::SERVER;
use crate::manifest::{self, FILE, FileEntry, Manifest, SCHEMA};
use crate::prove::Proof;
use crate::staging::Staging;
use crate::{BuildError, BuildKey, Entry, Inputs, Store};

/// Copies the server, and the libraries it was linked with where they are shared, to `out/bin`. Returns the server.
pub(crate) fn collect(staging: &Staging) -> Result<PathBuf, BuildError> {
    let (from, to) = (staging.build().join("bin"), staging.out().join("bin"));
    if !from.join(SERVER).is_file() {
        return Err(BuildError::NoBinary { expected: format!("bin/{SERVER}") });
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

/// Writes help text and manifest, makes everything durable, and moves `out` to its place in the store.
pub(crate) fn publish(
    store: &Store,
    staging: &Staging,
    key: &BuildKey,
    inputs: Inputs,
    proof: &Proof,
    took: Duration,
) -> Result<Entry, BuildError> {
    let (out, dir) = (staging.out(), store.dir(key));
    durable::replace(&out.join("help.txt"), proof.help.as_bytes())?;
    let files = manifest::list(&out)?;
    let files = files.iter().map(|path| FileEntry::of(&out, path)).collect::<Result<Vec<_>, _>>()?;
    let manifest = Manifest {
        schema: SCHEMA,
        key: key.clone(),
        inputs,
        engine_version: proof.version.clone(),
        binary: Path::new("bin").join(SERVER),
        files,
        build_seconds: took.as_secs(),
        built_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    };
    for file in &manifest.files {
        let path = out.join(&file.path);
        File::open(&path).and_then(|f| f.sync_all()).map_err(BuildError::io("sync", &path))?;
    }
    durable::replace(&out.join(FILE), &serde_json::to_vec_pretty(&manifest).unwrap_or_default())?;
    for sub in ["bin", "logs", ""] {
        durable::sync_dir(&out.join(sub))?;
    }
    fs::rename(&out, &dir).map_err(BuildError::io("publish", &dir))?;
    durable::sync_dir(dir.parent().unwrap_or(&dir))?;
    Ok(Entry { dir, manifest })
}
