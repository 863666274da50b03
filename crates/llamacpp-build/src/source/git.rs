//! git as it may run here: no prompt, no configuration but ours, no hook, no protocol but the one asked for.
//!
//! Each setting and what it is for: <https://git-scm.com/docs/git#_environment_variables>,
//! <https://git-scm.com/docs/git-config>.

use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, Env, Exit, run};

use crate::source::commit::Commit;
use crate::{BuildRequest, Transport};

/// Settings that outrank everything found on the host.
const SETTINGS: [&str; 13] = [
    "advice.detachedHead=false",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "credential.helper=",
    "fetch.writeCommitGraph=false",
    "gc.auto=0", // no background process outlives us
    "http.followRedirects=initial",
    "http.lowSpeedLimit=1000", // a stalled server ends the transfer
    "http.lowSpeedTime=60",
    "init.templateDir=", // no hooks by template
    "maintenance.auto=false",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
];

/// What of the caller's environment reaches git: proxies, certificates, the ssh agent.
const INHERITED: [&str; 13] = [
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "all_proxy",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "SSH_AUTH_SOCK",
];

/// git, hardened, for one repository.
#[derive(Clone, Debug)]
pub(crate) struct Git<'a> {
    pub(crate) program: &'a Path,
    pub(crate) transport: Transport,
    pub(crate) deadline: Duration,
    /// How long the repository may send nothing.
    pub(crate) silence: Duration,
    pub(crate) env: &'a Env,
}

/// git for the repository of a request, by its protocol.
pub(crate) fn git(request: &BuildRequest) -> Git<'_> {
    Git {
        program: &request.tools.git.path,
        transport: request.source.transport,
        deadline: request.limits.fetch,
        silence: request.limits.fetch_silence,
        env: &request.env,
    }
}

/// A git that may only talk to folders of this host.
pub(crate) fn local_git(request: &BuildRequest) -> Git<'_> {
    Git { transport: Transport::Local, ..git(request) }
}

impl Git<'_> {
    /// A git command that acts on no repository.
    pub(crate) fn anywhere(&self) -> CommandSpec {
        let protocol = match self.transport {
            Transport::Https => "https",
            Transport::Ssh => "ssh",
            Transport::Local | Transport::WorkTree => "file",
        };
        let mut spec = CommandSpec::new(self.program, self.deadline)
            .inherit(self.env, &INHERITED)
            .env("PATH", search_path(self.program))
            .env("HOME", "/nonexistent")
            .env("GIT_ALLOW_PROTOCOL", protocol)
            .env("GIT_ASKPASS", "/bin/false")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=15")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("SSH_ASKPASS_REQUIRE", "never");
        for setting in SETTINGS {
            spec = spec.arg("-c").arg(setting);
        }
        spec
    }

    /// A git command that acts on a bare repository, named outright: git would not look for one.
    pub(crate) fn bare(&self, dir: &Path) -> CommandSpec {
        self.anywhere().arg("--git-dir").arg(dir)
    }

    /// A file as it is at a commit of a bare repository; nothing where repository, commit or file is not there. One
    /// program, a few milliseconds; asks no network and writes nothing.
    pub(crate) fn file(&self, dir: &Path, commit: &Commit, path: &str) -> Option<String> {
        if !dir.is_dir() {
            return None;
        }
        let object = format!("{}:{path}", commit.as_str());
        let output = run(&self.bare(dir).args(["cat-file", "blob", object.as_str()])).ok()?;
        (output.exit == Exit::Code(0)).then(|| output.stdout_text().into_owned())
    }

    /// A git command that acts on a work tree.
    pub(crate) fn tree(&self, dir: &Path) -> CommandSpec {
        self.anywhere().arg("-C").arg(dir)
    }
}

/// Where a child finds its helpers: beside the program, then the system's own folders.
pub(crate) fn search_path(program: &Path) -> String {
    let mut folders: Vec<String> = program.parent().map(|dir| dir.to_string_lossy().into_owned()).into_iter().collect();
    for system in ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"] {
        if !folders.iter().any(|folder| folder == system) {
            folders.push(system.into());
        }
    }
    folders.join(":")
}
