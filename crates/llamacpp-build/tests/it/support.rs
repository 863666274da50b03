//! A repository, a cache folder and tools that write down each call, for one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use engine_store::{Entry, Layout};
use exec::{CommandSpec, Env, run};
use llamacpp_build::{
    Backend, BuildError, BuildRequest, Commit, Definition, Event, Generator, Guard, Limits, Source, ToolId, Toolchain,
    Transport, build, resolve,
};
use testkit::{Repo, fake_tool, tiny_llama_repo};

const TOOLS: [&str; 6] = ["git", "cmake", "ninja", "make", "cc", "c++"];

pub(crate) struct Bench {
    dir: tempfile::TempDir,
    pub(crate) repo: Repo,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let repo = tiny_llama_repo(dir.path());
        let bench = Self { dir, repo };
        fs::create_dir(bench.at("tools")).unwrap();
        for name in TOOLS {
            bench.tool(name, "");
        }
        bench
    }

    /// One whose CMake and ninja take no time: they only leave behind what the real ones would, and the server is a
    /// script of some size.
    pub(crate) fn quick() -> Self {
        let bench = Self::new();
        let server = fake_tool(
            &bench.at("tools"),
            "server",
            &format!("[ \"$1\" = --version ] && echo 'version: 1 (0000000)'\nexit 0\n#{}", "x".repeat(20_000)),
        );
        let cmake = "[ \"$1\" = -S ] || exec echo cmake 3.25.1\nmkdir -p \"$4\"; : > \"$4/CMakeCache.txt\"; exit 0";
        bench.tool("cmake", cmake);
        let ninja = "[ \"$1\" = -C ] || exec echo 1.11\nmkdir -p \"$2/bin\"; cp";
        bench.tool("ninja", &format!("{ninja} '{}' \"$2/bin/llama-server\"; exit 0", server.display()));
        bench
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Makes the tool run `first`, with its arguments in `$@`, before what it is.
    pub(crate) fn tool(&self, name: &str, first: &str) {
        let real = Env::current().find(name).unwrap();
        let calls = self.at("calls");
        let script = format!("echo {name} \"$@\" >> '{}'\n{first}\nexec {} \"$@\"", calls.display(), real.display());
        fake_tool(&self.at("tools"), name, &script);
    }

    /// The calls of a tool so far whose arguments contain `part`.
    pub(crate) fn calls(&self, name: &str, part: &str) -> Vec<String> {
        let text = fs::read_to_string(self.at("calls")).unwrap_or_default();
        let begin = format!("{name} ");
        text.lines().filter(|line| line.starts_with(&begin) && line.contains(part)).map(str::to_owned).collect()
    }

    /// How often the server's own source file was compiled.
    pub(crate) fn compiled(&self) -> usize {
        self.calls("c++", "-c ").iter().filter(|call| call.contains("main.cpp")).count()
    }

    pub(crate) fn layout(&self) -> Layout {
        Layout::new(&self.at("cache")).unwrap()
    }

    /// What a folder of the cache holds, by name; a folder that is not there holds nothing.
    pub(crate) fn cached(&self, folder: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.at("cache/v1").join(folder)).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    /// A build of the repository for the processor.
    pub(crate) fn request(&self, reference: &str) -> BuildRequest {
        let tool = |name: &str| {
            let path = self.at("tools").join(name);
            let spec = CommandSpec::new(&path, Duration::from_secs(20)).arg("--version");
            let output = run(&spec).and_then(|output| output.require_success(&spec)).unwrap();
            ToolId { path, version: output.stdout_text().lines().next().unwrap().to_owned() }
        };
        BuildRequest {
            source: Source {
                repo: self.repo.path.to_str().unwrap().to_owned(),
                transport: Transport::Local,
                reference: reference.to_owned(),
                submodules: false,
            },
            backend: Backend::Cpu,
            definitions: Vec::new(),
            tools: Toolchain {
                git: tool("git"),
                cmake: tool("cmake"),
                generator: Generator::Ninja,
                make: tool("ninja"),
                cc: tool("cc"),
                cxx: tool("c++"),
                linker: None,
                ccache: None,
            },
            jobs: Some(2),
            limits: Limits {
                fetch: Duration::from_mins(1),
                fetch_silence: Duration::from_mins(1),
                build: Duration::from_secs(100),
                silence: Duration::from_mins(1),
            },
            env: Env::from_pairs([("HF_TOKEN", "sentinel"), ("CXXFLAGS", "-Dsentinel")]),
            guard: Guard::default(),
        }
    }

    /// The whole way. Logs of a failed build go to `logs`.
    pub(crate) fn build(&self, request: &BuildRequest) -> Result<Entry, BuildError> {
        let commit = self.resolve(request)?;
        fs::create_dir_all(self.at("logs")).unwrap();
        build(&self.layout(), request, &commit, Some(&self.at("logs")), &|_: &Event| ())
    }

    pub(crate) fn resolve(&self, request: &BuildRequest) -> Result<Commit, BuildError> {
        resolve(&self.layout(), request)
    }

    /// The commit and the file names of the source tree that CMake is given, without configuring it.
    pub(crate) fn tree(&self, request: &BuildRequest) -> String {
        let show = "[ \"$1\" = -S ] || exec /bin/echo cmake; echo \"CMake Error: $(git -C \"$2\" rev-parse HEAD)\" $(ls \"$2\"); exit 1";
        self.tool("cmake", show);
        match self.build(request) {
            Err(BuildError::Configure { excerpt, .. }) => excerpt,
            other => panic!("{other:?}"),
        }
    }

    /// The example of this crate, as a process that builds `main` with this bench's tools.
    #[expect(clippy::disallowed_methods, reason = "it is to be killed, which `exec` has no call for")]
    pub(crate) fn process(&self) -> Child {
        let test = std::env::current_exe().unwrap();
        let example = test.parent().and_then(Path::parent).unwrap().join("examples/build");
        std::process::Command::new(example)
            .args([self.repo.path.as_path(), "main".as_ref(), &self.at("cache")])
            .env_clear()
            .env("PATH", self.at("tools"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }
}

pub(crate) fn definitions(texts: &[&str]) -> Vec<Definition> {
    texts.iter().map(|text| Definition::parse(text).unwrap()).collect()
}

/// The error's stable code.
pub(crate) fn code(error: &BuildError) -> String {
    miette::Diagnostic::code(error).unwrap().to_string()
}
