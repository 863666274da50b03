//! The list of tensors in a header: names, types and places, compared with one another and with the file's length.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use super::cursor::Cursor;
use super::{GgufFault, TensorType};

/// ggml's `GGML_MAX_NAME`, without the byte that ends a C string.
const LONGEST_NAME: u64 = 63;
/// ggml's `GGML_MAX_DIMS`.
const MOST_DIMENSIONS: u32 = 4;

/// What is kept of the tensors of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tensors {
    /// How many there are of each type.
    pub(super) types: BTreeMap<TensorType, u64>,
    /// Bytes from the start of the data to the end of the last tensor; at least that many where a type is not known here.
    pub(super) bytes: u64,
}

/// Reads `count` entries. `alignment` is a power of two.
pub(super) fn read<R: Read + Seek>(cursor: &mut Cursor<R>, count: u64, alignment: u64) -> Result<Tensors, GgufFault> {
    let (mut tensors, mut seen) = (Tensors::default(), BTreeSet::new());
    // Where the next tensor must lie, as long as all sizes before it are known.
    let mut expected = Some(0);
    for _ in 0..count {
        let name = cursor.text("bytes of a tensor's name", LONGEST_NAME)?;
        let dimensions = cursor.u32()?;
        if dimensions > MOST_DIMENSIONS {
            return Err(GgufFault::Dimensions(name));
        }
        let mut sizes = [1_u64; 4];
        for size in sizes.iter_mut().take(dimensions as usize) {
            *size = cursor.u64()?;
        }
        let kind = TensorType(cursor.u32()?);
        let offset = cursor.u64()?;
        if let Some(expected) = expected.filter(|expected| *expected != offset) {
            return Err(GgufFault::Offset { name, offset, expected });
        }
        let size = bytes(sizes, kind).map_err(|()| GgufFault::Dimensions(name.clone()))?;
        let end = offset.checked_add(size.unwrap_or(0)).ok_or_else(|| GgufFault::Dimensions(name.clone()))?;
        tensors.bytes = tensors.bytes.max(end);
        expected = match size {
            Some(_) => Some(end.checked_next_multiple_of(alignment).ok_or(GgufFault::Dimensions(name.clone()))?),
            None => None,
        };
        *tensors.types.entry(kind).or_default() += 1;
        if !seen.insert(name.clone()) {
            return Err(GgufFault::Twice(name));
        }
    }
    Ok(tensors)
}

/// How many bytes a tensor takes; `None` where its type is not known here.
fn bytes(sizes: [u64; 4], kind: TensorType) -> Result<Option<u64>, ()> {
    // ggml counts elements in a signed number.
    let fits = |size: u64| i64::try_from(size).is_ok();
    let elements = sizes.iter().try_fold(1_u64, |product, size| product.checked_mul(*size).filter(|n| fits(*n)));
    let elements = elements.filter(|_| sizes.iter().all(|size| fits(*size))).ok_or(())?;
    let Some((block, size)) = kind.block() else { return Ok(None) };
    if sizes.first().is_some_and(|row| row % block != 0) {
        return Err(());
    }
    (elements / block).checked_mul(size).map(Some).ok_or(())
}
