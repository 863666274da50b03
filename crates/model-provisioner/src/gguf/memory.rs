//! How much memory a model needs for its weights and its KV cache: an estimate for a warning, never for a refusal.

use super::{Header, TensorType};

/// Windows that llama.cpp sets for an architecture whose header may name none: `n_swa` in
/// <https://github.com/ggml-org/llama.cpp/tree/master/src/models>.
const WINDOWS: [(&str, u64); 4] = [("exaone-moe", 128), ("exaone4", 4096), ("gemma2", 4096), ("llama4", 8192)];
/// How many layers, from the first, have a cache of their own where the header does not say: `n_layer_kv_from_start`.
const OWN_CACHE: [(&str, u64); 1] = [("gemma3n", 20)];

/// How an engine keeps its KV cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KvCache {
    /// Tokens, of all slots together; 0 stands for the context that the model was trained for.
    pub ctx: u64,
    /// The type of keys; llama.cpp's default is `F16`.
    pub keys: TensorType,
    /// The type of values.
    pub values: TensorType,
}

/// Bytes that a model needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Its tensors.
    pub weights: u64,
    /// The KV cache with every layer at full length.
    pub kv: u64,
    /// The least the KV cache can take: layers that may look at a window only are counted with the window.
    pub kv_least: u64,
}

impl KvCache {
    /// A cache of `ctx` tokens as llama.cpp keeps it by default.
    pub fn of(ctx: u64) -> Self {
        Self { ctx, keys: TensorType::F16, values: TensorType::F16 }
    }
}

impl Header {
    /// What the tensors of this file and a KV cache need.
    ///
    /// Keys as in `llama-hparams.cpp`: for each layer that keeps a cache, its key/value heads times the length of a key and
    /// of a value, for each token; the latent rank instead for multi-head latent attention
    /// (<https://github.com/ggml-org/llama.cpp/blob/master/src/llama-kv-cache.cpp>). A model that does not name them, or that
    /// compresses its cache in a way not known here, counts with no KV cache.
    pub fn memory(&self, kv: &KvCache) -> Memory {
        let ctx = if kv.ctx == 0 { self.context_length.unwrap_or(0) } else { kv.ctx };
        let own = self.own("attention.sliding_window").filter(|window| *window > 0);
        let window = own.or_else(|| self.by_architecture(&WINDOWS)).unwrap_or(u64::MAX);
        let (keys, values) = self.elements();
        let row = kv.keys.bytes(keys).saturating_add(kv.values.bytes(values));
        Memory { weights: self.weights, kv: row.saturating_mul(ctx), kv_least: row.saturating_mul(ctx.min(window)) }
    }

    /// How many layers it has, those that only predict further tokens included.
    pub fn layers(&self) -> Option<u64> {
        self.own("block_count")
    }

    fn by_architecture(&self, table: &[(&str, u64)]) -> Option<u64> {
        let architecture = self.architecture.as_deref()?;
        table.iter().find(|(name, _)| *name == architecture).map(|(_, value)| *value)
    }

    /// Elements of keys and of values that all layers together keep for one token.
    fn elements(&self) -> (u64, u64) {
        const NOTHING: (u64, u64) = (0, 0);
        let has = |key: &str| self.facts.has(&self.own_key(key));
        // Which layers keep how much is not known here.
        if has("attention.compress_ratios") || has("attention.recurrent_layers") {
            return NOTHING;
        }
        let layers = self.layers().unwrap_or(0);
        let counts = self.layers_with_cache(layers);
        if let Some(rank) = self.own("attention.kv_lora_rank") {
            let rotated = self.own("rope.dimension_count").unwrap_or(0);
            return (counts.saturating_mul(rank.saturating_add(rotated)), 0);
        }
        let heads = self.facts.per_layer(&self.own_key("attention.head_count"), layers);
        let kv_heads = self.facts.per_layer(&self.own_key("attention.head_count_kv"), layers).or(heads.clone());
        let (Some(heads), Some(mut kv_heads)) = (heads, kv_heads) else { return NOTHING };
        if counts < layers {
            // The smallest ones: which of the layers these are differs from model to model.
            kv_heads.sort_unstable();
            kv_heads.truncate(usize::try_from(counts).unwrap_or(usize::MAX));
        }
        let kv_heads = kv_heads.iter().fold(0, |sum: u64, n| sum.saturating_add(*n));
        let most = heads.iter().copied().max().filter(|most| *most > 0);
        let by_width = self.own("embedding_length").zip(most).map_or(0, |(width, heads)| width / heads);
        let length = |key: &str, windowed: &str| {
            let full = self.own(key).unwrap_or(by_width);
            self.own(windowed).map_or(full, |windowed| windowed.min(full))
        };
        let key = length("attention.key_length", "attention.key_length_swa");
        let value = length("attention.value_length", "attention.value_length_swa");
        (kv_heads.saturating_mul(key), kv_heads.saturating_mul(value))
    }

    /// Of how many layers a cache is kept: not of those that use another layer's, nor of those with linear attention, nor of
    /// those that only predict further tokens.
    fn layers_with_cache(&self, layers: u64) -> u64 {
        let trunk = layers.saturating_sub(self.own("nextn_predict_layers").unwrap_or(0));
        let shared = self.own("attention.shared_kv_layers").unwrap_or(0);
        let own = self.by_architecture(&OWN_CACHE).map_or(trunk, |first| first.min(trunk)).saturating_sub(shared);
        match self.own("full_attention_interval") {
            Some(interval) if interval > 0 => own / interval,
            _ => own,
        }
    }
}
