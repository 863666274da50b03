//! The integrated GPU of a Jetson: NVML and `nvidia-smi` are half there or absent, and CUDA works all the same.
//!
//! The rule: the system on chip decides the GPU's compute capability, and the release of Jetson Linux the CUDA version that
//! its driver runs. Both are read from files; on any other host nothing is done.

use std::path::PathBuf;

use super::problem::{Problem, ProblemKind};
use crate::gpu::Gpu;
use crate::host::Host;
use crate::report::{Driver, GpuReport};
use crate::source::{Source, Subject};

/// The release of Jetson Linux: `# R35 (release), REVISION: 4.1, GCID: …`.
const RELEASE: &str = "/etc/nv_tegra_release";
/// What the device tree calls the system on chip; names that end with a zero byte.
const COMPATIBLE: [&str; 2] = ["/proc/device-tree/compatible", "/sys/firmware/devicetree/base/compatible"];

/// A system on chip: its name in the device tree, its GPU's device in sysfs, what `nvidia-smi` calls the GPU, and its
/// compute capability (<https://developer.nvidia.com/cuda-gpus>, <https://docs.nvidia.com/jetson/>).
const CHIPS: [(&str, &str, &str, (u32, u32)); 5] = [
    ("nvidia,tegra210", "57000000.gpu", "Tegra X1 (nvgpu)", (5, 3)),
    ("nvidia,tegra186", "17000000.gp10b", "Tegra X2 (nvgpu)", (6, 2)),
    ("nvidia,tegra194", "17000000.gv11b", "Xavier (nvgpu)", (7, 2)),
    ("nvidia,tegra234", "17000000.ga10b", "Orin (nvgpu)", (8, 7)),
    ("nvidia,tegra264", "d0b0000000.gpu", "Thor (nvgpu)", (11, 0)),
];

/// The CUDA version that the driver of a release runs, from that release and revision on
/// (<https://developer.nvidia.com/embedded/jetson-linux-archive>).
const RUNS: [((u32, u32), (u32, u32)); 5] =
    [((32, 0), (10, 2)), ((34, 0), (11, 4)), ((36, 0), (12, 2)), ((36, 4), (12, 6)), ((38, 0), (13, 0))];

/// Completes what was found on a Jetson: the GPU where no program listed one, and what a listed one lacks.
pub(crate) fn complete(host: &Host, report: &mut GpuReport) {
    let Some((place, name, capability)) = chip(host) else { return };
    report.look(Subject::Driver, place.display().to_string(), format!("{name}, compute capability {capability:?}"));
    report.problem = problem(report);
    let release = std::fs::read_to_string(host.at(RELEASE)).ok();
    let numbers = release.as_deref().and_then(numbers);
    if report.devices.is_empty() {
        report.devices.push(Gpu {
            index: 0,
            uuid: String::new(),
            pci_bus_id: String::new(),
            name: name.to_owned(),
            memory_total_bytes: None,
            memory_free_bytes: None,
            compute_capability: Some(capability),
            mig: None,
            processes: None,
            source: Source::File(place),
        });
    }
    if let [gpu] = report.devices.as_mut_slice() {
        gpu.compute_capability = gpu.compute_capability.or(Some(capability));
    }
    let Some((major, revision)) = numbers else { return };
    let runs = RUNS.iter().rev().find(|(from, _)| *from <= (major, revision)).map(|(_, cuda)| *cuda);
    let source = Source::File(host.at(RELEASE));
    let told = Driver { version: format!("{major}.{revision}"), cuda: runs, source };
    let driver = report.driver.get_or_insert(told);
    driver.cuda = driver.cuda.or(runs);
}

/// Whatever NVML lacks on a Jetson, CUDA does not need it, but its own library.
fn problem(report: &GpuReport) -> Option<Problem> {
    let missing = report.libcuda.is_none();
    let text = "libcuda.so.1 is in none of the driver's folders".to_owned();
    missing.then_some(Problem { kind: ProblemKind::NoCudaLibrary, library: None, text })
}

/// The chip, with the file or folder that tells it.
fn chip(host: &Host) -> Option<(PathBuf, &'static str, (u32, u32))> {
    let told = COMPATIBLE.iter().map(|place| host.at(place)).find_map(|path| {
        let bytes = std::fs::read(&path).ok()?;
        let names: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
        let chip = CHIPS.iter().find(|(compatible, ..)| names.contains(&compatible.as_bytes()))?;
        Some((path, chip.2, chip.3))
    });
    told.or_else(|| {
        CHIPS.iter().find_map(|(_, device, name, capability)| {
            let folders = ["/sys/devices/platform", "/sys/devices/platform/bus@0", "/sys/devices"];
            let path = folders.iter().map(|folder| host.at(folder).join(device)).find(|path| path.exists())?;
            Some((path, *name, *capability))
        })
    })
}

/// `# R35 (release), REVISION: 4.1` as (35, 4).
fn numbers(text: &str) -> Option<(u32, u32)> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    let (_, release) = text.split_once('R')?;
    let revision = text.split_once("REVISION:").and_then(|(_, rest)| digits(rest.trim_start())).unwrap_or(0);
    Some((digits(release)?, revision))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases() {
        assert_eq!(numbers("# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref"), Some((35, 4)));
        assert_eq!(numbers("# R36 (release)"), Some((36, 0)));
        for text in ["", "R", "# release", "R99999999999999"] {
            assert_eq!(numbers(text), None, "{text}");
        }
    }
}
