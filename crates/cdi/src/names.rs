//! Which device of the specs is a GPU of the pool.

use std::collections::BTreeMap;

use crate::WantedGpu;
use crate::spec::{Device, Spec};

/// The devices of one kind by name, with the number of the spec that defines them. As the runtime resolves it: the folder that is
/// read last wins, and two definitions in one folder cancel each other.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    pub(crate) devices: BTreeMap<&'a str, (usize, &'a Device)>,
    /// Names that are defined twice with the same priority.
    pub(crate) conflicts: Vec<&'a str>,
}

/// Gathers the names of specs that are given with their priority.
pub(crate) fn names<'a>(specs: &[(usize, &'a Spec)]) -> Names<'a> {
    let mut names = Names::default();
    let mut best: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (at, (priority, spec)) in specs.iter().enumerate() {
        for device in spec.devices() {
            let name = device.name.as_str();
            match best.get_mut(name) {
                Some((known, count)) if known == priority => *count += 1,
                Some((known, _)) if *known > *priority => continue,
                _ => {
                    best.insert(name, (*priority, 1));
                }
            }
            names.devices.insert(name, (at, device));
        }
    }
    for (name, (_, count)) in best {
        if count > 1 {
            names.devices.remove(name);
            names.conflicts.push(name);
        }
    }
    names
}

/// The names of the devices for these GPUs; the GPU that has none. `all` is used where it is all GPUs of the host.
pub(crate) fn choose<'a, 'w>(
    names: &Names<'a>,
    wanted: &'w [WantedGpu],
    gpus: usize,
) -> Result<Vec<&'a str>, &'w WantedGpu> {
    let known = |name: &str| names.devices.get_key_value(name).map(|(name, _)| *name);
    let one = |gpu: &'w WantedGpu| {
        let index = gpu.index.to_string();
        // An instance has no index of its own: its UUID, or nothing.
        let by_index = (!gpu.uuid.starts_with("MIG-")).then(|| known(&index).or_else(|| known(&format!("gpu{index}"))));
        known(&gpu.uuid).or(by_index.flatten()).ok_or(gpu)
    };
    let each: Result<Vec<_>, _> = wanted.iter().map(one).collect();
    match (each, known("all")) {
        (Err(_), Some(all)) if gpus > 0 && wanted.len() == gpus => Ok(vec![all]),
        (each, _) => each,
    }
}
