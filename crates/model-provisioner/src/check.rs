//! Checking a model file: what it is, how it begins, and its digest, which is computed once for each change.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

use durable::Stamp;
use serde::{Deserialize, Serialize};

use crate::ModelError;

/// No memory of a digest is larger.
const LARGEST: u64 = 4 << 10;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hashed {
    stamp: Stamp,
    sha256: String,
}

/// A plain, readable, non-empty file that begins with `magic`; its size.
pub(crate) fn file(path: &Path, magic: Option<&[u8]>) -> Result<u64, ModelError> {
    let io = |source| ModelError::Unreadable { path: path.into(), source };
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(ModelError::Missing { path: path.into() }),
        Err(error) => return Err(io(error)),
    };
    if !meta.is_file() {
        let what = if meta.is_dir() { "a folder" } else { "not a plain file" };
        return Err(ModelError::NotAFile { path: path.into(), what });
    }
    let mut file = File::open(path).map_err(io)?;
    if let Some(magic) = magic {
        let mut start = vec![0; magic.len()];
        if file.read_exact(&mut start).is_err() || start != magic {
            return Err(ModelError::WrongFormat {
                path: path.into(),
                expected: String::from_utf8_lossy(magic).into_owned(),
            });
        }
    }
    Ok(meta.len())
}

/// Compares the file's digest; a digest computed before is trusted as long as the file's stamp is the same.
pub(crate) fn checksum(path: &Path, expected: &str, cache: &Path) -> Result<(), ModelError> {
    let stamp = fs::metadata(path)
        .map(|meta| Stamp::of(&meta))
        .map_err(|source| ModelError::Unreadable { path: path.into(), source })?;
    let memory = cache.join("sha256").join(name(path));
    let known = durable::read_regular(&memory, LARGEST)
        .ok()
        .flatten()
        .and_then(|bytes| serde_json::from_slice::<Hashed>(&bytes).ok());
    let actual = match known {
        Some(known) if known.stamp == stamp => known.sha256,
        _ => {
            let (_, sha256) = durable::sha256(path)?;
            remember(&memory, &Hashed { stamp, sha256: sha256.clone() });
            sha256
        }
    };
    if actual.eq_ignore_ascii_case(expected) {
        Ok(())
    } else {
        Err(ModelError::WrongChecksum { path: path.into(), expected: expected.into(), actual })
    }
}

/// Failing to remember costs a hash the next time.
fn remember(memory: &Path, hashed: &Hashed) {
    let bytes = serde_json::to_vec(hashed).unwrap_or_default();
    let dir = memory.parent().unwrap_or(memory);
    if let Err(error) = durable::private_dir(dir).and_then(|()| durable::replace(memory, &bytes)) {
        tracing::debug!(%error, "could not remember a model's digest");
    }
}

/// A file name for a path: its last part for people, a hash for uniqueness.
fn name(path: &Path) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    format!("{:016x}.json", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_a_plain_file_that_begins_as_it_must() {
        let dir = tempfile::tempdir().unwrap();
        let model = dir.path().join("m.gguf");
        assert!(matches!(file(&model, None), Err(ModelError::Missing { .. })));
        assert!(matches!(file(dir.path(), None), Err(ModelError::NotAFile { what: "a folder", .. })));
        durable::replace(&model, b"GG").unwrap();
        assert!(matches!(file(&model, Some(b"GGUF")), Err(ModelError::WrongFormat { .. })));
        durable::replace(&model, b"GGUFabc").unwrap();
        assert_eq!(file(&model, Some(b"GGUF")).unwrap(), 7);
    }

    #[test]
    fn a_checksum_is_verified_after_each_change() {
        let dir = tempfile::tempdir().unwrap();
        let (model, cache) = (dir.path().join("m"), dir.path().join("cache"));
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        durable::replace(&model, b"abc").unwrap();
        for _ in 0..2 {
            checksum(&model, abc, &cache).unwrap();
        }
        assert_eq!(fs::read_dir(cache.join("sha256")).unwrap().count(), 1);
        durable::replace(&model, b"abd").unwrap();
        assert!(matches!(checksum(&model, abc, &cache), Err(ModelError::WrongChecksum { .. })));
    }
}
