//! Reads what `nvidia-smi` prints. A value it does not know reads `[N/A]` or `[Not Supported]` and counts as absent.

use crate::cards::bus_order;
use crate::gpu::{Gpu, Mig, MigInstance};
use crate::source::Source;

/// The GPUs of an answer in CSV, the driver's version, and the lines that describe no usable GPU.
pub(crate) fn gpus(text: &str, source: &Source) -> (Vec<Gpu>, Option<String>, Vec<String>) {
    let (mut gpus, mut version, mut troubles) = (Vec::new(), None, Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match gpu(line, source) {
            Some((gpu, driver)) => {
                version = version.or(driver);
                gpus.push(gpu);
            }
            None => troubles.push(line.trim().to_owned()),
        }
    }
    gpus.sort_by_key(|gpu| bus_order(&gpu.pci_bus_id));
    (gpus, version, troubles)
}

fn gpu(line: &str, source: &Source) -> Option<(Gpu, Option<String>)> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let field = |place: usize| fields.get(place).copied().filter(|value| !value.is_empty() && !value.starts_with('['));
    let mebibytes = |place: usize| Some(field(place)?.parse::<u64>().ok()? << 20);
    let gpu = Gpu {
        index: field(0)?.parse().ok()?,
        uuid: field(1).filter(|uuid| is_uuid(uuid))?.to_owned(),
        // The integrated GPU of a Jetson is on no bus.
        pci_bus_id: field(2).unwrap_or_default().to_owned(),
        name: field(3)?.to_owned(),
        memory_total_bytes: mebibytes(4),
        memory_free_bytes: mebibytes(5),
        compute_capability: field(7).and_then(capability),
        mig: field(8).map(|mode| Mig { enabled: mode == "Enabled", instances: Vec::new() }),
        processes: None,
        source: source.clone(),
    };
    Some((gpu, field(6).map(str::to_owned)))
}

/// `GPU-1a2b3c4d-…`, or the bare number that a Jetson's `nvidia-smi` prints.
fn is_uuid(text: &str) -> bool {
    let digits = text.strip_prefix("GPU-").unwrap_or(text);
    text.starts_with("GPU-")
        || (digits.len() == 36 && digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'))
}

fn capability(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?)).filter(|(major, minor)| (1..100).contains(major) && *minor < 100)
}

/// Adds the instances that `nvidia-smi -L` lists below each GPU:
/// `  MIG 1g.10gb     Device  0: (UUID: MIG-1a2b…)`.
pub(crate) fn add_instances(list: &str, gpus: &mut [Gpu]) {
    let mut current = None;
    for line in list.lines() {
        let uuid = line.split_once("UUID: ").and_then(|(_, rest)| rest.split(')').next()).unwrap_or_default();
        if line.starts_with("GPU ") {
            current = gpus.iter().position(|gpu| gpu.uuid == uuid);
        } else if uuid.starts_with("MIG-")
            && let Some(mig) = current.and_then(|place| gpus.get_mut(place)).and_then(|gpu| gpu.mig.as_mut())
        {
            mig.instances.push(MigInstance { uuid: uuid.to_owned(), memory_total_bytes: None });
        }
    }
}

/// `CUDA Version: 12.8` in the banner; drivers since R610 write `CUDA UMD Version`.
pub(crate) fn cuda_version(banner: &str) -> Option<(u32, u32)> {
    let name = banner.find("CUDA Version:").or_else(|| banner.find("CUDA UMD Version:"))?;
    let (_, rest) = banner.get(name..)?.split_once(':')?;
    capability(rest.trim_start().split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn source() -> Source {
        Source::NvidiaSmi("/usr/bin/nvidia-smi".into())
    }

    const H100: &str =
        "0, GPU-11111111-aaaa, 00000000:65:00.0, NVIDIA H100 80GB HBM3, 81559, 80994, 570.86.15, 9.0, Disabled\n";

    #[test]
    fn a_line_of_csv() {
        let (gpus, version, troubles) = gpus(H100, &source());
        assert_eq!((version.as_deref(), troubles), (Some("570.86.15"), vec![]));
        assert_eq!(gpus[0].compute_capability, Some((9, 0)));
        assert_eq!(gpus[0].memory_total_bytes, Some(81_559 << 20));
        assert_eq!(gpus[0].mig, Some(Mig { enabled: false, instances: vec![] }));
    }

    #[test]
    fn what_is_not_known_is_absent() {
        let line = "1, GPU-2, 00000000:0F:00.0, NVIDIA GB10, [N/A], [Not Supported], 580.95.05, 12.1, [N/A]\n";
        let (gpus, _, _) = gpus(line, &source());
        assert_eq!((gpus[0].memory_total_bytes, &gpus[0].mig), (None, &None));
        let (old, version, _) =
            super::gpus("0, GPU-1, 00000000:01:00.0, Tesla K80, 11441, 11000, 470.256.02", &source());
        assert_eq!((old[0].compute_capability, version.as_deref()), (None, Some("470.256.02")));
    }

    /// JetPack 6.
    #[test]
    fn a_jetson_has_no_bus_and_a_bare_uuid() {
        let line = "0, 54d0709b-558d-5a59-9c65-0c5fc14a21a4, [N/A], Orin (nvgpu), [N/A], [N/A], 540.4.0, 8.7, [N/A]";
        let (gpus, version, troubles) = gpus(line, &source());
        assert_eq!((gpus[0].compute_capability, gpus[0].pci_bus_id.as_str()), (Some((8, 7)), ""));
        assert_eq!((version.as_deref(), troubles.len()), (Some("540.4.0"), 0));
    }

    #[test]
    fn a_line_that_is_no_gpu_is_kept_as_a_trouble() {
        let text = format!("Unable to determine the device handle for GPU1: 0000:66:00.0: GPU is lost.\n{H100}");
        let (gpus, _, troubles) = gpus(&text, &source());
        assert_eq!((gpus.len(), troubles.len()), (1, 1));
        assert!(troubles[0].contains("GPU is lost"));
    }

    #[test]
    fn the_order_is_that_of_the_bus() {
        let text = "0, GPU-b, 00000001:01:00.0, B, 1, 1, 570.1, 9.0, [N/A]\n1, GPU-a, 00000000:C1:00.0, A, 1, 1, 570.1, 9.0, [N/A]";
        let (gpus, _, _) = gpus(text, &source());
        assert_eq!(gpus.iter().map(|gpu| gpu.index).collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn instances() {
        let (mut gpus, _, _) = gpus(&H100.replace("Disabled", "Enabled"), &source());
        let list = "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-11111111-aaaa)\n  MIG 1g.10gb     Device  0: (UUID: MIG-5)\n  MIG 1g.10gb     Device  1: (UUID: MIG-6)\n";
        add_instances(list, &mut gpus);
        let uuids: Vec<_> = gpus[0].instances().iter().map(|instance| instance.uuid.as_str()).collect();
        assert_eq!(uuids, ["MIG-5", "MIG-6"]);
    }

    #[test]
    fn the_banner() {
        let banner = "| NVIDIA-SMI 550.54.14    Driver Version: 550.54.14    CUDA Version: 12.4     |";
        assert_eq!(cuda_version(banner), Some((12, 4)));
        assert_eq!(cuda_version("| KMD Version: 610.1   CUDA UMD Version: 13.4 |"), Some((13, 4)));
        assert_eq!(cuda_version("CUDA Version: N/A"), None);
        assert_eq!(cuda_version("CUDA Version: ERR!"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let (mut gpus, _, _) = gpus(&text, &source());
            add_instances(&text, &mut gpus);
            cuda_version(&text);
        }
    }
}
