//! Running one program to its end: both pipes drained, deadline and silence watched, the whole group ended.

use std::fs::File;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{Pid, getpid, getppid};

use crate::{CommandSpec, ExecError, Exit, Output, Redactor, Stream};

/// How much of each stream is kept.
const KEEP: usize = 8 << 20;
/// And where each line is handed on, for the end of an error alone: a build may print for hours.
const KEEP_OF_LINES: usize = 64 << 10;
/// A line longer than this is handed on in pieces.
const LONGEST_LINE: usize = 64 << 10;
/// How long a group has between TERM and KILL.
const GRACE: Duration = Duration::from_secs(5);
/// How long a pipe that outlives the program (a daemon it left behind holds it) is listened to.
const LINGER: Duration = Duration::from_millis(300);

/// Runs a program to its end. Any exit status is `Ok`; an error means it could not be started, or had to be ended.
pub fn run(spec: &CommandSpec) -> Result<Output, ExecError> {
    run_keeping(KEEP, spec, &mut |_, _| ())
}

/// Like [`run`], and hands on each line as it comes, without its line end; bytes that are not UTF-8 are replaced. Of what was
/// printed only the end is in the [`Output`].
pub fn run_lines(spec: &CommandSpec, on_line: &mut dyn FnMut(Stream, &str)) -> Result<Output, ExecError> {
    run_keeping(KEEP_OF_LINES, spec, on_line)
}

fn run_keeping(keep: usize, spec: &CommandSpec, on_line: &mut dyn FnMut(Stream, &str)) -> Result<Output, ExecError> {
    let started = Instant::now();
    tracing::debug!(command = spec.display(&Redactor::new()), "run");
    let mut group = Group(spawn(spec)?);
    let pipes = listen(&mut group.0);
    let mut streams = [Captured::new(keep), Captured::new(keep)];
    match drain(spec, started, &group, &pipes, &mut streams, on_line) {
        Ok(()) => {}
        Err(why) => {
            group.end();
            return Err(why);
        }
    }
    let exit = group.reap();
    let elapsed = started.elapsed();
    tracing::debug!(program = spec.name(), %exit, ms = elapsed.as_millis(), "ended");
    let [stdout, stderr] = streams.map(|stream| stream.bytes);
    Ok(Output { exit, stdout, stderr, elapsed })
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
fn command(spec: &CommandSpec) -> Command {
    let mut command = Command::new(&spec.program);
    command.args(&spec.args).env_clear().envs(&spec.env).current_dir(spec.cwd.as_deref().unwrap_or("/".as_ref()));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    command
}

fn spawn(spec: &CommandSpec) -> Result<Child, ExecError> {
    if is_foreign(&spec.program) {
        let source = std::io::Error::from_raw_os_error(nix::libc::ENOEXEC);
        return Err(ExecError::NotExecutable { program: spec.program.clone(), source });
    }
    let mut command = command(spec);
    end_with_parent(&mut command);
    let mut tries = 0;
    loop {
        match command.spawn() {
            // Another thread forked while it still held the file open for writing; that child execs within moments.
            Err(error) if error.raw_os_error() == Some(nix::libc::ETXTBSY) && tries < 20 => {
                tries += 1;
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(ExecError::spawn(spec, error)),
            Ok(child) => return Ok(child),
        }
    }
}

/// Whether the kernel would not know the file, so that the C library would hand it to a shell: it is neither ELF nor a
/// script that names its interpreter. A file that cannot be read is left to the kernel.
fn is_foreign(program: &Path) -> bool {
    let mut head = Vec::new();
    let plain = std::fs::metadata(program).is_ok_and(|meta| meta.is_file());
    let read = plain && File::open(program).and_then(|file| file.take(4).read_to_end(&mut head)).is_ok();
    read && !head.starts_with(b"\x7fELF") && !head.starts_with(b"#!")
}

/// The child gets TERM when the thread that waits for it dies, so that `kill -9` of us ends a build too.
#[expect(unsafe_code, reason = "`pre_exec` is unsafe; std has no other way to set the signal in the child")]
fn end_with_parent(command: &mut Command) {
    let parent = getpid();
    let in_child = move || {
        set_pdeathsig(Signal::SIGTERM)?;
        // The parent may have died before the signal was set: then nobody will send it.
        if getppid() == parent { Ok(()) } else { Err(std::io::ErrorKind::Interrupted.into()) }
    };
    // SAFETY: between fork and exec only `prctl` and `getppid` are called, both async-signal-safe system calls; no
    // memory is allocated and no lock taken (test `dies_with_its_parent`).
    unsafe { command.pre_exec(in_child) };
}

enum Event {
    Chunk(usize, Vec<u8>),
    End,
}

/// Starts a reader for each pipe. A reader ends with its pipe, or when nobody listens any more.
fn listen(child: &mut Child) -> Receiver<Event> {
    let (sender, receiver) = sync_channel(64);
    if let Some(pipe) = child.stdout.take() {
        read_in_background(pipe, 0, sender.clone());
    }
    if let Some(pipe) = child.stderr.take() {
        read_in_background(pipe, 1, sender);
    }
    receiver
}

fn read_in_background(mut pipe: impl Read + Send + 'static, index: usize, sender: SyncSender<Event>) {
    thread::spawn(move || {
        let mut buffer = vec![0; 16 << 10];
        while let Ok(n @ 1..) = pipe.read(&mut buffer) {
            let chunk = buffer.get(..n).unwrap_or_default().to_vec();
            if sender.send(Event::Chunk(index, chunk)).is_err() {
                return;
            }
        }
        sender.send(Event::End).ok();
    });
}

/// Listens until both pipes have ended and the program has, or says why it must be ended.
fn drain(
    spec: &CommandSpec,
    started: Instant,
    group: &Group,
    events: &Receiver<Event>,
    streams: &mut [Captured; 2],
    on_line: &mut dyn FnMut(Stream, &str),
) -> Result<(), ExecError> {
    let mut open = 2;
    let mut last_word = Instant::now();
    let mut ended: Option<Instant> = None;
    let mut pause = Duration::from_micros(200);
    loop {
        if ended.is_none() && group.has_ended() {
            ended = Some(Instant::now());
        }
        if ended.is_some_and(|at| open == 0 || at.elapsed() > LINGER) {
            break;
        }
        let (command, name) = (|| spec.display(&Redactor::new()), || spec.name());
        if started.elapsed() > spec.deadline {
            return Err(ExecError::TimedOut { name: name(), command: command(), after: spec.deadline });
        }
        if let Some(after) = spec.silence.filter(|limit| last_word.elapsed() > *limit) {
            return Err(ExecError::Silent { name: name(), command: command(), after });
        }
        if open == 0 {
            // Both pipes are closed; the end is usually a moment away.
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
            continue;
        }
        match events.recv_timeout(Duration::from_millis(50)) {
            Ok(Event::Chunk(index, chunk)) => {
                last_word = Instant::now();
                let stream = if index == 0 { Stream::Stdout } else { Stream::Stderr };
                if let Some(captured) = streams.get_mut(index) {
                    captured.push(&chunk, &mut |line| on_line(stream, line));
                }
            }
            Ok(Event::End) => open -= 1,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => open = 0,
        }
    }
    for (captured, stream) in streams.iter_mut().zip([Stream::Stdout, Stream::Stderr]) {
        captured.finish(&mut |line| on_line(stream, line));
    }
    Ok(())
}

/// One stream: the end of what was said, and the line that is not complete yet.
struct Captured {
    keep: usize,
    bytes: Vec<u8>,
    line: Vec<u8>,
}

impl Captured {
    fn new(keep: usize) -> Self {
        Self { keep, bytes: Vec::new(), line: Vec::new() }
    }

    fn push(&mut self, chunk: &[u8], on_line: &mut dyn FnMut(&str)) {
        self.bytes.extend_from_slice(chunk);
        if self.bytes.len() > 2 * self.keep {
            self.bytes.drain(..self.bytes.len() - self.keep);
        }
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() > LONGEST_LINE {
                self.emit(on_line);
            }
        }
    }

    fn finish(&mut self, on_line: &mut dyn FnMut(&str)) {
        if !self.line.is_empty() {
            self.emit(on_line);
        }
        self.bytes.drain(..self.bytes.len().saturating_sub(self.keep));
    }

    fn emit(&mut self, on_line: &mut dyn FnMut(&str)) {
        on_line(String::from_utf8_lossy(&self.line).trim_end_matches(['\n', '\r']));
        self.line.clear();
    }
}

/// The child and everything in its process group; what is left of it ends with this value.
struct Group(Child);

impl Group {
    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.0.id()).unwrap_or(i32::MAX))
    }

    /// Whether the leader has ended. It stays a zombie, so that its id (and its group's) cannot be reused yet.
    fn has_ended(&self) -> bool {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        !matches!(waitid(Id::Pid(self.pid()), flags), Ok(WaitStatus::StillAlive))
    }

    /// TERM, a bounded wait, KILL.
    fn end(&mut self) {
        killpg(self.pid(), Signal::SIGTERM).ok();
        let asked = Instant::now();
        while !self.has_ended() && asked.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(10));
        }
        self.reap();
    }

    /// Kills what is left of the group while the leader still holds its id, then collects the leader.
    fn reap(&mut self) -> Exit {
        killpg(self.pid(), Signal::SIGKILL).ok();
        match self.0.wait() {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => Exit::Code(code),
                (None, Some(signal)) => Exit::Signal(signal),
                (None, None) => Exit::Unknown,
            },
            Err(_) => Exit::Unknown,
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Only a panic in `on_line` leaves a running child here; `try_wait` remembers a child already collected.
        if matches!(self.0.try_wait(), Ok(None)) {
            self.reap();
        }
    }
}
