//! Each recorded spec on its host, as the reports of those hosts say.

use std::path::Path;

use cdi::{AMD, Host, NVIDIA, Note, PathState, Platform, Podman, check};

use crate::support::{codes, gpu, gpu_0, help, on_host, recorded, without};

#[test]
fn three_names_and_a_current_driver() {
    let uuid = "GPU-00000000-1111-2222-3333-444444444444";
    let current =
        on_host("toolkit-575-three-names.yaml", &[gpu(0, uuid)], |host| host.driver = Some("575.57.08".into()));
    assert_eq!((current.devices, current.problems), (vec![format!("{NVIDIA}={uuid}")], vec![]));
    assert_eq!(current.notes, [Note::CompatHook]);
    let updated =
        on_host("toolkit-575-three-names.yaml", &[gpu(0, uuid)], |host| host.driver = Some("580.82.07".into()));
    assert_eq!(codes(&updated), ["cdi::stale"]);
    assert!(updated.problems[0].to_string().ends_with("it is for driver 575.57.08, and 580.82.07 runs"));
    assert_eq!(
        help(&updated),
        "generate it again: `sudo nvidia-ctk cdi generate --output=/etc/cdi/toolkit-575-three-names.yaml`"
    );
}

/// Unified memory's node was not there when the spec was made.
#[test]
fn a_spec_without_unified_memory() {
    let report = on_host("toolkit-1.12.0-no-uvm.yaml", &[gpu_0()], |host| host.podman = Some(Podman(4, 3, 1)));
    assert_eq!(
        (codes(&report), report.devices.clone()),
        (vec!["cdi::node_missing".into()], vec![format!("{NVIDIA}=0")])
    );
    assert!(report.problems[0].to_string().contains("no `/dev/nvidia-uvm`"));
    assert!(help(&report).starts_with("load the module, `sudo nvidia-modprobe -u -c 0`, then generate it again"));
}

/// A field that this podman does not know: the file is dropped without a word.
#[test]
fn a_field_of_a_later_version() {
    for (podman, words) in [
        (
            Some(Podman(4, 2, 0)),
            "it declares version 0.4.0 and uses `hostPath` of device nodes, and podman 4.2.0 knows CDI up to 0.4.0",
        ),
        (Some(Podman(4, 3, 1)), "it declares version 0.4.0 and uses `hostPath` of device nodes, which needs 0.5.0"),
        (None, "it declares version 0.4.0 and uses `hostPath` of device nodes, which needs 0.5.0"),
        (Some(Podman(3, 4, 4)), "podman 3.4.4 does not know CDI"),
    ] {
        let report = on_host("toolkit-1.12.0-rc.2-hostpath.yaml", &[gpu_0()], |host| {
            (host.podman, host.driver) = (podman, Some("520.61.05".into()));
        });
        assert_eq!(codes(&report), ["cdi::unreadable"]);
        assert!(report.problems[0].to_string().ends_with(words), "{}", report.problems[0]);
    }
}

/// Made by a driver of years ago; its names are neither index nor UUID.
#[test]
fn an_old_driver_and_names_by_number() {
    let wanted = [gpu(0, "GPU-aaaa"), gpu(1, "GPU-bbbb")];
    let old = on_host("old-460-absolute-arg0.yaml", &wanted, |host| host.driver = Some("535.104.05".into()));
    assert_eq!(old.devices, ["nvidia.com/gpu=gpu0", "nvidia.com/gpu=gpu1"]);
    assert_eq!(codes(&old), ["cdi::stale"]);
    let third = on_host("old-460-absolute-arg0.yaml", &[gpu(2, "GPU-cccc")], |host| {
        (host.driver, host.gpus) = (Some("460.91.03".into()), 8);
    });
    assert_eq!(codes(&third), ["cdi::device_missing"]);
    assert!(third.problems[0].to_string().ends_with("GPU 2 (GPU-cccc): there are gpu0, gpu1"), "{}", third.problems[0]);
}

/// Every mount counts, and a library's own number is no driver.
#[test]
fn one_library_is_gone_and_the_driver_is_the_same() {
    let change = |host: &mut Host<'_>| (host.driver, host.gpus) = (Some("560.35.03".into()), 1);
    let name = "stale-one-library-egl-wayland.yaml";
    let before = on_host(name, &[gpu_0()], change);
    assert_eq!((before.devices, before.problems), (vec!["nvidia.com/gpu=all".to_owned()], vec![]));
    let after = without(name, &["egl-wayland.so.1.1.13"], &[gpu_0()], change);
    assert_eq!(codes(&after), ["cdi::stale"]);
    assert!(after.problems[0].to_string().contains("libnvidia-egl-wayland.so.1.1.13`, which does not exist"));
}

#[test]
fn a_node_that_moved() {
    let report = without("node-missing-render129.yaml", &["/dev/dri/renderD129"], &[gpu_0()], |_| {});
    assert_eq!(codes(&report), ["cdi::node_missing"]);
    assert!(report.problems[0].to_string().contains("`/dev/dri/renderD129`, which does not exist"));
}

/// The file is in /run/cdi, and /var/run is no link there; its hook is missing, too.
#[test]
fn a_folder_that_is_not_read() {
    let path = |path: &Path| {
        if path.starts_with("/run/current-system") { PathState::Absent } else { PathState::Open }
    };
    let host = Host { gpus: 1, ..Host::new(&path) };
    let report = check(&[recorded("nixos-run-cdi.json", "/run/cdi")], NVIDIA, &[gpu_0()], &host);
    assert_eq!(codes(&report), ["cdi::wrong_folder", "cdi::stale"]);
    assert!(
        help(&report).contains("cdi_spec_dirs = [\"/etc/cdi\", \"/var/run/cdi\", \"/run/cdi\"]"),
        "{}",
        help(&report)
    );
    let mut host = Host { gpus: 1, ..Host::new(&|_| PathState::Open) };
    host.folders.push("/run/cdi".into());
    let report = check(&[recorded("nixos-run-cdi.json", "/run/cdi")], NVIDIA, &[gpu_0()], &host);
    assert_eq!((report.devices, report.problems), (vec!["nvidia.com/gpu=all".to_owned()], vec![]));
}

#[test]
fn wsl_without_its_core_library_and_after_an_update_of_windows() {
    let change = |host: &mut Host<'_>| (host.platform, host.gpus) = (Platform::Wsl, 1);
    let name = "wsl-without-dxcore.yaml";
    let report = on_host(name, &[gpu_0()], change);
    assert_eq!(
        (codes(&report), report.devices.clone()),
        (vec!["cdi::node_missing".into()], vec!["nvidia.com/gpu=all".into()])
    );
    assert!(report.problems[0].to_string().contains("no `libdxcore.so`"));
    assert!(help(&report).contains("--mode=wsl"));
    let updated = without(name, &["nvlt.inf_amd64_3b4f6ef9d0e51d68"], &[gpu_0()], change);
    assert_eq!(codes(&updated), ["cdi::stale", "cdi::node_missing"]);
    // One of two GPUs cannot be named there.
    let one_of_two = on_host(name, &[gpu_0()], |host| (host.platform, host.gpus) = (Platform::Wsl, 2));
    assert_eq!(codes(&one_of_two)[0], "cdi::device_missing");
}

/// Its UUID is no CDI name, its library has no driver's number, and unified memory has no node there.
#[test]
fn a_jetson() {
    let report = on_host("jetson-orin-csv.yaml", &[gpu(0, "ffffffff-1111-2222-3333-444444444444")], |host| {
        (host.platform, host.driver) = (Platform::Jetson, Some("540.3.0".into()));
    });
    assert_eq!((report.devices, report.problems), (vec!["nvidia.com/gpu=0".to_owned()], vec![]));
}

#[test]
fn another_vendor_and_another_kind() {
    let management = on_host("vendor-management.yaml", &[gpu_0()], |_| {});
    assert_eq!(codes(&management), ["cdi::missing"]);
    assert!(management.problems[0].to_string().contains("(there: management.nvidia.com/gpu)"));
    let amd = on_host("amd.yaml", &[gpu_0()], |_| {});
    assert_eq!(codes(&amd), ["cdi::missing"]);
    let host = Host::new(&|_| PathState::Open);
    let report = check(&[recorded("amd.yaml", "/etc/cdi")], AMD, &[gpu(1, "")], &host);
    assert_eq!((report.devices, report.problems), (vec!["amd.com/gpu=1".to_owned()], vec![]));
}

/// A partitioned GPU has no device of its own.
#[test]
fn instances_instead_of_the_gpu() {
    let uuid = "MIG-00000000-1111-2222-3333-444444444444";
    let instance = on_host("mig-complete.yaml", &[gpu(0, uuid)], |_| {});
    assert_eq!((instance.devices, instance.problems), (vec![format!("{NVIDIA}={uuid}")], vec![]));
    let parent = on_host("mig-complete.yaml", &[gpu_0()], |host| host.gpus = 1);
    assert_eq!(codes(&parent), ["cdi::device_missing"]);
    assert!(parent.problems[0].to_string().ends_with(&format!("there are 0:0, {uuid}")), "{}", parent.problems[0]);
    let other = on_host("mig-complete.yaml", &[gpu(0, "MIG-ffff")], |_| {});
    assert_eq!(codes(&other), ["cdi::device_missing"]);
}

#[test]
fn a_spec_without_devices() {
    let report = on_host("empty-devices.json", &[gpu_0()], |host| host.gpus = 1);
    assert_eq!(codes(&report), ["cdi::device_missing"]);
    assert!(report.problems[0].to_string().ends_with("there is none"));
}

/// The spec is right, and the user may not open the nodes.
#[test]
fn nodes_of_a_group() {
    let path = |path: &Path| {
        if path.starts_with("/dev/nvidiactl") { PathState::Denied } else { PathState::Open }
    };
    let host = Host { gpus: 1, ..Host::new(&path) };
    let report = check(&[recorded("gid-by-hand.yaml", "/etc/cdi")], NVIDIA, &[gpu_0()], &host);
    assert_eq!((report.devices, report.problems), (vec!["nvidia.com/gpu=all".to_owned()], vec![]));
    assert_eq!(report.notes, [Note::NodeDenied { path: "/dev/nvidiactl".into() }]);
}

/// The driver is in a container: the paths of the host count, not those in the container.
#[test]
fn a_driver_below_a_root() {
    let change = |host: &mut Host<'_>| host.driver = Some("580.126.20".into());
    let name = "driver-root-openshift.yaml";
    let here = without(name, &["/run/nvidia/driver/dev/nvidia-uvm"], &[gpu_0()], change);
    assert_eq!((here.devices, here.problems), (vec!["nvidia.com/gpu=gpu0".to_owned()], vec![]));
    let gone = without(name, &["/run/nvidia/driver/dev"], &[gpu_0()], change);
    assert_eq!(codes(&gone), ["cdi::node_missing", "cdi::node_missing"]);
    assert!(help(&gone).contains("--driver-root=/run/nvidia/driver "), "{}", help(&gone));
}
