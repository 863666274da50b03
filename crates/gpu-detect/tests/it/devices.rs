//! Which GPUs a host with many, with partitions, or with an old driver offers, and what each error of NVML becomes.

use gpu_detect::{CudaChoice, ProblemKind, choose, detect};

use crate::support::{Machine, told};

fn ready(options: &[&str]) -> Machine {
    let all = "sm_61 sm_75 sm_80 sm_86 sm_89 sm_90 sm_120";
    let machine = Machine::with_driver(options).toolkit("opt/cuda", "12.9").gxx("g++", "13.2.0");
    machine.program("opt/cuda/bin/nvcc", &format!("echo {all}"));
    machine
}

fn chosen(machine: &Machine, devices: &[u32]) -> Result<CudaChoice, (String, String)> {
    let host = machine.host();
    choose(&detect(&host), devices, &host).map_err(|error| told(&error))
}

/// EP-14: exactly the architectures of the chosen GPUs, never `native`.
#[test]
fn eight_mixed_gpus() {
    let machine = ready(&["-DGPUS=8", "-DMIXED"]);
    assert_eq!(chosen(&machine, &[]).unwrap().architectures, [61, 75, 80, 86, 89, 90, 120]);
    assert_eq!(chosen(&machine, &[0, 5]).unwrap().architectures, [90]);
    assert_eq!(chosen(&machine, &[4, 1]).unwrap().architectures, [89, 120]);
    let masked = ready(&["-DGPUS=8", "-DMIXED"]).set("CUDA_VISIBLE_DEVICES", "3,GPU-00000006");
    assert_eq!(chosen(&masked, &[]).unwrap().architectures, [75, 80]);
}

#[test]
fn a_device_asked_for_twice_is_one() {
    assert_eq!(chosen(&ready(&["-DGPUS=2"]), &[1, 1, 0]).unwrap().devices.len(), 2);
}

/// Indices in the variable count along the bus.
#[test]
fn a_mask_counts_along_the_bus() {
    let machine = ready(&["-DGPUS=3", "-DREVERSED"]).set("CUDA_VISIBLE_DEVICES", "0");
    assert_eq!(chosen(&machine, &[]).unwrap().devices[0].index, 2);
}

/// F65: an engine is given the instance's name, not the GPU's.
#[test]
fn a_partitioned_gpu_is_used_by_its_instance() {
    let report = detect(&ready(&["-DGPUS=2", "-DMIG=2"]).host());
    let mig = report.devices[0].mig.as_ref().unwrap();
    assert_eq!((mig.enabled, mig.instances.len()), (true, 2));
    assert_eq!(mig.instances[0].memory_total_bytes, Some(10_468_982_784));
    assert!(!report.devices[1].is_partitioned());
    let first = &mig.instances[0].uuid;
    assert!(first.starts_with("MIG-"), "{first}");
    let one = ready(&["-DMIG=1"]);
    assert_eq!(&chosen(&one, &[0]).unwrap().devices[0].uuid, first);
    let named = ready(&["-DGPUS=2", "-DMIG=2"]).set("CUDA_VISIBLE_DEVICES", first.as_str());
    assert_eq!(&chosen(&named, &[]).unwrap().devices[0].uuid, first);
    assert_eq!(chosen(&ready(&["-DGPUS=2", "-DMIG=2"]), &[1]).unwrap().devices[0].uuid.get(..4), Some("GPU-"));
}

/// F65
#[test]
fn a_partitioned_gpu_that_cannot_be_used_as_asked() {
    let check = |machine: &Machine, code: &str, mention: &str| {
        let (found, text) = chosen(machine, &[0]).unwrap_err();
        assert_eq!(found, code, "{text}");
        assert!(text.contains(mention), "{text}");
    };
    check(&ready(&["-DMIG=0"]), "gpu::mig_no_instance", "nvidia-smi mig -i 0");
    check(&ready(&["-DMIG=2"]), "gpu::mig_several", "CUDA_VISIBLE_DEVICES=MIG-");
    let (code, _) = chosen(&ready(&["-DGPUS=2", "-DMIG=1"]), &[]).unwrap_err();
    assert_eq!(code, "gpu::mig_several", "CUDA sees no GPU beside an instance");
}

/// What newer drivers tell besides is absent with an older one, and nothing else.
#[test]
fn an_older_driver_tells_less() {
    let machine = ready(&["-DBARE"]);
    let report = detect(&machine.host());
    assert_eq!(report.problem, None);
    let gpu = &report.devices[0];
    assert_eq!((gpu.memory_total_bytes, &gpu.mig, &gpu.processes), (None, &None, &None));
    assert_eq!(chosen(&machine, &[]).unwrap().architectures, [90]);
}

#[test]
fn a_missing_function_that_is_needed() {
    let (code, text) = chosen(&ready(&["-DNO_UUID"]), &[]).unwrap_err();
    assert_eq!(code, "gpu::library_unusable", "{text}");
    assert!(text.contains("nvmlDeviceGetUUID"), "{text}");
}

/// F63: every number that NVML knows, and one that it does not, is a problem with words, and never a panic.
#[test]
fn every_error_of_nvml() {
    for number in (1..=29).chain([999, 12345]) {
        let machine = Machine::with_driver(&[&format!("-DINIT={number}")]);
        let problem = detect(&machine.host()).problem.unwrap();
        let expected = match number {
            4 | 17 => ProblemKind::NoPermission,
            9 => ProblemKind::DriverNotLoaded,
            10 => ProblemKind::TimedOut,
            13 => ProblemKind::LibraryUnusable,
            15 | 16 => ProblemKind::GpuLost,
            18 => ProblemKind::DriverMismatch,
            _ => ProblemKind::Failed,
        };
        assert_eq!(problem.kind, expected, "{number}: {}", problem.text);
        assert!(!problem.text.is_empty());
    }
}
