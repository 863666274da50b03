//! Archives that tar, gzip, xz, zstd and zip made.

use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use testkit::shell;
use unpack::{Options, UnpackError, unpack};

use crate::support::file;

/// A folder like an engine's release: a program, libraries with links, a long name, something large.
fn release(dir: &Path) -> PathBuf {
    let top = dir.join("llama-b1");
    let program = file(&top.join("bin/llama-server"), b"#!/bin/sh\necho hello\n");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    file(&top.join("bin/libggml.so.0.9"), &vec![7; 300_000]);
    std::os::unix::fs::symlink("libggml.so.0.9", top.join("bin/libggml.so.0")).unwrap();
    std::os::unix::fs::symlink("libggml.so.0", top.join("bin/libggml.so")).unwrap();
    std::fs::hard_link(&program, top.join("bin/server")).unwrap();
    let long = format!("share/{}/{}.txt", "a".repeat(120), "b".repeat(200));
    file(&top.join(&long), b"long");
    file(&top.join("share/ünïcode.txt"), b"utf-8");
    file(&top.join("empty"), b"");
    top
}

#[track_caller]
fn check(archive: &Path, no_links: bool) {
    let out = PathBuf::from(format!("{}.{no_links}.out", archive.display()));
    let options = Options { strip: 1, no_links, ..Options::default() };
    let unpacked = unpack(&File::open(archive).unwrap(), "x", &out, &options);
    assert!(unpacked.is_ok(), "{}: {unpacked:?}", archive.display());
    let unpacked = unpacked.unwrap();
    let read = |name: &str| std::fs::read(out.join(name)).unwrap();
    let mode = |name: &str| std::fs::symlink_metadata(out.join(name)).unwrap().mode();
    let what = archive.display();
    assert_eq!(read("bin/llama-server"), b"#!/bin/sh\necho hello\n", "{what}");
    assert_eq!((mode("bin/llama-server") & 0o7777, mode("empty") & 0o7777), (0o755, 0o644), "{what}");
    assert_eq!(read("bin/server"), read("bin/llama-server"), "{what}");
    assert_eq!(read("bin/libggml.so").len(), 300_000, "{what}");
    assert_eq!(read("share/ünïcode.txt"), b"utf-8", "{what}");
    let long = format!("share/{}/{}.txt", "a".repeat(120), "b".repeat(200));
    assert_eq!(read(&long), b"long", "{what}");
    let links: &[&str] = if no_links { &[] } else { &["bin/libggml.so", "bin/libggml.so.0"] };
    assert_eq!(unpacked.links, links, "{what}");
    assert_eq!(mode("bin/libggml.so") & 0o170_000, if no_links { 0o100_000 } else { 0o120_000 }, "{what}");
    assert_eq!(unpacked.files.len() + unpacked.links.len(), 8, "{what}: {unpacked:?}");
}

#[test]
fn what_real_programs_pack_is_unpacked() {
    let dir = tempfile::tempdir().unwrap();
    release(dir.path());
    for (name, script) in [
        ("gnu.tar", "tar -cf \"$2\" --format=gnu llama-b1"),
        ("pax.tar", "tar -cf \"$2\" --format=pax llama-b1"),
        ("dot.tar.gz", "tar -czf \"$2\" ./llama-b1"),
        ("x.tar.xz", "tar -cJf \"$2\" llama-b1"),
        ("x9.tar.xz", "tar -c llama-b1 | xz -9 > \"$2\""),
        ("x.tar.zst", "tar -c --zstd -f \"$2\" llama-b1"),
        ("x19.tar.zst", "tar -c llama-b1 | zstd -q -19 --long=27 > \"$2\""),
        (
            "two.tar.gz",
            "tar -cf t llama-b1 && head -c 9999 t | gzip > \"$2\" && tail -c +10000 t | gzip >> \"$2\" && rm t",
        ),
        (
            "python.tar",
            "python3 -c 'import tarfile, sys; t = tarfile.open(sys.argv[1], \"w\"); t.add(\"llama-b1\"); t.close()' \"$2\"",
        ),
        ("x.zip", "zip -q -r -y \"$2\" llama-b1"),
        ("stored.zip", "zip -q -0 -r -y \"$2\" llama-b1"),
    ] {
        let archive = dir.path().join(name);
        let script = format!("cd \"$1\" && {script}");
        shell(&script, &[dir.path(), &archive]);
        check(&archive, false);
        check(&archive, true);
    }
}

/// A zip that was written to a pipe has its sizes behind the content, and one for large files has zip64 fields.
#[test]
fn a_streamed_zip_and_a_large_one_are_unpacked() {
    let dir = tempfile::tempdir().unwrap();
    let top = release(dir.path());
    let large = dir.path().join("large.zip");
    shell("cd \"$1\" && zip -q -r -y -fz \"$2\" llama-b1", &[dir.path(), &large]);
    check(&large, false);
    // zip cannot write links to a pipe.
    let streamed = dir.path().join("streamed.zip");
    shell("cd \"$1\" && rm bin/*.so bin/*.so.0 && zip -q -r - . | cat > \"$2\"", &[&top, &streamed]);
    let out = dir.path().join("out");
    let unpacked = unpack(&File::open(&streamed).unwrap(), "x", &out, &Options::default()).unwrap();
    assert_eq!(unpacked.files.len(), 6, "{unpacked:?}");
    assert_eq!(std::fs::read(out.join("bin/libggml.so.0.9")).unwrap().len(), 300_000);
}

#[test]
fn a_lone_program_is_its_own_archive() {
    let dir = tempfile::tempdir().unwrap();
    let program = std::fs::read("/bin/sh").unwrap();
    let plain = file(&dir.path().join("llama-server"), &program);
    shell("gzip -k \"$1\" && xz -k \"$1\" && zstd -q -k \"$1\"", &[&plain]);
    for name in ["llama-server", "llama-server.gz", "llama-server.xz", "llama-server.zst"] {
        let out = dir.path().join(format!("{name}.out"));
        let archive = File::open(dir.path().join(name)).unwrap();
        let unpacked = unpack(&archive, name, &out, &Options::default()).unwrap();
        assert_eq!(unpacked.files, ["llama-server"], "{name}");
        assert!(std::fs::read(out.join("llama-server")).unwrap() == program, "{name}");
        assert_eq!(std::fs::metadata(out.join("llama-server")).unwrap().mode() & 0o777, 0o755, "{name}");
    }
}

/// Whatever is cut off of an archive, less than all of it is never unpacked in silence.
#[test]
fn a_cut_archive_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    release(dir.path());
    let script = "cd \"$1\" && tar -cf a.tar llama-b1 && gzip -k a.tar && xz -k a.tar && zstd -q a.tar && zip -qry a.zip llama-b1";
    shell(script, &[dir.path()]);
    for name in ["a.tar", "a.tar.gz", "a.tar.xz", "a.tar.zst", "a.zip"] {
        let whole = std::fs::read(dir.path().join(name)).unwrap();
        // tar fills its last block with zeros that mean nothing.
        let end = if name == "a.tar" { whole.iter().rposition(|byte| *byte != 0).unwrap() } else { whole.len() };
        for length in [1, 3, 200, 511, 512, 513, end / 2, end - 9, end - 1].into_iter().filter(|length| *length < end) {
            let (result, _dir) = crate::support::try_bytes(&whole[..length], &Options::default());
            assert!(result.is_err(), "{name} cut at {length}");
        }
    }
}

#[test]
fn an_archive_of_nothing_and_what_is_no_archive() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("d")).unwrap();
    shell("cd \"$1\" && tar -czf empty.tar.gz d && tar -czf none.tar.gz -T /dev/null", &[dir.path()]);
    for name in ["empty.tar.gz", "none.tar.gz"] {
        let bytes = std::fs::read(dir.path().join(name)).unwrap();
        let (result, _dir) = crate::support::try_bytes(&bytes, &Options::default());
        assert!(
            matches!(result, Err(UnpackError::Malformed { .. } | UnpackError::UnknownFormat)),
            "{name}: {result:?}"
        );
    }
    for bytes in
        [&b""[..], b"<!DOCTYPE html><html>log in</html>", b"Not Found", &[0; 2048], &[0xff; 2048], b"BZh91AY&SY"]
    {
        let (result, _dir) = crate::support::try_bytes(bytes, &Options::default());
        assert!(matches!(result, Err(UnpackError::UnknownFormat)), "{result:?}");
    }
}

#[test]
fn more_strip_than_names_is_named() {
    let dir = tempfile::tempdir().unwrap();
    release(dir.path());
    shell("cd \"$1\" && tar -cf a.tar llama-b1", &[dir.path()]);
    let bytes = std::fs::read(dir.path().join("a.tar")).unwrap();
    let (result, _dir) = crate::support::try_bytes(&bytes, &Options { strip: 9, ..Options::default() });
    assert!(matches!(result, Err(UnpackError::NothingLeft { strip: 9 })), "{result:?}");
}
