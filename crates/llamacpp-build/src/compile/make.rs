//! Compiling the server, and only it; every line goes to a log and the steps to the observer.

use std::path::Path;

use engine_store::{Layout, Staging};
use exec::{CommandSpec, Exit};
use failure_diagnosis::{Phase, relevant_lines};

use crate::compile::progress::{self, Progress};
use crate::compile::slots::Slots;
use crate::compile::step::{environment, last_call, run_logged};
use crate::compile::{SERVER, history, nvcc};
use crate::folders::Folders;
use crate::plan::job::Job;
use crate::{Backend, BuildError, BuildRequest, Diagnosed, Event, Generator, Memory, Observer, jobs};

/// The command that builds the server in a staging folder. ninja or make is run itself, not through `cmake --build`: it is the
/// one that must hear when we stop.
pub(crate) fn command(layout: &Layout, request: &BuildRequest, staging: &Path, jobs: u32) -> CommandSpec {
    let spec = CommandSpec::new(&request.tools.make.path, request.limits.build)
        .arg("-C")
        .arg(staging.join("build"))
        .arg("-j")
        .arg(jobs.to_string());
    let spec = match request.tools.generator {
        Generator::Ninja => spec,
        Generator::Make => spec.arg("--no-print-directory"),
    };
    let spec = environment(layout, request, staging, spec.arg(SERVER));
    match nvcc::threads(request, cores()) {
        Some(threads) => spec.env("NVCC_APPEND_FLAGS", format!("--threads={threads}")),
        None => spec,
    }
}

fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX))
}

/// How many compilers this build may run: what the request says, else what cores and available memory carry now. It is decided
/// once and given to the plan and to the build, so that both mean the same number.
pub fn decide_jobs(request: &BuildRequest) -> u32 {
    let at_once = match request.backend {
        Backend::Cuda { .. } => nvcc::threads(request, cores()).unwrap_or(1),
        Backend::Cpu => 0,
    };
    request.jobs.unwrap_or_else(|| jobs(cores(), Memory::now(), at_once)).max(1)
}

/// Builds the server with `jobs` compilers. Where compilers are killed for want of memory, the build is resumed with half as
/// many.
pub(crate) fn compile(
    layout: &Layout,
    request: &Job,
    staging: &Staging,
    jobs: u32,
    from_the_start: bool,
    observer: &dyn Observer,
) -> Result<(), BuildError> {
    let waits = || observer.on(&Event::Phase("wait"));
    let mut slots = Slots::take(layout, cores(), jobs, request.limits.build, &request.guard.cancel, &waits)?;
    let mut progress = Progress::begin(&staging.build(), &history::past(layout, request));
    let mut retry_of = None;
    loop {
        let spec = command(layout, request, staging.dir(), slots.count());
        let mut no_memory = false;
        let log = staging.log("build.log");
        let mut on_line = |line: &str| {
            no_memory |= is_starved(line);
            if let Some(event) = progress.line(line, slots.count()) {
                observer.on(&event);
            }
        };
        let output = match retry_of {
            None => run_logged(request, &spec, None, &log, &mut on_line),
            Some(_) => request.because(STARVED, || run_logged(request, &spec, retry_of, &log, &mut on_line)),
        }?;
        if output.exit == Exit::Code(0) {
            // make writes no log of its steps, and that of a resumed build may be of other circumstances.
            if from_the_start && request.tools.generator == Generator::Ninja {
                history::remember(layout, request, progress::took(&staging.build()));
            }
            return Ok(());
        }
        if no_memory && slots.halve() {
            tracing::warn!(jobs = slots.count(), "compilers were killed for want of memory; resuming with fewer");
            retry_of = request.count().checked_sub(1);
            continue;
        }
        let (text, cuda) = (last_call(&log), matches!(request.backend, Backend::Cuda { .. }));
        let unknown =
            || BuildError::Compile { exit: output.exit, excerpt: relevant_lines(&text).join("\n"), log: None };
        return Err(Diagnosed::of(Phase::Build, output.exit, cuda, &text).unwrap_or_else(unknown));
    }
}

/// Why a build is resumed with half of its compilers.
const STARVED: &str = "compilers were killed for want of memory, so half as many are used";

/// Whether a line says that a compiler had no memory: what GCC, clang, nvcc and the kernel's killer make of it.
fn is_starved(line: &str) -> bool {
    [
        "Killed signal terminated program",
        "unable to execute command: Killed",
        "died due to signal 9",
        "out of memory allocating",
        "virtual memory exhausted",
        "Cannot allocate memory",
    ]
    .iter()
    .any(|word| line.contains(word))
        || line.trim_end().ends_with("Killed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn want_of_memory_is_known_by_what_compilers_say() {
        for line in [
            "c++: fatal error: Killed signal terminated program cc1plus",
            "clang: error: unable to execute command: Killed",
            "nvcc error   : 'cicc' died due to signal 9 (Kill signal)",
            "cc1plus: out of memory allocating 65536 bytes after a total of 40681472 bytes",
            "virtual memory exhausted: Cannot allocate memory",
            "/bin/sh: line 1:  4711 Killed",
        ] {
            assert!(is_starved(line), "{line}");
        }
        assert!(!is_starved("x.cpp:3: error: no such thing") && !is_starved("[3/9] Building CXX object Killed.cpp.o"));
    }
}
