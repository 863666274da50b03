//! From a finished build to a store entry: copied, hashed, synced, and published by one rename.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::compile::SERVER;
use crate::file_api::Configured;
use crate::manifest::{self, FILE, FileEntry, Manifest, SCHEMA};
use crate::prove::Proof;
use crate::provenance::Facts;
use crate::staging::Staging;
use crate::{BuildError, BuildKey, Entry, Inputs, Store, provenance, sbom, verified};

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

/// Writes help text, provenance, bill of materials and manifest, makes everything durable, and moves `out` to its place in the store.
pub(crate) fn publish(
    store: &Store,
    staging: &Staging,
    key: &BuildKey,
    inputs: Inputs,
    proof: &Proof,
    made: &Made,
) -> Result<Entry, BuildError> {
    let (out, dir) = (staging.out(), store.dir(key));
    write(&out, "help.txt", proof.help.as_bytes())?;
    let ended = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (mut files, mut seen) = (Vec::new(), verified::Memory::default());
    let mut take = |files: &mut Vec<FileEntry>, path: &Path| {
        files.push(seen.hash(&out, path)?);
        Ok::<_, BuildError>(())
    };
    for path in manifest::list(&out)? {
        take(&mut files, &path)?;
    }
    let facts = Facts {
        key,
        inputs: &inputs,
        version: &proof.version,
        files: &files,
        configured: &made.configured,
        submodules: &made.submodules,
        begun: ended.saturating_sub(made.took.as_secs()),
        ended,
    };
    for (name, document) in [(provenance::FILE, provenance::statement(&facts)), (sbom::FILE, sbom::bill(&facts))] {
        write(&out, name, &serde_json::to_vec_pretty(&document).unwrap_or_default())?;
        take(&mut files, Path::new(name))?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let manifest = Manifest {
        schema: SCHEMA,
        key: key.clone(),
        inputs,
        engine_version: proof.version.clone(),
        binary: Path::new("bin").join(SERVER),
        files,
        build_seconds: made.took.as_secs(),
        built_unix_s: ended,
    };
    write(&out, FILE, &serde_json::to_vec_pretty(&manifest).unwrap_or_default())?;
    for path in manifest.files.iter().map(|file| file.path.as_path()).chain([Path::new(FILE)]) {
        let path = out.join(path);
        File::open(&path).and_then(|f| f.sync_all()).map_err(BuildError::io("sync", &path))?;
    }
    for sub in ["bin", "logs", ""] {
        durable::sync_dir(&out.join(sub))?;
    }
    fs::rename(&out, &dir).map_err(BuildError::io("publish", &dir))?;
    durable::sync_dir(dir.parent().unwrap_or(&dir))?;
    seen.save(store.layout(), key);
    Ok(Entry { dir, manifest })
}

/// Writes a file of the entry to be, where nobody reads yet; it is made durable with all the others.
fn write(out: &Path, name: &str, bytes: &[u8]) -> Result<(), BuildError> {
    let path = out.join(name);
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(BuildError::io("write", path))
}
