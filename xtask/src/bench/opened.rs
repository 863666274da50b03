//! When a program is executed, without a tracer that would slow it down: the kernel opens its file to do so.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

use crate::failure::{Failure, Result};

/// How often the watcher looks whether it is still wanted.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

/// From the call of `run` until the file at `program` was opened for the last time before it returned. Whoever reads
/// the file does so before executing it.
pub(crate) fn until_opened(program: &Path, run: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let fd = inotify::init(CreateFlags::CLOEXEC)?;
    inotify::add_watch(&fd, program, WatchFlags::OPEN)?;
    let over = AtomicBool::new(false);
    let watch = || -> Result<Option<Instant>> {
        let mut last = None;
        let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
        loop {
            let ended = over.load(Ordering::Acquire);
            match poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&PAUSE))? {
                0 if ended => return Ok(last),
                0 => {}
                _ => {
                    last = Some(Instant::now());
                    inotify::Reader::new(&fd, &mut buffer).next()?;
                }
            }
        }
    };
    thread::scope(|scope| {
        let watcher = scope.spawn(watch);
        let begin = Instant::now();
        let ran = run();
        over.store(true, Ordering::Release);
        let last = watcher.join().map_err(|_panic| Failure::new("the thread that watches the program panicked"))??;
        ran?;
        last.map(|at| at.saturating_duration_since(begin))
            .ok_or_else(|| Failure::new(format!("{} was not executed", program.display())))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The moment lies between the call and the return, after all that came before it, and running nothing is told.
    #[test]
    fn an_execution_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let program = testkit::fake_tool(dir.path(), "program", "exit 0");
        let run = || {
            let slept = Duration::from_millis(30);
            thread::sleep(slept);
            exec::run(&exec::CommandSpec::new(&program, Duration::from_mins(1)))?;
            thread::sleep(slept);
            Ok(())
        };
        let begin = Instant::now();
        let took = until_opened(&program, run).unwrap();
        assert!(took >= Duration::from_millis(30) && took + Duration::from_millis(30) <= begin.elapsed(), "{took:?}");
        let idle = dir.path().join("idle");
        fs::File::create(&idle).unwrap();
        assert!(until_opened(&idle, || Ok(())).is_err());
    }
}
