//! Decides from a host's facts whether a container can run as it is demanded.
//!
//! The rule: a cause hides its effects. Where podman fails because of a missing range of numbers, its own words about
//! that are not reported as a second problem.

use distro::{Distribution, Install};

use super::id_ranges::IdRanges;
use super::{Helper, HostFacts, HostProblem, Info, Namespaces, RuntimeDir, UserFacts};
use crate::Kind;

/// What a container is to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Devices by CDI name.
    pub devices: bool,
    /// A memory limit.
    pub memory_limit: bool,
    /// A limit of processes.
    pub pids_limit: bool,
    /// A published port: the lowest of them.
    pub published: Option<u16>,
}

/// All problems, what keeps others from being seen first. Empty where the container can run.
pub fn judge(facts: &HostFacts, demand: Demand, distribution: &Distribution) -> Vec<HostProblem> {
    let program = facts.program;
    let install = || {
        let packages = distribution.family().and_then(|family| family.packages(program.name()));
        match packages.and_then(|packages| distribution.install(packages)) {
            Some(Install { command, as_root, then }) => {
                let who = if as_root { "as root: " } else { "" };
                let then = then.map_or_else(String::new, |then| format!(", {then}"));
                format!("{who}`{command}`{then}")
            }
            None => format!("install `{program}` with your system's package manager"),
        }
    };
    let Some(version) = facts.version else {
        return vec![match &facts.info {
            Some(Err(why)) => failure(program, why),
            Some(Ok(_)) | None => HostProblem::NotInstalled { program, install: install() },
        }];
    };
    let mut problems = Vec::new();
    let needed = program.first_with_cdi();
    if demand.devices && version < needed {
        problems.push(HostProblem::TooOld { program, version, needed, install: install() });
    }
    if let (Kind::Podman, Some(namespaces)) = (program, &facts.namespaces) {
        namespace_problems(namespaces, &facts.user, &mut problems);
        folder_problems(&facts.user, &mut problems);
    }
    let explained = problems.iter().any(|problem| problem.blocks() && !matches!(problem, HostProblem::TooOld { .. }));
    match &facts.info {
        Some(Ok(info)) => info_problems(info, facts, demand, &mut problems),
        Some(Err(why)) if !explained => problems.push(failure(program, why)),
        Some(Err(_)) | None => {}
    }
    problems
}

fn namespace_problems(namespaces: &Namespaces, user: &UserFacts, problems: &mut Vec<HostProblem>) {
    if namespaces.unprivileged_userns_clone == Some(false) {
        let (setting, remedy) = ("kernel.unprivileged_userns_clone is 0", "kernel.unprivileged_userns_clone=1");
        problems.push(HostProblem::NoUserNamespaces { setting, remedy });
    }
    if namespaces.max_user_namespaces == Some(0) {
        let (setting, remedy) = ("user.max_user_namespaces is 0", "user.max_user_namespaces=28633");
        problems.push(HostProblem::NoUserNamespaces { setting, remedy });
    }
    if namespaces.apparmor_restricts {
        problems.push(HostProblem::AppArmor);
    }
    for (helper, name) in [(&namespaces.newuidmap, "newuidmap"), (&namespaces.newgidmap, "newgidmap")] {
        match helper {
            Helper::Privileged => {}
            Helper::Plain(path) => problems.push(HostProblem::PlainHelper { path: path.clone() }),
            Helper::Missing => problems.push(HostProblem::NoHelper { helper: name }),
        }
    }
    for (ranges, file) in [(namespaces.subuid, "/etc/subuid"), (namespaces.subgid, "/etc/subgid")] {
        if !ranges.is_enough() {
            let count = if let IdRanges::Count(count) = ranges { count } else { 0 };
            problems.push(HostProblem::NoIdRanges { user: user.name.clone(), file, count });
        }
    }
}

fn folder_problems(user: &UserFacts, problems: &mut Vec<HostProblem>) {
    match &user.runtime_dir {
        RuntimeDir::Usable(_) => {}
        RuntimeDir::Unset => {
            problems.push(HostProblem::NoRuntimeDir { user: user.name.clone(), uid: user.uid });
        }
        RuntimeDir::Unusable { path, why } => problems.push(HostProblem::BadRuntimeDir { path: path.clone(), why }),
    }
    if let Some(path) = user.home.as_ref().filter(|_| !user.home_is_writable) {
        problems.push(HostProblem::HomeReadOnly { path: path.clone() });
    }
}

fn info_problems(info: &Info, facts: &HostFacts, demand: Demand, problems: &mut Vec<HostProblem>) {
    if let Some(configured) = &info.overridden_driver {
        let (configured, used) = (configured.clone(), info.graph_driver.clone());
        problems.push(HostProblem::StorageOverridden { configured, used });
    }
    if info.graph_driver == "vfs" {
        problems.push(HostProblem::Vfs { graph_root: info.graph_root.clone() });
    }
    let limits = [(demand.memory_limit, "memory", "memory"), (demand.pids_limit, "processes", "pids")];
    for (_, limit, controller) in limits.into_iter().filter(|(wanted, _, _)| *wanted) {
        if !has_controller(info, facts, controller) {
            let (user, remedy) = (facts.user.name.clone(), delegation(facts, controller));
            problems.push(HostProblem::LimitIgnored { limit, controller, user, remedy });
        }
    }
    let rootless = info.rootless && facts.program == Kind::Podman;
    let Some(port) = demand.published.filter(|_| rootless) else { return };
    if port < facts.first_port {
        problems.push(HostProblem::PrivilegedPort { port, first: facts.first_port });
    }
    if info.network_helper.is_none() {
        let (why, remedy) =
            ("neither pasta nor slirp4netns is installed", "install the package `passt` or `slirp4netns`");
        problems.push(HostProblem::NoNetwork { why, remedy });
    } else if !facts.has_tun {
        let (why, remedy) = ("/dev/net/tun cannot be opened", "as root: `modprobe tun && chmod 666 /dev/net/tun`");
        problems.push(HostProblem::NoNetwork { why, remedy });
    }
}

/// A rootless podman sets limits only with control groups of version 2, and only by controllers that are delegated.
fn has_controller(info: &Info, facts: &HostFacts, controller: &str) -> bool {
    if info.rootless && facts.program == Kind::Podman {
        let reported = info.cgroup_version == 2 && info.controllers.iter().any(|name| name == controller);
        return reported || (facts.cgroups.unified && facts.cgroups.delegated.contains(controller));
    }
    info.controllers.iter().any(|name| name == controller)
}

fn delegation(facts: &HostFacts, controller: &str) -> String {
    if facts.cgroups.unified {
        format!(
            "as root, in /etc/systemd/system/user@.service.d/delegate.conf: `[Service]` and `Delegate=cpu cpuset io {controller} pids`; then `systemctl daemon-reload` and a new login"
        )
    } else {
        "run as root, or boot with control groups of version 2 (`systemd.unified_cgroup_hierarchy=1` on the kernel's command line)".to_owned()
    }
}

/// What an `info` that fails means, by podman's own words. They are quoted where they are not known.
fn failure(program: Kind, why: &str) -> HostProblem {
    let (lower, why) = (why.to_ascii_lowercase(), why.to_owned());
    let has = |word: &str| lower.contains(word);
    if program == Kind::Docker && (has("cannot connect") || has("permission denied")) {
        HostProblem::NoDaemon { why }
    } else if has("database configuration mismatch") || has("does not match our") {
        HostProblem::StorageMismatch { why }
    } else if has("unsupported for this graph driver")
        || has("kernel does not support overlay")
        || has("prerequisites for driver not satisfied")
    {
        HostProblem::StorageUnusable { why }
    } else if has("pause process") || has("invalid internal status") {
        HostProblem::StaleNamespace { why }
    } else {
        HostProblem::InfoFailed { program, why }
    }
}

#[cfg(test)]
mod tests;
