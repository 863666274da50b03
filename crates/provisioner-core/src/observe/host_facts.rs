//! Which host this is, as far as a plan depends on it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Settings;

/// The largest `/etc/machine-id`: 32 digits and a line end, with room.
const LARGEST: u64 = 4 << 10;

/// What must be the same where a plan is made and where it is executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostFacts {
    /// A digest of the machine id, which is [confidential](https://www.freedesktop.org/software/systemd/man/latest/machine-id.html)
    /// itself; none where the system has no machine id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The node's name; it counts where there is no machine id.
    node: String,
    /// The hardware, such as `x86_64`.
    machine: String,
    uid: u32,
    cache_dir: PathBuf,
    run_dir: PathBuf,
}

impl HostFacts {
    pub(crate) fn now(settings: &Settings) -> Self {
        let name = nix::sys::utsname::uname().ok();
        let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let id = durable::read_regular(&settings.system_root.join("etc/machine-id"), LARGEST).ok().flatten();
        let id = id.map(|bytes| bytes.trim_ascii().to_vec()).filter(|bytes| bytes.len() == 32);
        Self {
            id: id.map(|bytes| durable::sha256_of(&[b"engine-provisioner plan ".as_slice(), &bytes].concat())),
            node: text(name.as_ref().map(nix::sys::utsname::UtsName::nodename)),
            machine: text(name.as_ref().map(nix::sys::utsname::UtsName::machine)),
            uid: nix::unistd::geteuid().as_raw(),
            cache_dir: settings.cache_dir.clone(),
            run_dir: settings.run_dir.clone(),
        }
    }

    /// In what the host of now differs, in words.
    pub(crate) fn differences(&self, now: &Self) -> Vec<String> {
        let differs = |what: &str, made: String, here: String| {
            (made != here).then(|| format!("{what}: made with `{made}`, here `{here}`"))
        };
        let host = match (&self.id, &now.id) {
            (Some(made), Some(here)) if made == here => None,
            (Some(_), Some(_)) => Some(format!("another host (`{}`, here `{}`)", self.node, now.node)),
            _ => differs("host", self.node.clone(), now.node.clone()),
        };
        [
            host,
            differs("hardware", self.machine.clone(), now.machine.clone()),
            differs("user", self.uid.to_string(), now.uid.to_string()),
            differs("cache folder", self.cache_dir.display().to_string(), now.cache_dir.display().to_string()),
            differs("run folder", self.run_dir.display().to_string(), now.run_dir.display().to_string()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_named() {
        let facts = |id: Option<&str>, node: &str, run: &str| HostFacts {
            id: id.map(str::to_owned),
            node: node.into(),
            machine: "x86_64".into(),
            uid: 7,
            cache_dir: "/c".into(),
            run_dir: run.into(),
        };
        let made = facts(Some("1"), "a", "/r");
        assert!(made.differences(&facts(Some("1"), "renamed", "/r")).is_empty());
        assert_eq!(made.differences(&facts(Some("2"), "b", "/r")), ["another host (`a`, here `b`)"]);
        assert_eq!(facts(None, "a", "/r").differences(&facts(None, "b", "/r")), ["host: made with `a`, here `b`"]);
        assert_eq!(made.differences(&facts(Some("1"), "a", "/q")), ["run folder: made with `/r`, here `/q`"]);
    }
}
