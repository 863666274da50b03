//! Small archives that become large ones.

use std::time::Instant;

use testkit::shell;
use unpack::{Limits, Options, UnpackError};

use crate::support::{Tar, try_bytes};

#[test]
fn ten_gigabytes_of_zeros_are_refused_early() {
    let dir = tempfile::tempdir().unwrap();
    for (name, pack) in [("a.tar.gz", "gzip"), ("a.tar.zst", "zstd -q -1"), ("a.tar.xz", "xz -0")] {
        // As much of it as it takes to say that it is 10 GB; the archive itself never ends.
        let script = format!(
            "cd \"$1\" && truncate -s 10G zeros && (tar -c zeros | head -c 120M) 2>/dev/null | {pack} > \"$2\"; rm zeros"
        );
        let archive = dir.path().join(name);
        shell(&script, &[dir.path(), &archive]);
        let bytes = std::fs::read(&archive).unwrap();
        let begin = Instant::now();
        let (result, at) = try_bytes(&bytes, &Options::default());
        assert!(matches!(result, Err(UnpackError::TooMuch { .. })), "{name}: {result:?}");
        let written = std::fs::metadata(at.path().join("out/zeros")).map_or(0, |meta| meta.len());
        assert!(written < 512 << 20, "{name}: {written}");
        println!("{name}: {} bytes, {:?}, {written} written", bytes.len(), begin.elapsed());
    }
}

/// A lone program says nowhere how long it is.
#[test]
fn a_program_of_zeros_is_refused_early() {
    let dir = tempfile::tempdir().unwrap();
    for (name, pack) in [("a.gz", "gzip"), ("a.zst", "zstd -q -1"), ("a.xz", "xz -0")] {
        let archive = dir.path().join(name);
        shell(&format!("(printf '\\177ELF'; head -c 300M /dev/zero) | {pack} > \"$1\""), &[&archive]);
        let bytes = std::fs::read(&archive).unwrap();
        let (result, _at) = try_bytes(&bytes, &Options::default());
        assert!(matches!(result, Err(UnpackError::TooMuch { .. })), "{name}: {result:?}");
        let limits = Limits { bytes: 1 << 20, ratio: u64::MAX, ..Limits::default() };
        let (result, _at) = try_bytes(&bytes, &Options { limits, ..Options::default() });
        assert!(matches!(result, Err(UnpackError::TooMuch { what: "bytes", .. })), "{name}: {result:?}");
    }
}

/// Where links become names, each level of folders doubles what is below it.
#[test]
fn links_that_double_are_counted() {
    let mut tar = Tar::new().file("f00/a", b"x").file("f00/b", b"y");
    for level in 1..30 {
        for name in ["x", "y"] {
            tar = tar.add(
                b'2',
                format!("f{level:02}/{name}").as_bytes(),
                format!("../f{:02}", level - 1).as_bytes(),
                0o777,
                b"",
            );
        }
    }
    let options =
        Options { no_links: true, limits: Limits { entries: 5000, ..Limits::default() }, ..Options::default() };
    let (result, _at) = try_bytes(&tar.end(), &options);
    assert!(matches!(result, Err(UnpackError::TooMuch { limit: 5000, what: "entries" })), "{result:?}");
}

#[test]
fn entries_and_bytes_are_counted() {
    let mut many = Tar::new();
    for index in 0..50 {
        many = many.file(&format!("f{index}"), b"");
    }
    let limits = Limits { entries: 49, ..Limits::default() };
    let (result, _dir) = try_bytes(&many.end(), &Options { limits, ..Options::default() });
    assert!(matches!(result, Err(UnpackError::TooMuch { limit: 49, what: "entries" })), "{result:?}");
    // Before anything of it is written.
    let limits = Limits { bytes: 1000, ..Limits::default() };
    let announced = Tar::new().raw(b'0', b"x", b"", 0o644, b"77777777777").end();
    let (result, dir) = try_bytes(&announced, &Options { limits, ..Options::default() });
    assert!(matches!(result, Err(UnpackError::TooMuch { limit: 1000, what: "bytes" })), "{result:?}");
    assert!(!dir.path().join("out/x").exists());
    // Names cost as well: no entry of these has any content.
    let mut names = Tar::new();
    for _ in 0..20 {
        names = names.add(b'x', b"p", b"", 0, &crate::support::pax("comment", &"c".repeat(900))).file("x", b"");
    }
    let limits = Limits { bytes: 10_000, ..Limits::default() };
    let (result, _dir) = try_bytes(&names.end(), &Options { limits, ..Options::default() });
    assert!(matches!(result, Err(UnpackError::TooMuch { .. })), "{result:?}");
}

#[test]
fn a_cancel_ends_it() {
    let options = Options::default();
    options.cancel.cancel();
    let (result, _dir) = try_bytes(&Tar::new().file("x", b"y").end(), &options);
    assert!(matches!(result, Err(UnpackError::Cancelled)), "{result:?}");
}
