//! A start with nothing to do before it: from the call of `ensure` to the engine's `execve`, beside a shell that starts
//! the same binary; and which programs are run on the way.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use exec::{CommandSpec, Env, Exit};

use super::trace::{Start, first_has_ended, starts};
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
    let cli = cli.clone().contained(&home)?;
    let file = pool.write(&home)?;
    let trace = scratch.join("trace");
    let sh = proc::find(env, "sh")?;
    let (mut ours, mut shell, mut tools) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let stop = || proc::capture(&cli.command(&["stop"], &file)).map(|_| ());
        let seen = traced(env, &cli.command(&["ensure"], &file), &trace, stop)?;
        let (took, engine, beside) = to_engine(&seen)?;
        tools.extend(beside);
        // Round 0 fills what is remembered about tools.
        if round > 0 {
            ours.push(took);
        }
        let script = format!("'{}' --version; true", engine.program);
        let command = proc::command(env, sh.clone(), Duration::from_mins(1)).args(["-c", &script]);
        shell.push(to_engine(&traced(env, &command, &trace, || Ok(()))?)?.0);
    }
    tools.sort();
    tools.dedup();
    let what = format!("warm `ensure`, from call to exec, median of {ROUNDS} (by hand: a shell)");
    let start = Row { what, ours: median(ours), by_hand: median(shell) };
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
fn traced(env: &Env, command: &CommandSpec, trace: &Path, finish: impl FnOnce() -> Result<()>) -> Result<Vec<Start>> {
    fs::remove_file(trace).ok();
    let mut spec = command.clone();
    spec.program = proc::find(env, "strace")?;
    // With a seccomp filter nothing but `execve` stops, so that the times stay near those without strace.
    spec.args = ["-f", "--seccomp-bpf", "-ttt", "-e", "trace=execve", "-o"].map(Into::into).into();
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

/// From the first start to the engine's, and what else was started.
fn to_engine(seen: &[Start]) -> Result<(Duration, Start, Vec<String>)> {
    let is_engine = |start: &&Start| start.program.ends_with("/llama-server");
    let (Some(first), Some(engine)) = (seen.first(), seen.iter().find(is_engine)) else {
        return Err(Failure::new(format!("the trace shows no engine: {seen:?}")));
    };
    let beside = seen.iter().skip(1).filter(|start| !is_engine(start)).map(|start| start.program.clone());
    Ok((engine.at.saturating_sub(first.at), engine.clone(), beside.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that leaves an engine running is timed, and the trace ends once the engine does.
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
        let (took, _, beside) = to_engine(&seen).unwrap();
        assert!(took < Duration::from_secs(10));
        assert_eq!(beside, ["/bin/true"]);
    }

    #[test]
    fn time_and_programs_beside_the_engine() {
        let start = |program: &str, ms| Start { program: program.into(), at: Duration::from_millis(ms) };
        let [ours, git, engine] = [start("/x/ours", 5), start("/usr/bin/git", 6), start("/store/llama-server", 9)];
        let (took, found, beside) = to_engine(&[ours.clone(), git.clone(), engine.clone(), git.clone()]).unwrap();
        assert_eq!((took, found), (Duration::from_millis(4), engine));
        assert_eq!(beside, ["/usr/bin/git", "/usr/bin/git"]);
        assert!(to_engine(&[ours, git]).is_err());
        assert!(to_engine(&[]).is_err());
    }
}
