//! What a driver can answer, acted out by a compiled library that is really loaded.

use gpu_detect::{Gpu, GpuProcess, ProblemKind, Source, choose, detect};

use crate::support::{Machine, told};

/// The code of the error that a pool asking for all GPUs gets, with the kind of problem in the report.
#[track_caller]
fn check(machine: &Machine, kind: Option<ProblemKind>, code: &str, mentions: &[&str]) {
    let host = machine.host();
    let report = detect(&host);
    assert_eq!(report.problem.as_ref().map(|problem| problem.kind), kind, "{:?}", report.problem);
    let (found, text) = told(&choose(&report, &[], &host).unwrap_err());
    assert_eq!(found, code, "{text}");
    for mention in mentions {
        assert!(text.contains(mention), "no `{mention}` in: {text}");
    }
}

/// F63
#[test]
fn one_gpu() {
    let machine = Machine::with_driver(&[]);
    let report = detect(&machine.host());
    let source = Source::Nvml(machine.at("libnvidia-ml.so.1"));
    let driver = report.driver.unwrap();
    assert_eq!((driver.version.as_str(), driver.cuda, &driver.source), ("570.86.15", Some((12, 8)), &source));
    let gpu = Gpu {
        index: 0,
        uuid: "GPU-00000000-0000-0000-0000-000000000000".into(),
        pci_bus_id: "00000000:65:00.0".into(),
        name: "NVIDIA H100 80GB HBM3".into(),
        memory_total_bytes: Some(85_520_809_984),
        memory_free_bytes: Some(84_447_068_160),
        compute_capability: Some((9, 0)),
        mig: None,
        processes: Some(vec![GpuProcess { pid: 4242, memory_bytes: Some(1 << 30) }]),
        source,
    };
    assert_eq!(report.devices, [gpu]);
    assert_eq!(report.problem, None);
}

#[test]
fn gpus_are_listed_in_the_order_of_the_bus() {
    let report = detect(&Machine::with_driver(&["-DGPUS=3", "-DREVERSED"]).host());
    let seen: Vec<(u32, &str)> = report.devices.iter().map(|gpu| (gpu.index, gpu.pci_bus_id.as_str())).collect();
    assert_eq!(seen, [(2, "00000000:7E:00.0"), (1, "00000000:7F:00.0"), (0, "00000000:80:00.0")]);
}

/// EP-14, F63
#[test]
fn no_driver_at_all() {
    let machine = Machine::empty().nvml("libnvidia-ml-that-is-nowhere.so.1").nvml("/nowhere/libnvidia-ml.so.1");
    let mentions = ["libnvidia-ml-that-is-nowhere.so.1: ", "/nowhere/libnvidia-ml.so.1: not there", "/proc/driver"];
    check(&machine, Some(ProblemKind::NoLibrary), "gpu::no_driver", &mentions);
    let report = detect(&machine.host());
    assert_eq!((report.driver, report.devices), (None, vec![]));
}

/// The way without a GPU is named as the operator's own choice, and never taken.
#[test]
fn the_help_names_the_explicit_way_out() {
    let mentions = ["provisioning.accelerator = \"cpu\"", "never chosen for you"];
    check(&Machine::empty(), Some(ProblemKind::NoLibrary), "gpu::no_driver", &mentions);
}

/// F63
#[test]
fn a_loaded_module_without_its_library() {
    let line = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n";
    let machine = Machine::empty().file("proc/driver/nvidia/version", line);
    check(&machine, Some(ProblemKind::NoLibrary), "gpu::library_unusable", &["kernel module 550.54.14"]);
    assert_eq!(detect(&machine.host()).driver.unwrap().cuda, None);
}

#[test]
fn a_malformed_version_file_does_not_end_the_search() {
    let machine = Machine::empty()
        .file("proc/driver/nvidia/version", "NVRM version: ???\n")
        .file("sys/module/nvidia/version", "535.104.05\n");
    let driver = detect(&machine.host()).driver.unwrap();
    assert_eq!(driver.version, "535.104.05");
    assert_eq!(driver.source, Source::File(machine.at("sys/module/nvidia/version")));
}

/// F63
#[test]
fn what_initialisation_can_answer() {
    let cases = [
        ("-DINIT=9", ProblemKind::DriverNotLoaded, "gpu::driver_not_loaded", "modprobe nvidia"),
        ("-DINIT=18", ProblemKind::DriverMismatch, "gpu::driver_mismatch", "reboot"),
        ("-DINIT=4", ProblemKind::NoPermission, "gpu::no_permission", "/dev/nvidia"),
        ("-DINIT=999", ProblemKind::Failed, "gpu::driver_failed", "dmesg"),
        ("-DNO_INIT", ProblemKind::LibraryUnusable, "gpu::library_unusable", "nvmlInit_v2"),
        ("-DNO_SHUTDOWN", ProblemKind::LibraryUnusable, "gpu::library_unusable", "nvmlShutdown"),
    ];
    for (option, kind, code, mention) in cases {
        check(&Machine::with_driver(&[option]), Some(kind), code, &[mention, "libnvidia-ml.so.1: "]);
    }
}

/// F63: under WSL a library of a driver for plain Linux may stand before the one that works.
#[test]
fn a_failing_library_does_not_end_the_search() {
    let machine = Machine::with_driver(&["-DINIT=9"]).driver("working.so", &[]);
    let report = detect(&machine.host());
    assert_eq!((report.devices.len(), report.problem), (1, None));
    assert!(report.looked.iter().any(|looked| looked.found == "NVIDIA driver is not loaded"), "{:?}", report.looked);
}

#[test]
fn a_file_that_is_no_library() {
    let machine = Machine::empty().file("libnvidia-ml.so.1", "not ELF");
    let library = machine.at("libnvidia-ml.so.1");
    check(&machine.nvml(library), Some(ProblemKind::LibraryUnusable), "gpu::library_unusable", &[]);
}

/// F65
#[test]
fn a_driver_without_gpus() {
    check(&Machine::with_driver(&["-DGPUS=0"]), None, "gpu::no_device", &["driver 570.86.15, 0 usable GPU(s)"]);
}

#[test]
fn a_driver_that_cannot_compute() {
    check(&Machine::with_driver(&["-DCUDA=0"]), Some(ProblemKind::NoCudaLibrary), "gpu::no_libcuda", &["libcuda.so.1"]);
}

/// F64: the lost GPU is named; the others can still be used.
#[test]
fn one_of_two_gpus_is_lost() {
    let machine = Machine::with_driver(&["-DGPUS=2", "-DLOST=1"]).toolkit("opt/cuda", "12.8").gxx("g++", "13.2.0");
    let host = machine.host();
    let report = detect(&host);
    assert_eq!(report.problem.as_ref().map(|problem| problem.kind), Some(ProblemKind::GpuLost));
    assert_eq!(choose(&report, &[0], &host).unwrap().devices.len(), 1);
    let (code, text) = told(&choose(&report, &[0, 1], &host).unwrap_err());
    assert_eq!(code, "gpu::no_such_device");
    assert!(text.contains("GPU 1: device fell off the bus"), "{text}");
    check(&Machine::with_driver(&["-DLOST=0"]), Some(ProblemKind::GpuLost), "gpu::lost", &["GPU 0: device fell"]);
}

/// F65
#[test]
fn devices_that_are_hidden_or_absent() {
    let two = || Machine::with_driver(&["-DGPUS=2"]).toolkit("opt/cuda", "12.8").gxx("g++", "13.2.0");
    let choice = |machine: &Machine, devices: &[u32]| {
        let host = machine.host();
        let chosen = choose(&detect(&host), devices, &host).map_err(|error| told(&error).0);
        chosen.map(|choice| choice.devices.iter().map(|gpu| gpu.index).collect::<Vec<_>>())
    };
    assert_eq!(choice(&two(), &[]), Ok(vec![0, 1]));
    assert_eq!(choice(&two(), &[1]), Ok(vec![1]));
    assert_eq!(choice(&two(), &[1, 0]), Ok(vec![1, 0]));
    assert_eq!(choice(&two(), &[2]), Err("gpu::no_such_device".into()));
    for hiding in ["", "-1"] {
        assert_eq!(choice(&two().set("CUDA_VISIBLE_DEVICES", hiding), &[]), Err("gpu::none_visible".into()));
    }
    assert_eq!(choice(&two().set("CUDA_VISIBLE_DEVICES", "GPU-00000001"), &[]), Ok(vec![1]));
    assert_eq!(choice(&two().set("CUDA_VISIBLE_DEVICES", "1"), &[0]), Err("gpu::no_such_device".into()));
}
