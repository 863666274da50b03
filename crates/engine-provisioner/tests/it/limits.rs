//! Small limits of the system: whatever is refused, no panic, one document, and the limit is named as the cause.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, Env, Exit, Output};
use testkit::Sample;

use crate::support::{Place, pool, ports};

/// No other process of the host is this user's.
const USER: u32 = 987_654;

/// A place of a user with no process of its own, where this test may make one; else of this test's user, who has more
/// processes than any limit here.
struct Small {
    place: Place,
    program: String,
}

impl Small {
    fn new() -> Self {
        let place = Place::bare();
        let (repo, model) = (testkit::tiny_llama_repo(place.path()), testkit::tiny_model(place.path()));
        place.write(&pool(&repo.path, &model, &ports()));
        let program = place.path().join("program");
        std::fs::copy(env!("CARGO_BIN_EXE_engine-provisioner"), &program).unwrap();
        let small = Self { program: program.display().to_string(), place };
        if testkit::is_root() {
            let owner = format!("{USER}:{USER}");
            let chown = CommandSpec::new(Self::tool("chown"), Duration::from_secs(30)).args(["-R", &owner]);
            assert_eq!(exec::run(&chown.arg(small.place.path())).unwrap().exit, Exit::Code(0));
            std::fs::set_permissions(small.place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        small
    }

    fn tool(name: &str) -> std::path::PathBuf {
        Env::current().find(name).unwrap_or_else(|| Path::new("/usr/bin").join(name))
    }

    /// Calls the program under this limit of `prlimit`.
    fn call(&self, limit: &str, words: &[&str]) -> Output {
        let user = [format!("--reuid={USER}"), format!("--regid={USER}")];
        let mut spec =
            CommandSpec::new(Self::tool(if testkit::is_root() { "setpriv" } else { "env" }), Duration::from_mins(2));
        if testkit::is_root() {
            spec = spec.args(user).args(["--clear-groups", "--"]);
        }
        let at = |name: &str| self.place.path().join(name).display().to_string();
        spec = spec
            .arg(Self::tool("prlimit"))
            .args(limit.split_whitespace())
            .args(["--", self.program.as_str()])
            .args(words.iter().copied());
        spec = spec.args(["--cache-dir".to_owned(), at("cache"), "--run-dir".to_owned(), at("run")]);
        exec::run(&spec.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", at("home"))).unwrap()
    }

    fn config(&self) -> String {
        self.place.pool_file().display().to_string()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        self.call("--core=0", &["stop", "--pool", "tiny"]);
    }
}

/// B7: a program that cannot be started because of a limit is no missing tool.
#[test]
fn a_limit_on_processes_is_named() {
    let small = Small::new();
    let config = small.config();
    for limit in ["--nproc=1", "--nproc=2"] {
        for words in [["ensure", "--json", "--config", &config], ["prepare", "--json", "--config", &config]] {
            let output = small.call(limit, &words);
            let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            let code = document["error"]["code"].as_str().unwrap_or_default();
            assert!(
                ["preflight::limit", "exec::limit", "build::too_many_processes", "spawner::limit"].contains(&code),
                "{limit}: {document}"
            );
            assert!(document["error"]["help"].as_str().unwrap().contains("ulimit -u"), "{document}");
        }
        let output = small.call(limit, &["doctor", "--config", &config]);
        let text = String::from_utf8_lossy(&output.stdout);
        // Two are enough for a program that asks one tool after the other.
        let is_told = text.contains("the limit on processes and threads is reached");
        assert!((is_told || limit == "--nproc=2") && !text.contains("missing "), "{limit}: {text}");
    }
}

/// B7: no panic and one document, whatever limit is how small. A program that the kernel or the loader ends itself has no
/// say.
#[test]
fn no_limit_makes_it_panic() {
    let (small, mut sample) = (Small::new(), Sample::new());
    let mut limits: Vec<String> = Vec::new();
    limits.extend([3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32].map(|n| format!("--nofile={n}")));
    limits.extend([1, 2, 3, 4, 5, 6, 8, 10, 12, 16].map(|n| format!("--nproc={n}")));
    limits.extend([8, 16, 24, 32, 48, 64, 96, 128, 256, 512].map(|n| format!("--as={}", n << 20)));
    limits.extend([0, 1, 512, 4096, 65536, 1 << 20].map(|n| format!("--fsize={n}")));
    limits.extend([8, 16, 64, 128, 256, 1024].map(|n| format!("--stack={}", n << 10)));
    limits.extend(["--cpu=1", "--cpu=2", "--data=1000000", "--data=8000000", "--data=40000000"].map(str::to_owned));
    let config = small.config();
    let with = |words: &[&'static str]| {
        words
            .iter()
            .map(ToString::to_string)
            .chain(["--json", "--config", &config].map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let verbs = [
        with(&["ensure", "--wait=5"]),
        with(&["prepare"]),
        with(&["plan"]),
        with(&["doctor"]),
        with(&["status"]),
        with(&["stop"]),
        ["cache", "verify", "--json"].map(str::to_owned).to_vec(),
        ["cache", "gc", "--json"].map(str::to_owned).to_vec(),
        ["gpus", "--json"].map(str::to_owned).to_vec(),
    ];
    for limit in sample.pick(&limits, 10) {
        for words in sample.pick(&verbs, 4) {
            if sample.is_over() {
                return;
            }
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let output = small.call(limit, &words);
            let stderr = String::from_utf8_lossy(&output.stderr);
            let said = format!("{limit} {words:?}: {output:?}; {sample}");
            assert!(output.exit != Exit::Code(101) && !stderr.contains("panicked"), "{said}");
            let is_own = matches!(output.exit, Exit::Code(0..=8));
            assert!(
                !is_own
                    || serde_json::from_slice::<serde_json::Value>(&output.stdout).is_ok()
                    || stderr.contains("prlimit")
                    || stderr.contains("error while loading"),
                "{said}"
            );
        }
    }
}
