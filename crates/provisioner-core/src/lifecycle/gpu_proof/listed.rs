//! Reads the list of devices that an engine prints when it is asked for them. Pure.
//!
//! The rule: a line of the list proves a device; a line that merely has the word CUDA in it, such as `failed to
//! initialize CUDA`, proves nothing. Devices are compared by UUID or PCI address where
//! the list has them, else by count. llama-server of the releases b6673, b10361 and v0.5.0 lists neither.

use exec::Exit;
use gpu_detect::PciAddress;

use crate::summary::{Device, ProofVerdict};

/// How an engine is asked for its devices, and how its list reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceList {
    /// The arguments that make the program print its devices and exit.
    pub args: &'static [&'static str],
    /// What a CUDA device is called in the list, before its number: a line such as `CUDA0: NVIDIA H100`.
    pub name: &'static str,
}

/// What a list says of the devices of a pool.
pub(crate) fn verdict(
    list: DeviceList,
    denials: &[&str],
    (text, exit): (&str, Exit),
    wanted: &[Device],
) -> (ProofVerdict, Vec<String>) {
    let asked = list.args.join(" ");
    if exit != Exit::Code(0) {
        let said = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing").trim();
        return (ProofVerdict::Undecided, vec![format!("`{asked}` ended with {exit}: {said}")]);
    }
    let lines: Vec<&str> = text.lines().filter_map(|line| device(line, list.name)).collect();
    let names = |uuid: &str| lines.iter().any(|line| line.contains(uuid));
    let tells_uuids = lines.iter().any(|line| line.contains("GPU-") || line.contains("MIG-"));
    let listed: Vec<PciAddress> = lines.iter().flat_map(|line| PciAddress::all_in(line)).collect();
    let is_missing = |device: &&Device| match device.pci_address() {
        _ if tells_uuids => !names(&device.uuid),
        Some(address) if !listed.is_empty() => !listed.contains(&address),
        _ => false,
    };
    let missing: Vec<&Device> = wanted.iter().filter(is_missing).collect();
    if lines.len() >= wanted.len() && missing.is_empty() {
        return (ProofVerdict::Proven, lines.iter().map(|line| format!("it lists {line}")).collect());
    }
    let mut evidence: Vec<String> =
        missing.iter().map(|device| format!("it does not list GPU {} ({})", device.index, place(device))).collect();
    if evidence.is_empty() {
        let found = if lines.is_empty() { "no".to_owned() } else { lines.len().to_string() };
        evidence.push(format!("asked for its devices it lists {found} GPU of the pool's {}", wanted.len()));
    }
    evidence.extend(lines.iter().map(|line| format!("it lists {line}")));
    evidence.extend(super::log_facts::denial(text, denials));
    (ProofVerdict::Denied, evidence)
}

/// What a GPU is known by.
fn place(device: &Device) -> String {
    device.pci_bus_id.as_ref().map_or_else(|| device.uuid.clone(), |address| format!("{}, {address}", device.uuid))
}

/// A line of the list for a device of this name: `CUDA0: NVIDIA H100 80GB HBM3 (81079 MiB, 80553 MiB free)`.
fn device<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let line = line.trim();
    let (number, _) = line.strip_prefix(name)?.split_once(':')?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: DeviceList = DeviceList { args: &["--list-devices"], name: "CUDA" };
    const DENIALS: &[&str] = &["failed to initialize CUDA"];

    fn pool(count: u32) -> Vec<Device> {
        let device = |index| Device {
            index,
            uuid: format!("GPU-{index:08x}"),
            name: "NVIDIA H100".into(),
            pci_bus_id: Some(format!("00000000:4{index}:00.0")),
        };
        (0..count).map(device).collect()
    }

    #[track_caller]
    fn check(text: &str, exit: Exit, count: u32, expected: ProofVerdict, words: &str) {
        let (found, evidence) = verdict(LIST, DENIALS, (text, exit), &pool(count));
        let evidence = evidence.join("\n");
        assert_eq!(found, expected, "{evidence}");
        assert!(evidence.contains(words), "{evidence}");
    }

    #[test]
    fn a_list_proves_devices_and_a_word_does_not() {
        use ProofVerdict::{Denied, Proven, Undecided};
        let done = Exit::Code(0);
        let two = "ggml_cuda_init: found 2 CUDA devices:\n  Device 0: NVIDIA H100, compute capability 9.0\nAvailable devices:\n  \
                   CUDA0: NVIDIA H100 (81079 MiB, 80553 MiB free)\n  CUDA1: NVIDIA L4 (23034 MiB, 22000 MiB free)\n";
        check(two, done, 2, Proven, "CUDA1: NVIDIA L4");
        check(two, done, 1, Proven, "CUDA0: NVIDIA H100");
        check(two, done, 3, Denied, "it lists 2 GPU of the pool's 3");
        let none = "ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected\nAvailable devices:\n  (none)\n";
        check(none, done, 1, Denied, "no CUDA-capable device");
        check("Available devices:\n", done, 1, Denied, "lists no GPU");
        check("CUDA: yes\nCUDAx: y\n  Vulkan0: NVIDIA H100\n CUDA error: 0\n", done, 1, Denied, "lists no GPU");
        check("error: unknown argument: --list-devices", Exit::Code(1), 1, Undecided, "unknown argument");
        check("", Exit::Signal(9), 1, Undecided, "nothing");
    }

    #[test]
    fn a_list_with_uuids_is_compared_by_them() {
        let list = "CUDA0: NVIDIA H100 [GPU-00000001]\nCUDA1: NVIDIA H100 [GPU-00000007]";
        check(list, Exit::Code(0), 1, ProofVerdict::Denied, "does not list GPU 0 (GPU-00000000, 00000000:40:00.0)");
        let list = "CUDA0: NVIDIA H100 [GPU-00000001]\nCUDA1: NVIDIA H100 [GPU-00000000]";
        check(list, Exit::Code(0), 2, ProofVerdict::Proven, "GPU-00000001");
    }

    #[test]
    fn a_list_with_addresses_is_compared_by_them() {
        let list = "CUDA0: NVIDIA H100 (0000:41:00.0) (81079 MiB, 80553 MiB free)\nCUDA1: NVIDIA H100 (0000:47:00.0) (1 MiB, 1 MiB free)";
        check(list, Exit::Code(0), 1, ProofVerdict::Denied, "does not list GPU 0");
        let list = "CUDA0: NVIDIA H100 (0000:41:00.0)\nCUDA1: NVIDIA H100 (0000:40:00.0)";
        check(list, Exit::Code(0), 2, ProofVerdict::Proven, "0000:41:00.0");
        // Two instances of one partitioned GPU have one address: all of them have to be listed.
        check(
            "CUDA0: NVIDIA H100 MIG 1g (0000:40:00.0)",
            Exit::Code(0),
            2,
            ProofVerdict::Denied,
            "does not list GPU 1",
        );
    }
}
