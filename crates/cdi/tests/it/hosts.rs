//! Hosts and folders that no recorded spec shows.

use cdi::{Host, NVIDIA, PathState, Podman, SpecFile, check};

use crate::support::{codes, gpu_0, help, on_host, recorded};

fn file(path: &str, text: &str) -> SpecFile {
    SpecFile { path: path.into(), text: Ok(text.into()) }
}

fn spec(version: &str, edits: &str) -> String {
    let nodes = "\"deviceNodes\":[{\"path\":\"/dev/nvidia-uvm\"}]";
    format!(
        "{{\"cdiVersion\":\"{version}\",\"kind\":\"{NVIDIA}\",\"devices\":[{{\"name\":\"all\",\"containerEdits\":{{{nodes}{edits}}}}}]}}"
    )
}

fn found(files: &[SpecFile], podman: Option<Podman>) -> (Vec<String>, Vec<String>) {
    let host = Host { gpus: 1, podman, ..Host::new(&|_| PathState::Open) };
    let report = check(files, NVIDIA, &[gpu_0()], &host);
    (codes(&report), report.devices)
}

#[test]
fn no_spec_at_all_names_the_way_of_this_host() {
    let none = |change: fn(&mut Host<'_>)| {
        let mut host = Host::new(&|_| PathState::Open);
        change(&mut host);
        let report = check(&[], NVIDIA, &[gpu_0()], &host);
        assert_eq!(codes(&report), ["cdi::missing"]);
        help(&report)
    };
    assert_eq!(
        none(|host| host.is_root = true),
        "generate it: `nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`"
    );
    let arch = none(|host| (host.has_toolkit, host.family) = (false, Some("Arch".into())));
    assert!(
        arch.starts_with("`sudo pacman -S nvidia-container-toolkit`, then `sudo nvidia-ctk cdi generate"),
        "{arch}"
    );
    let other = none(|host| host.has_toolkit = false);
    assert!(other.contains("install-guide.html"), "{other}");
    assert!(none(|host| host.family = Some("NixOS".into())).contains("hardware.nvidia-container-toolkit.enable"));
}

/// Newer toolkits write a field that podman 4.9 drops the whole file for.
#[test]
fn a_spec_of_a_newer_toolkit() {
    let text = spec("0.7.0", ",\"additionalGids\":[44]");
    let files = [file("/etc/cdi/nvidia.json", &text)];
    assert_eq!(found(&files, Some(Podman(4, 9, 3))).0, ["cdi::unreadable"]);
    assert_eq!(found(&files, Some(Podman(5, 4, 2))).0, [""; 0]);
    let text = spec("0.6.0", ",\"somethingNew\":true");
    let files = [file("/etc/cdi/nvidia.json", &text)];
    assert_eq!(found(&files, Some(Podman(4, 9, 3))).0, ["cdi::unreadable"]);
    let host = Host { gpus: 1, podman: Some(Podman(4, 9, 3)), ..Host::new(&|_| PathState::Open) };
    let report = check(&files, NVIDIA, &[gpu_0()], &host);
    assert!(report.problems[0].to_string().ends_with("podman 4.9.3 does not know its field `somethingNew`"));
    assert!(help(&report).contains("the same toolkit writes the same file again"));
}

#[test]
fn files_that_are_no_specs() {
    for text in ["", "kind: [", "{}", "cdiVersion: 0.5.0\nkind: gpu\n", "cdiVersion: five\nkind: nvidia.com/gpu\n"] {
        let (codes, devices) = found(&[file("/etc/cdi/nvidia.yaml", text)], None);
        assert_eq!((codes, devices.len()), (vec!["cdi::unreadable".to_owned()], 0), "{text:?}");
    }
    let unread = SpecFile { path: "/etc/cdi/nvidia.yaml".into(), text: Err("Permission denied".into()) };
    assert_eq!(found(&[unread], None).0, ["cdi::unreadable"]);
    // The runtime reads two endings; a copy that an editor left is not meant as a spec.
    assert_eq!(found(&[file("/etc/cdi/nvidia.yml", &spec("0.5.0", ""))], None).0, ["cdi::unreadable"]);
    assert_eq!(found(&[file("/etc/cdi/nvidia.yaml~", "[")], None).0, ["cdi::missing"]);
}

/// The folder that is read last wins; two files of one folder cancel each other.
#[test]
fn a_name_that_is_defined_twice() {
    let text = spec("0.5.0", "");
    let two = |first: &str, second: &str| found(&[file(first, &text), file(second, &text)], None);
    assert_eq!(two("/etc/cdi/a.json", "/var/run/cdi/a.json"), (vec![], vec!["nvidia.com/gpu=all".into()]));
    assert_eq!(two("/etc/cdi/a.json", "/etc/cdi/b.json"), (vec!["cdi::device_missing".into()], vec![]));
    // What the winning spec says counts.
    let stale = spec("0.5.0", ",\"mounts\":[{\"hostPath\":\"/lib/libcuda.so.400.1.1\",\"containerPath\":\"/x\"}]");
    let host = Host { gpus: 1, driver: Some("550.54.14".into()), ..Host::new(&|_| PathState::Open) };
    let of = |low: &str, high: &str| {
        let files = [file("/var/run/cdi/a.json", high), file("/etc/cdi/a.json", low)];
        codes(&check(&files, NVIDIA, &[gpu_0()], &host))
    };
    assert_eq!(of(&text, &stale), ["cdi::stale"]);
    assert_eq!(of(&stale, &text), [""; 0]);
}

/// A broken file beside a good one is not the pool's problem.
#[test]
fn a_broken_file_beside_a_good_one() {
    let files = [file("/etc/cdi/other.yaml", "["), recorded("gid-by-hand.yaml", "/etc/cdi")];
    assert_eq!(found(&files, None), (vec![], vec!["nvidia.com/gpu=all".into()]));
    let files = [file("/etc/cdi/other.yaml", "["), recorded("empty-devices.json", "/etc/cdi")];
    assert_eq!(found(&files, None).0, ["cdi::device_missing", "cdi::unreadable"]);
}

/// `all` is more than one of two GPUs.
#[test]
fn all_is_used_for_all_gpus_only() {
    let report = on_host("gid-by-hand.yaml", &[gpu_0()], |host| host.gpus = 2);
    assert_eq!((codes(&report), report.devices), (vec!["cdi::device_missing".to_owned()], vec![]));
}

proptest::proptest! {
    #[test]
    fn any_text_is_checked(text in ".{0,200}") {
        found(&[file("/etc/cdi/a.yaml", &text)], Some(Podman(4, 3, 1)));
    }
}
