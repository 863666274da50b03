//! How CMake and the compilers are run: one fixed environment, and a log of every line.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use engine_store::Layout;
use exec::{CommandSpec, Output, Redactor, run_lines};

use crate::plan::job::Job;
use crate::source::git::search_path;
use crate::{Backend, BuildError, BuildRequest};

/// What ccache may keep; it removes the longest unused itself.
const CCACHE_SIZE: &str = "5G";

/// The fixed environment of CMake and the compilers; nothing of the caller's reaches them but a temporary folder.
pub(crate) fn environment(layout: &Layout, request: &BuildRequest, staging: &Path, spec: CommandSpec) -> CommandSpec {
    let tools = &request.tools;
    let mut path = search_path(&tools.cmake.path);
    let nvcc = match &request.backend {
        Backend::Cuda { nvcc, .. } => Some(nvcc),
        Backend::Cpu => None,
    };
    for tool in nvcc.into_iter().chain([&tools.git, &tools.cc, &tools.cxx, &tools.make]).chain(&tools.linker) {
        let dir = tool.path.parent().map(|dir| dir.to_string_lossy().into_owned()).unwrap_or_default();
        if !path.split(':').any(|entry| entry == dir) {
            path = format!("{path}:{dir}");
        }
    }
    let mut spec = spec
        .silence(request.limits.silence)
        .inherit(&request.env, &["TMPDIR"])
        .env("PATH", path)
        .env("TERM", "dumb")
        .env("CLICOLOR", "0")
        .env("NINJA_STATUS", "[%f/%t] ")
        // The build asks git for the commit; nothing outside its tree may answer.
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    if tools.ccache.is_some() {
        spec = ccache_environment(layout, staging, spec);
    }
    if let Backend::Cuda { env, .. } = &request.backend {
        for (name, value) in env {
            spec = spec.env(name, value);
        }
    }
    spec
}

/// Where ccache works for a build in `staging`: paths below it are seen from there, so that the next build, elsewhere,
/// finds the same objects; nothing of the user's own ccache is read or written.
fn ccache_environment(layout: &Layout, staging: &Path, spec: CommandSpec) -> CommandSpec {
    spec.env("CCACHE_DIR", layout.dir("ccache"))
        .env("CCACHE_CONFIGPATH", "/dev/null")
        .env("CCACHE_BASEDIR", staging)
        .env("CCACHE_NOHASHDIR", "1")
        .env("CCACHE_COMPILERCHECK", "content")
        .env("CCACHE_MAXSIZE", CCACHE_SIZE)
}

/// Runs a program and writes what it prints to `log` (mode 0600), redacted, with the command line first.
pub(crate) fn run_logged(
    job: &Job,
    spec: &CommandSpec,
    retry_of: Option<usize>,
    log: &Path,
    on_line: &mut dyn FnMut(&str),
) -> Result<Output, BuildError> {
    let redactor = Redactor::new();
    // A build that is resumed, with fewer compilers or by the next process, keeps what was said before.
    let file: File =
        OpenOptions::new().append(true).create(true).mode(0o600).open(log).map_err(BuildError::io("write", log))?;
    let mut file = BufWriter::new(file);
    let mut written = writeln!(file, "$ {}", spec.display(&redactor));
    let guarded = job.guard.over(spec);
    let output = job.noted(spec, retry_of, || {
        run_lines(&guarded, &mut |_, line| {
            if written.is_ok() {
                written = writeln!(file, "{}", redactor.text(line));
            }
            on_line(line);
        })
    });
    written.and_then(|()| file.flush()).map_err(BuildError::io("write", log))?;
    output.map_err(|source| BuildError::Run { source })
}

/// What the last program said that [`run_logged`] wrote to this log; redacted, as the log is.
pub(crate) fn last_call(log: &Path) -> String {
    let text = std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let begin = text.rfind("\n$ ").map_or(0, |at| at + 1);
    text.get(begin..).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_call_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("build.log");
        durable::replace(&log, b"$ ninja\nx.cpp:1: error: old\n$ ninja -j 1\nx.cpp:2: error: new\n").unwrap();
        assert_eq!(last_call(&log), "$ ninja -j 1\nx.cpp:2: error: new\n");
        assert_eq!(last_call(&dir.path().join("none")), "");
    }
}
