//! A start with nothing to do before it: from the call of `ensure` to the engine's execution, beside a shell that starts
//! the same binary; and which programs are run on the way.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use exec::{CommandSpec, Env, Exit};

use super::opened::until_opened;
use super::trace::{first_has_ended, starts};
use super::{Row, median};
use crate::cli::Cli;
use crate::failure::{Failure, Result};
use crate::pool::Pool;
use crate::proc;

/// How often each is measured.
const ROUNDS: usize = 20;

/// The rows, and the programs that a warm `ensure` runs beside the engine.
pub(super) fn measure(env: &Env, cli: &Cli, pool: &Pool, scratch: &Path) -> Result<(Vec<Row>, Vec<String>)> {
    // The first cold round has filled this store.
    let home = scratch.join("cold-1");
    // A run folder is on tmpfs, as `/run` is, unless somebody puts it elsewhere.
    let run = tempfile::Builder::new().prefix("engine-provisioner-bench.").tempdir_in("/dev/shm")?;
    let cli = cli.clone().contained(&home)?.running_in(run.path());
    let file = pool.write(&home)?;
    let trace = scratch.join("trace");
    let stop = || proc::capture(&cli.command(&["stop"], &file)).map(|_| ());
    let ensure = cli.command(&["ensure"], &file);
    // This also fills what is remembered about tools.
    let seen = traced(env, &ensure, &trace, stop)?;
    let (engine, tools) = engine_and_others(&seen)?;
    let script = format!("'{engine}' --version; true");
    let shell = proc::command(env, proc::find(env, "sh")?, Duration::from_mins(1)).args(["-c", &script]);
    let engine = Path::new(engine);
    let (mut ours, mut by_hand) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(until_opened(engine, || proc::capture(&ensure).map(|_| ()))?);
        stop()?;
        by_hand.push(until_opened(engine, || proc::capture(&shell).map(|_| ()))?);
    }
    let what = format!("warm `ensure`, from call to exec, run folder on tmpfs, median of {ROUNDS} (by hand: a shell)");
    let start = Row { what, ours: median(ours), by_hand: median(by_hand) };
    Ok((vec![start, plan(env, &cli, &file)?, refusal(env, &cli, &file, scratch)?], tools))
}

/// What a host with nothing but git is told, from call to exit, beside `true`: every tool that is missing, in one list.
fn refusal(env: &Env, cli: &Cli, file: &Path, scratch: &Path) -> Result<Row> {
    let folder = scratch.join("git-alone");
    fs::create_dir_all(&folder)?;
    std::os::unix::fs::symlink(proc::find(env, "git")?, folder.join("git"))?;
    let cli = cli.clone().contained(&scratch.join("git-alone-home"))?;
    let command = cli.command(&["ensure", "--json"], file).env("PATH", &folder);
    let nothing = proc::command(env, proc::find(env, "true")?, Duration::from_mins(1));
    let (mut ours, mut by_hand) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let said = exec::run(&command)?;
        let told = said.stdout_text();
        if said.exit != Exit::Code(3)
            || !told.contains("CMake: not found")
            || !told.contains("a C++ compiler: not found")
        {
            return Err(Failure::new(format!("git alone should not be enough: {told}")));
        }
        ours.push(said.elapsed);
        by_hand.push(proc::capture(&nothing)?.elapsed);
    }
    let what =
        format!("`ensure` on a host with git alone, from call to the whole list, median of {ROUNDS} (by hand: `true`)");
    Ok(Row { what, ours: median(ours), by_hand: median(by_hand) })
}

/// A warm plan, from call to exit, beside `true`.
fn plan(env: &Env, cli: &Cli, file: &Path) -> Result<Row> {
    let nothing = proc::command(env, proc::find(env, "true")?, Duration::from_mins(1));
    let (mut ours, mut by_hand) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(proc::capture(&cli.command(&["plan"], file))?.elapsed);
        by_hand.push(proc::capture(&nothing)?.elapsed);
    }
    let what = format!("warm `plan`, from call to exit, median of {ROUNDS} (by hand: `true`)");
    Ok(Row { what, ours: median(ours), by_hand: median(by_hand) })
}

/// Runs the command under strace, calls `finish` once it has ended, and tells what was started until then.
fn traced(env: &Env, command: &CommandSpec, trace: &Path, finish: impl FnOnce() -> Result<()>) -> Result<Vec<String>> {
    fs::remove_file(trace).ok();
    let mut spec = command.clone();
    spec.program = proc::find(env, "strace")?;
    // With a seccomp filter nothing but `execve` stops, so that little is slowed down.
    spec.args = ["-f", "--seccomp-bpf", "-e", "trace=execve", "-o"].map(Into::into).into();
    spec = spec.arg(trace).arg(&command.program).args(&command.args);
    let strace = thread::spawn(move || exec::run(&spec));
    // The engine is traced too and lives on; strace ends when it does.
    let patience = Instant::now();
    while !fs::read_to_string(trace).is_ok_and(|text| first_has_ended(&text)) && !strace.is_finished() {
        if patience.elapsed() > Duration::from_mins(2) {
            return Err(Failure::new("the traced command did not end within two minutes"));
        }
        thread::sleep(Duration::from_millis(5));
    }
    let text = fs::read_to_string(trace).map_err(|error| Failure::from(error).while_doing("strace wrote no trace"))?;
    let seen = starts(&text);
    finish()?;
    strace.join().map_err(|_panic| Failure::new("the thread that runs strace panicked"))??;
    Ok(seen)
}

/// The engine's binary, and each of the other programs that the first one started.
fn engine_and_others(seen: &[String]) -> Result<(&str, Vec<String>)> {
    let is_engine = |program: &&String| program.ends_with("/llama-server");
    let engine = seen.iter().find(is_engine).ok_or_else(|| Failure::new(format!("no engine was started: {seen:?}")))?;
    let mut others: Vec<_> = seen.iter().skip(1).filter(|program| !is_engine(program)).cloned().collect();
    others.sort();
    others.dedup();
    Ok((engine, others))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The trace of a program that leaves an engine running ends once the engine does.
    #[test]
    fn an_engine_that_stays_is_traced() {
        let dir = tempfile::tempdir().unwrap();
        let (engine, pid) = (dir.path().join("llama-server"), dir.path().join("pid"));
        std::os::unix::fs::symlink("/bin/sleep", &engine).unwrap();
        let env = Env::current();
        // As `ensure` does, the shell leaves only once the engine is more than a fork of it.
        let ready = "until read -r name < /proc/$!/comm && [ \"$name\" = llama-server ]; do :; done";
        let script = format!("/bin/true; {} 60 & echo $! > {}; {ready}", engine.display(), pid.display());
        let command = proc::command(&env, "/bin/sh".into(), Duration::from_mins(1)).args(["-c", &script]);
        let end = || {
            let kill = proc::command(&env, proc::find(&env, "kill")?, Duration::from_secs(5));
            proc::capture(&kill.arg(fs::read_to_string(&pid)?.trim())).map(|_| ())
        };
        let seen = traced(&env, &command, &dir.path().join("trace"), end).unwrap();
        assert_eq!(engine_and_others(&seen).unwrap(), (engine.to_str().unwrap(), vec!["/bin/true".to_owned()]));
    }

    #[test]
    fn the_engine_and_the_programs_beside_it() {
        let seen = ["/x/ours", "/usr/bin/git", "/store/llama-server", "/usr/bin/git"].map(String::from);
        let (engine, others) = engine_and_others(&seen).unwrap();
        assert_eq!((engine, others), ("/store/llama-server", vec!["/usr/bin/git".to_owned()]));
        assert!(engine_and_others(&seen[..2]).is_err() && engine_and_others(&[]).is_err());
    }
}
