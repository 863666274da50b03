//! The GPU rule: a GPU pool says so on its command line and cannot be talked out of it, a CPU pool offloads nothing.
//!
//! Why a GPU pool always names its layers: until August 2025 the engine's default was 0 layers, the CPU, whatever it was
//! built with ("use max. GPU layers by default", <https://github.com/ggml-org/llama.cpp/pull/15434>). Since the automatic
//! fit (<https://github.com/ggml-org/llama.cpp/pull/16653>) an unset number may come out as 0 where memory is short; a
//! number that was set is kept, and the engine fails by name instead.
//!
//! Negative numbers mean "auto" (-1) and "all" (-2 and below) only since the help says `auto`. Before, -1 was the default
//! and others offloaded nothing (`i_gpu_start = max(n_layer - n_gpu_layers, 0)`).

use crate::catalogue::Catalogue;
use crate::classify::Kept;
use crate::error::FlagError;
use crate::known;
use crate::policy::Accel;

/// More layers than any model has.
const ALL: &str = "999";

/// How many layers a value asks for.
enum Layers {
    Number(i64),
    /// `auto` or `all`.
    Word,
}

/// Checks the pool's flags against the rule and returns the number of layers that the policy has to add, if any.
pub(crate) fn apply(
    accelerator: Accel,
    kept: &mut Vec<Kept<'_>>,
    catalogue: &Catalogue,
    notes: &mut Vec<String>,
) -> Result<Option<&'static str>, FlagError> {
    match accelerator {
        Accel::Cpu => {
            forbid_offload(kept, notes);
            Ok(Some("0"))
        }
        Accel::Cuda => require_offload(kept, catalogue, notes),
    }
}

fn forbid_offload(kept: &mut Vec<Kept<'_>>, notes: &mut Vec<String>) {
    kept.retain(|flag| {
        let layers = flag.is(known::LAYERS);
        if layers && !is_zero(flag.value()) {
            notes.push(format!(
                "`{} 0` replaces the number of layers the pool asked for: its accelerator is `cpu`",
                known::LAYER_FLAG
            ));
        }
        !layers
    });
    for flag in kept.iter_mut().filter(|f| f.is(known::DRAFT_LAYERS)) {
        if !is_zero(flag.value()) {
            let name = flag.name().to_owned();
            notes.push(format!("`{name} 0` replaces what the pool asked for: its accelerator is `cpu`"));
            flag.words = vec![name, "0".to_owned()];
        }
    }
}

fn require_offload(
    kept: &[Kept<'_>],
    catalogue: &Catalogue,
    notes: &mut Vec<String>,
) -> Result<Option<&'static str>, FlagError> {
    for flag in kept.iter().filter(|f| f.is(known::DEVICE)) {
        let mut names = flag.value().split(',').map(str::trim).filter(|n| !n.is_empty());
        if flag.value().contains("none") && names.all(|n| n == "none") {
            return Err(on_cpu(flag, "none", ""));
        }
    }
    let Some(flag) = kept.iter().find(|f| f.is(known::LAYERS)) else {
        notes.push(format!(
            "`{} {ALL}` is added: the pool names no number of layers, and the default of older releases is the CPU",
            known::LAYER_FLAG
        ));
        return Ok(Some(ALL));
    };
    let automatic = catalogue.find(known::LAYER_FLAG).is_some_and(|f| f.spec.help.contains("auto"));
    match parse(flag.value()) {
        Some(Layers::Number(0)) => Err(on_cpu(flag, "0", "")),
        Some(Layers::Number(n)) if n < 0 && !automatic => {
            Err(on_cpu(flag, &n.to_string(), ": before `auto` existed a negative number offloaded nothing"))
        }
        Some(Layers::Number(_)) => Ok(None),
        Some(Layers::Word) if automatic => Ok(None),
        Some(Layers::Word) => Err(bad(flag, "a number: the help of this engine lists no `auto` or `all`")),
        None => Err(bad(flag, "a number, `auto` or `all`")),
    }
}

fn parse(value: &str) -> Option<Layers> {
    match value {
        "auto" | "all" => Some(Layers::Word),
        _ => value.trim().parse().ok().map(Layers::Number),
    }
}

fn is_zero(value: &str) -> bool {
    matches!(parse(value), Some(Layers::Number(0)))
}

fn bad(flag: &Kept<'_>, expected: &'static str) -> FlagError {
    FlagError::BadValue { flag: flag.name().to_owned(), position: flag.position, expected }
}

fn on_cpu(flag: &Kept<'_>, given: &str, because: &'static str) -> FlagError {
    FlagError::CpuOnGpuPool { flag: flag.name().to_owned(), position: flag.position, given: given.to_owned(), because }
}
