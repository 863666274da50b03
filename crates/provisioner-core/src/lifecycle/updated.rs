//! Whether what a running engine was started from has been replaced on disk since: its package, or its program.
//!
//! The rule: programs of the store never change and are not looked at; a program is hashed only where its file changed
//! after the engine's start.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Settings;
use crate::runtime::Instance;
use crate::supply::package;

/// File systems round times, and clocks are set.
const SLACK: Duration = Duration::from_secs(2);

/// What was replaced, in words; `None` where nothing was, or that cannot be known.
pub(crate) fn updated(settings: &Settings, instance: &Instance, uptime: Duration) -> Option<String> {
    let fact = |name: &str| instance.facts.get(name).map(String::as_str);
    if let Some(package) = fact(package::FACT) {
        let (name, started) = package.split_once(' ')?;
        let now = preflight::installed_version(name, &settings.env);
        if let Some(change) = of_package(name, started, now.as_deref()) {
            return Some(change);
        }
    }
    let (program, digest) = (Path::new(fact("program")?), fact("digest")?);
    let shown = program.display();
    let Ok(meta) = std::fs::metadata(program) else {
        return Some(format!("`{shown}` was removed since the engine was started from it"));
    };
    let started = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.saturating_sub(uptime + SLACK);
    if meta.ctime() < i64::try_from(started.as_secs()).ok()? {
        return None;
    }
    let now = format!("sha256:{}", durable::sha256(program).ok()?.1);
    (now != digest).then(|| format!("`{shown}` was replaced since the engine was started from it"))
}

fn of_package(name: &str, started: &str, now: Option<&str>) -> Option<String> {
    match now {
        Some(now) if now == started => None,
        Some(now) => Some(format!("the package `{name}` was {started} when the engine was started, and is {now} now")),
        None => {
            Some(format!("the package `{name}` {started}, which the engine was started from, is not installed now"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_compared_by_its_version() {
        assert_eq!(of_package("x", "1-1", Some("1-1")), None);
        assert!(of_package("x", "1-1", Some("1-2")).unwrap().contains("is 1-2 now"));
        assert!(of_package("x", "1-1", None).unwrap().contains("not installed"));
    }
}
