//! Going on from what a killed build left: only with the proof that nothing it was made from has changed.
//!
//! The folder is of the same key (commit, definitions, tools by path and version, processor) and of the same boot, so
//! that what was written is there. The tools are the same files. The source is the commit's, by git's own look at it.
//! CMake had finished, and its cache is what this build wants. Every file that an object was made from outside the
//! folder is older than the build. Nobody works in the folder any more. ninja makes anew what it has not finished:
//! an object counts as built only when its log says so, and that is written when the compiler has ended well. make
//! knows no such log and would take half an object for a whole one, so its builds start over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use durable::Stamp;
use engine_store::Staging;
use exec::{CommandSpec, Exit, Stream, run_lines};
use serde::{Deserialize, Serialize};

use crate::cmake::build_dir::{BuildDir, Wanted};
use crate::folders::Folders;
use crate::source::fetch;
use crate::{Backend, BuildError, BuildRequest, CmakeCache, Commit, Definitions, Generator};

/// The note's file name.
const FILE: &str = "resume.json";
/// No note is larger.
const LARGEST: u64 = 1 << 16;
/// How long compilers of the dead build may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a build leaves for its successor when CMake has done its part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    boot: String,
    /// Seconds and nanoseconds on the file system's own clock; what changed later is younger than the build.
    begun: (i64, i64),
    tools: BTreeMap<PathBuf, Stamp>,
    /// What CMake was told, after the tree's own names.
    definitions: Vec<(String, String)>,
}

/// Notes that the build folder is configured. Failing to only costs a resume.
pub(crate) fn note(request: &BuildRequest, staging: &Staging, definitions: &Definitions) {
    let written = begun(staging).and_then(|begun| {
        let definitions = definitions.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        let note = Note { boot: boot(), begun, tools: tools(request), definitions };
        let bytes = serde_json::to_vec(&note).ok()?;
        durable::replace(&staging.dir().join(FILE), &bytes).ok()
    });
    if written.is_none() {
        tracing::debug!("could not note how far the build is");
    }
}

/// Why a folder cannot be gone on with; `None` when it can.
pub(crate) fn obstacle(
    request: &BuildRequest,
    commit: &Commit,
    staging: &Staging,
) -> Result<Option<String>, BuildError> {
    if request.tools.generator != Generator::Ninja {
        return Ok(Some("make does not tell half an object from a whole one".into()));
    }
    let bytes = durable::read_regular(&staging.dir().join(FILE), LARGEST)?;
    let Some(note) = bytes.and_then(|bytes| serde_json::from_slice::<Note>(&bytes).ok()) else {
        return Ok(Some("CMake had not finished".into()));
    };
    if note.boot != boot() || note.boot.is_empty() {
        return Ok(Some("the host was started anew since".into()));
    }
    if note.tools != tools(request) {
        return Ok(Some("a tool has changed since".into()));
    }
    if !nobody_works_in(staging.dir()) {
        return Ok(Some("somebody still works in it".into()));
    }
    let source = staging.source();
    let wanted = Wanted {
        source: &source,
        generator: request.tools.generator.cmake_name(),
        cmake: None, // the tool is the same file
        definitions: &note.definitions.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>(),
    };
    match BuildDir::decide(&CmakeCache::read(&staging.build())?, &wanted) {
        BuildDir::Fresh => {}
        BuildDir::Reconfigure(why) | BuildDir::Wipe(why) => return Ok(Some(why)),
    }
    if !fetch::is_clean(request, commit, &source) {
        return Ok(Some("its source is not the commit's any more".into()));
    }
    Ok(changed_since(request, staging, note.begun)?.map(|path| format!("`{}` has changed since", path.display())))
}

/// The first file outside the folder that an object depends on and that changed after the build began.
fn changed_since(request: &BuildRequest, staging: &Staging, begun: (i64, i64)) -> Result<Option<PathBuf>, BuildError> {
    let build = staging.build();
    let spec =
        CommandSpec::new(&request.tools.make.path, request.limits.silence).arg("-C").arg(&build).args(["-t", "deps"]);
    let mut seen = BTreeSet::new();
    // `object: #deps 3, deps mtime 1 (VALID)`, then one file a line, indented.
    let output = run_lines(&spec, &mut |stream, line| {
        if stream == Stream::Stdout && line.starts_with("    ") && !seen.contains(line.trim()) {
            seen.insert(line.trim().to_owned());
        }
    });
    if output.map_err(|source| BuildError::Run { source })?.exit != Exit::Code(0) {
        return Ok(Some(build));
    }
    let paths = seen.iter().map(|name| build.join(name)).filter(|path| !path.starts_with(&build));
    let outside = paths.filter(|path| !path.starts_with(staging.source()));
    Ok(outside.into_iter().find(|path| {
        let changed = fs::metadata(path).map(|meta| (meta.ctime(), meta.ctime_nsec()));
        changed.map_or(true, |changed| changed >= begun)
    }))
}

/// When the build began, on the clock of the file system: the checkout wrote this file last, and nobody does later.
fn begun(staging: &Staging) -> Option<(i64, i64)> {
    let meta = fs::metadata(staging.source().join(".git/HEAD")).ok()?;
    Some((meta.ctime(), meta.ctime_nsec()))
}

fn tools(request: &BuildRequest) -> BTreeMap<PathBuf, Stamp> {
    let tools = &request.tools;
    let nvcc = match &request.backend {
        Backend::Cuda { nvcc, .. } => Some(nvcc),
        Backend::Cpu => None,
    };
    let all = [&tools.cmake, &tools.make, &tools.cc, &tools.cxx].into_iter().chain(nvcc).chain(&tools.linker);
    all.filter_map(|tool| Some((tool.path.clone(), Stamp::of(&fs::metadata(&tool.path).ok()?)))).collect()
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// Waits a moment for compilers of the dead build to end; whether all have. They are found by their working folder.
fn nobody_works_in(dir: &Path) -> bool {
    let started = Instant::now();
    loop {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let works = |cwd: PathBuf| cwd.starts_with(dir);
        if !processes.into_iter().any(|process| fs::read_link(process.path().join("cwd")).is_ok_and(works)) {
            return true;
        }
        if started.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
