//! Facts can be carried to another host as JSON, and devices are chosen without a toolkit.

use gpu_detect::{GpuError, GpuReport, choose, detect, select};

use crate::support::Machine;

fn whole() -> Machine {
    Machine::with_driver(&[])
        .toolkit("opt/cuda", "12.8")
        .gxx("g++", "13.3.0")
        .glibc(36)
        .file("etc/os-release", "ID=void\n")
}

#[track_caller]
fn check(machine: &Machine) {
    let (host, report) = (machine.host(), detect(&machine.host()));
    let text = serde_json::to_string(&report).unwrap();
    let read: GpuReport = serde_json::from_str(&text).unwrap();
    assert_eq!(read, report);
    let answer = |report: &GpuReport| choose(report, &[], &host).map_err(|error| error.to_string());
    assert_eq!(answer(&read), answer(&report));
}

/// What was read decides as what was seen: a whole host, one that names its toolkit and compiler by variables, one whose
/// cards are of another maker, one with nothing.
#[test]
fn a_report_survives_json() {
    check(&whole());
    let machine = whole();
    let (cuda, gxx) = (machine.at("opt/cuda"), machine.at("usr/bin/g++"));
    check(&machine.set("CUDA_HOME", cuda).set("CUDAHOSTCXX", gxx));
    let card = "sys/bus/pci/devices/0000:03:00.0";
    let amd = [("class", "0x030000\n"), ("vendor", "0x1002\n"), ("device", "0x744c\n")];
    check(&amd.iter().fold(Machine::empty(), |machine, (file, text)| machine.file(&format!("{card}/{file}"), text)));
    check(&Machine::empty());
}

/// A report of before has no distribution; one of another program may name variables that mean nothing here.
#[test]
fn reports_of_others() {
    let mut json = serde_json::to_value(detect(&whole().host())).unwrap();
    json.as_object_mut().unwrap().remove("distribution");
    assert_eq!(serde_json::from_value::<GpuReport>(json.clone()).unwrap().distribution.id, "");
    json["toolkits"][0]["source"] = serde_json::json!({ "variable": "PATH" });
    let error = serde_json::from_value::<GpuReport>(json).unwrap_err();
    assert!(error.to_string().contains("`PATH` is not a variable"), "{error}");
}

/// A container brings its own toolkit: the host needs a driver and GPUs alone.
#[test]
fn devices_without_a_toolkit() {
    let machine = Machine::with_driver(&[]);
    let (host, report) = (machine.host(), detect(&machine.host()));
    let targets = select(&report, &[0], &host.env).unwrap();
    assert_eq!(targets.iter().map(|target| target.index).collect::<Vec<_>>(), [0]);
    assert!(matches!(choose(&report, &[0], &host), Err(GpuError::Conflict(_))), "and no build");
    let error = select(&report, &[77], &host.env).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "gpu::no_such_device");
    assert!(error.help().unwrap().to_string().contains("devices"));
}
