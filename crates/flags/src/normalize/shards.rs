//! How engines other than llama-server are told which accelerator and how many GPUs to use.

use crate::catalogue::Catalogue;
use crate::catalogue::role::Role;
use crate::error::FlagError;
use crate::normalize::classify::Kept;
use crate::normalize::notes::Notes;
use crate::normalize::policy::{Accel, Policy};

/// The words the policy adds: the accelerator, where the engine has a flag for it, and the number of GPUs, where the pool
/// has several and none of its flags says how they share the model.
pub(crate) fn apply(
    policy: &Policy<'_>,
    kept: &[Kept<'_>],
    catalogue: &Catalogue,
    notes: &mut Notes,
) -> Result<Vec<String>, FlagError> {
    let names = catalogue.engine.names();
    let mut words = Vec::new();
    if let Some(flag) = names.accelerator.filter(|flag| catalogue.find(flag).is_some()) {
        let accelerator = match policy.accelerator {
            Accel::Cuda => "cuda",
            Accel::Cpu => "cpu",
        };
        words.extend([flag.to_owned(), accelerator.to_owned()]);
    }
    let mut shards = kept.iter().filter(|flag| flag.is(Role::Shards)).peekable();
    let given = shards.peek().is_some();
    for flag in shards {
        let count: usize = flag.value().parse().unwrap_or_default();
        if policy.devices != 0 && count > policy.devices {
            return Err(FlagError::TooManyShares { shares: count, devices: policy.devices });
        }
    }
    if let Some(flag) = names.shards.filter(|_| policy.devices > 1 && !given) {
        notes.push(format!("`{flag} {}` is added: the pool has so many devices", policy.devices));
        words.extend([flag.to_owned(), policy.devices.to_string()]);
    }
    Ok(words)
}
