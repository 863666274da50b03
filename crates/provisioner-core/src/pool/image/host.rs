//! The facts about this host that an image is compared with.

use config_schema::{Accelerator, PoolConfig};
use gpu_detect::GpuReport;
use image_fit::{Gpu, Host, Version, brand_of_product};

use crate::Settings;
use crate::observe::host::HostSnapshot;

/// The file that a Jetson's system has.
const TEGRA: &str = "etc/nv_tegra_release";

/// This machine in the words of images.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// This host, with the GPUs that a pool uses.
pub(crate) fn host(pool: &PoolConfig, settings: &Settings) -> Host {
    let is_cuda = pool.provisioning.accelerator == Accelerator::Cuda;
    let host = Host {
        architecture: architecture().to_owned(),
        accelerator: if is_cuda { image_fit::Accelerator::Cuda } else { image_fit::Accelerator::Other },
        is_jetson: settings.system_root.join(TEGRA).exists(),
        ..Host::default()
    };
    if !is_cuda {
        return host;
    }
    let report = HostSnapshot::new(settings).gpus(&gpu_detect::Wish::default());
    let driver = report.driver.as_ref();
    Host {
        driver: driver.map(|driver| driver.version.clone()),
        cuda: driver.and_then(|driver| driver.cuda).map(|(major, minor)| Version::new(major, minor)),
        gpus: gpus(pool, &report, settings),
        ..host
    }
}

/// The GPUs that a pool names; all that are seen where those cannot be told, such as without the driver's library.
fn gpus(pool: &PoolConfig, report: &GpuReport, settings: &Settings) -> Vec<Gpu> {
    let gpu =
        |name: &str, architecture: Option<(u32, u32)>| Gpu { brand: brand_of_product(name).to_owned(), architecture };
    match gpu_detect::select(report, &pool.devices, &settings.env) {
        Ok(chosen) => chosen
            .iter()
            .map(|target| gpu(&target.name, Some((target.architecture() / 10, target.architecture() % 10))))
            .collect(),
        Err(_) => report.devices.iter().map(|device| gpu(&device.name, device.compute_capability)).collect(),
    }
}
