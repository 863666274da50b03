//! The version of the C library that programs are compiled against. Its headers tell it; where there are none in the
//! usual place, the running library does.

use std::time::Duration;

use exec::CommandSpec;
use serde::{Deserialize, Serialize};

use super::headers::definition;
use crate::host::Host;
use crate::source::Source;

/// The longest `getconf` may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// Where the headers lie.
const HEADER: &str = "/usr/include/features.h";

/// glibc.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Glibc {
    /// Its version as (major, minor), such as (2, 41).
    pub version: (u32, u32),
    /// Who said so.
    pub source: Source,
}

/// The C library, unless it is another one than glibc.
pub(crate) fn detect(host: &Host) -> Option<Glibc> {
    let header = host.at(HEADER);
    let in_header = std::fs::read_to_string(&header).ok().and_then(|text| {
        let number = |name| definition(&text, name)?.try_into().ok();
        Some((number("__GLIBC__")?, number("__GLIBC_MINOR__")?))
    });
    if let Some(version) = in_header {
        return Some(Glibc { version, source: Source::File(header) });
    }
    let getconf = host.env.find("getconf")?;
    let spec = CommandSpec::new(&getconf, DEADLINE).arg("GNU_LIBC_VERSION");
    let output = exec::run(&spec).and_then(|output| output.require_success(&spec)).ok()?;
    Some(Glibc { version: version_in(&output.stdout_text())?, source: Source::Program(getconf) })
}

/// `glibc 2.36`
fn version_in(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_getconf() {
        assert_eq!(version_in("glibc 2.36\n"), Some((2, 36)));
        assert_eq!(version_in("musl 1.2"), None);
        assert_eq!(version_in(""), None);
    }
}
