//! Flags that are fine each for itself and end the engine together.

use crate::catalogue::Catalogue;
use crate::catalogue::spec::Arity;
use crate::engine::Engine;
use crate::error::FlagError;
use crate::normalize::classify::Kept;

/// Types of the KV cache that are no quantization.
const WHOLE: &[&str] = &["f32", "f16", "bf16"];

/// Refuses what every release of llama.cpp that has both flags refuses: a quantized V cache, or tensor splitting, without
/// flash attention (`quantized V cache requires flash_attn to be enabled`, `SPLIT_MODE_TENSOR requires flash_attn to be
/// enabled`, `llama_init_from_model` of src/llama-context.cpp).
pub(crate) fn refuse(kept: &[Kept<'_>], catalogue: &Catalogue) -> Result<(), FlagError> {
    if catalogue.engine != Engine::LlamaServer {
        return Ok(());
    }
    let Some(attention) = catalogue.find("--flash-attn") else { return Ok(()) };
    let given = |name: &str| kept.iter().find(|flag| flag.found.is_some_and(|found| found.spec.name == name));
    let of = |name: &str| catalogue.find(name).and_then(|found| given(&found.spec.name));
    let switch = attention.spec.value == Arity::None;
    let (off, by) = match given(&attention.spec.name) {
        Some(flag) if switch => (flag.words.is_empty(), "`--flash-attn` is off"),
        Some(flag) => (flag.value() == "off", "`--flash-attn off` is given"),
        // A switch is off unless it is given; `auto` is on wherever it can be.
        None => (switch, "`--flash-attn` is not given, and off without it"),
    };
    if !off {
        return Ok(());
    }
    let on = if switch { "--flash-attn" } else { "--flash-attn on" };
    let quantized = of("--cache-type-v").filter(|flag| !flag.value().is_empty() && !WHOLE.contains(&flag.value()));
    let split = of("--split-mode").filter(|flag| flag.value() == "tensor");
    let Some(flag) = quantized.or(split) else { return Ok(()) };
    Err(FlagError::Conflict {
        flag: flag.name().to_owned(),
        position: flag.position,
        needs: "flash attention",
        by,
        instead: on,
    })
}
