//! The engines a pool can run.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An inference engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// llama.cpp's `llama-server`.
    Llamacpp,
    /// vLLM.
    Vllm,
    /// Hugging Face Text Generation Inference.
    Tgi,
    /// NVIDIA Triton Inference Server.
    Triton,
    /// SGLang.
    Sglang,
}

impl Engine {
    /// All engines, in the order of their declaration.
    pub const ALL: [Self; 5] = [Self::Llamacpp, Self::Vllm, Self::Tgi, Self::Triton, Self::Sglang];

    /// The name as a configuration writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Llamacpp => "llamacpp",
            Self::Vllm => "vllm",
            Self::Tgi => "tgi",
            Self::Triton => "triton",
            Self::Sglang => "sglang",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_name_is_the_written_name() {
        for engine in Engine::ALL {
            assert_eq!(serde_json::to_value(engine).unwrap(), engine.to_string());
        }
    }
}
