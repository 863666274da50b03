//! The GPUs of a pool whose engine comes finished: no toolkit is looked for.

use std::path::{Path, PathBuf};

use config_schema::Accelerator;
use gpu_detect::{GpuError, Target};

use crate::plan::draft::Draft;
use crate::plan::{Status, StepKind};
use crate::summary::Device;
use crate::supply::source::toolchain::memory_free;
use crate::supply::{Accelerated, Look};

/// The GPUs of a pool on CUDA, or why there are none.
#[derive(Debug)]
pub(crate) struct Gpus {
    chosen: Result<Vec<Target>, GpuError>,
    driver: Option<String>,
    /// Bytes of their memory that nothing uses, where the driver reports that of each.
    memory_free: Option<u64>,
    /// The folder of the driver's libraries, where the loader does not look by itself.
    driver_folder: Option<PathBuf>,
}

impl Gpus {
    /// Looks for them; `None` for a pool on the CPU, because it says so.
    pub(crate) fn find(look: &Look<'_>) -> Option<Self> {
        (look.desired.accelerator == Accelerator::Cuda).then(|| {
            let report = look.host.gpus(&gpu_detect::Wish::default());
            let driver = report.driver.as_ref().map(|driver| driver.version.clone());
            let chosen = gpu_detect::select(&report, &look.desired.devices, &look.settings.env);
            let memory_free = chosen.as_ref().ok().and_then(|chosen| memory_free(chosen, &report.devices));
            let apart = report.libcuda.as_ref().filter(|libcuda| !libcuda.loadable);
            Self { chosen, driver, memory_free, driver_folder: apart.map(|libcuda| libcuda.folder.clone()) }
        })
    }

    /// Those that were chosen.
    pub(crate) fn chosen(&self) -> &[Target] {
        self.chosen.as_deref().unwrap_or_default()
    }

    /// The folder that `LD_LIBRARY_PATH` has to name, so that programs find the driver's libraries.
    pub(crate) fn driver_folder(&self) -> Option<&Path> {
        self.driver_folder.as_deref()
    }

    /// The driver's version, where it is known.
    #[cfg(feature = "finished")]
    pub(crate) fn driver(&self) -> Option<&str> {
        self.driver.as_deref()
    }

    /// What the engine runs on.
    pub(crate) fn accelerated(&self) -> Accelerated {
        Accelerated {
            devices: self.chosen().iter().map(Device::from).collect(),
            driver: self.driver.clone(),
            toolkit: None,
            architectures: Vec::new(),
            memory_free_bytes: self.memory_free,
            driver_folder: self.driver_folder.clone(),
            toolkit_folder: None,
        }
    }

    /// The step `accelerator`, and whether it is blocked. The error is handed out with it.
    pub(crate) fn step(gpus: Option<&mut Self>) -> (bool, Draft) {
        const KIND: StepKind = StepKind::Accelerator;
        let Some(gpus) = gpus else {
            return (false, Draft::new(KIND, "cpu, because the pool says so", Status::Satisfied));
        };
        match std::mem::replace(&mut gpus.chosen, Ok(Vec::new())) {
            Ok(chosen) => {
                let names: Vec<String> =
                    chosen.iter().map(|gpu| format!("{} ({})", gpu.name, gpu.architecture())).collect();
                gpus.chosen = Ok(chosen);
                (false, Draft::new(KIND, names.join(", "), Status::Satisfied))
            }
            Err(error) => (true, Draft::blocked(KIND, "cuda", error)),
        }
    }
}

#[cfg(test)]
impl Gpus {
    /// No GPU, and a driver whose libraries are in this folder.
    pub(crate) fn of_driver(driver_folder: Option<PathBuf>) -> Self {
        Self { chosen: Ok(Vec::new()), driver: None, memory_free: None, driver_folder }
    }
}
