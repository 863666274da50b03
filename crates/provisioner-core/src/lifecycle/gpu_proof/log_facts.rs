//! What an engine's log says of its GPUs, by rules that are data of the engine's profile. Pure.
//!
//! The rule: only what was printed up to readiness counts, so that nothing a client sends can deny a GPU; and the rules
//! apply to pools on `cuda` alone: on the CPU `no usable GPU found` is normal.

use gpu_detect::PciAddress;

use crate::summary::Offload;

/// What lines of an engine's log mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GpuLog {
    /// Texts of lines by which the engine itself denies that it uses a GPU.
    pub denials: &'static [&'static str],
    /// Beginnings of messages that quote the model's own metadata; such lines say nothing of GPUs.
    pub quotes: &'static [&'static str],
    /// Texts of the line that is printed once the engine serves; nothing after it is read.
    pub serves: &'static [&'static str],
    /// What stands before and after the number of layers on GPUs, as in `offloaded 31/31 layers to GPU`.
    pub offload: Option<(&'static str, &'static str)>,
    /// What a line has that names a GPU in use by its PCI address, before that address, such as `using device CUDA`.
    pub uses: Option<&'static str>,
}

/// What a log says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogFacts {
    /// The line that denies the use of a GPU.
    pub(crate) denial: Option<String>,
    /// How many layers the log says are on GPUs; the line alone proves nothing.
    pub(crate) offload: Option<Offload>,
    /// The addresses of the GPUs that it says it uses, for the model or its drafter.
    pub(crate) uses: Vec<PciAddress>,
}

/// Reads a log from its beginning.
pub(crate) fn facts(log: &str, rules: &GpuLog) -> LogFacts {
    let serves = |line: &&str| rules.serves.iter().any(|text| line.contains(text));
    let quotes = |line: &&str| rules.quotes.iter().any(|text| line.contains(text));
    let mut found = LogFacts::default();
    for line in log.lines().take_while(|line| !serves(line)).filter(|line| !quotes(line)) {
        if found.denial.is_none() {
            found.denial = denial(line, rules.denials);
        }
        if let Some((_, rest)) = rules.uses.and_then(|uses| line.split_once(uses)) {
            found.uses.extend(PciAddress::all_in(rest));
        }
        if let Some(offload) = rules.offload.and_then(|(before, after)| offload(line, before, after)) {
            // A draft model has a line of its own, and fewer layers.
            if found.offload.is_none_or(|known| offload.of >= known.of) {
                found.offload = Some(offload);
            }
        }
    }
    found
}

/// The first line with one of these texts, as evidence.
pub(crate) fn denial(text: &str, denials: &[&str]) -> Option<String> {
    let line = text.lines().find(|line| denials.iter().any(|denial| line.contains(denial)))?;
    Some(format!("it printed `{}`", line.trim()))
}

fn offload(line: &str, before: &str, after: &str) -> Option<Offload> {
    let (_, rest) = line.split_once(before)?;
    let (numbers, _) = rest.split_once(after)?;
    let (layers, of) = numbers.trim().split_once('/')?;
    let offload = Offload { layers: layers.parse().ok()?, of: of.parse().ok()? };
    (offload.layers <= offload.of).then_some(offload)
}

#[cfg(test)]
mod tests {
    use config_schema::Engine;

    use super::*;
    use crate::engine::profile;

    #[track_caller]
    fn check(log: &str, denial: Option<&str>, layers: Option<(u32, u32)>) {
        let found = facts(log, &profile(Engine::Llamacpp).gpu.log);
        let offload = layers.map(|(layers, of)| Offload { layers, of });
        assert_eq!((found.denial.as_deref(), found.offload), (denial, offload), "{log}");
    }

    #[test]
    fn lines_of_llama_server() {
        let line = "ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected";
        check(&format!("x\n{line}\ny\n"), Some(&format!("it printed `{line}`")), None);
        let warning = "warning: no usable GPU found, --gpu-layers option will be ignored";
        check(&format!("0.00.1 I a\n{warning}\n"), Some(&format!("it printed `{warning}`")), None);
        check("load_tensors: offloaded 31/31 layers to GPU\n", None, Some((31, 31)));
        check(
            "llm_load_tensors: offloaded 81/81 layers to GPU\nload_tensors: offloaded 3/29 layers to GPU",
            None,
            Some((81, 81)),
        );
        check("offloaded x/y layers to GPU\noffloaded 9/3 layers to GPU\noffloaded 99999999999/3 layers", None, None);
        check("", None, None);
    }

    /// As b6673 and later print it; a device of another backend has no such name.
    #[test]
    fn gpus_in_use_by_their_address() {
        let log = "x llama_model_load_from_file_impl: using device CUDA0 (NVIDIA H100) (0000:41:00.0) - 80553 MiB free\n\
                   using device CUDA1 (NVIDIA H100) (unknown id) - 80553 MiB free\n\
                   using device Vulkan0 (NVIDIA H100) (0000:42:00.0) - 1 MiB free\n";
        let found = facts(log, &profile(Engine::Llamacpp).gpu.log);
        assert_eq!(found.uses, PciAddress::all_in("0000:41:00.0").collect::<Vec<_>>());
    }

    /// What clients and model files write is no evidence.
    #[test]
    fn words_of_others_deny_nothing() {
        let served = "main: server is listening on http://127.0.0.1:8080 - starting the main loop\n";
        check(&format!("{served}slot prompt: no usable GPU found, offloaded 0/31 layers to GPU"), None, None);
        check("llama_model_loader: - kv   2: general.name str = no usable GPU found", None, None);
    }
}
