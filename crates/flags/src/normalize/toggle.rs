//! Words for on and off, as the engine reads them (`is_truthy`, `is_falsey`, `is_autoy`) and as Python writes them.
//! <https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp>

/// What such a word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toggle {
    On,
    Off,
    /// Whatever the engine thinks best.
    Auto,
}

impl Toggle {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "on" | "enabled" | "true" | "True" | "1" => Some(Self::On),
            "off" | "disabled" | "false" | "False" | "0" => Some(Self::Off),
            "auto" => Some(Self::Auto),
            _ => None,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Auto => "auto",
        }
    }
}
