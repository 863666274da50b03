//! A host made of a temporary folder: drivers that are compiled, toolkits and compilers that are scripts.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{CommandSpec, Env, run};
use gpu_detect::{Host, Wish};
use tempfile::TempDir;

/// A folder that stands for `/`.
pub(crate) struct Machine {
    dir: TempDir,
    env: Env,
    nvml: Vec<PathBuf>,
    deadline: Duration,
    wish: Wish,
}

impl Machine {
    /// A host without anything, whose `PATH` is its own `usr/bin`.
    pub(crate) fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("usr/bin");
        fs::create_dir_all(&bin).unwrap();
        let deadline = Duration::from_secs(10);
        Self { env: Env::from_pairs([("PATH", bin)]), nvml: Vec::new(), dir, deadline, wish: Wish::default() }
    }

    /// A host with a driver, built with these `-D` options.
    pub(crate) fn with_driver(options: &[&str]) -> Self {
        Self::empty().driver("libnvidia-ml.so.1", options)
    }

    /// The same host with one more driver library.
    pub(crate) fn driver(mut self, name: &str, options: &[&str]) -> Self {
        let library = self.at(name);
        fs::copy(nvml_stub(options), &library).unwrap();
        self.nvml.push(library);
        self
    }

    /// The same host without its first NVML candidate.
    pub(crate) fn without_first_nvml(mut self) -> Self {
        self.nvml.remove(0);
        self
    }

    /// The same host with `NAME=VALUE` in its environment.
    pub(crate) fn set(mut self, name: &str, value: impl Into<std::ffi::OsString>) -> Self {
        self.env = self.env.with(name, value);
        self
    }

    /// The same host with one more NVML candidate.
    pub(crate) fn nvml(mut self, library: impl Into<PathBuf>) -> Self {
        self.nvml.push(library.into());
        self
    }

    /// The same host, on which the driver must answer sooner.
    pub(crate) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The same host with a configuration.
    pub(crate) fn wish(mut self, wish: impl FnOnce(&Self, &mut Wish)) -> Self {
        let mut changed = self.wish.clone();
        wish(&self, &mut changed);
        self.wish = changed;
        self
    }

    /// The same host with a C library of this version.
    pub(crate) fn glibc(self, minor: u32) -> Self {
        self.file("usr/include/features.h", &format!("#define\t__GLIBC__\t2\n#define\t__GLIBC_MINOR__\t{minor}\n"))
    }

    /// The same host with a link.
    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(self.at(target), path).unwrap();
        self
    }

    /// The same host with a file.
    pub(crate) fn file(self, path: &str, content: &str) -> Self {
        self.write(path, content);
        self
    }

    /// The same host with a g++ of this version, under this name, on its `PATH`.
    pub(crate) fn gxx(self, name: &str, version: &str) -> Self {
        self.program(&format!("usr/bin/{name}"), &format!("echo {version}"));
        self
    }

    /// The same host with a whole toolkit in NVIDIA's layout; see [`NVCC`].
    pub(crate) fn toolkit(self, root: &str, version: &str) -> Self {
        let (major, _) = version.split_once('.').unwrap();
        for file in [
            "include/cuda_runtime.h",
            "lib64/libcudart.so",
            "lib64/libcublas.so",
            "lib64/libcublasLt.so",
            "lib64/stubs/libcuda.so",
        ] {
            self.write(&format!("{root}/{file}"), "");
        }
        let limit = if major == "11" { 11 } else { 13 };
        let header = format!(
            "#if defined(__GNUC__)\n\n#if __GNUC__ > {limit}\n\n#error -- unsupported GNU version! gcc versions later \
             than {limit} are not supported!\n\n#endif /* __GNUC__ > {limit} */\n"
        );
        self.write(&format!("{root}/include/crt/host_config.h"), &header);
        self.write(
            &format!("{root}/version.json"),
            &format!("{{\"cuda\":{{\"name\":\"CUDA SDK\",\"version\":\"{version}.1\"}}}}"),
        );
        self.program(&format!("{root}/bin/nvcc"), &NVCC.replace("VERSION", version));
        self
    }

    /// The same host without this file.
    pub(crate) fn without(self, path: &str) -> Self {
        fs::remove_file(self.at(path)).unwrap();
        self
    }

    /// Writes an executable script. A child process does it: a file that this process has open for writing while
    /// another thread starts a program could not be executed ("text file busy").
    pub(crate) fn program(&self, path: &str, script: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = format!("#!/bin/sh\necho \"$0 $*\" >>'{}'\n{script}\n", self.log_path().display());
        let spec = CommandSpec::new("/bin/sh", Duration::from_secs(10))
            .args(["-c", "printf %s \"$2\" >\"$1\" && chmod 755 \"$1\"", "sh"])
            .arg(path)
            .arg(text)
            .env("PATH", "/usr/bin:/bin");
        run(&spec).unwrap().require_success(&spec).unwrap();
    }

    /// The programs that were run, with their arguments.
    pub(crate) fn log(&self) -> Vec<String> {
        fs::read_to_string(self.log_path()).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// A path of this host.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// The host for the crate under test.
    pub(crate) fn host(&self) -> Host {
        Host {
            root: self.dir.path().into(),
            nvml: self.nvml.clone(),
            deadline: self.deadline,
            wish: self.wish.clone(),
            ..Host::current(self.env.clone())
        }
    }

    fn log_path(&self) -> PathBuf {
        self.at("log")
    }

    #[expect(clippy::disallowed_methods, reason = "nobody reads the file before the test does")]
    fn write(&self, path: &str, content: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// An nvcc that knows architectures 80, 86 and 90, and its version.
const NVCC: &str = "case $1 in\n--version) echo 'Cuda compilation tools, release VERSION, VVERSION.1' ;;\n\
    --list-gpu-code) printf 'sm_80\\nsm_86\\nsm_90\\nsm_90a\\n' ;;\n*) exit 1 ;;\nesac";

/// The stand-in for NVML, compiled with these options, once for all tests that ask for the same.
fn nvml_stub(options: &[&str]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (include_str!("support/nvml_stub.c"), options).hash(&mut hasher);
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("nvml-{:016x}.so", hasher.finish()));
    if !built.exists() {
        let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let library = scratch.path().join("nvml.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/nvml_stub.c");
        gcc(["-shared", "-fPIC", "-o"].map(PathBuf::from).into_iter().chain([library.clone(), source]), options);
        fs::rename(library, &built).unwrap();
    }
    built
}

/// Runs the system's gcc.
pub(crate) fn gcc(args: impl IntoIterator<Item = PathBuf>, options: &[&str]) {
    let gcc = Env::current().find("gcc").expect("the tests need gcc");
    let spec = CommandSpec::new(gcc, Duration::from_mins(1)).args(args).args(options.iter().copied());
    let spec = spec.inherit(&Env::current(), &["PATH"]);
    run(&spec).unwrap().require_success(&spec).unwrap();
}

/// The stable code of an error and its message with help.
pub(crate) fn told(error: &gpu_detect::GpuError) -> (String, String) {
    let help = error.help().map(|help| help.to_string()).unwrap_or_default();
    (error.code().unwrap().to_string(), format!("{error}\nhelp: {help}"))
}
