//! What `nvidia-smi -L` and `-q` print about each GPU, read independently of the product, and how the product's facts differ.

use std::collections::BTreeMap;

use serde_json::Value;

/// The facts of one GPU by name. A value that `nvidia-smi` does not know (`N/A`) is left out.
pub(super) type Facts = BTreeMap<&'static str, String>;

/// Names in `nvidia-smi -q`, with the section that they must follow, and the names of the facts.
const FIELDS: [(&str, &str, &str); 5] = [
    ("", "Product Name", "name"),
    ("", "GPU UUID", "UUID"),
    ("PCI", "Bus Id", "PCI address"),
    ("FB Memory Usage", "Total", "memory in MiB"),
    ("MIG Mode", "Current", "MIG"),
];

/// The GPUs that `nvidia-smi -q` describes, in its order.
pub(super) fn described(text: &str) -> Vec<Facts> {
    let (mut gpus, mut section): (Vec<Facts>, &str) = (Vec::new(), "");
    for line in text.lines() {
        if line.starts_with("GPU ") {
            gpus.push(Facts::new());
            continue;
        }
        let Some(gpu) = gpus.last_mut() else { continue };
        let Some((name, value)) = line.split_once(" : ") else {
            section = line.trim();
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        let field = FIELDS.iter().find(|field| field.1 == name && (field.0.is_empty() || field.0 == section));
        if let Some((_, _, fact)) = field.filter(|_| value != "N/A" && value != "[N/A]") {
            gpu.entry(fact).or_insert_with(|| value.trim_end_matches(" MiB").to_owned());
        }
    }
    gpus
}

/// The GPUs that `nvidia-smi -L` lists: `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-…)`.
pub(super) fn listed(text: &str) -> Vec<Facts> {
    let one = |line: &str| {
        let (_, rest) = line.strip_prefix("GPU ")?.split_once(": ")?;
        let (name, uuid) = rest.split_once(" (UUID: ")?;
        Some(Facts::from([("name", name.to_owned()), ("UUID", uuid.trim_end().trim_end_matches(')').to_owned())]))
    };
    text.lines().filter_map(one).collect()
}

/// The same facts out of the document of `gpus --json`.
pub(super) fn detected(gpus: &Value) -> Vec<Facts> {
    let devices = gpus.pointer("/report/devices");
    devices.and_then(Value::as_array).into_iter().flatten().map(facts_of).collect()
}

fn facts_of(gpu: &Value) -> Facts {
    let text = |key: &str| gpu.get(key).and_then(Value::as_str).map(String::from);
    let memory = gpu.get("memory_total_bytes").and_then(Value::as_u64).map(|bytes| (bytes >> 20).to_string());
    let mig = gpu.pointer("/mig/enabled").and_then(Value::as_bool);
    let mig = mig.map(|enabled| if enabled { "Enabled" } else { "Disabled" }.to_owned());
    let facts = [
        ("name", text("name")),
        ("UUID", text("uuid")),
        ("PCI address", text("pci_bus_id")),
        ("memory in MiB", memory),
        ("MIG", mig),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// How many facts both know and agree on, and those on which they differ.
pub(super) fn compare(ours: &[Facts], theirs: &[Facts]) -> (usize, Vec<String>) {
    let (mut agree, mut differ) = (0, Vec::new());
    if ours.len() != theirs.len() {
        differ.push(format!("GPUs: {} and {}", ours.len(), theirs.len()));
    }
    for one in theirs {
        let uuid = one.get("UUID");
        let Some(other) = ours.iter().find(|gpu| gpu.get("UUID") == uuid) else {
            differ.push(format!("GPU {}: not detected", uuid.map_or("without UUID", String::as_str)));
            continue;
        };
        for (name, theirs) in one {
            match other.get(name) {
                Some(ours) if ours.eq_ignore_ascii_case(theirs) => agree += 1,
                Some(ours) => differ.push(format!("{name}: {ours} and {theirs}")),
                // `nvidia-smi` prints more than the product reports.
                None => {}
            }
        }
    }
    (agree, differ)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const QUERY: &str = "\
==============NVSMI LOG==============

Driver Version                            : 580.159.04
CUDA Version                              : 13.0

Attached GPUs                             : 1
GPU 00000000:65:00.0
    Product Name                          : NVIDIA H100 80GB HBM3
    MIG Mode
        Current                           : Disabled
        Pending                           : Disabled
    GPU UUID                              : GPU-1
    PCI
        Bus                               : 0x65
        Bus Id                            : 00000000:65:00.0
    FB Memory Usage
        Total                             : 81559 MiB
        Reserved                          : 631 MiB
    BAR1 Memory Usage
        Total                             : 131072 MiB
    Ecc Mode
        Current                           : Enabled
";

    #[test]
    fn both_texts_are_read() {
        let [gpu] = &described(QUERY)[..] else { panic!() };
        assert_eq!(gpu["name"], "NVIDIA H100 80GB HBM3");
        assert_eq!((gpu["memory in MiB"].as_str(), gpu["MIG"].as_str()), ("81559", "Disabled"));
        assert_eq!(gpu["PCI address"], "00000000:65:00.0");
        let list = "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1)\n  MIG 1g.10gb     Device  0: (UUID: MIG-2)\n";
        assert_eq!(listed(list), [Facts::from([("name", gpu["name"].clone()), ("UUID", "GPU-1".into())])]);
        assert_eq!((listed("No devices were found\n"), described("")), (vec![], vec![]));
    }

    #[test]
    fn differences_are_named() {
        let gpu = json!({ "uuid": "GPU-1", "name": "NVIDIA H100 80GB HBM3", "pci_bus_id": "00000000:65:00.0",
            "memory_total_bytes": 85_520_809_984_u64, "mig": { "enabled": false, "instances": [] } });
        let ours = detected(&json!({ "report": { "devices": [gpu] } }));
        assert_eq!(compare(&ours, &described(QUERY)), (5, vec![]));
        let other = QUERY.replace("81559", "40960").replace("65:00.0", "66:00.0");
        let (agree, differ) = compare(&ours, &described(&other));
        assert_eq!((agree, differ.len()), (3, 2));
        assert!(differ.contains(&"memory in MiB: 81559 and 40960".to_owned()), "{differ:?}");
        assert_eq!(compare(&[], &described(QUERY)).1, ["GPUs: 0 and 1", "GPU GPU-1: not detected"]);
        let unknown = QUERY.replace(": 81559 MiB", ": N/A");
        assert_eq!(compare(&ours, &described(&unknown)), (4, vec![]));
    }
}
