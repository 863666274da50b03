//! Runs engines as children of this process and remembers them in memory, with no record on disk.

use std::fs::File;
use std::io::{PipeReader, pipe};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use std::os::unix::process::ExitStatusExt;

use provisioner_core::seam::{
    Answer, Condition, Follow, Instance, PoolDir, PoolGuard, Runtime, Seen, Start, StartWhat, StopOutcome, Usage,
    Vitals, Watched, Watching,
};
use provisioner_core::{Ensured, Exit, Health, InstanceKind};

use super::Result;

#[derive(Debug)]
pub(super) struct ToyRuntime {
    /// The program behind every image.
    program: PathBuf,
    pub(super) runs: Arc<Mutex<Option<Run>>>,
    /// The engine counts as replaced by another one as soon as it is looked at, once.
    pub(super) replaced: AtomicBool,
}

/// An engine that was started and has not been stopped.
#[derive(Debug)]
pub(super) struct Run {
    instance: Instance,
    child: Child,
    /// Reads to the end once the engine, which holds the other side, has exited.
    ends: PipeReader,
    began: Instant,
}

impl Run {
    fn exit(&mut self) -> Option<Exit> {
        self.child.try_wait().unwrap().map(exit)
    }
}

fn exit(status: ExitStatus) -> Exit {
    status.code().map(Exit::Code).or(status.signal().map(Exit::Signal)).unwrap_or(Exit::Unknown)
}

#[derive(Debug)]
struct ToyWatch {
    runs: Arc<Mutex<Option<Run>>>,
    ends: PipeReader,
    began: Instant,
}

impl ToyRuntime {
    pub(super) fn new(program: PathBuf) -> Self {
        Self { program, runs: Arc::default(), replaced: AtomicBool::new(false) }
    }

    /// Something of the engine that was started last and not stopped.
    fn with<T>(&self, of: impl FnOnce(&mut Run) -> T) -> Option<T> {
        self.runs.lock().unwrap().as_mut().map(of)
    }

    fn alive<T>(&self, of: impl FnOnce(&mut Run) -> T) -> Option<T> {
        self.with(|run| run.exit().is_none().then(|| of(run))).flatten()
    }
}

impl Runtime for ToyRuntime {
    fn observe(&self, _: &Path, _: &str) -> Result<Seen> {
        let instance = self.alive(|run| run.instance.clone());
        Ok(Seen { own_port: instance.as_ref().map(|instance| instance.port), instance, refusal: None })
    }

    fn settle(&self, _: &PoolGuard) -> Result<()> {
        Ok(())
    }

    fn start(&self, guard: &PoolGuard, start: &Start) -> Result<Instance> {
        let (program, image) = match &start.what {
            StartWhat::Program(program) => (program, None),
            StartWhat::Image(image) => (&self.program, Some(image)),
            StartWhat::Remote(url) => panic!("{url} is not started"),
        };
        let (ends, held) = pipe().unwrap();
        let mut command = Command::new(program);
        command.args(&start.args).env_clear().envs(&start.env).current_dir(guard.dir().path());
        command.stdout(File::create(guard.dir().log_file()).unwrap()).stderr(held);
        let child = command.spawn().unwrap();
        let kind = match image {
            None => InstanceKind::Process { pid: i32::try_from(child.id()).unwrap() },
            Some(image) => InstanceKind::Container { runtime: "toy".into(), id: image.clone(), name: "demo".into() },
        };
        let instance = Instance {
            kind,
            facts: start.facts.clone(),
            args: start.args.clone(),
            host: start.host.clone(),
            port: start.port,
            started_unix_s: 1,
            log: guard.dir().log_file(),
        };
        let run = Run { instance: instance.clone(), child, ends, began: Instant::now() };
        *self.runs.lock().unwrap() = Some(run);
        Ok(instance)
    }

    fn stop(&self, _: &PoolGuard, _: Duration) -> Result<StopOutcome> {
        let Some(mut run) = self.runs.lock().unwrap().take() else { return Ok(StopOutcome::NothingRecorded) };
        let gone = run.exit().is_some();
        run.child.kill().unwrap();
        run.child.wait().unwrap();
        Ok(if gone { StopOutcome::AlreadyGone } else { StopOutcome::Forced })
    }

    fn adopt(&self, _: &PoolGuard, _: &Instance) -> Result<()> {
        Ok(())
    }

    fn status(&self, _: &PoolDir) -> Result<Condition> {
        let condition = self.with(|run| {
            let (exit, instance) = (run.exit(), run.instance.clone());
            match exit {
                None => Condition::Running { instance, uptime: run.began.elapsed() },
                exit => Condition::Exited { instance, exit },
            }
        });
        Ok(condition.unwrap_or(Condition::Absent))
    }

    /// It is ready once it says so, and has no port to be asked at.
    fn answers(&self, dir: &PoolDir, engine: &Ensured) -> Result<Answer> {
        assert_eq!(engine.instance, self.with(|run| run.instance.kind.clone()), "asked about another engine");
        Ok(if self.logs(dir, 9)?.contains("up") { Health::Ready } else { Health::Loading }.into())
    }

    fn vitals(&self, dir: &PoolDir, _: &Instance, engine: Option<&Ensured>) -> Result<Vitals> {
        let answer = engine.map(|engine| self.answers(dir, engine)).transpose()?;
        let pids = self.alive(|run| vec![i32::try_from(run.child.id()).unwrap()]);
        Ok(Vitals { answer, usage: pids.map(|pids| Usage { pids, rss_bytes: 4711, listens: true }) })
    }

    fn kept(&self, _: &PoolDir, _: &Ensured) -> Result<Option<String>> {
        let replaced = self.replaced.swap(false, Ordering::SeqCst);
        Ok(replaced.then(|| self.with(|run| run.instance.started_unix_s += 1)).map(|_| "it is another one".into()))
    }

    fn running(&self, _: &PoolDir) -> Result<Option<Watching>> {
        Ok(self.alive(|run| {
            let (ends, began) = (run.ends.try_clone().unwrap(), run.began);
            let watch = ToyWatch { runs: Arc::clone(&self.runs), ends, began };
            Watching { instance: run.instance.clone(), watch: Box::new(watch) }
        }))
    }

    fn logs(&self, dir: &PoolDir, lines: usize) -> Result<String> {
        let text = std::fs::read_to_string(dir.log_file()).unwrap_or_default();
        let all: Vec<&str> = text.lines().collect();
        Ok(all[all.len().saturating_sub(lines)..].join("\n"))
    }

    fn follow(&self, dir: &PoolDir, lines: usize) -> Result<Follow> {
        let lines: Vec<_> = self.logs(dir, lines)?.lines().map(|line| Ok(line.to_owned())).collect();
        Ok(Box::new(lines.into_iter()))
    }
}

impl AsFd for ToyWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ends.as_fd()
    }
}

impl Watched for ToyWatch {
    fn wait(&self, timeout: Duration) -> Result<Option<Exit>> {
        let begin = Instant::now();
        loop {
            // A stop takes the engine away, and collects how it exited.
            let known = self.runs.lock().unwrap().as_mut().map_or(Some(Exit::Unknown), Run::exit);
            if known.is_some() || begin.elapsed() >= timeout {
                return Ok(known);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn uptime(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Drop for ToyRuntime {
    fn drop(&mut self) {
        if let Some(run) = self.runs.lock().unwrap().as_mut() {
            run.child.kill().ok();
            run.child.wait().ok();
        }
    }
}
