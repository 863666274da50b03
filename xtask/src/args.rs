//! The command line of the tasks: few enough words that a table of their own is not worth a library.

use std::path::PathBuf;

use crate::demo::mode::Mode;

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
  demo [--mode MODE] [--keep] [--repo URL|PATH] [--ref REF] [--model PATH|hf:OWNER/REPO/FILE] [--dir DIR]
                   build a real llama.cpp from source, start it, ask it a question, stop it
                   --keep leaves it running; --dir keeps everything (downloads, store, records) below DIR
                   MODE is source (the default); binary: the same engine out of archives from a server on this host;
                   package: installed by the real pacman, in a root of its own; external: the same program as one that
                   others installed, and then as one that others run
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
  bench archive [--write docs/measurements/artifacts.md]
                   measure an archive of 500 MB beside curl and tar, its memory, and a second pool with it
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
    pub(crate) mode: Mode,
    pub(crate) keep: bool,
    pub(crate) repo: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) dir: Option<PathBuf>,
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

/// What is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Cold and warm starts.
    #[default]
    Starts,
    /// What is promised of builds.
    Build,
    /// What is promised of processes.
    Spawn,
    /// What is promised of archives.
    Archive,
}

/// What to measure, and where to put it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BenchArgs {
    pub(crate) subject: Subject,
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
            let mode = words.value("--mode")?.map_or(Ok(Mode::default()), |word| word.parse())?;
            let keep = words.flag("--keep");
            if keep && mode != Mode::Source {
                return Err("`--keep` goes with `--mode source` alone".into());
            }
            Task::Demo(DemoArgs { mode, keep, ..words.demo()? })
        }
        "gpu" => Task::Gpu(words.gpu()?),
        "bench" => {
            let named = [("build", Subject::Build), ("spawn", Subject::Spawn), ("archive", Subject::Archive)];
            let mut subjects = named.into_iter().filter(|(word, _)| words.flag(word)).map(|(_, subject)| subject);
            let (subject, other) = (subjects.next().unwrap_or_default(), subjects.next());
            if other.is_some() {
                return Err("`bench` measures `build`, `spawn` or `archive`, one at a time".into());
            }
            let write = words.value("--write")?.map(PathBuf::from);
            Task::Bench(BenchArgs { subject, real: words.flag("--real"), write })
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
            mode: Mode::default(),
            keep: false,
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
        let bench = BenchArgs { subject: Subject::Build, real: true, ..BenchArgs::default() };
        check("bench build --real", Ok(Task::Bench(bench)));
        check("bench archive", Ok(Task::Bench(BenchArgs { subject: Subject::Archive, ..BenchArgs::default() })));
        check("bench spawn", Ok(Task::Bench(BenchArgs { subject: Subject::Spawn, ..BenchArgs::default() })));
        let wish = DemoArgs { repo: Some("/r".into()), dir: Some("/d".into()), ..DemoArgs::default() };
        let gpu = |source: &DemoArgs, task| Ok(Task::Gpu(GpuArgs { source: source.clone(), task }));
        check("gpu --dir /d --repo /r", gpu(&wish, GpuTask::All));
        check("gpu rehearse", gpu(&DemoArgs::default(), GpuTask::Rehearse));
        check("gpu --kit /k", gpu(&DemoArgs::default(), GpuTask::Pack("/k".into())));
        check("gpu proofs --at /k", gpu(&DemoArgs::default(), GpuTask::Part(GpuPart::Proofs, "/k".into())));
        check("demo --dir /d --repo /r --keep", Ok(Task::Demo(DemoArgs { keep: true, ..wish.clone() })));
        let of_mode = |mode| Ok(Task::Demo(DemoArgs { mode, ..wish.clone() }));
        check("demo --dir /d --repo /r --mode source", of_mode(Mode::Source));
        check("demo --mode package --dir /d --repo /r", of_mode(Mode::Package));
        check("demo --mode external --dir /d --repo /r", of_mode(Mode::External));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        check("brew", Err("there is no task `brew`"));
        check("tidy --fast", Err("this task does not know `--fast`"));
        check("bench build spawn", Err("`bench` measures `build`, `spawn` or `archive`, one at a time"));
        check("test --soak long", Err("`--soak` takes a whole number of minutes"));
        let shape = "`gpu` takes `--kit DIR`, or one part with `--at KIT`, or neither";
        check("gpu facts", Err(shape));
        check("gpu --kit a --at b", Err(shape));
        check("gpu --keep", Err("this task does not know `--keep`"));
        check("demo --repo", Err("`--repo` needs a value"));
        check("demo --mode x", Err("`--mode` takes one of source, binary, package, external"));
        check("demo --mode binary --keep", Err("`--keep` goes with `--mode source` alone"));
        check("demo --repo --keep --ref x", Err("`--repo` needs a value"));
    }
}
