//! The header of a GGUF file: what it holds, what it needs, and whether it is whole, without reading its weights.
//!
//! The rules: nothing in a file is believed before it was compared with the file's length and a fixed cap; memory use
//! does not depend on what a count claims; a file is refused only for what llama.cpp itself refuses.
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>; checks as in `ggml/src/gguf.cpp`.

mod cursor;
mod facts;
mod fault;
mod header;
mod known;
mod memory;
mod tensor_type;
mod tensors;
mod vocabulary;

pub use fault::GgufFault;
pub use header::{Header, Split};
pub use known::{KnownFormats, Unknown};
pub use memory::{KvCache, Memory};
pub use tensor_type::TensorType;
pub use vocabulary::{VocabularyDifference, vocabulary_difference};
