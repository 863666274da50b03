//! Running one program to its end: both pipes drained, deadline, silence and cancel watched, the whole group ended.

pub(crate) mod after_fork;
mod captured;
mod group;
mod growth;
mod report;
pub(crate) mod start;

use std::io::Read;
use std::os::fd::AsFd;
use std::process::{ChildStderr, ChildStdout};
use std::time::{Duration, Instant};

use cancel::Cancel;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::{CommandSpec, ExecError, Output, Stream};
use captured::Captured;
use group::Group;
use growth::Growth;

/// How much of each stream is kept.
const KEEP: usize = 8 << 20;
/// And where each line is handed on, for the end of an error alone: a build may print for hours.
const KEEP_OF_LINES: usize = 64 << 10;
/// How long a group has between TERM and KILL.
const GRACE: Duration = Duration::from_secs(5);
/// And where the caller cancelled, who is waiting.
const GRACE_OF_CANCEL: Duration = Duration::from_millis(500);
/// How long a pipe that outlives the program (a daemon it left behind holds it) is listened to.
const LINGER: Duration = Duration::from_millis(300);
/// How often deadline, silence and cancel are looked at.
const TICK: Duration = Duration::from_millis(50);
/// How often the program is looked at where the kernel cannot wake us at its end.
const SHORT_TICK: Duration = Duration::from_millis(2);

/// Runs a program to its end. Any exit status is `Ok`; an error means it could not be started, or had to be ended.
///
/// The secrets of its environment are masked in what it printed: see [`CommandSpec::redactor`].
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
    let redactor = spec.redactor();
    tracing::debug!(command = spec.display(&redactor), "run");
    if is_cancelled(spec) {
        return Err(cancelled(spec));
    }
    let mut group = Group::start(spec)?;
    let (stdout, stderr) = group.pipes();
    let mut pipes = Pipes { stdout, stderr };
    let mut streams = [Captured::new(keep, &redactor), Captured::new(keep, &redactor)];
    if let Err(why) = drain(spec, started, &mut group, &mut pipes, &mut streams, on_line) {
        group.end(if matches!(why, ExecError::Cancelled { .. }) { GRACE_OF_CANCEL } else { GRACE });
        return Err(why);
    }
    let [stdout, stderr] = streams;
    let stdout = stdout.finish(&mut |line| on_line(Stream::Stdout, line));
    let stderr = stderr.finish(&mut |line| on_line(Stream::Stderr, line));
    let exit = group.reap();
    let elapsed = started.elapsed();
    tracing::debug!(program = spec.name(), %exit, ms = elapsed.as_millis(), "ended");
    Ok(Output { exit, stdout, stderr, elapsed })
}

/// Listens until both pipes have ended and the program has, or says why it must be ended.
fn drain(
    spec: &CommandSpec,
    started: Instant,
    group: &mut Group,
    pipes: &mut Pipes,
    streams: &mut [Captured; 2],
    on_line: &mut dyn FnMut(Stream, &str),
) -> Result<(), ExecError> {
    let [stdout, stderr] = streams;
    let mut buffer = vec![0; 64 << 10];
    let mut last_word = Instant::now();
    let mut ended: Option<Instant> = None;
    let mut growth = spec.target.as_ref().map(|target| Growth::of(target, group.id().as_raw()));
    loop {
        if ended.is_none() && group.has_ended() {
            ended = Some(Instant::now());
        }
        if ended.is_some_and(|at| pipes.are_closed() || at.elapsed() > LINGER) {
            return Ok(());
        }
        if let Some(why) = overdue(spec, started, last_word, growth.as_mut()) {
            return Err(why);
        }
        let ready = pipes.wait(ended.is_none().then_some(&*group));
        let mut spoke = false;
        if ready.stdout {
            spoke |= take(&mut pipes.stdout, &mut buffer, |chunk| {
                stdout.push(chunk, &mut |line| on_line(Stream::Stdout, line));
            });
        }
        if ready.stderr {
            spoke |= take(&mut pipes.stderr, &mut buffer, |chunk| {
                stderr.push(chunk, &mut |line| on_line(Stream::Stderr, line));
            });
        }
        if spoke {
            last_word = Instant::now();
        }
    }
}

/// Why the program must be ended now.
fn overdue(
    spec: &CommandSpec,
    started: Instant,
    last_word: Instant,
    growth: Option<&mut Growth<'_>>,
) -> Option<ExecError> {
    let (name, command) = (|| spec.name(), || spec.display(&spec.redactor()));
    if is_cancelled(spec) {
        Some(cancelled(spec))
    } else if started.elapsed() > spec.deadline {
        Some(ExecError::TimedOut { name: name(), command: command(), after: spec.deadline })
    } else if let Some(after) = growth.and_then(Growth::stalled) {
        Some(ExecError::Stalled { name: name(), command: command(), after })
    } else {
        let after = spec.silence.filter(|limit| last_word.elapsed() > *limit)?;
        Some(ExecError::Silent { name: name(), command: command(), after })
    }
}

fn is_cancelled(spec: &CommandSpec) -> bool {
    spec.cancel.as_ref().is_some_and(Cancel::is_cancelled)
}

fn cancelled(spec: &CommandSpec) -> ExecError {
    ExecError::Cancelled { name: spec.name(), command: spec.display(&spec.redactor()) }
}

/// The read ends of a program's output, each as long as it is open.
struct Pipes {
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
}

/// Which pipes can be read without waiting.
#[derive(Clone, Copy, Default)]
struct Ready {
    stdout: bool,
    stderr: bool,
}

impl Pipes {
    fn are_closed(&self) -> bool {
        self.stdout.is_none() && self.stderr.is_none()
    }

    /// Waits for output, for the end of `group`, or for a moment.
    fn wait(&self, group: Option<&Group>) -> Ready {
        let fds = [
            self.stdout.as_ref().map(AsFd::as_fd),
            self.stderr.as_ref().map(AsFd::as_fd),
            group.and_then(Group::end_fd),
        ];
        let tick = if group.is_some() && fds[2].is_none() { SHORT_TICK } else { TICK };
        let mut polled: Vec<_> = fds.iter().flatten().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
        let timeout = Timespec { tv_sec: 0, tv_nsec: tick.subsec_nanos().into() };
        // Interrupted by a signal of the host: nothing is ready, and the caller asks again.
        if poll(&mut polled, Some(&timeout)).is_err() {
            return Ready::default();
        }
        let mut is_ready = polled.iter().map(|fd| !fd.revents().is_empty());
        let mut next = |fd: Option<_>| fd.is_some() && is_ready.next().unwrap_or(false);
        let stdout = next(fds[0]);
        Ready { stdout, stderr: next(fds[1]) }
    }
}

/// Reads once from a pipe that has something to read; whether something came. At its end the pipe is closed.
fn take<R: Read>(pipe: &mut Option<R>, buffer: &mut [u8], mut on_chunk: impl FnMut(&[u8])) -> bool {
    let read = pipe.as_mut().map_or(Ok(0), |pipe| pipe.read(buffer));
    match read {
        Ok(n @ 1..) => {
            on_chunk(buffer.get(..n).unwrap_or_default());
            true
        }
        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => false,
        Ok(0) | Err(_) => {
            *pipe = None;
            false
        }
    }
}
