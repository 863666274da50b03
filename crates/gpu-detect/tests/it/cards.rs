//! What `sysfs` tells of graphics cards, whoever made them.

use gpu_detect::{ProblemKind, Vendor, choose, detect};

use crate::support::{Machine, told};

/// A host without NVIDIA's driver, with one more card on its PCI bus.
fn card(machine: Machine, address: &str, class: &str, id: (&str, &str), driver: Option<&str>) -> Machine {
    let at = |file: &str| format!("sys/bus/pci/devices/{address}/{file}");
    let machine = machine
        .file(&at("class"), &format!("{class}\n"))
        .file(&at("vendor"), &format!("{}\n", id.0))
        .file(&at("device"), &format!("{}\n", id.1));
    match driver {
        Some(driver) => machine.link(&at("driver"), &format!("sys/bus/pci/drivers/{driver}")),
        None => machine,
    }
}

fn amd(machine: Machine) -> Machine {
    let machine = card(machine, "0000:03:00.0", "0x030000", ("0x1002", "0x744c"), Some("amdgpu"));
    let node = "sys/class/kfd/kfd/topology/nodes";
    machine
        .file(&format!("{node}/0/properties"), "cpu_cores_count 16\nsimd_count 0\nlocation_id 0\n")
        .file(
            &format!("{node}/1/properties"),
            "cpu_cores_count 0\nsimd_count 192\ngfx_target_version 110000\nvendor_id 4098\nlocation_id 768\ndomain 0\n",
        )
        .file(&format!("{node}/1/mem_banks/0/properties"), "heap_type 1\nsize_in_bytes 25753026560\nflags 0\n")
        .file(&format!("{node}/1/mem_banks/1/properties"), "heap_type 3\nsize_in_bytes 65536\n")
}

#[track_caller]
fn check(machine: &Machine, code: &str, mentions: &[&str]) {
    let host = machine.host();
    let report = detect(&host);
    assert_eq!(report.problem.as_ref().map(|problem| problem.kind), Some(ProblemKind::NoLibrary));
    let (found, text) = told(&choose(&report, &[], &host).unwrap_err());
    assert_eq!(found, code, "{text}");
    for mention in mentions {
        assert!(text.contains(mention), "no `{mention}` in: {text}");
    }
}

#[test]
fn an_amd_card_is_described_and_named_in_the_refusal() {
    let machine = amd(Machine::empty());
    let report = detect(&machine.host());
    let found = &report.cards[0];
    assert_eq!((found.vendor, found.gfx.as_deref()), (Vendor::Amd, Some("gfx1100")));
    assert_eq!((found.pci_id.as_deref(), found.pci_bus_id.as_deref()), (Some("1002:744c"), Some("0000:03:00.0")));
    assert_eq!((found.driver.as_deref(), found.memory_total_bytes), (Some("amdgpu"), Some(25_753_026_560)));
    check(&machine, "gpu::other_vendor", &["AMD card 1002:744c gfx1100", "the pool asks for CUDA", "`amdgpu`"]);
}

#[test]
fn an_intel_card_too() {
    let machine = card(Machine::empty(), "0000:00:02.0", "0x030000", ("0x8086", "0x46a6"), Some("i915"));
    check(&machine, "gpu::other_vendor", &["Intel card 8086:46a6 at 0000:00:02.0"]);
}

/// Then the driver is what is missing, whatever else there is, and the refusal says who holds the card.
#[test]
fn an_nvidia_card_without_its_driver() {
    let machine = card(amd(Machine::empty()), "0000:65:00.0", "0x030200", ("0x10de", "0x2330"), Some("vfio-pci"));
    check(&machine, "gpu::no_driver", &["NVIDIA card 10de:2330 at 0000:65:00.0 (driven by `vfio-pci`)"]);
    let machine = card(Machine::empty(), "0000:65:00.0", "0x030200", ("0x10de", "0x2330"), None);
    check(&machine, "gpu::no_driver", &["(no driver holds it)"]);
}

/// A server's management chip draws a console and is no GPU to compute with.
#[test]
fn a_management_chip_is_no_other_gpu() {
    let machine = card(Machine::empty(), "0000:02:00.0", "0x030000", ("0x1a03", "0x2000"), Some("ast"));
    check(&machine, "gpu::no_driver", &["another maker's card 1a03:2000"]);
}

#[test]
fn other_pci_devices_are_no_cards() {
    let machine = card(Machine::empty(), "0000:01:00.0", "0x020000", ("0x10de", "0x1021"), None);
    assert_eq!(detect(&machine.host()).cards, []);
}

#[test]
fn a_gpu_on_no_bus_and_vulkan_drivers() {
    let machine = Machine::empty()
        .file("sys/class/drm/card0/device/uevent", "DRIVER=panfrost\n")
        .link("sys/class/drm/card0/device/driver", "sys/bus/platform/drivers/panfrost")
        .file("sys/class/drm/card0-HDMI-A-1/status", "connected\n")
        .file("usr/share/vulkan/icd.d/panfrost_icd.json", "{}")
        .file("usr/share/vulkan/icd.d/README", "");
    let report = detect(&machine.host());
    let drivers: Vec<_> = report.cards.iter().map(|card| card.driver.as_deref()).collect();
    assert_eq!(drivers, [Some("panfrost")]);
    assert_eq!(report.vulkan_drivers, [machine.at("usr/share/vulkan/icd.d/panfrost_icd.json")]);
}
