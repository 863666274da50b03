//! Reads the driver's version from the kernel, for hosts whose NVML does not answer.

use crate::host::Host;
use crate::report::{Driver, GpuReport, Looked, Source, Subject};

/// The files in which the loaded kernel module tells its version, in order.
const PLACES: [&str; 2] = ["/proc/driver/nvidia/version", "/sys/module/nvidia/version"];

/// Fills in the driver from the first of the files that holds a version; a malformed one does not end the search.
pub(crate) fn detect(host: &Host, report: &mut GpuReport) {
    for place in PLACES {
        let path = host.at(place);
        let found = match std::fs::read_to_string(&path) {
            Ok(text) => match version_in(&text) {
                Some(version) => {
                    let found = format!("kernel module {version}");
                    report.driver = Some(Driver { version, cuda: None, source: Source::File(path) });
                    found
                }
                None => "no version in it".into(),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => "not there".into(),
            Err(error) => error.to_string(),
        };
        report.looked.push(Looked { subject: Subject::Driver, place: place.into(), found });
        if report.driver.is_some() {
            return;
        }
    }
}

/// The first word of the first line that is a driver version: `535.104.05`, `550.54`.
fn version_in(text: &str) -> Option<String> {
    text.lines().next()?.split_whitespace().find(|word| is_version(word)).map(str::to_owned)
}

fn is_version(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let digits = |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (2..=3).contains(&parts.len()) && parts.iter().all(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(version_in(text).as_deref(), expected, "{text:?}");
    }

    #[test]
    fn real_lines() {
        check(
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\nGCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n",
            Some("535.104.05"),
        );
        check(
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release Build  (builder@host)\n",
            Some("550.54.14"),
        );
        check("470.256.02\n", Some("470.256.02"));
        check("", None);
        check("\n550.54.14", None);
        check("NVRM version: none", None);
        check("1.2.3.4 12345.1 .1 1.", None);
    }
}
