//! Splits files that are too large for one piece, and seals the kit with checksums.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use exec::Env;

use crate::demo::fetch;
use crate::failure::Result;
use crate::proc;

/// The largest piece, in bytes.
const LARGEST: u64 = 50_000_000;

/// Splits and checksums; the size of everything in MB.
pub(super) fn seal(env: &Env, dir: &Path) -> Result<f64> {
    split(env, dir, LARGEST)?;
    let (mut sums, mut size) = (String::new(), 0);
    for (path, bytes) in files(dir)? {
        let name = path.strip_prefix(dir).unwrap_or(&path).display().to_string();
        writeln!(sums, "{}  {name}", fetch::digest(&path)?)?;
        size += bytes;
    }
    File::create(dir.join("SHA256SUMS"))?.write_all(sums.as_bytes())?;
    Ok(f64::from(u32::try_from(size / 1000).unwrap_or(u32::MAX)) / 1000.0)
}

/// Replaces each file of more bytes by its parts.
fn split(env: &Env, dir: &Path, largest: u64) -> Result<()> {
    for (path, size) in files(dir)? {
        if size > largest {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (bytes, prefix) = (largest.to_string(), format!("{name}.part-"));
            let words = ["split", "--bytes", &bytes, "--numeric-suffixes", &name, &prefix];
            proc::capture(&proc::tool(env, &words, path.parent().unwrap_or(dir))?)?;
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// All files below the folder with their sizes, sorted.
fn files(dir: &Path) -> Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        match entry.metadata()? {
            data if data.is_dir() => found.extend(files(&entry.path())?),
            data => found.push((entry.path(), data.len())),
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_travel_in_parts_that_join_to_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let bytes: Vec<u8> = (0..1007_u64).map(|n| u8::try_from(n % 251).unwrap()).collect();
        File::create(dir.join("model.gguf")).unwrap().write_all(&bytes).unwrap();
        File::create(dir.join("small")).unwrap().write_all(b"x").unwrap();
        split(&Env::current(), dir, 1000).unwrap();
        assert!((0.001..0.002).contains(&seal(&Env::current(), dir).unwrap()));
        let parts = ["model.gguf.part-00", "model.gguf.part-01"];
        assert_eq!(parts.map(|part| fs::read(dir.join(part)).unwrap()).concat(), bytes);
        let sums = fs::read_to_string(dir.join("SHA256SUMS")).unwrap();
        assert_eq!(sums.lines().count(), 3, "{sums}");
        let check = proc::tool(&Env::current(), &["sha256sum", "--check", "--quiet", "SHA256SUMS"], dir).unwrap();
        proc::capture(&check).unwrap();
    }
}
