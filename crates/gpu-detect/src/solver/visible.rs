//! What `CUDA_VISIBLE_DEVICES` leaves visible, by the rules that CUDA itself applies.
//!
//! <https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars>: a comma-separated list of indices
//! and UUIDs, which may be cut short as long as one GPU fits; the first entry that names no GPU ends the list, so
//! that an empty value or -1 leaves nothing. Indices are places in the order of the PCI bus, which is the order of
//! every list here; an engine gets the UUIDs and so does not depend on CUDA's own order. A partitioned GPU is seen
//! through its instances, which have UUIDs of their own, or, with old drivers, `MIG-GPU-…/instance/part`.

use std::ffi::OsStr;

use exec::Env;

use crate::gpu::{Gpu, MigInstance};

/// The variable.
pub(crate) const VARIABLE: &str = "CUDA_VISIBLE_DEVICES";

/// A visible GPU, or the one instance of it that the variable names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen<'a> {
    pub(crate) gpu: &'a Gpu,
    pub(crate) instance: Option<&'a MigInstance>,
}

/// The value of the variable, also where it is empty: set to nothing, it hides every GPU.
pub(crate) fn value(env: &Env) -> Option<&OsStr> {
    env.iter().find(|(name, _)| *name == VARIABLE).map(|(_, value)| value)
}

/// The GPUs that `value` leaves visible, in its order. `gpus` are in the order of the bus.
pub(crate) fn select<'a>(value: Option<&OsStr>, gpus: &'a [Gpu]) -> Vec<Seen<'a>> {
    let Some(value) = value else {
        return gpus.iter().map(|gpu| Seen { gpu, instance: None }).collect();
    };
    let named = value.to_str().unwrap_or_default().split(',').map_while(|entry| find(entry.trim(), gpus));
    let mut seen: Vec<Seen<'a>> = Vec::new();
    for one in named {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}

fn find<'a>(entry: &str, gpus: &'a [Gpu]) -> Option<Seen<'a>> {
    let whole = |gpu: &'a Gpu| Seen { gpu, instance: None };
    if let Ok(place) = entry.parse::<u32>() {
        // Where a GPU does not answer, the places of the others are not known; the driver's numbers stand for them.
        let all_answer = gpus.iter().all(|gpu| usize::try_from(gpu.index).is_ok_and(|index| index < gpus.len()));
        let at_place = || usize::try_from(place).ok().and_then(|place| gpus.get(place));
        let found = if all_answer { at_place() } else { gpus.iter().find(|gpu| gpu.index == place) };
        return found.map(whole);
    }
    if entry.starts_with("GPU-") {
        return only(gpus.iter().filter(|gpu| gpu.uuid.starts_with(entry)).map(whole));
    }
    if !entry.starts_with("MIG-") {
        return None;
    }
    let instances =
        gpus.iter().flat_map(|gpu| gpu.instances().iter().map(move |one| Seen { gpu, instance: Some(one) }));
    only(instances.filter(|seen| seen.instance.is_some_and(|instance| instance.uuid.starts_with(entry))))
}

fn only<T>(mut fitting: impl Iterator<Item = T>) -> Option<T> {
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::Mig;
    use crate::source::Source;
    use proptest::prelude::*;

    fn gpu(index: u32, uuid: &str) -> Gpu {
        Gpu {
            index,
            uuid: uuid.into(),
            pci_bus_id: String::new(),
            name: String::new(),
            memory_total_bytes: None,
            memory_free_bytes: None,
            compute_capability: Some((9, 0)),
            mig: None,
            processes: None,
            source: Source::Nvml("x".into()),
        }
    }

    fn gpus() -> Vec<Gpu> {
        vec![gpu(0, "GPU-aa11"), gpu(1, "GPU-aa22"), gpu(2, "GPU-bb33")]
    }

    #[track_caller]
    fn check(value: Option<&str>, gpus: &[Gpu], expected: &[u32]) {
        let seen: Vec<u32> = select(value.map(OsStr::new), gpus).iter().map(|seen| seen.gpu.index).collect();
        assert_eq!(seen, expected, "{value:?}");
    }

    /// F65
    #[test]
    fn the_rules_of_cuda() {
        check(None, &gpus(), &[0, 1, 2]);
        check(Some(""), &gpus(), &[]);
        check(Some("-1"), &gpus(), &[]);
        check(Some("NoDevFiles"), &gpus(), &[]);
        check(Some("2,0"), &gpus(), &[2, 0]);
        check(Some(" 1 , 2"), &gpus(), &[1, 2]);
        check(Some("0,-1,1"), &gpus(), &[0]);
        check(Some("0,7,1"), &gpus(), &[0]);
        check(Some("1,1"), &gpus(), &[1]);
        check(Some("GPU-bb"), &gpus(), &[2]);
        check(Some("GPU-aa"), &gpus(), &[]);
        check(Some("GPU-aa22,0"), &gpus(), &[1, 0]);
        check(Some("MIG-GPU-aa11/1/0"), &gpus(), &[]);
        check(Some("99999999999"), &gpus(), &[]);
    }

    #[test]
    fn a_number_is_a_place_on_the_bus_unless_a_gpu_is_silent() {
        let reversed = [gpu(1, "GPU-a"), gpu(0, "GPU-b")];
        check(Some("0"), &reversed, &[1]);
        let first_is_lost = [gpu(1, "GPU-b"), gpu(2, "GPU-c")];
        check(Some("1"), &first_is_lost, &[1]);
        check(Some("0"), &first_is_lost, &[]);
    }

    #[test]
    fn instances_have_names_of_their_own() {
        let mut all = gpus();
        let instances =
            ["MIG-5", "MIG-GPU-aa22/7/0"].map(|uuid| MigInstance { uuid: uuid.into(), memory_total_bytes: None });
        all[1].mig = Some(Mig { enabled: true, instances: instances.to_vec() });
        let seen = select(Some(OsStr::new("MIG-5,MIG-GPU-aa22/7/0,MIG-6")), &all);
        assert_eq!(
            seen.iter().filter_map(|seen| seen.instance).collect::<Vec<_>>(),
            instances.iter().collect::<Vec<_>>()
        );
        assert_eq!(select(Some(OsStr::new("MIG-")), &all), []);
    }

    #[test]
    fn an_empty_variable_is_not_an_unset_one() {
        assert_eq!(value(&Env::default()), None);
        assert_eq!(value(&Env::from_pairs([(VARIABLE, "")])), Some(OsStr::new("")));
    }

    proptest! {
        #[test]
        fn any_value_selects_from_the_list_without_repeating(value in ".{0,40}") {
            let gpus = gpus();
            let seen = select(Some(OsStr::new(&value)), &gpus);
            prop_assert!(seen.len() <= gpus.len());
        }
    }
}
