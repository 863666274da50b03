//! What `CUDA_VISIBLE_DEVICES` leaves visible, by the rules that CUDA itself applies.
//!
//! <https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars>: a comma-separated list of indices
//! and UUIDs, which may be cut short as long as one GPU fits; the first entry that names no GPU ends the list, so
//! that an empty value or -1 leaves nothing. Indices are read in PCI bus order, which is the order of every list
//! here; an engine gets the UUIDs and so does not depend on CUDA's own order.

use std::ffi::OsStr;

use exec::Env;

use crate::report::Gpu;

/// The variable.
pub(crate) const VARIABLE: &str = "CUDA_VISIBLE_DEVICES";

/// The value of the variable, also where it is empty: set to nothing, it hides every GPU.
pub(crate) fn value(env: &Env) -> Option<&OsStr> {
    env.iter().find(|(name, _)| *name == VARIABLE).map(|(_, value)| value)
}

/// The GPUs that `value` leaves visible, in its order.
pub(crate) fn select<'a>(value: Option<&OsStr>, gpus: &'a [Gpu]) -> Vec<&'a Gpu> {
    let Some(value) = value else {
        return gpus.iter().collect();
    };
    let named = value.to_str().unwrap_or_default().split(',').map_while(|entry| find(entry.trim(), gpus));
    let mut seen: Vec<&Gpu> = Vec::new();
    for gpu in named {
        if !seen.contains(&gpu) {
            seen.push(gpu);
        }
    }
    seen
}

fn find<'a>(entry: &str, gpus: &'a [Gpu]) -> Option<&'a Gpu> {
    if let Ok(index) = entry.parse::<u32>() {
        return gpus.iter().find(|gpu| gpu.index == index);
    }
    if !entry.starts_with("GPU-") {
        return None;
    }
    let mut fitting = gpus.iter().filter(|gpu| gpu.uuid.starts_with(entry));
    fitting.next().filter(|_| fitting.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Source;
    use proptest::prelude::*;

    fn gpus() -> Vec<Gpu> {
        let gpu = |index, uuid: &str| Gpu {
            index,
            uuid: uuid.into(),
            pci_bus_id: String::new(),
            name: String::new(),
            memory_total_bytes: None,
            compute_capability: (9, 0),
            source: Source::Nvml("x".into()),
        };
        vec![gpu(0, "GPU-aa11"), gpu(1, "GPU-aa22"), gpu(2, "GPU-bb33")]
    }

    #[track_caller]
    fn check(value: Option<&str>, expected: &[u32]) {
        let gpus = gpus();
        let seen: Vec<u32> = select(value.map(OsStr::new), &gpus).iter().map(|gpu| gpu.index).collect();
        assert_eq!(seen, expected, "{value:?}");
    }

    /// F65
    #[test]
    fn the_rules_of_cuda() {
        check(None, &[0, 1, 2]);
        check(Some(""), &[]);
        check(Some("-1"), &[]);
        check(Some("NoDevFiles"), &[]);
        check(Some("2,0"), &[2, 0]);
        check(Some(" 1 , 2"), &[1, 2]);
        check(Some("0,-1,1"), &[0]);
        check(Some("0,7,1"), &[0]);
        check(Some("1,1"), &[1]);
        check(Some("GPU-bb"), &[2]);
        check(Some("GPU-aa"), &[]);
        check(Some("GPU-aa22,0"), &[1, 0]);
        check(Some("MIG-GPU-aa11/1/0"), &[]);
        check(Some("99999999999"), &[]);
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
