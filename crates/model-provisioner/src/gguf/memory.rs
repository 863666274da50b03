//! How much memory a model needs for its weights and its KV cache: an estimate for a warning, never for a refusal.

use super::Header;

/// Bytes of one element of a KV cache in f16, llama.cpp's default.
const F16: u64 = 2;

/// Bytes that a model needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Its tensors.
    pub weights: u64,
    /// The KV cache with every layer at full length, in f16.
    pub kv: u64,
    /// The least the KV cache can take, in f16: layers that may look at a window only are counted with the window.
    pub kv_least: u64,
}

impl Header {
    /// What the tensors of this file and a KV cache of `ctx` tokens need; 0 stands for the context it was trained for.
    ///
    /// Keys as in `llama-hparams.cpp`: heads and their sizes for each layer, or the latent rank of models with
    /// multi-head latent attention. A model that does not name them counts with no KV cache.
    pub fn memory(&self, ctx: u64) -> Memory {
        let ctx = if ctx == 0 { self.context_length.unwrap_or(0) } else { ctx };
        let window = self.own("attention.sliding_window").filter(|window| *window > 0).unwrap_or(u64::MAX);
        let row = self.kv_row();
        Memory { weights: self.weights, kv: row.saturating_mul(ctx), kv_least: row.saturating_mul(ctx.min(window)) }
    }

    /// Bytes of the KV cache for one token.
    fn kv_row(&self) -> u64 {
        let layers = self.own("block_count").unwrap_or(0);
        let multiply = |a: u64, b: u64| a.saturating_mul(b);
        if let Some(rank) = self.own("attention.kv_lora_rank") {
            let rotated = self.own("rope.dimension_count").unwrap_or(0);
            return multiply(multiply(layers, rank.saturating_add(rotated)), F16);
        }
        let heads = self.facts.per_layer(&self.own_key("attention.head_count"), layers);
        let kv_heads = self.facts.per_layer(&self.own_key("attention.head_count_kv"), layers).or(heads.clone());
        let (Some(heads), Some(kv_heads)) = (heads, kv_heads) else { return 0 };
        let most = heads.iter().copied().max().filter(|most| *most > 0);
        let by_width = self.own("embedding_length").zip(most).map_or(0, |(width, heads)| width / heads);
        let key = self.own("attention.key_length").unwrap_or(by_width);
        let value = self.own("attention.value_length").unwrap_or(by_width);
        let elements =
            multiply(kv_heads.iter().fold(0, |sum: u64, n| sum.saturating_add(*n)), key.saturating_add(value));
        multiply(elements, F16)
    }
}
