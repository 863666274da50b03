//! What a flag means to this program, apart from what the engine does with it.

use std::fmt;

/// The meaning of a flag to this program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// None: it is the pool's to give.
    #[default]
    Free,
    /// The pool's configuration decides it, with this key.
    Owned(&'static str),
    /// It makes the engine download something by itself; this flag takes a file instead.
    Downloads(&'static str),
    /// The engine prints something and exits.
    Ends,
    /// Its value is a secret.
    Secret,
    /// How many layers go to the GPU.
    Layers,
    /// The same for the draft model of speculative decoding.
    DraftLayers,
    /// Which devices to offload to; `none` means the CPU.
    Device,
    /// The context size, which the pool's `ctx` also sets.
    Context,
    /// Shares of the model per device, which the pool's `tensor_split` also sets.
    TensorSplit,
    /// How many GPUs share the model, in one way or another.
    Shards,
    /// The number of the one device, among those the engine sees.
    MainDevice,
    /// Which share of each GPU's memory the engine may use.
    MemoryShare,
}

impl Role {
    /// Reads the text form; `None` for a word it does not know.
    pub(crate) fn parse(text: &'static str) -> Option<Self> {
        if let Some(key) = text.strip_prefix("owned:") {
            return Some(Self::Owned(key));
        }
        if let Some(instead) = text.strip_prefix("downloads:") {
            return Some(Self::Downloads(instead));
        }
        Some(match text {
            "free" => Self::Free,
            "ends" => Self::Ends,
            "secret" => Self::Secret,
            "layers" => Self::Layers,
            "draft-layers" => Self::DraftLayers,
            "device" => Self::Device,
            "context" => Self::Context,
            "tensor-split" => Self::TensorSplit,
            "shards" => Self::Shards,
            "main-device" => Self::MainDevice,
            "memory-share" => Self::MemoryShare,
            _ => return None,
        })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owned(key) => write!(f, "owned:{key}"),
            Self::Downloads(instead) => write!(f, "downloads:{instead}"),
            Self::Free => f.write_str("free"),
            Self::Ends => f.write_str("ends"),
            Self::Secret => f.write_str("secret"),
            Self::Layers => f.write_str("layers"),
            Self::DraftLayers => f.write_str("draft-layers"),
            Self::Device => f.write_str("device"),
            Self::Context => f.write_str("context"),
            Self::TensorSplit => f.write_str("tensor-split"),
            Self::Shards => f.write_str("shards"),
            Self::MainDevice => f.write_str("main-device"),
            Self::MemoryShare => f.write_str("memory-share"),
        }
    }
}
