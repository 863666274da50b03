//! Whether a model fits in the memory that is free: an estimate for a warning, never for a refusal.
//!
//! The rule: only a lower bound is compared, and what is not known (a flag that moves a part elsewhere, a header without
//! the keys) counts as nothing or keeps the estimate from being made.

use config_schema::Accelerator;
use model_provisioner::gguf::{Header, KvCache, TensorType};

/// Flags of llama-server that keep a part of the model or of its cache out of the memory of the pool's GPUs:
/// <https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md>.
const ELSEWHERE: [&str; 6] = ["--cpu-moe", "--device", "--n-cpu-moe", "--no-kv-offload", "--override-tensor", "--rpc"];

/// What a model needs at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    weights: u64,
    kv: u64,
    ctx: u64,
    accelerator: Accelerator,
}

/// What an engine with these arguments needs for these shards of one model; `None` where that cannot be said.
pub(crate) fn needs(headers: &[Header], args: &[String], accelerator: Accelerator) -> Option<Needs> {
    let first = headers.first()?;
    let given = |name: &str| args.iter().any(|arg| arg == name);
    if accelerator == Accelerator::Cuda && (ELSEWHERE.iter().any(|name| given(name)) || !offloads_all(first, args)) {
        return None;
    }
    let ctx = value(args, "--ctx-size").and_then(|ctx| ctx.parse().ok()).unwrap_or(0);
    let kind = |name| value(args, name).map_or(Some(TensorType::F16), TensorType::named);
    let kv = match (kind("--cache-type-k"), kind("--cache-type-v")) {
        // Without a context, the engine takes the one that it was trained for, or as much as fits.
        (Some(keys), Some(values)) if ctx > 0 => first.memory(&KvCache { ctx, keys, values }).kv_least,
        _ => 0,
    };
    let weights = headers.iter().fold(0, |sum: u64, header| sum.saturating_add(header.weights));
    Some(Needs { weights, kv, ctx, accelerator })
}

impl Needs {
    /// All of it, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.weights.saturating_add(self.kv)
    }

    /// What to report where `free` bytes would do, and `before` of them are for these pools, which are started first.
    pub(crate) fn warning_beside(&self, free: u64, before: u64, pools: &[String]) -> Option<String> {
        if before == 0 || self.bytes().saturating_add(before) <= free {
            return None;
        }
        let names: Vec<String> = pools.iter().map(|pool| format!("`{pool}`")).collect();
        let place = match self.accelerator {
            Accelerator::Cuda => "the GPUs of this pool have",
            Accelerator::Cpu => "this host has",
        };
        Some(format!(
            "the model's weights and its KV cache take at least {}, {} before it at least {} of the same memory, and {place} {} free: one of them will not fit",
            size(self.bytes()),
            names.join(", "),
            size(before),
            size(free)
        ))
    }

    /// What to report where `free` bytes do not do.
    pub(crate) fn warning(&self, free: u64) -> Option<String> {
        let Self { weights, kv, ctx, accelerator } = *self;
        let needs = weights.saturating_add(kv);
        if needs <= free {
            return None;
        }
        let what = match kv {
            0 => format!("the model's weights take {}", size(weights)),
            kv => format!(
                "the model's weights and its KV cache for {ctx} tokens take at least {} ({} and {})",
                size(needs),
                size(weights),
                size(kv)
            ),
        };
        let (has, layers) = match accelerator {
            Accelerator::Cuda => ("the GPUs of this pool have", Some("fewer layers on the GPUs (`--n-gpu-layers`)")),
            Accelerator::Cpu => ("this host has", None),
        };
        let cache = (kv > 0).then_some("a smaller `ctx` or a quantized cache (`--cache-type-k q8_0`)");
        let less: Vec<&str> = cache.into_iter().chain(layers).chain(["a smaller quantization of the model"]).collect();
        Some(format!("{what}, and {has} {} free; what takes less: {}", size(free), less.join(", ")))
    }
}

/// Whether every layer goes to the GPUs, and the output layer with them.
fn offloads_all(header: &Header, args: &[String]) -> bool {
    match value(args, "--n-gpu-layers").map(|layers| (layers, layers.parse::<u64>())) {
        Some(("all", _)) => true,
        Some((_, Ok(layers))) => header.layers().is_some_and(|all| layers > all),
        _ => false,
    }
}

/// The value behind the last of a flag; [`flags::normalize`] writes each flag by its long name.
fn value<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    let at = args.iter().rposition(|arg| arg == name)?;
    args.get(at + 1).map(String::as_str)
}

/// Bytes in GiB, or in MiB where there is less than one.
fn size(bytes: u64) -> String {
    let tenths = |unit: u64| (bytes.saturating_mul(10) / unit / 10, bytes.saturating_mul(10) / unit % 10);
    let (unit, name) = if bytes < 1 << 30 { (1_u64 << 20, "MiB") } else { (1 << 30, "GiB") };
    let (whole, tenth) = tenths(unit);
    format!("{whole}.{tenth} {name}")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const GIB: u64 = 1 << 30;

    /// Llama 3.1 8B as its header has it: 32 layers, 8 key/value heads of 128 elements, so 128 KiB for a token in f16.
    fn header(more: &[(&str, u32)]) -> Header {
        let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
        let number = |key: &str, value: u32| {
            [text(&format!("llama.{key}")), 4_u32.to_le_bytes().to_vec(), value.to_le_bytes().to_vec()].concat()
        };
        let numbers = [
            ("block_count", 32),
            ("attention.head_count", 32),
            ("attention.head_count_kv", 8),
            ("embedding_length", 4096),
        ];
        let pairs: Vec<u8> = numbers.iter().chain(more).flat_map(|(key, value)| number(key, *value)).collect();
        let count = (numbers.len() + more.len() + 1) as u64;
        let name = [text("general.architecture"), 8_u32.to_le_bytes().to_vec(), text("llama")].concat();
        let bytes = [b"GGUF\x03\0\0\0".to_vec(), vec![0; 8], count.to_le_bytes().to_vec(), name, pairs].concat();
        let mut header = Header::read(Cursor::new(&bytes), bytes.len() as u64).unwrap();
        header.weights = 5 * GIB;
        header
    }

    #[track_caller]
    fn check(line: &str, accelerator: Accelerator, expected: Option<u64>) {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let needs = needs(&[header(&[])], &args, accelerator);
        assert_eq!(needs.map(|needs| (needs.weights + needs.kv) >> 20), expected.map(|mib| mib + 5 * 1024), "{line}");
    }

    #[test]
    fn flags_decide_what_is_needed() {
        use Accelerator::{Cpu, Cuda};
        check("--ctx-size 8192", Cpu, Some(1024));
        check("--ctx-size 8192 --cache-type-k q8_0 --cache-type-v q4_0", Cpu, Some(272 + 144));
        check("--ctx-size 8192 --cache-type-k q9_9", Cpu, Some(0));
        check("--ctx-size 0", Cpu, Some(0));
        check("--ctx-size 512 --ctx-size 8192 --parallel 4", Cpu, Some(1024));
        check("", Cpu, Some(0));
        check("--ctx-size 8192 --n-gpu-layers 999", Cuda, Some(1024));
        check("--ctx-size 8192 --n-gpu-layers all", Cuda, Some(1024));
        check("--ctx-size 8192 --n-gpu-layers 20", Cuda, None);
        check("--ctx-size 8192 --n-gpu-layers auto", Cuda, None);
        check("--ctx-size 8192", Cuda, None);
        check("--ctx-size 8192 --n-gpu-layers 999 --cpu-moe", Cuda, None);
        check("--ctx-size 8192 --cpu-moe", Cpu, Some(1024));
        assert_eq!(super::needs(&[], &[], Cpu), None);
    }

    /// Shards are summed; the cache is that of one model.
    #[test]
    fn shards_are_one_model() {
        let args = ["--ctx-size", "8192"].map(str::to_owned);
        let needs = needs(&[header(&[]), header(&[])], &args, Accelerator::Cpu).unwrap();
        assert_eq!((needs.weights, needs.kv), (10 * GIB, GIB));
    }

    #[test]
    fn layers_without_a_cache_of_their_own_take_nothing() {
        let args = ["--ctx-size", "8192"].map(str::to_owned);
        let kv = |more: &[(&str, u32)]| needs(&[header(more)], &args, Accelerator::Cpu).unwrap().kv >> 20;
        assert_eq!(kv(&[]), 1024);
        assert_eq!(kv(&[("full_attention_interval", 4)]), 256);
        assert_eq!(kv(&[("attention.shared_kv_layers", 16)]), 512);
        assert_eq!(kv(&[("nextn_predict_layers", 2)]), 960);
        assert_eq!(kv(&[("attention.sliding_window", 1024)]), 128);
        assert_eq!(kv(&[("attention.compress_ratios", 4)]), 0);
    }

    #[test]
    fn both_numbers_are_named() {
        let args = ["--ctx-size", "8192", "--n-gpu-layers", "99"].map(str::to_owned);
        let needs = needs(&[header(&[])], &args, Accelerator::Cuda).unwrap();
        assert_eq!(needs.warning(6 * GIB), None);
        let beside = |before| needs.warning_beside(10 * GIB, before, &["a".into(), "b".into()]);
        assert_eq!((beside(0), beside(4 * GIB)), (None, None));
        let text = beside(5 * GIB).unwrap();
        assert!(
            text.contains("at least 6.0 GiB, `a`, `b` before it at least 5.0 GiB") && text.contains("10.0 GiB free"),
            "{text}"
        );
        let text = needs.warning(6 * GIB - 1).unwrap();
        assert!(
            text.contains("at least 6.0 GiB (5.0 GiB and 1.0 GiB)") && text.contains("have 5.9 GiB free"),
            "{text}"
        );
        let args = Vec::new();
        let text = super::needs(&[header(&[])], &args, Accelerator::Cpu).unwrap().warning(512 << 20).unwrap();
        assert!(text.contains("weights take 5.0 GiB, and this host has 512.0 MiB free"), "{text}");
    }
}
