//! The command line of the tasks: few enough words that a table of their own is not worth a library.

use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
usage: cargo xtask TASK

  tidy             check layers, file heads and sizes, manifests, leftovers
  spec             print which test proves which requirement
  packages         check the names of packages that are told to people, as far as apt knows them (Debian)
  catalogue [--check]
                   make the tables of flags from the help texts, or check that they are what the texts give
  test [--full] [--cuda] [--soak MINUTES]
                   install what the tests need, run all of them
                   --full adds the real engine; --cuda a real CUDA toolkit (no GPU is needed; 573 MB are downloaded once)
                   --soak adds the checks that take minutes: the rehearsal of the GPU kit, once; kills at every system call
                   of every verb, races with kills and small limits, which end after MINUTES each
  demo [--mode source|binary|external] [--keep] [--repo URL|PATH] [--ref REF] [--model PATH|hf:OWNER/REPO/FILE] [--dir DIR]
                   build a real llama.cpp from source, start it, ask it a question, stop it
                   --keep leaves it running; --dir keeps everything (downloads, store, records) below DIR
                   binary: the same engine out of archives from a server on this host; external: the same program as one
                   that others installed, and then as one that others run
  gpu [--repo URL|PATH] [--ref REF] [--model PATH|hf:OWNER/REPO/FILE] [--dir DIR]
                   on a host with an NVIDIA GPU and a CUDA toolkit: build llama.cpp for that GPU, serve from it, check
                   that it does, write the figures to docs/measurements/gpu.md; --dir keeps the downloads below DIR
  gpu --kit DIR [--repo URL|PATH] [--ref REF] [--model PATH]
                   pack into DIR what a GPU host without Rust and network needs for the same; DIR/README.md says how
  gpu rehearse [--dir DIR]
                   pack a kit with a small project and run it here, in a bare Debian 12 with a stand-in for the driver
  gpu facts|build|proofs --at KIT
                   one part, inside an unpacked kit; its run.sh calls this
  bench [build] [--real] [--write docs/measurements/NAME.md]
                   measure builds and warm starts against the same work by hand; --real takes llama.cpp itself
                   build: what is promised of builds, each figure beside its goal (--real: 20 minutes on two cores)
  bench spawn [--write docs/measurements/spawn.md]
                   measure starting, stopping and logging against the bare system calls";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    Tidy,
    Spec,
    Packages,
    Catalogue { check: bool },
    Test(TestArgs),
    Demo(DemoArgs),
    Gpu(GpuArgs),
    Bench(BenchArgs),
}

/// What is tested beside what each machine can test in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TestArgs {
    pub(crate) full: bool,
    pub(crate) cuda: bool,
    /// For how many minutes the checks that can be repeated are repeated; `None` leaves out all that take minutes.
    pub(crate) soak_minutes: Option<u64>,
}

/// What the demo shall use instead of its own choices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DemoArgs {
    pub(crate) keep: bool,
    pub(crate) mode: DemoMode,
    pub(crate) repo: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) dir: Option<PathBuf>,
}

/// How the demo's engine gets onto the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DemoMode {
    /// It is built.
    #[default]
    Source,
    /// Out of archives.
    Binary,
    /// Others installed it, and others run it.
    External,
}

/// What is done on, or for, a host with a GPU, and with which source and model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GpuArgs {
    pub(crate) source: DemoArgs,
    pub(crate) task: GpuTask,
}

/// What is done on, or for, a host with a GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GpuTask {
    /// All parts, here, with this checkout.
    All,
    /// A kit is packed into this folder.
    Pack(PathBuf),
    /// A kit is packed and run where no GPU is.
    Rehearse,
    /// One part, with the kit in this folder.
    Part(GpuPart, PathBuf),
}

/// The parts, in the order in which they build on one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GpuPart {
    /// What the host has, and what asking costs.
    Facts,
    /// llama.cpp for its GPUs.
    Build,
    /// What the engine does in good and bad conditions.
    Proofs,
}

impl GpuPart {
    pub(crate) const ALL: [Self; 3] = [Self::Facts, Self::Build, Self::Proofs];

    /// Its name on the command line, and of its result.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Build => "build",
            Self::Proofs => "proofs",
        }
    }
}

/// What to measure, and where to put it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BenchArgs {
    /// What is promised of builds.
    pub(crate) build: bool,
    /// What is promised of processes.
    pub(crate) spawn: bool,
    pub(crate) real: bool,
    pub(crate) write: Option<PathBuf>,
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Task, String> {
    let mut args = args.into_iter();
    let task = args.next().unwrap_or_else(|| "help".into());
    let mut words = Words { left: args.collect() };
    let task = match task.as_str() {
        "help" | "--help" | "-h" => return Ok(Task::Help),
        "tidy" => Task::Tidy,
        "spec" => Task::Spec,
        "packages" => Task::Packages,
        "catalogue" => Task::Catalogue { check: words.flag("--check") },
        "test" => Task::Test(TestArgs {
            full: words.flag("--full"),
            cuda: words.flag("--cuda"),
            soak_minutes: words.minutes("--soak")?,
        }),
        "demo" => {
            let (keep, mode) = (words.flag("--keep"), words.mode()?);
            if keep && mode != DemoMode::Source {
                return Err("`--keep` goes with `--mode source` alone".into());
            }
            Task::Demo(DemoArgs { keep, mode, ..words.demo()? })
        }
        "gpu" => Task::Gpu(words.gpu()?),
        "bench" => {
            let (build, spawn, real) = (words.flag("build"), words.flag("spawn"), words.flag("--real"));
            if build && spawn {
                return Err("`bench` measures `build` or `spawn`, one at a time".into());
            }
            Task::Bench(BenchArgs { build, spawn, real, write: words.value("--write")?.map(PathBuf::from) })
        }
        other => return Err(format!("there is no task `{other}`")),
    };
    match words.left.first() {
        None => Ok(task),
        Some(word) => Err(format!("this task does not know `{word}`")),
    }
}

/// The words that nobody has taken yet.
struct Words {
    left: Vec<String>,
}

impl Words {
    fn flag(&mut self, name: &str) -> bool {
        let before = self.left.len();
        self.left.retain(|word| word != name);
        self.left.len() < before
    }

    /// What `demo` and `gpu` both take.
    fn demo(&mut self) -> Result<DemoArgs, String> {
        Ok(DemoArgs {
            keep: false,
            mode: DemoMode::Source,
            repo: self.value("--repo")?,
            reference: self.value("--ref")?,
            model: self.value("--model")?,
            dir: self.value("--dir")?.map(PathBuf::from),
        })
    }

    fn gpu(&mut self) -> Result<GpuArgs, String> {
        let part = GpuPart::ALL.into_iter().find(|part| self.flag(part.name()));
        if part.is_none() && self.flag("rehearse") {
            return Ok(GpuArgs { source: self.demo()?, task: GpuTask::Rehearse });
        }
        let (kit, at) = (self.value("--kit")?, self.value("--at")?);
        let task = match (part, kit, at) {
            (None, None, None) => GpuTask::All,
            (None, Some(kit), None) => GpuTask::Pack(kit.into()),
            (Some(part), None, Some(at)) => GpuTask::Part(part, at.into()),
            _ => return Err("`gpu` takes `--kit DIR`, or one part with `--at KIT`, or neither".into()),
        };
        Ok(GpuArgs { source: self.demo()?, task })
    }

    fn mode(&mut self) -> Result<DemoMode, String> {
        match self.value("--mode")?.as_deref() {
            None | Some("source") => Ok(DemoMode::Source),
            Some("binary") => Ok(DemoMode::Binary),
            Some("external") => Ok(DemoMode::External),
            Some(_) => Err("`--mode` is `source`, `binary` or `external`".into()),
        }
    }

    fn minutes(&mut self, name: &str) -> Result<Option<u64>, String> {
        let value = self.value(name)?;
        value
            .map(|value| value.parse().map_err(|_not_a_number| format!("`{name}` takes a whole number of minutes")))
            .transpose()
    }

    fn value(&mut self, name: &str) -> Result<Option<String>, String> {
        let Some(at) = self.left.iter().position(|word| word == name) else { return Ok(None) };
        if self.left.get(at + 1).is_none_or(|value| value.starts_with("--")) {
            return Err(format!("`{name}` needs a value"));
        }
        self.left.remove(at);
        Ok(Some(self.left.remove(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Result<Task, &str>) {
        let got = parse(line.split_whitespace().map(String::from));
        assert_eq!(got, expected.map_err(String::from), "{line}");
    }

    #[test]
    fn words_become_tasks() {
        check("", Ok(Task::Help));
        check("tidy", Ok(Task::Tidy));
        check("catalogue --check", Ok(Task::Catalogue { check: true }));
        check("test", Ok(Task::Test(TestArgs::default())));
        check("test --full", Ok(Task::Test(TestArgs { full: true, ..TestArgs::default() })));
        check("test --cuda --full", Ok(Task::Test(TestArgs { full: true, cuda: true, soak_minutes: None })));
        check("test --soak 30", Ok(Task::Test(TestArgs { soak_minutes: Some(30), ..TestArgs::default() })));
        check("bench --write x.md", Ok(Task::Bench(BenchArgs { write: Some("x.md".into()), ..BenchArgs::default() })));
        let bench = BenchArgs { build: true, real: true, ..BenchArgs::default() };
        check("bench build --real", Ok(Task::Bench(bench)));
        check("bench spawn", Ok(Task::Bench(BenchArgs { spawn: true, ..BenchArgs::default() })));
        let wish = DemoArgs { repo: Some("/r".into()), dir: Some("/d".into()), ..DemoArgs::default() };
        let gpu = |source: &DemoArgs, task| Ok(Task::Gpu(GpuArgs { source: source.clone(), task }));
        check("gpu --dir /d --repo /r", gpu(&wish, GpuTask::All));
        check("gpu rehearse", gpu(&DemoArgs::default(), GpuTask::Rehearse));
        check("gpu --kit /k", gpu(&DemoArgs::default(), GpuTask::Pack("/k".into())));
        check("gpu proofs --at /k", gpu(&DemoArgs::default(), GpuTask::Part(GpuPart::Proofs, "/k".into())));
        check("demo --dir /d --repo /r --keep", Ok(Task::Demo(DemoArgs { keep: true, ..wish.clone() })));
        let of_mode = |mode| Ok(Task::Demo(DemoArgs { mode, ..wish.clone() }));
        check("demo --dir /d --repo /r --mode source", of_mode(DemoMode::Source));
        check("demo --mode binary --dir /d --repo /r", of_mode(DemoMode::Binary));
        check("demo --mode external --dir /d --repo /r", of_mode(DemoMode::External));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        check("brew", Err("there is no task `brew`"));
        check("tidy --fast", Err("this task does not know `--fast`"));
        check("bench build spawn", Err("`bench` measures `build` or `spawn`, one at a time"));
        check("test --soak long", Err("`--soak` takes a whole number of minutes"));
        let shape = "`gpu` takes `--kit DIR`, or one part with `--at KIT`, or neither";
        check("gpu facts", Err(shape));
        check("gpu --kit a --at b", Err(shape));
        check("gpu --keep", Err("this task does not know `--keep`"));
        check("demo --repo", Err("`--repo` needs a value"));
        check("demo --mode wasm", Err("`--mode` is `source`, `binary` or `external`"));
        check("demo --mode binary --keep", Err("`--keep` goes with `--mode source` alone"));
        check("demo --repo --keep --ref x", Err("`--repo` needs a value"));
    }
}
