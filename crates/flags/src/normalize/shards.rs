//! How engines other than llama-server are given their accelerator, and how the pool's GPUs share the model.
//!
//! The rule: tensor parallelism takes every GPU of the pool that nothing else takes. Pipeline and data parallelism
//! multiply with it, so that `--data-parallel-size 2` of four GPUs leaves two for each copy of the model; the GPUs that
//! share a layer must divide the model's attention heads.
//!
//! vLLM: <https://docs.vllm.ai/en/latest/serving/parallelism_scaling.html>,
//! SGLang: <https://docs.sglang.ai/advanced_features/server_arguments.html>.

use crate::catalogue::Catalogue;
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
    let Some(flag) = names.shards else { return Ok(words) };
    let split = Split::of(kept, catalogue, flag);
    let added = split.added(policy.devices, notes, flag)?;
    if let Some(count) = added {
        words.extend([flag.to_owned(), count.to_string()]);
    }
    split.divides_heads(added, policy, flag)?;
    Ok(words)
}

/// How the pool's flags share the model.
#[derive(Clone, Copy, Debug)]
struct Split {
    /// GPUs that share each layer, where the pool says so.
    tensor: Option<usize>,
    /// Groups of layers, one after the other.
    pipeline: usize,
    /// Copies of the model on this host.
    copies: usize,
    /// Parts of the attention within the GPUs that share a layer: SGLang's data-parallel attention.
    attention: usize,
    /// The numbers count the GPUs of several hosts.
    several_hosts: bool,
    /// The engine is told to use one GPU (TGI's `--sharded false`).
    unsharded: bool,
}

impl Split {
    fn of(kept: &[Kept<'_>], catalogue: &Catalogue, tensor: &str) -> Self {
        let given = |name: &str| {
            let wanted = catalogue.find(name)?.spec;
            kept.iter().find(|flag| flag.found.is_some_and(|found| found.spec.name == wanted.name))
        };
        let number = |names: &[&str]| {
            let flag = names.iter().find_map(|name| given(name))?;
            flag.value().parse::<usize>().ok().filter(|count| *count > 0)
        };
        let data = number(&["--data-parallel-size", "--dp-size"]).unwrap_or(1);
        let local = number(&["--data-parallel-size-local"]);
        let shares_attention = given("--enable-dp-attention").is_some_and(|flag| !flag.words.is_empty());
        let within = |count| if shares_attention { count } else { 1 };
        Self {
            tensor: number(&[tensor]),
            pipeline: number(&["--pipeline-parallel-size", "--pp-size"]).unwrap_or(1),
            copies: if shares_attention { 1 } else { local.unwrap_or(data) },
            attention: within(data),
            several_hosts: number(&["--nnodes"]).is_some_and(|hosts| hosts > 1),
            unsharded: given("--sharded").is_some_and(|flag| flag.value() == "false"),
        }
    }

    /// How many GPUs share each layer, where the policy has to say so.
    fn added(&self, devices: usize, notes: &mut Notes, flag: &str) -> Result<Option<usize>, FlagError> {
        if devices == 0 || self.several_hosts {
            return Ok(None);
        }
        let others = self.pipeline.saturating_mul(self.copies);
        let used = others.saturating_mul(self.tensor.unwrap_or(1));
        if used > devices {
            return Err(FlagError::TooManyShards { shards: used, devices, flag: flag.to_owned() });
        }
        let free =
            (self.tensor.is_none() && !self.unsharded && devices.is_multiple_of(others)).then(|| devices / others);
        match free.filter(|count| *count > 1) {
            Some(count) if others > 1 => {
                notes.push(format!(
                    "`{flag} {count}` is added: {devices} devices for {others} parts or copies of the model"
                ));
                Ok(Some(count))
            }
            Some(count) => {
                notes.push(format!("`{flag} {count}` is added, one for each device of the pool"));
                Ok(Some(count))
            }
            None => {
                if used < devices {
                    notes.push(format!("{used} of the pool's {devices} devices are used: its flags ask for no more"));
                }
                Ok(None)
            }
        }
    }

    /// The GPUs that share a layer must divide the model's attention heads.
    fn divides_heads(&self, added: Option<usize>, policy: &Policy<'_>, flag: &str) -> Result<(), FlagError> {
        let shards = added.or(self.tensor).unwrap_or(1).div_euclid(self.attention.max(1)).max(1);
        let Some(heads) = policy.heads.and_then(|heads| usize::try_from(heads).ok()).filter(|heads| *heads > 0) else {
            return Ok(());
        };
        if heads.is_multiple_of(shards) {
            return Ok(());
        }
        let fits = (1..shards).filter(|count| heads.is_multiple_of(*count)).collect();
        Err(FlagError::HeadsNotDivisible { flag: flag.to_owned(), shards, heads, fits })
    }
}
