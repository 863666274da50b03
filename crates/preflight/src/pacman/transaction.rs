//! Runs a pacman that may change the system, so that neither our end nor a deadline can break it off in the middle.
//!
//! This is the one program that is not run by `exec`: a TERM ends pacman at once and leaves its lock and half a
//! package behind, while an INT makes it stop between two packages and clean up. So it is in a process group of its
//! own, no signal is bound to our death, its output goes to a file in memory (a pipe would kill it when we die), and at
//! the deadline it is asked by INT once, waited for, and then left to finish by itself.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use exec::{CommandSpec, Exit, Redactor};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long pacman has after it was asked to stop: one package, and the hooks.
const PATIENCE: Duration = Duration::from_mins(2);
/// How much of what it says is kept.
const KEEP: usize = 1 << 20;
const PAUSE: Duration = Duration::from_millis(20);

/// How it ended, and what it said, redacted.
pub(crate) struct Ended {
    /// `None` where it is still running.
    pub(crate) exit: Option<Exit>,
    pub(crate) text: String,
}

/// Runs it to its end, or leaves it running after `spec`'s deadline and some patience. Each line is handed on, redacted.
pub(crate) fn run(spec: &CommandSpec, on_line: &mut dyn FnMut(&str)) -> io::Result<Ended> {
    let said = File::from(memfd_create(c"pacman", MFdFlags::MFD_CLOEXEC).map_err(io::Error::from)?);
    let mut child = start(spec, &said)?;
    let mut reader = Reader { said, at: 0, line: Vec::new(), text: String::new() };
    let started = Instant::now();
    let mut asked = None;
    loop {
        // Asked before it is read, so that nothing said before the end is missed.
        let ended = match child.try_wait() {
            Ok(status) => status.map(exit),
            // A host program that ignores SIGCHLD has the status collected by the kernel.
            Err(_) => Some(Exit::Unknown),
        };
        reader.read(on_line);
        if ended.is_some() {
            return Ok(Ended { exit: ended, text: reader.finish(on_line) });
        }
        match asked {
            None if started.elapsed() > spec.deadline => {
                tracing::warn!(pid = child.id(), "pacman is asked to stop at its deadline");
                kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).ok();
                asked = Some(Instant::now());
            }
            Some(at) if at.elapsed() > PATIENCE.min(spec.deadline) => {
                let text = reader.finish(on_line);
                thread::spawn(move || child.wait());
                return Ok(Ended { exit: None, text });
            }
            _ => thread::sleep(PAUSE),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "`exec` ends what it starts by TERM, which pacman does not survive")]
fn start(spec: &CommandSpec, said: &File) -> io::Result<Child> {
    Command::new(&spec.program)
        .args(&spec.args)
        .env_clear()
        .envs(&spec.env)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said.try_clone()?)
        .process_group(0)
        .spawn()
}

fn exit(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(signal)) => Exit::Signal(signal),
        (None, None) => Exit::Unknown,
    }
}

/// Reads what is said, from where it stopped the last time. The offset is its own: the child writes at the file's.
struct Reader {
    said: File,
    at: u64,
    line: Vec<u8>,
    text: String,
}

impl Reader {
    fn read(&mut self, on_line: &mut dyn FnMut(&str)) {
        let mut buffer = [0; 16 << 10];
        while let Ok(n @ 1..) = self.said.read_at(&mut buffer, self.at) {
            self.at += n as u64;
            for byte in buffer.get(..n).unwrap_or_default() {
                match byte {
                    b'\n' | b'\r' => self.emit(on_line),
                    byte => self.line.push(*byte),
                }
            }
        }
    }

    fn emit(&mut self, on_line: &mut dyn FnMut(&str)) {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        self.line.clear();
        let visible: String = line.chars().filter(|c| !c.is_control()).collect();
        if visible.trim().is_empty() {
            return;
        }
        let line = Redactor::new().text(&visible).into_owned();
        on_line(&line);
        self.text.push_str(&line);
        self.text.push('\n');
        if self.text.len() > 2 * KEEP {
            let from = self.text.ceil_char_boundary(self.text.len() - KEEP);
            self.text.drain(..from);
        }
    }

    fn finish(mut self, on_line: &mut dyn FnMut(&str)) -> String {
        self.read(on_line);
        self.emit(on_line);
        self.text
    }
}
