//! Gets what is missing, where that is allowed and safe, and looks again.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use distro::Distribution;
use exec::{CommandSpec, Env, Exit, ProbeCache, Redactor, run};
use serde::Serialize;

use super::calls;
use super::classify::classify;
use super::failure::InstallError;
use super::transaction::{self, Ended};
use super::trouble::Trouble;
use crate::error::PreflightError;
use crate::tools::{Need, Report, check, packages, sentence};

/// What the configuration allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstallPolicy {
    /// Whether packages may be installed at all: `provisioning.allow_package_installs`.
    pub allowed: bool,
    /// Whether `sudo -n` may be used where we are not root: `provisioning.allow_sudo`.
    pub sudo: bool,
    /// Whether we are root.
    pub root: bool,
    /// How long another package manager is waited for.
    pub lock_wait: Duration,
    /// How long an installation may take, downloads included; it is then asked to stop, and never killed.
    pub deadline: Duration,
}

impl InstallPolicy {
    /// Nothing is allowed. Root is who this process runs as; a minute for the lock, an hour for an installation.
    pub fn forbidden() -> Self {
        let root = nix::unistd::geteuid().is_root();
        let (lock_wait, deadline) = (Duration::from_mins(1), Duration::from_hours(1));
        Self { allowed: false, sudo: false, root, lock_wait, deadline }
    }
}

/// The tools, and what was done to have them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Provided {
    /// The tools, all of them found.
    pub report: Report,
    /// The packages that were installed.
    pub installed: Vec<String>,
    /// The command line that installed them, and all that pacman printed, redacted; empty where nothing was done.
    pub transcript: String,
}

/// Looks for `needs` as [`check`] does and, where some are missing and the policy and the distribution let us, installs
/// their packages and looks again. `on_line` hears what pacman says, redacted.
///
/// Without permission, or on any system that is not Arch-like, no program of a package manager is run. Nothing is
/// installed, either, when something that is missing has no package: what was done would not help.
pub fn provide<N: Clone + Into<Need>>(
    needs: &[N],
    env: &Env,
    cache: &ProbeCache,
    distribution: &Distribution,
    policy: &InstallPolicy,
    on_line: &mut dyn FnMut(&str),
) -> Result<Provided, PreflightError> {
    let report = check(needs, env, cache);
    let Some(pacman) = decide(&report, env, distribution, policy)? else {
        return Ok(Provided { report, ..Provided::default() });
    };
    let (installed, transcript) = pacman.install(policy, env, on_line)?;
    let report = check(needs, env, cache);
    if report.is_complete() {
        return Ok(Provided { report, installed, transcript });
    }
    let why = format!(
        "pacman has these packages installed. What is too old needs an upgrade of the whole system (`pacman -Syu`); what is \
         not found is hidden from this process's `PATH`, or its installation was broken off: `pacman -Qk {0}` tells, and \
         `pacman -S {0}` installs it again",
        pacman.wanted.join(" ")
    );
    Err(PreflightError::tools_missing(report, distribution, Some(&why)))
}

/// What [`provide`] would do about what `report` lacks, for a plan: nothing, because nothing is missing; or this command
/// line, which names packages that are there already, too; or fail like this. Runs nothing.
pub fn planned_install(
    report: &Report,
    env: &Env,
    distribution: &Distribution,
    policy: &InstallPolicy,
) -> Result<Option<CommandSpec>, PreflightError> {
    let pacman = decide(report, env, distribution, policy)?;
    Ok(pacman
        .map(|pacman| calls::install(&pacman.program, pacman.sudo.as_deref(), &pacman.wanted, policy.deadline, env)))
}

/// What could not end well is not begun: every reason against an installation is found here, before a program is run.
fn decide(
    report: &Report,
    env: &Env,
    distribution: &Distribution,
    policy: &InstallPolicy,
) -> Result<Option<Pacman>, PreflightError> {
    if let Some(error) = report.limit() {
        return Err(error);
    }
    if report.is_complete() {
        return Ok(None);
    }
    let missing = |why| PreflightError::tools_missing(report.clone(), distribution, why);
    if !policy.allowed {
        return Err(missing(None));
    }
    if !distribution.takes_packages() {
        return Err(PreflightError::cannot_install(report.clone(), distribution));
    }
    let (wanted, without) = packages(&report.lacking(), distribution);
    if !without.is_empty() {
        return Err(missing(None));
    }
    let Some(program) = env.find("pacman") else {
        return Err(missing(Some("`pacman` is not on `PATH`, so that nothing could be installed")));
    };
    let sudo = sudo(env, policy, &wanted, &sentence(report, distribution))?;
    Ok(Some(Pacman { program, sudo, wanted, repository: None }))
}

/// The `sudo` that is needed, if one is. `remedy` is what an operator types instead.
///
/// # Errors
///
/// [`Trouble::NotRoot`], if neither root nor `sudo` installs.
pub(super) fn sudo(
    env: &Env,
    policy: &InstallPolicy,
    wanted: &[String],
    remedy: &str,
) -> Result<Option<PathBuf>, InstallError> {
    let sudo = env.find("sudo").filter(|_| policy.sudo && !policy.root);
    if policy.root || sudo.is_some() {
        return Ok(sudo);
    }
    let absent = if policy.sudo { "`sudo` is not on `PATH`\n" } else { "" };
    let (detail, packages) = (format!("{absent}{remedy}"), wanted.to_vec());
    let (command, transcript) = (String::new(), String::new());
    Err(InstallError { trouble: Trouble::NotRoot, packages, detail, command, transcript })
}

/// pacman, and what it is to install.
pub(super) struct Pacman {
    pub(super) program: PathBuf,
    pub(super) sudo: Option<PathBuf>,
    pub(super) wanted: Vec<String>,
    /// The repository that they must come from; any, if none.
    pub(super) repository: Option<String>,
}

impl Pacman {
    /// What pacman is asked to install for these packages.
    pub(super) fn targets(&self, packages: &[String]) -> Vec<String> {
        let target = |name: &String| match &self.repository {
            Some(repository) => format!("{repository}/{name}"),
            None => name.clone(),
        };
        packages.iter().map(target).collect()
    }

    /// Installs those that are not installed. Returns their names and what pacman printed.
    pub(super) fn install(
        &self,
        policy: &InstallPolicy,
        env: &Env,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<(Vec<String>, String), InstallError> {
        let absent = self.absent()?;
        if absent.is_empty() {
            return Ok((absent, String::new()));
        }
        self.refuse_partial_upgrade()?;
        let sudo = self.sudo.as_deref().map(Path::new);
        let spec = calls::install(&self.program, sudo, &self.targets(&absent), policy.deadline, env);
        tracing::info!(packages = absent.join(" "), "installing packages with pacman");
        let text = self.run_when_unlocked(&spec, policy, on_line)?;
        // pacman 7 is known to end with status 0 after a download that failed, as 6 does after an INT.
        if !self.absent()?.is_empty() {
            return Err(self.failure(&spec, Exit::Code(1), &text));
        }
        let transcript = format!("$ {}\n{text}", spec.display(&Redactor::new()));
        Ok((absent, transcript))
    }

    /// The wanted packages that are not installed.
    fn absent(&self) -> Result<Vec<String>, InstallError> {
        let spec = calls::absent(&self.program, &self.wanted);
        let output = run(&spec).map_err(|error| self.broken(&spec, error.to_string()))?;
        let text = output.stdout_text().into_owned();
        let named = |package: &&String| text.lines().any(|line| line.trim() == **package);
        let absent: Vec<String> = self.wanted.iter().filter(named).cloned().collect();
        match output.exit {
            Exit::Code(0) => Ok(Vec::new()),
            Exit::Unknown if text.trim().is_empty() => Ok(Vec::new()),
            Exit::Code(127) | Exit::Unknown if !absent.is_empty() => Ok(absent),
            exit => Err(self.failure(&spec, exit, &format!("{text}{}", output.stderr_tail(20)))),
        }
    }

    /// Databases that are newer than the system give packages that were built for what is not installed yet.
    fn refuse_partial_upgrade(&self) -> Result<(), InstallError> {
        let spec = calls::upgradable(&self.program);
        let output = run(&spec).map_err(|error| self.broken(&spec, error.to_string()))?;
        let text = output.stdout_text().into_owned();
        let newer: Vec<&str> =
            text.lines().filter(|line| line.contains(" -> ") && !line.ends_with("[ignored]")).collect();
        if newer.is_empty() {
            return Ok(());
        }
        let shown = newer.iter().take(3).copied().collect::<Vec<_>>().join("; ");
        let detail = format!("{} installed packages are older than the databases: {shown}", newer.len());
        let command = spec.display(&Redactor::new());
        Err(InstallError {
            trouble: Trouble::PartialUpgrade,
            packages: self.wanted.clone(),
            detail,
            command,
            transcript: text,
        })
    }

    fn run_when_unlocked(
        &self,
        spec: &CommandSpec,
        policy: &InstallPolicy,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<String, InstallError> {
        let started = Instant::now();
        let mut pause = Duration::from_millis(100);
        loop {
            let failure = match transaction::run(spec, on_line) {
                // Where the status was collected by somebody else, what is installed tells.
                Ok(Ended { exit: Some(Exit::Code(0) | Exit::Unknown), text }) => return Ok(text),
                Ok(Ended { exit: Some(exit), text }) => self.failure(spec, exit, &text),
                Ok(Ended { exit: None, text }) => {
                    InstallError { trouble: Trouble::StillRunning, ..self.failure(spec, Exit::Code(1), &text) }
                }
                Err(error) => self.broken(spec, error.to_string()),
            };
            let left = policy.lock_wait.saturating_sub(started.elapsed());
            if failure.trouble != Trouble::Locked || left.is_zero() {
                return Err(failure);
            }
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    pub(super) fn failure(&self, spec: &CommandSpec, exit: Exit, text: &str) -> InstallError {
        let transcript = Redactor::new().text(text).into_owned();
        let (trouble, detail) = classify(exit, &transcript);
        let (packages, command) = (self.wanted.clone(), spec.display(&Redactor::new()));
        InstallError { trouble, packages, detail, command, transcript }
    }

    pub(super) fn broken(&self, spec: &CommandSpec, why: String) -> InstallError {
        let (packages, command) = (self.wanted.clone(), spec.display(&Redactor::new()));
        InstallError { trouble: Trouble::Broken, packages, detail: why, command, transcript: String::new() }
    }
}
