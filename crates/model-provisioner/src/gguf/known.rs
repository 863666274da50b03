//! What an engine's source knows of architectures and tensor types, and what a model has beside it.

use std::collections::BTreeSet;
use std::fmt;

use super::{Header, TensorType};

/// What of a model an engine does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Its architecture.
    Architecture(String),
    /// A type that some of its tensors have.
    TensorType(TensorType),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Architecture(name) => write!(f, "the architecture `{name}`"),
            Self::TensorType(kind) => write!(f, "the tensor type {kind} (number {})", kind.0),
        }
    }
}

impl Header {
    /// What of this model is in neither list. An empty list knows nothing of its subject, so nothing is said of it.
    pub fn unknown_to(&self, architectures: &BTreeSet<String>, types: &BTreeSet<u32>) -> Vec<Unknown> {
        let architecture = self.architecture.as_ref();
        let architecture = architecture.filter(|name| !architectures.is_empty() && !architectures.contains(*name));
        let types = self.types.keys().filter(|kind| !types.is_empty() && !types.contains(&kind.0));
        architecture
            .map(|name| Unknown::Architecture(name.clone()))
            .into_iter()
            .chain(types.map(|kind| Unknown::TensorType(*kind)))
            .collect()
    }
}

/// The names of architectures in the text of llama.cpp's `src/llama-arch.cpp` (before October 2024 `src/llama.cpp`):
/// the second member of each `{ LLM_ARCH_X, "name" }` of `LLM_ARCH_NAMES`.
pub fn architectures(source: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let rest = line.trim_start().strip_prefix('{')?.trim_start();
        let (id, rest) = rest.split_once(',')?;
        let id = id.trim();
        let name = rest.trim_start().strip_prefix('"')?.split_once('"')?.0;
        (id.starts_with("LLM_ARCH_") && id != "LLM_ARCH_UNKNOWN").then(|| name.to_owned())
    };
    source.lines().filter_map(name).collect()
}

/// The numbers of tensor types in the text of ggml's `ggml/include/ggml.h`: `GGML_TYPE_X = N` of `enum ggml_type`.
pub fn tensor_types(source: &str) -> BTreeSet<u32> {
    let number = |line: &str| {
        let (name, rest) = line.trim_start().strip_prefix("GGML_TYPE_")?.split_once('=')?;
        let digits = rest.trim_start().split(|c: char| !c.is_ascii_digit()).next()?;
        (name.trim() != "COUNT").then(|| digits.parse().ok()).flatten()
    };
    source.lines().filter_map(number).collect()
}
