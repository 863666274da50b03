//! What is wrong with the header of a GGUF file.

use thiserror::Error;

/// Why a file is not a GGUF file that llama.cpp loads.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GgufFault {
    /// It does not begin with `GGUF`.
    #[error("it does not begin with GGUF")]
    Magic,
    /// The numbers are in the byte order of another machine.
    #[error("it is written for big-endian machines")]
    BigEndian,
    /// A version of the format that llama.cpp does not read: 1 is too old, anything above 3 too new.
    #[error("it has version {0} of the format; llama.cpp reads 2 and 3")]
    Version(u32),
    /// More of something than any model has.
    #[error("it claims {count} {what}; at most {most} are read")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The claim.
        count: u64,
        /// The cap.
        most: u64,
    },
    /// It ends inside its header.
    #[error("it ends inside its header, at byte {0}")]
    Cut(u64),
    /// It ends before its last tensor does.
    #[error("it is cut short: its tensors end at byte {needs}, the file at byte {has}")]
    DataCut {
        /// Bytes that header and tensors need.
        needs: u64,
        /// Bytes there are.
        has: u64,
    },
    /// A key or tensor comes twice.
    #[error("`{0}` is in it twice")]
    Twice(String),
    /// A value has a type that the format does not have.
    #[error("the value of `{key}` has type {type_id}, which the format does not have")]
    ValueType {
        /// The key.
        key: String,
        /// The type's number.
        type_id: u32,
    },
    /// A well-known key has a value of a kind that it cannot have.
    #[error("the value of `{0}` is of the wrong kind or out of range")]
    Value(String),
    /// A name is not UTF-8.
    #[error("a name at byte {0} is not UTF-8")]
    NotText(u64),
    /// A tensor whose dimensions cannot be.
    #[error("tensor `{0}` has impossible dimensions")]
    Dimensions(String),
    /// A tensor does not lie behind the one before.
    #[error("tensor `{name}` lies at offset {offset}, not at {expected}: tensors overlap or leave a gap")]
    Offset {
        /// The tensor.
        name: String,
        /// Where the header puts it.
        offset: u64,
        /// Where the one before ends.
        expected: u64,
    },
    /// The system could not read the file.
    #[error("reading failed: {0}")]
    Io(String),
}
