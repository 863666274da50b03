//! The GPU rule: a GPU pool says so on its command line and cannot be talked out of it, a CPU pool offloads nothing.
//!
//! Why a GPU pool always names its layers: until August 2025 the engine's default was 0 layers, the CPU, whatever it was
//! built with ("use max. GPU layers by default", <https://github.com/ggml-org/llama.cpp/pull/15434>). Since the automatic
//! fit (<https://github.com/ggml-org/llama.cpp/pull/16653>) an unset number may come out as 0 where memory is short; a
//! number that was set is kept, and the engine fails by name instead. A pool that asks for the fit by name gets `auto`: any
//! number switches it off (`n_gpu_layers already set by user`).
//!
//! Negative numbers mean "auto" (-1) and "all" (-2 and below) only since the help says `auto`. Before, -1 was the default
//! and others offloaded nothing (`i_gpu_start = max(n_layer - n_gpu_layers, 0)`).

use crate::catalogue::Catalogue;
use crate::catalogue::known;
use crate::catalogue::role::Role;
use crate::error::FlagError;
use crate::normalize::classify::Kept;
use crate::normalize::notes::Notes;
use crate::normalize::policy::{Accel, Policy};

/// More layers than any model has.
const ALL: &str = "999";

/// How many layers a value asks for.
enum Layers {
    Number(i64),
    /// `auto` or `all`.
    Word,
}

/// Checks the pool's flags against the rule and returns the words that the policy has to add, if any.
pub(crate) fn apply(
    policy: &Policy<'_>,
    kept: &mut Vec<Kept<'_>>,
    catalogue: &Catalogue,
    notes: &mut Notes,
) -> Result<Vec<String>, FlagError> {
    refuse_devices(policy.accelerator, kept)?;
    let layers = match policy.accelerator {
        Accel::Cpu => {
            forbid_offload(kept, notes);
            Some("0")
        }
        Accel::Cuda => {
            one_of_the_pools(policy.devices, kept)?;
            require_offload(kept, catalogue, notes)?
        }
    };
    Ok(layers.into_iter().flat_map(|n| [known::LAYER_FLAG, n]).map(String::from).collect())
}

fn forbid_offload(kept: &mut Vec<Kept<'_>>, notes: &mut Notes) {
    kept.retain(|flag| {
        let layers = flag.is(Role::Layers);
        if layers && !is_zero(flag.value()) {
            notes.push(format!(
                "`{} 0` replaces the number of layers the pool asked for: its accelerator is `cpu`",
                known::LAYER_FLAG
            ));
        }
        !layers
    });
    for flag in kept.iter_mut().filter(|f| f.is(Role::DraftLayers)) {
        if !is_zero(flag.value()) {
            let name = flag.name().to_owned();
            notes.push(format!("`{name} 0` replaces what the pool asked for: its accelerator is `cpu`"));
            flag.words = vec![name, "0".to_owned()];
        }
    }
}

/// The pool's `devices` decide what the engine sees. A CPU pool may say `none`.
fn refuse_devices(accelerator: Accel, kept: &[Kept<'_>]) -> Result<(), FlagError> {
    let Some(flag) = kept.iter().find(|f| f.is(Role::Device)) else {
        return Ok(());
    };
    let mut names = flag.value().split(',').map(str::trim).filter(|n| !n.is_empty());
    let none = flag.value().contains("none") && names.all(|n| n == "none");
    match accelerator {
        Accel::Cpu if none => Ok(()),
        Accel::Cuda if none => Err(on_cpu(flag, "none", "")),
        _ => {
            let (flag, position) = (flag.name().to_owned(), flag.position);
            Err(FlagError::Owned { flag, position, key: "devices" })
        }
    }
}

/// The engine counts the devices it sees, which are the pool's.
fn one_of_the_pools(devices: usize, kept: &[Kept<'_>]) -> Result<(), FlagError> {
    let beyond = |value: &str| devices != 0 && value.parse::<usize>().is_ok_and(|n| n >= devices);
    match kept.iter().find(|f| f.is(Role::MainDevice) && beyond(f.value())) {
        Some(flag) => {
            let (flag, position) = (flag.name().to_owned(), flag.position);
            Err(FlagError::NoSuchDevice { flag, position, devices })
        }
        None => Ok(()),
    }
}

fn require_offload(
    kept: &[Kept<'_>],
    catalogue: &Catalogue,
    notes: &mut Notes,
) -> Result<Option<&'static str>, FlagError> {
    let automatic = catalogue.find(known::LAYER_FLAG).is_some_and(|f| f.spec.values.has_word("auto"));
    let fit = fits(kept, catalogue);
    let Some(flag) = kept.iter().find(|f| f.is(Role::Layers)) else {
        if let Some(fit) = fit.filter(|_| automatic) {
            notes.push(format!(
                "`{} auto` is added: `{fit}` has the engine choose how many layers fit, and a number would switch that off; where the \
                 GPU's memory is short, the rest runs on the CPU",
                known::LAYER_FLAG
            ));
            return Ok(Some("auto"));
        }
        notes.push(format!(
            "`{} {ALL}` is added: the pool names no number of layers, and the default of older releases is the CPU",
            known::LAYER_FLAG
        ));
        return Ok(Some(ALL));
    };
    if let (Some(fit), Some(Layers::Number(number))) = (fit, parse(flag.value()))
        && number > 0
    {
        notes.push(format!(
            "`{}` with a number switches off what `{fit}` asks for: the engine fits nothing when the number of layers is given; write `auto`",
            known::LAYER_FLAG
        ));
    }
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

/// The flag by which the pool asks the engine to fit the model into the GPU's memory, where it does.
fn fits<'a>(kept: &'a [Kept<'_>], catalogue: &Catalogue) -> Option<&'a str> {
    let name = |name: &str| catalogue.find(name).map(|found| found.spec.name.clone());
    let given = |wanted: &str| kept.iter().find(|flag| name(wanted).as_deref() == Some(flag.name()));
    let switch = given("--fit");
    if switch.is_some_and(|flag| flag.value() == "off") {
        return None;
    }
    switch.or_else(|| given("--fit-target")).or_else(|| given("--fit-ctx")).map(Kept::name)
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

fn bad(flag: &Kept<'_>, expected: &str) -> FlagError {
    FlagError::BadValue { flag: flag.name().to_owned(), position: flag.position, expected: expected.to_owned() }
}

fn on_cpu(flag: &Kept<'_>, given: &str, because: &'static str) -> FlagError {
    FlagError::CpuOnGpuPool { flag: flag.name().to_owned(), position: flag.position, given: given.to_owned(), because }
}
