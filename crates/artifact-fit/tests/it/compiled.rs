//! Programs and libraries of the host's own compiler.

use testkit::shell;

use crate::support::{members, needs_of, outside};

/// A program and two libraries like a release of llama.cpp: found by `$ORIGIN`, one needs the other.
fn build(flags: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let script = format!(
        "cd \"$1\" && mkdir -p bin lib && echo 'int base(void) {{ return 1; }}' > base.c \
         && echo 'int base(void); int top(void) {{ return base(); }}' > top.c \
         && echo 'int top(void); #include <stdio.h>' | tr ';' '\\n' | sed 's/int top(void)/&;/' > main.c \
         && echo 'int main(void) {{ puts(\"x\"); return top(); }}' >> main.c \
         && cc -shared -fPIC base.c -o lib/libbase.so.1 -Wl,-soname,libbase.so.1 \
         && cc -shared -fPIC top.c -o lib/libtop.so -Wl,-soname,libtop.so lib/libbase.so.1 \
         && cc main.c -o bin/program lib/libtop.so -Wl,-rpath-link,lib {flags}"
    );
    shell(&script, &[dir.path()]);
    dir
}

const FILES: [&str; 3] = ["bin/program", "lib/libtop.so", "lib/libbase.so.1"];

#[test]
fn what_the_program_brings_is_not_asked_of_the_host() {
    // An old RPATH holds for the libraries of libraries, too.
    let dir = build("-Wl,--disable-new-dtags,-rpath,'$ORIGIN/../lib'");
    let needs = needs_of(dir.path(), &FILES, "bin/program", false);
    assert_eq!(outside(&needs), ["libc.so.6"]);
    assert_eq!(needs.machine, Some(artifact_fit::Machine::parse(std::env::consts::ARCH)));
    assert!(needs.interpreter.as_deref().is_some_and(|path| path.starts_with("/lib")), "{needs:?}");
    let glibc = &needs.libraries[0];
    assert!(glibc.versions.iter().any(|version| version.starts_with("GLIBC_2.")), "{glibc:?}");
    assert!(needs.libraries.iter().all(|library| library.unreachable.is_none()));
    // And without what it brings.
    let alone = needs_of(dir.path(), &FILES[..1], "bin/program", false);
    assert_eq!(outside(&alone), ["libc.so.6", "libtop.so"]);
}

#[test]
fn what_is_there_and_not_looked_for_is_told() {
    let needs = needs_of(build("").path(), &FILES, "bin/program", false);
    let top = needs.libraries.iter().find(|missing| missing.library == "libtop.so").unwrap();
    assert_eq!(top.unreachable.as_deref(), Some("lib/libtop.so"));
}

#[test]
fn static_programs_scripts_and_texts() {
    let dir = tempfile::tempdir().unwrap();
    let script = "cd \"$1\" && echo 'int main(void) { return 0; }' > a.c && cc -static a.c -o static && cc a.c -o stripped \
                  && strip -s stripped && printf '#!/bin/sh\\n' > script";
    shell(script, &[dir.path()]);
    let of_static = needs_of(dir.path(), &["static"], "static", false);
    assert_eq!((of_static.interpreter, outside(&needs_of(dir.path(), &["static"], "static", false)).len()), (None, 0));
    assert_eq!(outside(&needs_of(dir.path(), &["stripped"], "stripped", false)), ["libc.so.6"]);
    assert!(members(dir.path(), &["script", "a.c"]).is_empty());
    assert_eq!(needs_of(dir.path(), &["script"], "script", false).machine, None);
}

/// The host's own libraries, by the loader's cache, define what programs need.
#[test]
fn the_loaders_cache_lists_what_the_host_has() {
    let cache = artifact_fit::ld_cache(&std::fs::read("/etc/ld.so.cache").unwrap());
    let (_, path) = cache.iter().find(|(name, _)| name == "libc.so.6").unwrap();
    let elf = artifact_fit::read_file(&std::fs::File::open(path).unwrap()).unwrap();
    assert_eq!(elf.soname.as_deref(), Some("libc.so.6"));
    assert!(elf.defines.iter().any(|version| version == "GLIBC_2.17"), "{:?}", elf.defines);
    let listed = shell("ldconfig -p | grep -c '=>'", &[]);
    assert_eq!(cache.len().to_string(), listed.trim());
    for bytes in [&b""[..], b"glibc-ld.so.cache1.1", &[b'x'; 100]] {
        assert!(artifact_fit::ld_cache(bytes).is_empty());
    }
}

/// The same file, cut anywhere: never a panic, and never a need that the whole file does not have.
#[test]
fn a_cut_file_says_less() {
    let whole = std::fs::read("/bin/sh").unwrap();
    let all = artifact_fit::read(&whole).unwrap();
    for length in (0..whole.len()).step_by(97) {
        if let Some(elf) = artifact_fit::read(&whole[..length]) {
            assert!(elf.needed.iter().all(|library| all.needed.contains(library)), "{length}: {elf:?}");
        }
    }
    for at in 0..2000.min(whole.len()) {
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        artifact_fit::read(&changed);
    }
}
