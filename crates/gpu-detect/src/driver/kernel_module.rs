//! Reads driver and GPUs from the kernel, for hosts whose driver does not answer.

use std::path::Path;

use crate::cards::bus_order;
use crate::gpu::Gpu;
use crate::host::Host;
use crate::report::{Driver, GpuReport};
use crate::source::{Source, Subject};

/// The files in which the loaded kernel module tells its version, in order.
const PLACES: [&str; 2] = ["/proc/driver/nvidia/version", "/sys/module/nvidia/version"];
/// One folder for each GPU that the module drives.
const GPUS: &str = "/proc/driver/nvidia/gpus";

/// Whether a kernel module is there at all; without one no GPU of NVIDIA's has processes.
pub(crate) fn is_loaded(host: &Host) -> bool {
    PLACES.iter().any(|place| host.at(place).exists())
}

/// Fills in the driver from the first of the files that holds a version, and the GPUs that the module knows; a
/// malformed file does not end the search.
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
        report.look(Subject::Driver, place, found);
        if report.driver.is_some() {
            break;
        }
    }
    let mut gpus = gpus(&host.at(GPUS));
    if !gpus.is_empty() {
        let names: Vec<String> = gpus.iter().map(|gpu| format!("{} at {}", gpu.name, gpu.pci_bus_id)).collect();
        report.look(Subject::Driver, GPUS, names.join(", "));
        report.devices.append(&mut gpus);
    }
}

/// The GPUs in the order of the bus. Their numbers are places in that order, which is how the driver counts too.
fn gpus(folder: &Path) -> Vec<Gpu> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut gpus: Vec<Gpu> = entries.filter_map(|entry| gpu(&entry.path().join("information"))).collect();
    gpus.sort_by_key(|gpu| bus_order(&gpu.pci_bus_id));
    for (place, gpu) in (0..).zip(&mut gpus) {
        gpu.index = place;
    }
    gpus
}

/// One GPU, from lines such as `Model: \t\t NVIDIA GeForce RTX 3090`.
fn gpu(file: &Path) -> Option<Gpu> {
    let text = std::fs::read_to_string(file).ok()?;
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    Some(Gpu {
        index: 0,
        uuid: value("GPU UUID").unwrap_or_default(),
        pci_bus_id: value("Bus Location")?,
        name: value("Model")?,
        memory_total_bytes: None,
        memory_free_bytes: None,
        compute_capability: None,
        mig: None,
        processes: None,
        source: Source::File(file.into()),
    })
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
