//! An engine for tests, which misbehaves as told: its arguments are carried out one after the other, and then it sleeps.
//!
//! `ignore SIGNAL`, `say TEXT`, `flood BYTES`, `wait MILLISECONDS`, `until FILE`, `listen ADDRESS`, `worker` (a process that
//! ignores SIGTERM), `stray` (the same, in a session of its own), `child WORDS` (another one that does
//! these, separated by commas), `session`, `undumpable`, `title` (over its environment), `exit CODE`, `die SIGNAL`.
#![expect(clippy::print_stdout, reason = "an engine prints")]

use std::io::{Write, stdout};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::{SigHandler, Signal, raise, signal};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let mut listeners = Vec::new();
    while let Some(verb) = args.next() {
        let mut value = || args.next().ok_or(format!("`{verb}` needs a value"));
        match verb.as_str() {
            "ignore" => take(value()?.parse()?, SigHandler::SigIgn)?,
            "say" => println!("{}", value()?),
            "flood" => flood(value()?.parse()?)?,
            "wait" => sleep(Duration::from_millis(value()?.parse()?)),
            "until" => {
                let file = value()?;
                while !Path::new(&file).exists() {
                    sleep(Duration::from_millis(2));
                }
            }
            "listen" => {
                let listener = TcpListener::bind(value()?)?;
                println!("listening on {}", listener.local_addr()?.port());
                listeners.push(listener);
            }
            "worker" => again(&["ignore", "SIGTERM", "say", "worker up"])?,
            "stray" => again(&["session", "ignore", "SIGTERM", "say", "stray up"])?,
            "child" => again(&value()?.split(',').collect::<Vec<_>>())?,
            "session" => drop(nix::unistd::setsid()?),
            "undumpable" => rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?,
            "title" => title()?,
            "exit" => std::process::exit(value()?.parse()?),
            "die" => {
                let signal: Signal = value()?.parse()?;
                // Of those two there is nothing to restore, and the others are the caller's to ignore.
                take(signal, SigHandler::SigDfl).ok();
                raise(signal)?;
            }
            other => return Err(format!("no such verb: {other}").into()),
        }
        stdout().flush()?;
    }
    loop {
        sleep(Duration::from_hours(1));
    }
}

fn flood(bytes: usize) -> Outcome<()> {
    let line = [b"0123456789abcde\n".repeat(4096)].concat();
    let mut left = bytes;
    while left > 0 {
        left -= stdout().write(line.get(..left.min(line.len())).unwrap_or_default())?;
    }
    Ok(())
}

/// Overwrites its environment with a title, as `setproctitle` does.
fn title() -> Outcome<()> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    // `env_start` and `env_end` are fields 50 and 51, and the first one after the name is field 3.
    let mut bounds = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(47);
    let mut bound = || -> Outcome<u64> { Ok(bounds.next().ok_or("no bounds")?.parse()?) };
    let (start, end) = (bound()?, bound()?);
    let mut title = vec![0; usize::try_from(end - start)?];
    title.iter_mut().zip(b"ENGINE::Core").for_each(|(to, from)| *to = *from);
    let memory = std::fs::OpenOptions::new().write(true).open("/proc/self/mem")?;
    Ok(std::os::unix::fs::FileExt::write_all_at(&memory, &title, start)?)
}

#[expect(unsafe_code, reason = "nix calls handlers unsafe; these two run no code")]
fn take(of: Signal, handler: SigHandler) -> Outcome<()> {
    // SAFETY: no function of ours is installed.
    unsafe { signal(of, handler) }?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "an engine that starts workers")]
fn again(args: &[&str]) -> Outcome<()> {
    Command::new(std::env::current_exe()?).args(args).spawn()?;
    Ok(())
}
