//! What of a host's facts stands in a plan's way, or may.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Clock, HostFacts, HostNeeds, Place, PlaceNeed, UserNamespaces};

/// Fewer open files than this, and a server with many connections or a build with many jobs comes to the limit.
const FEW_FILES: u64 = 1024;
/// A build makes some ten thousand files.
const FEW_FREE_FILES: u64 = 20_000;

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable name, such as `host::disk_space`.
    pub code: &'static str,
    /// Whether the plan cannot end well with it; otherwise it is a warning.
    pub blocking: bool,
    /// What was seen.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Everything in `facts` that speaks against `needs`; empty where nothing does.
pub fn findings(needs: &HostNeeds, facts: &HostFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (need, place) in needs.places.iter().zip(&facts.places) {
        findings.extend(usable(need, place));
    }
    findings.extend(space(needs, facts));
    if let Some(ceiling) = facts.memory.ceiling().filter(|ceiling| *ceiling < needs.memory) {
        let message =
            format!("the plan needs {} of memory, and no more than {} can be had", size(needs.memory), size(ceiling));
        let group = facts.memory.group_limit == Some(ceiling);
        let help = if group {
            "raise the memory limit of this container or service (`MemoryMax=`, `--memory`)"
        } else {
            "use a smaller model or fewer build jobs, or a host with more memory"
        };
        findings.push(warning("host::memory", message, help));
    }
    if let (Some(soft), hard) = facts.open_files
        && soft < FEW_FILES
    {
        let hard = hard.map_or("without limit".into(), |hard| format!("to {hard}"));
        let message = format!("a process may have {soft} files open; it can be raised {hard}");
        findings.push(warning(
            "host::open_files",
            message,
            "raise it: `ulimit -n 4096`, or `LimitNOFILE=` of the service",
        ));
    }
    let wrong = match facts.clock {
        Clock::Plausible => None,
        Clock::Behind => Some("the clock is behind: the system was changed at a later time than it tells"),
        Clock::Ahead => Some("the clock is decades ahead"),
    };
    let help = "set it (`timedatectl set-ntp true`, or `date -s`): no certificate or signature is valid until then";
    findings.extend(wrong.map(|message| warning("host::clock", message.into(), help)));
    findings.extend(needs.rootless_containers.then(|| namespaces(facts.user_namespaces)).flatten());
    findings
}

/// Whether a place can be written, and run from where that is needed.
fn usable(need: &PlaceNeed, place: &Place) -> Option<Finding> {
    let (path, existing) = (place.path.display(), place.existing.display());
    if place.read_only {
        let message = format!("`{path}` is on a file system that is mounted read-only");
        return Some(blocking(
            "host::read_only",
            message,
            "name another folder in the configuration, or remount it `rw`",
        ));
    }
    if !place.writable {
        let message = format!("`{path}` cannot be written: `{existing}` is not a folder that this user may write to");
        return Some(blocking(
            "host::not_writable",
            message,
            "name another folder in the configuration, or give it to this user",
        ));
    }
    if need.runs_programs && place.noexec {
        let message = format!("programs cannot be run from `{path}`: its file system is mounted noexec");
        return Some(blocking("host::noexec", message, "name a folder on another file system, or remount it `exec`"));
    }
    let free = place.free_files.filter(|free| need.bytes > 0 && *free < FEW_FREE_FILES)?;
    let message = format!("the file system of `{path}` has room for {free} more files only, whatever its free space");
    Some(warning("host::free_files", message, "remove files that are not needed (`df -i` shows the count)"))
}

/// Room is counted by file system: several places may share one.
fn space(needs: &HostNeeds, facts: &HostFacts) -> Vec<Finding> {
    let mut shared: BTreeMap<Option<u64>, (u64, Vec<String>, Option<u64>)> = BTreeMap::new();
    for (need, place) in needs.places.iter().zip(&facts.places) {
        let (bytes, paths, free) = shared.entry(place.device).or_default();
        *bytes = bytes.saturating_add(need.bytes);
        paths.push(format!("`{}`", place.path.display()));
        *free = place.free_bytes;
    }
    let short = |(bytes, paths, free): (u64, Vec<String>, Option<u64>)| {
        let free = free.filter(|free| *free < bytes)?;
        let message =
            format!("{} will be written to {}, and {} are free", size(bytes), paths.join(" and "), size(free));
        Some(blocking(
            "host::disk_space",
            message,
            "make room, or name folders on a larger file system in the configuration",
        ))
    };
    shared.into_values().filter_map(short).collect()
}

fn namespaces(state: UserNamespaces) -> Option<Finding> {
    let code = "host::user_namespaces";
    match state {
        UserNamespaces::Allowed => None,
        UserNamespaces::NeedProfile => Some(warning(
            code,
            "programs without an AppArmor profile cannot make user namespaces here".into(),
            "if Podman fails with it: `sysctl kernel.apparmor_restrict_unprivileged_userns=0` as root",
        )),
        UserNamespaces::Forbidden => Some(blocking(
            code,
            "rootless containers need user namespaces, and only root may make them here".into(),
            "as root: `sysctl user.max_user_namespaces=28633`, and where it exists `sysctl kernel.unprivileged_userns_clone=1`",
        )),
        UserNamespaces::Absent => Some(blocking(
            code,
            "rootless containers need user namespaces, and this kernel has none".into(),
            "boot a kernel with `CONFIG_USER_NS`, or run the containers as root",
        )),
    }
}

fn blocking(code: &'static str, message: String, help: &str) -> Finding {
    Finding { code, blocking: true, message, help: help.into() }
}

fn warning(code: &'static str, message: String, help: &str) -> Finding {
    Finding { code, blocking: false, message, help: help.into() }
}

/// Bytes for people, rounded down to a tenth.
fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size(5), "5 bytes");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(3 << 30), "3.0 GiB");
    }
}
