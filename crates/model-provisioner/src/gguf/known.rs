//! What a model has that an engine's source does not know.

use std::collections::BTreeSet;
use std::fmt;

use super::{Header, TensorType};

/// The GGUF models that an engine's source knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownFormats {
    /// Names of architectures, as `general.architecture` has them. An empty list knows nothing, and nothing is said.
    pub architectures: BTreeSet<String>,
    /// Numbers of tensor types. An empty list knows nothing, and nothing is said.
    pub tensor_types: BTreeSet<u32>,
}

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
            Self::TensorType(kind) => match kind.name() {
                Some(name) => write!(f, "the tensor type {name} (number {})", kind.0),
                None => write!(f, "the tensor type {}", kind.0),
            },
        }
    }
}

impl Header {
    /// What of this model is in neither list of `known`.
    pub fn unknown_to(&self, known: &KnownFormats) -> Vec<Unknown> {
        let KnownFormats { architectures, tensor_types } = known;
        let architecture = self.architecture.as_ref();
        let architecture = architecture.filter(|name| !architectures.is_empty() && !architectures.contains(*name));
        let types = self.types.keys().filter(|kind| !tensor_types.is_empty() && !tensor_types.contains(&kind.0));
        architecture
            .map(|name| Unknown::Architecture(name.clone()))
            .into_iter()
            .chain(types.map(|kind| Unknown::TensorType(*kind)))
            .collect()
    }

    /// Whether there is anything in it that an engine could not know.
    pub fn names_formats(&self) -> bool {
        self.architecture.is_some() || !self.types.is_empty()
    }
}
