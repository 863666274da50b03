//! ggml's tensor types: their names and sizes.
//!
//! Numbers and sizes as in `ggml.h` and `ggml.c`, taken from `GGML_QUANT_SIZES` of the `gguf` package 0.19.0.

use std::fmt;

/// A tensor type by its number in the file, whether it is known here or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TensorType(pub u32);

/// Number, name, elements of a block, bytes of a block.
const TYPES: &[(u32, &str, u64, u64)] = &[
    (0, "F32", 1, 4),
    (1, "F16", 1, 2),
    (2, "Q4_0", 32, 18),
    (3, "Q4_1", 32, 20),
    (6, "Q5_0", 32, 22),
    (7, "Q5_1", 32, 24),
    (8, "Q8_0", 32, 34),
    (9, "Q8_1", 32, 40),
    (10, "Q2_K", 256, 84),
    (11, "Q3_K", 256, 110),
    (12, "Q4_K", 256, 144),
    (13, "Q5_K", 256, 176),
    (14, "Q6_K", 256, 210),
    (15, "Q8_K", 256, 292),
    (16, "IQ2_XXS", 256, 66),
    (17, "IQ2_XS", 256, 74),
    (18, "IQ3_XXS", 256, 98),
    (19, "IQ1_S", 256, 50),
    (20, "IQ4_NL", 32, 18),
    (21, "IQ3_S", 256, 110),
    (22, "IQ2_S", 256, 82),
    (23, "IQ4_XS", 256, 136),
    (24, "I8", 1, 1),
    (25, "I16", 1, 2),
    (26, "I32", 1, 4),
    (27, "I64", 1, 8),
    (28, "F64", 1, 8),
    (29, "IQ1_M", 256, 56),
    (30, "BF16", 1, 2),
    (34, "TQ1_0", 256, 54),
    (35, "TQ2_0", 256, 66),
    (39, "MXFP4", 32, 17),
    (40, "NVFP4", 64, 36),
    (41, "Q1_0", 128, 18),
];

impl TensorType {
    /// 16-bit floating-point numbers: llama.cpp's default for a KV cache.
    pub const F16: Self = Self(1);

    /// The type that ggml calls `name`, in any case: `q8_0`.
    pub fn named(name: &str) -> Option<Self> {
        TYPES.iter().find(|row| row.1.eq_ignore_ascii_case(name)).map(|row| Self(row.0))
    }

    /// Bytes of `elements` elements, rounded down to whole blocks; 0 of a type that is not known here.
    pub(super) fn bytes(self, elements: u64) -> u64 {
        self.block().map_or(0, |(block, size)| (elements / block).saturating_mul(size))
    }

    fn row(self) -> Option<&'static (u32, &'static str, u64, u64)> {
        TYPES.iter().find(|row| row.0 == self.0)
    }

    /// Its name in ggml, such as `Q4_K`.
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.1)
    }

    /// Elements and bytes of one block.
    pub(super) fn block(self) -> Option<(u64, u64)> {
        self.row().map(|row| (row.2, row.3))
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "ggml type {}", self.0),
        }
    }
}
