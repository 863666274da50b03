//! Compares what NVML says with what `nvidia-smi` says, on a host with a GPU, and how long each takes.
//!
//! ```text
//! cargo run --release -p gpu-detect --example gpu_facts
//! ```
//!
//! Ends with status 1 where they differ, and with status 3 on a host without an NVIDIA GPU.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use exec::CommandSpec;
use gpu_detect::{Gpu, Host, detect};

/// The status for a host on which there is nothing to compare.
const NO_GPU: u8 = 3;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let host = Host::current(exec::Env::current());
    let started = Instant::now();
    let library = detect(&host);
    let by_library = started.elapsed();
    // Without libraries to try, `nvidia-smi` is asked.
    let program = detect(&Host { nvml: Vec::new(), ..host.clone() });
    let (Some(one), Some(other)) = (&library.driver, &program.driver) else {
        println!("no NVIDIA driver that both NVML and nvidia-smi can ask: {:?}", library.problem);
        return Ok(ExitCode::from(NO_GPU));
    };
    let mut facts = vec![
        ("driver".to_owned(), one.version.clone(), other.version.clone()),
        ("CUDA".to_owned(), format!("{:?}", one.cuda), format!("{:?}", other.cuda)),
        ("GPUs".to_owned(), library.devices.len().to_string(), program.devices.len().to_string()),
    ];
    for (one, other) in library.devices.iter().zip(&program.devices) {
        for ((name, ours), (_, theirs)) in describe(one).into_iter().zip(describe(other)) {
            facts.push((format!("GPU {} {name}", one.index), ours, theirs));
        }
    }
    let agree = facts.iter().filter(|(_, one, other)| one == other).count();
    for (name, one, other) in facts.iter().filter(|(_, one, other)| one != other) {
        println!("{name}: NVML says {one}, nvidia-smi says {other}");
    }
    println!("{agree} of {} facts agree", facts.len());
    println!("whole detection through NVML: {:.1} ms", by_library.as_secs_f64() * 1000.0);
    if let Some(smi) = host.env.find("nvidia-smi") {
        let spec = CommandSpec::new(smi, Duration::from_mins(1)).arg("-q");
        println!("nvidia-smi -q alone: {:.1} ms", exec::run(&spec)?.elapsed.as_secs_f64() * 1000.0);
    }
    Ok(if agree == facts.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What does not change from one moment to the next.
fn describe(gpu: &Gpu) -> Vec<(&'static str, String)> {
    vec![
        ("number", gpu.index.to_string()),
        ("UUID", gpu.uuid.clone()),
        ("PCI address", gpu.pci_bus_id.to_lowercase()),
        ("name", gpu.name.clone()),
        ("memory in MiB", format!("{:?}", gpu.memory_total_bytes.map(|bytes| bytes >> 20))),
        ("compute capability", format!("{:?}", gpu.compute_capability)),
        ("partitions", format!("{:?}", gpu.mig.as_ref().map(|mig| (mig.enabled, mig.instances.len())))),
    ]
}
