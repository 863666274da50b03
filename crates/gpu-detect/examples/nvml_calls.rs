//! Times NVML call by call, on a host with an NVIDIA GPU: what detection costs before anything of ours is added.
//!
//! ```text
//! cargo run --release -p gpu-detect --example nvml_calls
//! ```
//!
//! Prints one JSON document: the library, and each call with its time in microseconds and the error it returned, if any. Exits
//! with status 3 where no library can be initialised.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::mem::ManuallyDrop;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use gpu_detect::Host;
use nvml_wrapper::bitmasks::InitFlags;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Device, Nvml};
use serde_json::{Value, json};

/// The status for a host on which there is nothing to time.
const NO_GPU: u8 = 3;

fn main() -> ExitCode {
    let host = Host::current(exec::Env::current());
    let libraries = host.nvml.iter().filter(|library| !library.is_absolute() || library.exists());
    let mut problems = Vec::new();
    for library in libraries {
        let mut times = Times::default();
        match rounds(library, &mut times) {
            Ok(()) => {
                println!("{}", json!({ "library": library, "calls": times.0 }));
                return ExitCode::SUCCESS;
            }
            Err(error) => problems.push(format!("{}: {error}", library.display())),
        }
    }
    println!("{}", json!({ "library": null, "calls": [], "problems": problems }));
    ExitCode::from(NO_GPU)
}

/// Three sessions: the process's first, one after a shutdown, and one that does not attach GPUs at initialisation.
fn rounds(library: &Path, times: &mut Times) -> Result<(), NvmlError> {
    for (round, flags) in
        [("first", InitFlags::empty()), ("again", InitFlags::empty()), ("no attach", InitFlags::NO_ATTACH)]
    {
        let init = || Nvml::builder().lib_path(library.as_os_str()).flags(flags).init();
        // The wrapper's `Drop` panics where `nvmlShutdown` is missing.
        let nvml = match times.take(round, "load the library and nvmlInit", init) {
            Ok(nvml) => ManuallyDrop::new(nvml),
            Err(error) if round == "first" => return Err(error),
            // Old drivers have no flags; the sessions before are worth reading all the same.
            Err(_) => continue,
        };
        times.take(round, "driver version", || nvml.sys_driver_version()).ok();
        times.take(round, "CUDA version", || nvml.sys_cuda_driver_version()).ok();
        let count = times.take(round, "number of GPUs", || nvml.device_count()).unwrap_or(0);
        for index in 0..count {
            if let Ok(device) = times.take(round, &format!("handle of GPU {index}"), || nvml.device_by_index(index)) {
                questions(round, &device, times);
            }
        }
        if nvml.lib().nvmlShutdown.is_ok() {
            let nvml = ManuallyDrop::into_inner(nvml);
            times.take(round, "nvmlShutdown", || nvml.shutdown()).ok();
        }
    }
    Ok(())
}

/// What detection asks of each GPU, in the same order.
fn questions(round: &str, device: &Device<'_>, times: &mut Times) {
    times.take(round, "PCI address", || device.pci_info()).ok();
    times.take(round, "compute capability", || device.cuda_compute_capability()).ok();
    times.take(round, "memory", || device.memory_info()).ok();
    times.take(round, "UUID", || device.uuid()).ok();
    times.take(round, "name", || device.name()).ok();
    if times.take(round, "MIG mode", || device.mig_mode()).is_ok_and(|mode| mode.current == 1) {
        times.take(round, "largest number of MIG devices", || device.mig_device_count()).ok();
    }
    times.take(round, "compute processes", || device.running_compute_processes()).ok();
    times.take(round, "graphics processes", || device.running_graphics_processes()).ok();
}

/// The calls so far.
#[derive(Default)]
struct Times(Vec<Value>);

impl Times {
    fn take<T>(&mut self, round: &str, call: &str, ask: impl FnOnce() -> Result<T, NvmlError>) -> Result<T, NvmlError> {
        let begin = Instant::now();
        let answer = ask();
        let microseconds = begin.elapsed().as_micros();
        let error = answer.as_ref().err().map(ToString::to_string);
        self.0.push(json!({ "session": round, "call": call, "microseconds": microseconds, "error": error }));
        answer
    }
}
