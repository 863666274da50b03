//! Names and repositories that mean harm, servers that never answer, and secrets in the wrong place.

use std::io::{self, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use llamacpp_build::{BuildError, Inputs, Transport, identify, planned_steps};

use crate::support::{Bench, code};

/// F28, F29: whatever it is called, a repository or reference is a name to git, never an option, a command or a
/// protocol that was not allowed.
#[test]
fn names_are_never_options_or_commands() {
    let bench = Bench::new();
    let path = bench.repo.path.to_str().unwrap().to_owned();
    let canary = bench.at("canary");
    let touch = format!("touch {}", canary.display());
    let mut names = Vec::new();
    for repo in [
        format!("ext::sh -c {}", touch.replace(' ', "% ")),
        format!("--upload-pack={touch}"),
        format!("-u{touch}"),
        format!("ssh://-oProxyCommand={touch}/x"),
        format!("-oProxyCommand={touch}:x"),
        "fd::17".to_owned(),
        "http://127.0.0.1:1/x".to_owned(),
    ] {
        names.push((repo, "main".to_owned()));
    }
    for reference in ["-bevil", "--upload-pack=x", "--", "a..b", "main:x", "@{-1}", "^main", "", "x\ny", "../x", "*"] {
        names.push((path.clone(), reference.to_owned()));
    }
    names.push((path.clone(), format!("--upload-pack={touch}")));
    let mut request = bench.request("main");
    request.limits.fetch = Duration::from_secs(10);
    for (repo, reference) in names {
        for transport in [Transport::Local, Transport::Https, Transport::Ssh] {
            request.source.repo.clone_from(&repo);
            request.source.reference.clone_from(&reference);
            request.source.transport = transport;
            let error = bench.build(&request).unwrap_err();
            assert!(code(&error).starts_with("source::"), "{repo} {reference} {transport:?}: {error:?}");
        }
    }
    assert!(!canary.exists());
    assert_eq!(bench.repo.git(&["branch", "--list", "evil"]), "");
    let asked = bench.calls("git", "ls-remote");
    assert!(!asked.is_empty());
    for call in asked {
        let (before, _) = call.split_once(" --end-of-options ").unwrap_or_else(|| panic!("{call}"));
        assert!(!before.contains("pload-pack") && !before.contains("evil") && !before.contains("touch"), "{call}");
    }
}

/// F31: hooks and filters that a repository brings along are not run by a fetch or a checkout.
#[test]
fn a_checkout_runs_nothing_of_the_repository() {
    let bench = Bench::new();
    let canary = bench.at("canary");
    let touch = format!("touch {}", canary.display());
    testkit::fake_tool(&bench.repo.path, "post-checkout", &touch);
    bench.repo.git(&["config", "filter.evil.smudge", &touch]);
    bench.repo.git(&["config", "uploadpack.packObjectsHook", &touch]);
    bench.repo.git(&["config", "core.fsmonitor", &touch]);
    bench.repo.git(&["-c", "filter.evil.clean=cat", "-c", "core.fsmonitor=false", "add", "--all"]);
    std::os::unix::fs::symlink("/etc", bench.repo.path.join("outside")).unwrap();
    std::fs::File::create(bench.repo.path.join(".gitattributes"))
        .and_then(|mut file| file.write_all(b"* filter=evil\n"))
        .unwrap();
    bench.repo.git(&["-c", "filter.evil.clean=cat", "-c", "core.fsmonitor=false", "add", "--all"]);
    bench.repo.git(&["-c", "core.fsmonitor=false", "commit", "--quiet", "--message=hostile"]);
    let commit = bench.repo.git(&["rev-parse", "HEAD"]);
    assert!(!canary.exists(), "the set-up itself");
    assert!(bench.tree(&bench.request("main")).contains(&commit));
    assert!(!canary.exists());
}

/// F33: git never asks a person, never listens to the caller's environment, and a server that is silent is left.
#[test]
fn a_silent_server_and_a_prompt_cannot_hang_it() {
    let bench = Bench::new();
    bench.tool("git", &format!("env > '{}'", bench.at("env").display()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut request = bench.request("main");
    request.source.repo = format!("https://{}/x", listener.local_addr().unwrap());
    request.source.transport = Transport::Https;
    request.limits.fetch = Duration::from_secs(2);
    request.env = request.env.with("GIT_ASKPASS", "/evil").with("GIT_SSH_COMMAND", "/evil").with("HOME", "/evil");
    let started = Instant::now();
    let error = bench.resolve(&request).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(matches!(error, BuildError::Git { .. }), "{error:?}");
    let env = std::fs::read_to_string(bench.at("env")).unwrap();
    for line in ["GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=/bin/false", "GIT_ALLOW_PROTOCOL=https", "GIT_CONFIG_NOSYSTEM=1"]
    {
        assert!(env.lines().any(|seen| seen == line), "{line} in {env}");
    }
    assert!(env.contains("BatchMode=yes"), "{env}");
    assert!(!env.contains("evil") && !env.contains("sentinel"), "{env}");
}

/// F71: what the caller's environment says to compilers, CMake, nvcc, the loader or the server reaches none of them: git,
/// CMake, ninja, the compilers and the finished server all write down what they were given.
#[test]
fn nothing_of_the_caller_s_environment_decides() {
    let bench = Bench::new();
    let seen = bench.at("seen");
    for tool in ["git", "cmake", "ninja", "cc", "c++"] {
        bench.tool(tool, &format!("env >> '{}'", seen.display()));
    }
    let main = bench.repo.path.join("tools/server/main.cpp");
    let text = std::fs::read_to_string(&main).unwrap();
    assert!(text.contains("int main("), "{text}");
    let look = format!(
        "#include <unistd.h>\n#include <cstdio>\nextern char ** environ;\nnamespace {{ struct look {{ look() {{ FILE * f = fopen(\"{}\", \"a\"); \
         for (char ** e = environ; *e; e++) fprintf(f, \"SERVER %s\\n\", *e); fclose(f); }} }} looked; }}\n",
        seen.display()
    );
    bench.repo.change("tools/server/main.cpp", &(look + &text));
    let names = [
        "LLAMA_ARG_N_GPU_LAYERS",
        "CC",
        "CXX",
        "CFLAGS",
        "CXXFLAGS",
        "CUDAFLAGS",
        "LDFLAGS",
        "NVCC_PREPEND_FLAGS",
        "NVCC_APPEND_FLAGS",
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "CMAKE_TOOLCHAIN_FILE",
        "CMAKE_PREFIX_PATH",
        "CMAKE_GENERATOR",
        "CPATH",
        "LIBRARY_PATH",
        "CCACHE_DIR",
        "CCACHE_DISABLE",
        "NINJA_STATUS",
        "MAKEFLAGS",
        "GIT_DIR",
        "GIT_CONFIG_COUNT",
        "SOURCE_DATE_EPOCH",
        "DESTDIR",
        "LANG",
        "LC_ALL",
        "LANGUAGE",
    ];
    let mut request = bench.request("main");
    request.env = exec::Env::from_pairs(names.map(|name| (name, "/of/the/caller")));
    let built = bench.build(&request).unwrap();
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(
        seen.contains("NINJA_STATUS=") && seen.contains("\nSERVER PATH=") && seen.contains("GIT_ASKPASS="),
        "{seen}"
    );
    assert!(!seen.contains("/of/the/caller"), "{seen}");
    assert!(Inputs::of(&built.manifest).unwrap().env.is_empty());
}

/// Makes all of a tree another user's.
fn give(path: &std::path::Path, user: u32) {
    std::os::unix::fs::lchown(path, Some(user), Some(user)).unwrap();
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            give(&entry.path(), user);
        }
        std::os::unix::fs::lchown(entry.path(), Some(user), Some(user)).unwrap();
    }
}

/// F32: a repository of another user is refused as git refuses it, with something to do about it that works; what this
/// host trusts is not widened for it.
#[test]
fn a_repository_of_another_user_is_refused_with_a_remedy() {
    let bench = Bench::new();
    let (bundle, path) = (bench.repo.bundle(), bench.repo.path.clone());
    give(&path, 65_534);
    for reference in ["main", &bench.repo.commit] {
        let error = bench.build(&bench.request(reference)).unwrap_err();
        assert!(matches!(&error, BuildError::ForeignRepository { .. }), "{reference}: {error:?}");
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(
            help.contains("chown") && help.contains("bundle create") && help.contains(path.to_str().unwrap()),
            "{help}"
        );
        assert!(!help.contains("safe.directory=*") && error.to_string().contains("another user"), "{error}");
    }
    let calls = std::fs::read_to_string(bench.at("calls")).unwrap();
    assert!(!calls.contains("safe.directory"), "{calls}");
    // What the help says works.
    let mut request = bench.request(&bench.repo.commit);
    request.source.repo = bundle.to_str().unwrap().to_owned();
    assert!(bench.tree(&request).contains(&bench.repo.commit));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// EP-51: a password in a repository's URL is in no error, no log line, no manifest and no file of the cache.
#[test]
fn a_password_in_a_url_is_told_to_nobody() {
    let bench = Bench::new();
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let mut request = bench.request("main");
    request.source.repo = "https://user:hunter2@127.0.0.1:1/x".into();
    request.source.transport = Transport::Https;
    let mut said = tracing::subscriber::with_default(subscriber.finish(), || {
        let mut said = String::new();
        for reference in ["main", &bench.repo.commit] {
            request.source.reference = reference.to_owned();
            let error = bench.build(&request).unwrap_err();
            let help = miette::Diagnostic::help(&error).unwrap().to_string();
            said.extend([error.to_string(), format!("{error:?}"), help]);
        }
        said
    });
    assert!(said.contains("https://***@127.0.0.1:1/x"), "{said}");
    let commit = bench.resolve(&request).unwrap();
    said += &serde_json::to_string(identify(&request, &commit).unwrap().inputs()).unwrap();
    for planned in planned_steps(&bench.layout(), &request, None, 1).unwrap() {
        for command in planned.commands {
            said += &command.display(&exec::Redactor::new());
            said.extend([format!("{:?}", llamacpp_build::Call::of(&command))]);
        }
    }
    said += &String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(said.contains("ls-remote"), "the log is there");
    for folder in ["git", "staging", "store", "locks"] {
        for path in bench.cached(folder) {
            said += &path.to_string_lossy();
            said += &std::fs::read_to_string(path).unwrap_or_default();
        }
    }
    assert!(!said.contains("hunter2"), "{said}");
}
