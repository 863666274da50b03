//! The GPUs of a pool whose engine comes finished: no toolkit is looked for.

use config_schema::Accelerator;
use gpu_detect::{GpuError, Target};

use crate::plan::draft::Draft;
use crate::plan::{Status, StepKind};
use crate::summary::Device;
use crate::supply::{Accelerated, Look};

/// The GPUs of a pool on CUDA, or why there are none.
#[derive(Debug)]
pub(crate) struct Gpus {
    chosen: Result<Vec<Target>, GpuError>,
    driver: Option<String>,
}

impl Gpus {
    /// Looks for them; `None` for a pool on the CPU, because it says so.
    pub(crate) fn find(look: &Look<'_>) -> Option<Self> {
        (look.desired.accelerator == Accelerator::Cuda).then(|| {
            let report = look.host.gpus(&gpu_detect::Wish::default());
            let driver = report.driver.as_ref().map(|driver| driver.version.clone());
            Self { chosen: gpu_detect::select(&report, &look.desired.devices, &look.settings.env), driver }
        })
    }

    /// Those that were chosen.
    pub(crate) fn chosen(&self) -> &[Target] {
        self.chosen.as_deref().unwrap_or_default()
    }

    /// What the engine runs on.
    pub(crate) fn accelerated(&self) -> Accelerated {
        let device = |gpu: &Target| Device { index: gpu.index, uuid: gpu.uuid.clone(), name: gpu.name.clone() };
        Accelerated {
            devices: self.chosen().iter().map(device).collect(),
            driver: self.driver.clone(),
            toolkit: None,
            architectures: Vec::new(),
            memory_free_bytes: None,
            driver_folder: None,
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
