//! tar archives that no honest program makes.

use unpack::{Options, UnpackError};

use crate::support::{Tar, pax, try_bytes};

#[track_caller]
fn refused(what: &str, Tar(tar): Tar) {
    for no_links in [false, true] {
        let bytes = tar.iter().copied().chain([0; 1024]).collect::<Vec<_>>();
        let (result, dir) = try_bytes(&bytes, &Options { no_links, ..Options::default() });
        assert!(
            matches!(
                &result,
                Err(UnpackError::Entry { .. } | UnpackError::Malformed { .. } | UnpackError::TooMuch { .. })
            ),
            "{what}: {result:?}"
        );
        assert!(!dir.path().join("out/escaped").exists(), "{what}");
    }
}

const ESCAPE: &[u8] = b"escaped";

#[test]
fn names_that_lead_out() {
    for name in [
        &b"../escaped"[..],
        b"/tmp/escaped",
        b"a/../../escaped",
        b"..",
        b"a/..",
        b"//x",
        b"a\nb",
        b"\xff\xfe",
        b"a\x1b[2J",
    ] {
        refused(&String::from_utf8_lossy(name), Tar::new().add(b'0', name, b"", 0o644, ESCAPE));
    }
    let long = Tar::new().add(b'L', b"././@LongLink", b"", 0, b"../../escaped\0").file("short", ESCAPE);
    refused("GNU long name", long);
    let pax_name = Tar::new().add(b'x', b"PaxHeaders/x", b"", 0, &pax("path", "../escaped")).file("short", ESCAPE);
    refused("pax name", pax_name);
    let all = Tar::new().add(b'g', b"PaxHeaders/x", b"", 0, &pax("path", "../escaped")).file("short", ESCAPE);
    refused("pax name of all entries", all);
    let nul = Tar::new().add(b'x', b"PaxHeaders/x", b"", 0, &pax("path", "a\0b")).file("short", ESCAPE);
    refused("NUL in a pax name", nul);
    refused("a name of 5000 bytes", Tar::new().add(b'L', b"x", b"", 0, &[b'a'; 5000]).file("short", ESCAPE));
    let deep = "d/".repeat(100) + "f";
    refused("100 folders deep", Tar::new().add(b'L', b"x", b"", 0, deep.as_bytes()).file("short", ESCAPE));
}

#[test]
fn kinds_that_are_no_files() {
    for (kind, what) in [
        (b'3', "character device"),
        (b'4', "block device"),
        (b'6', "pipe"),
        (b'S', "sparse"),
        (b'M', "volume"),
        (b'Z', "unknown"),
    ] {
        refused(what, Tar::new().add(kind, b"x", b"", 0o644, b""));
    }
    for (mode, what) in [(0o4755, "setuid"), (0o2755, "setgid"), (0o6755, "both")] {
        refused(what, Tar::new().add(b'0', b"x", b"", mode, b"x"));
    }
    refused("pax sparse", Tar::new().add(b'x', b"p", b"", 0, &pax("GNU.sparse.major", "1")).file("x", b"x"));
}

#[test]
fn links_that_lead_out() {
    for target in [&b"/etc/passwd"[..], b"..", b"../x", b"a/../../x", b"", b"a/../b", b"\xff"] {
        let what = String::from_utf8_lossy(target);
        refused(&what, Tar::new().file("a/f", b"x").add(b'2', b"link", target, 0o777, b""));
    }
    refused("a file through a link", Tar::new().add(b'2', b"d", b".", 0o777, b"").file("d/escaped", ESCAPE));
    let through = Tar::new().file("real/x", b"x").add(b'2', b"d", b"real", 0o777, b"").file("d/escaped", ESCAPE);
    refused("a file through a link to a folder", through);
    refused(
        "a folder over a link",
        Tar::new().add(b'2', b"d", b"real", 0o777, b"").add(b'5', b"d/", b"", 0o755, b"").file("real/x", b""),
    );
    // A short way up behind a folder that is a link: not where its text says.
    let up = Tar::new().file("p/q/r/f", b"x").add(b'2', b"p/q/r/top", b"../../..", 0o777, b"").add(
        b'2',
        b"out",
        b"p/q/r/top/../x",
        0o777,
        b"",
    );
    refused("up behind a link", up);
}

#[test]
fn hard_links_name_files_of_the_archive_alone() {
    for target in [&b"/etc/passwd"[..], b"../archive", b"absent", b"self", b"later", b"dir", b"link"] {
        let tar = Tar::new()
            .add(b'5', b"dir", b"", 0o755, b"")
            .file("f", b"x")
            .add(b'2', b"link", b"f", 0o777, b"")
            .add(b'1', b"self", target, 0o644, b"")
            .file("later", b"x");
        refused(&String::from_utf8_lossy(target), tar);
    }
}

#[test]
fn names_that_stand_there_twice() {
    let file_then_folder = Tar::new().file("x", b"1").file("x/y", b"2");
    refused("a file, then a folder", file_then_folder);
    refused("a folder, then a file", Tar::new().file("x/y", b"1").file("x", b"2"));
    refused("a file, then a link", Tar::new().file("x", b"1").add(b'2', b"x", b"y", 0o777, b"").file("y", b""));
    refused("a link, then a file", Tar::new().add(b'2', b"x", b"y", 0o777, b"").file("x", b"1").file("y", b""));
    refused("a file, then a folder of its own", Tar::new().file("x", b"1").add(b'5', b"x", b"", 0o755, b""));
}

#[test]
fn headers_that_lie() {
    refused(
        "two long names",
        Tar::new().add(b'L', b"a", b"", 0, b"b\0").add(b'L', b"a", b"", 0, b"c\0").file("x", b""),
    );
    refused("a long name of nothing", Tar::new().file("x", b"y").add(b'L', b"a", b"", 0, b"b\0"));
    refused("a long name of 2 MiB", Tar::new().add(b'L', b"a", b"", 0, &vec![b'a'; 2 << 20]).file("x", b""));
    refused("a malformed pax header", Tar::new().add(b'x', b"a", b"", 0, b"99 path=x\n").file("x", b""));
    refused("a size that is none", Tar::new().raw(b'0', b"x", b"", 0o644, b"9999999999x"));
    refused("a size of 2^63", Tar::new().raw(b'0', b"x", b"", 0o644, &[0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]));
    refused("a negative size", Tar::new().raw(b'0', b"x", b"", 0o644, &[0xff; 12]));
    refused("a file that is cut", Tar::new().raw(b'0', b"x", b"", 0o644, b"00000077777"));
    refused("pax says another size", Tar::new().add(b'x', b"p", b"", 0, &pax("size", "99999")).file("x", b"short"));
    let mut wrong = Tar::new().file("x", b"y");
    wrong.0[0] = b'z';
    let (result, _dir) = try_bytes(&wrong.end(), &Options::default());
    assert!(matches!(result, Err(UnpackError::UnknownFormat)), "{result:?}");
    let mut second = Tar::new().file("x", b"y").file("z", b"y");
    second.0[1024] = b'q';
    refused("the second checksum is wrong", second);
    let mut behind = Tar::new().file("x", b"y");
    behind.0.extend_from_slice(&[0; 512]);
    refused("an entry behind the end", behind.file("z", b"y"));
    let mut rest = Tar::new().file("x", b"y").end();
    rest.extend_from_slice(b"something");
    let (result, _dir) = try_bytes(&rest, &Options::default());
    assert!(matches!(result, Err(UnpackError::Malformed { .. })), "{result:?}");
}

/// What looks odd and is honest: these are unpacked.
#[test]
fn odd_and_honest() {
    let long = format!("{}/x", "n".repeat(150));
    let tar = Tar::new()
        .add(b'5', b"./", b"", 0o755, b"")
        .add(b'g', b"pax_global_header", b"", 0, &pax("comment", "0123"))
        .add(b'L', b"././@LongLink", b"", 0, format!("{long}\0").as_bytes())
        .file("short", b"long")
        .add(b'x', b"p", b"", 0, &[pax("path", "renamed"), pax("mtime", "1.5")].concat())
        .file("short", b"pax")
        .add(b'0', b"..a", b"", 0o600, b"dots")
        .file("twice", b"first")
        .file("twice", b"second")
        .add(b'2', b"dangling", b"nothing", 0o777, b"")
        .add(b'7', b"contiguous", b"", 0o644, b"7");
    let bytes = tar.end();
    let (result, dir) = try_bytes(&bytes, &Options::default());
    let unpacked = result.unwrap();
    let read = |name: &str| std::fs::read(dir.path().join("out").join(name)).unwrap();
    assert_eq!(
        (read(&long), read("renamed"), read("twice"), read("..a")),
        (b"long".into(), b"pax".into(), b"second".into(), b"dots".into())
    );
    assert_eq!((unpacked.files.len(), unpacked.links), (5, vec!["dangling".to_owned()]));
    let (result, _dir) = try_bytes(&bytes, &Options { no_links: true, ..Options::default() });
    assert!(matches!(&result, Err(UnpackError::Entry { why: "links to nothing", .. })), "{result:?}");
}

#[test]
fn links_in_a_circle() {
    let tar = Tar::new().file("f", b"x").add(b'2', b"a", b"b", 0o777, b"").add(b'2', b"b", b"a", 0o777, b"");
    refused("two links", tar);
    let (result, _dir) = try_bytes(
        &Tar::new().file("d/f", b"x").add(b'2', b"d/up", b"..", 0o777, b"").end(),
        &Options { no_links: true, ..Options::default() },
    );
    assert!(matches!(&result, Err(UnpackError::Entry { .. })), "{result:?}");
}
