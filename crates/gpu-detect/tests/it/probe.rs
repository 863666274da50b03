//! A driver that hangs or crashes is survived, and what cannot be asked of its library is asked of others.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use gpu_detect::{Host, Probe, ProblemKind, Source, choose, detect};

use crate::support::{Machine, told};

const SOON: Duration = Duration::from_millis(700);

/// The host, whose libraries are opened by the crate's example in a child process.
pub(crate) fn in_child(machine: &Machine) -> Host {
    let target = std::env::current_exe().unwrap().ancestors().nth(2).map(PathBuf::from).unwrap();
    let program = target.join("examples/gpu_report");
    assert!(program.exists(), "`cargo build --examples` makes the program that asks in our stead");
    machine.host().with_probe(Probe { program, args: vec!["--probe".into()] })
}

#[track_caller]
fn check(host: &Host, kind: ProblemKind, code: &str, mentions: &[&str]) {
    let started = Instant::now();
    let report = detect(host);
    assert!(started.elapsed() < SOON * 6, "{:?}", started.elapsed());
    assert_eq!(report.problem.as_ref().map(|problem| problem.kind), Some(kind), "{:?}", report.problem);
    let (found, text) = told(&choose(&report, &[], host).unwrap_err());
    assert_eq!(found, code, "{text}");
    for mention in mentions {
        assert!(text.contains(mention), "no `{mention}` in: {text}");
    }
}

#[test]
fn a_child_says_what_we_would_have_found() {
    let machine = Machine::with_driver(&["-DGPUS=8", "-DMIXED", "-DMIG=2"]);
    let (own, child) = (detect(&machine.host()), detect(&in_child(&machine)));
    assert_eq!(own, child);
    assert_eq!(own.devices.len(), 8);
}

/// A bare name that the loader knows goes to the child; one that is nowhere costs no process.
#[test]
fn a_bare_name_is_found_where_the_loader_looks() {
    let machine = Machine::empty().nvml("libnvidia-ml-of-nobody.so.1");
    check(&in_child(&machine), ProblemKind::NoLibrary, "gpu::no_driver", &["libnvidia-ml-of-nobody.so.1: "]);
    let none = |machine: &Machine| machine.host().with_probe(Probe { program: "/absent".into(), args: vec![] });
    check(&none(&machine), ProblemKind::NoLibrary, "gpu::no_driver", &[]);
    let machine = machine.file("etc/ld.so.cache", "glibc-ld.so.cache1.1\0libnvidia-ml-of-nobody.so.1\0/usr/lib/x\0");
    check(&none(&machine), ProblemKind::Failed, "gpu::driver_failed", &["/absent"]);
    let machine = Machine::with_driver(&[]).nvml("libnvidia-ml-of-nobody.so.1").without_first_nvml();
    let library = machine.at("lib/libnvidia-ml-of-nobody.so.1");
    std::fs::create_dir_all(library.parent().unwrap()).unwrap();
    std::fs::copy(machine.at("libnvidia-ml.so.1"), library).unwrap();
    let folder = machine.at("lib");
    let machine = machine.set("LD_LIBRARY_PATH", folder);
    let host = in_child(&machine);
    assert_eq!(detect(&host).devices.len(), 1);
}

/// F63
#[test]
fn a_driver_that_hangs() {
    for option in ["-DHANG=1", "-DHANG=2"] {
        let machine = Machine::with_driver(&[option]).deadline(SOON);
        check(&machine.host(), ProblemKind::TimedOut, "gpu::driver_hangs", &["no answer within 700ms", "reboot"]);
        check(&in_child(&machine), ProblemKind::TimedOut, "gpu::driver_hangs", &["no answer within 700ms"]);
    }
}

#[test]
fn a_driver_that_crashes() {
    let machine = Machine::with_driver(&["-DCRASH"]);
    check(&in_child(&machine), ProblemKind::Failed, "gpu::driver_failed", &["signal 11"]);
}

#[test]
fn a_child_that_answers_nonsense_or_is_not_there() {
    let machine = Machine::with_driver(&[]);
    machine.program("usr/bin/babble", "echo '{'");
    let host = |program: &str| machine.host().with_probe(Probe { program: machine.at(program), args: vec![] });
    check(&host("usr/bin/babble"), ProblemKind::Failed, "gpu::driver_failed", &["is not one"]);
    check(&host("usr/bin/absent"), ProblemKind::Failed, "gpu::driver_failed", &["absent"]);
}

/// An `nvidia-smi` that prints `csv` to the full question, with a banner and a list.
fn smi(machine: Machine, csv: &str) -> Machine {
    let script = format!(
        "case \"$1\" in\n--query-gpu=*compute_cap*) {csv} ;;\n--query-gpu=*) printf '0, GPU-old, 00000000:01:00.0, Tesla \
         K80, 11441, 11000, 470.256.02\\n' ;;\n-L) printf 'GPU 0: H100 (UUID: GPU-a)\\n  MIG 1g.10gb     Device  0: (UUID: \
         MIG-7)\\n' ;;\n*) echo '| Driver Version: 570.86.15   CUDA Version: 12.8 |' ;;\nesac"
    );
    machine.program("usr/bin/nvidia-smi", &script);
    machine
}

const TWO: &str = "printf '0, GPU-a, 00000000:65:00.0, NVIDIA H100, 81559, 80994, 570.86.15, 9.0, MODE\\n1, GPU-b, \
    00000000:66:00.0, NVIDIA L4, 23034, 22000, 570.86.15, 8.9, [N/A]\\n'";

#[test]
fn nvidia_smi_is_asked_where_there_is_no_library() {
    let machine = smi(Machine::empty(), &TWO.replace("MODE", "Disabled"));
    let report = detect(&machine.host());
    let source = Source::NvidiaSmi(machine.at("usr/bin/nvidia-smi"));
    let driver = report.driver.as_ref().unwrap();
    assert_eq!((driver.version.as_str(), driver.cuda, &driver.source), ("570.86.15", Some((12, 8)), &source));
    assert_eq!(
        report.devices.iter().map(|gpu| gpu.compute_capability).collect::<Vec<_>>(),
        [Some((9, 0)), Some((8, 9))]
    );
    assert_eq!((report.devices[0].memory_free_bytes, &report.problem), (Some(80_994 << 20), &None));
    let machine = machine.toolkit("opt/cuda", "12.8").gxx("g++", "13.3.0");
    assert_eq!(choose(&detect(&machine.host()), &[0], &machine.host()).unwrap().architectures, [90]);
}

#[test]
fn nvidia_smi_is_not_asked_where_the_library_answers() {
    let machine = smi(Machine::with_driver(&[]), &TWO.replace("MODE", "Disabled"));
    assert_eq!(detect(&machine.host()).devices.len(), 1);
    let machine = smi(Machine::with_driver(&["-DINIT=9"]), &TWO.replace("MODE", "Disabled"));
    assert_eq!(detect(&machine.host()).problem.unwrap().kind, ProblemKind::DriverNotLoaded);
    assert_eq!(machine.log(), [""; 0]);
}

#[test]
fn partitions_by_nvidia_smi() {
    let machine =
        smi(Machine::empty(), &TWO.replace("MODE", "Enabled")).toolkit("opt/cuda", "12.8").gxx("g++", "13.3.0");
    let host = machine.host();
    assert_eq!(choose(&detect(&host), &[0], &host).unwrap().devices[0].uuid, "MIG-7");
}

#[test]
fn an_old_nvidia_smi_knows_no_compute_capability() {
    let machine = smi(Machine::empty(), "echo 'Field \"compute_cap\" is not a valid field to query.'; exit 2");
    let host = machine.host();
    let report = detect(&host);
    assert_eq!(report.devices[0].name, "Tesla K80");
    let (code, text) = told(&choose(&report, &[], &host).unwrap_err());
    assert_eq!(code, "gpu::capability_unknown", "{text}");
}

/// Its exit status is NVML's own number.
#[test]
fn what_nvidia_smi_says_when_it_fails() {
    let cases = [
        (9, ProblemKind::DriverNotLoaded, "gpu::driver_not_loaded"),
        (18, ProblemKind::DriverMismatch, "gpu::driver_mismatch"),
        (15, ProblemKind::GpuLost, "gpu::lost"),
        (4, ProblemKind::NoPermission, "gpu::no_permission"),
        (255, ProblemKind::Failed, "gpu::driver_failed"),
    ];
    for (status, kind, code) in cases {
        let machine = smi(Machine::empty(), &format!("echo 'NVIDIA-SMI has failed because of it.'; exit {status}"));
        check(&machine.host(), kind, code, &["NVIDIA-SMI has failed because of it."]);
    }
    let machine = smi(Machine::empty(), "echo 'No devices were found'; exit 6");
    let host = machine.host();
    assert_eq!(told(&choose(&detect(&host), &[], &host).unwrap_err()).0, "gpu::no_device");
    let machine = smi(Machine::empty(), "/bin/sleep 100").deadline(SOON);
    check(&machine.host(), ProblemKind::TimedOut, "gpu::driver_hangs", &[]);
}

#[test]
fn the_kernel_names_the_gpus_where_nobody_else_does() {
    let text =
        "Model: \t\t NVIDIA GeForce RTX 3090\nIRQ:   \t\t 156\nGPU UUID: \t GPU-1\nBus Location: \t 0000:BUS:00.0\n";
    let machine = Machine::empty()
        .file("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu\n")
        .file("proc/driver/nvidia/gpus/0000:65:00.0/information", &text.replace("BUS", "65"))
        .file("proc/driver/nvidia/gpus/0000:0a:00.0/information", &text.replace("BUS", "0a"));
    let report = detect(&machine.host());
    let seen: Vec<_> = report.devices.iter().map(|gpu| (gpu.index, gpu.pci_bus_id.as_str())).collect();
    assert_eq!(seen, [(0, "0000:0a:00.0"), (1, "0000:65:00.0")]);
    check(
        &machine.host(),
        ProblemKind::NoLibrary,
        "gpu::library_unusable",
        &["NVIDIA GeForce RTX 3090 at 0000:0a:00.0"],
    );
}
