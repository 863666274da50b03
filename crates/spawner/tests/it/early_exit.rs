//! Engines that cannot be started, or end at once: each gets its own words, and nothing of it stays.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::support::{LONG, Pool, sh_that_ends};
use miette::Diagnostic;
use spawner::{Exit, SpawnError, StartRequest};

#[track_caller]
fn ends_with(script: &str, expected: Exit) -> String {
    let pool = Pool::new();
    let started = Instant::now();
    let error = pool.start(&sh_that_ends(script)).unwrap_err();
    assert!(started.elapsed() < LONG / 2, "it is not waited for once it has ended");
    assert!(matches!(error, SpawnError::ExitedEarly { exit, .. } if exit == expected), "{error}");
    assert_eq!(error.code().unwrap().to_string(), "spawner::exited_early");
    pool.assert_clean();
    error.to_string()
}

/// F46
#[test]
fn an_early_end_says_how_and_with_which_last_words() {
    let text = ends_with("echo loading; echo 'error: no such model' >&2; exit 1", Exit::Code(1));
    assert!(text.contains("exit status 1") && text.ends_with("loading\nerror: no such model"), "{text}");
    ends_with("exit 127", Exit::Code(127));
    let text = ends_with("kill -SEGV $$", Exit::Signal(11));
    assert!(text.contains("SIGSEGV") && text.contains("it wrote nothing"), "{text}");
    ends_with("kill -ABRT $$", Exit::Signal(6));
    let text = ends_with("for i in $(seq 100); do echo line $i; done; exit 1", Exit::Code(1));
    assert!(!text.contains("line 80\n") && text.contains("line 81\n") && text.ends_with("line 100"), "{text}");
    let text = ends_with(r"printf '\033[31mred\007\n'; exit 1", Exit::Code(1));
    assert!(text.ends_with(r"\x1b[31mred\x07"), "{text}");
}

/// F57, F60: an engine that prints its secrets does not make us print them.
#[test]
fn secrets_in_the_last_words_are_masked() {
    let pool = Pool::new();
    let mut request = sh_that_ends("echo token is $HF_TOKEN; echo $HF_TOKEN | base64; exit 1");
    request.secret_env.insert("HF_TOKEN".into(), "hf_sentinel42".into());
    let error = pool.start(&request).unwrap_err();
    assert!(pool.log().contains("hf_sentinel42"), "the engine's own log is its own");
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(text.contains("token is ***"), "{text}");
        assert!(!text.contains("sentinel") && !text.contains("aGZfc2VudGluZWw0M"), "{text}");
    }
}

/// F51: one endless line and a flood cost a bounded look.
#[test]
fn a_flood_is_cut() {
    let text = ends_with("head -c 3000000 /dev/zero | tr '\\0' x; exit 1", Exit::Code(1));
    assert!(text.len() < 70_000, "{}", text.len());
    let text = ends_with("yes | head -c 3000000; exit 1", Exit::Code(1));
    assert!(text.len() < 300, "{}", text.len());
    let text = ends_with(r"printf 'bad \377 byte'; exit 1", Exit::Code(1));
    assert!(text.ends_with("bad \u{fffd} byte"), "{text}");
}

fn file(dir: &Path, content: &[u8], mode: u32) -> PathBuf {
    let path = dir.join("program");
    durable::replace(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[track_caller]
fn refused(program: &Path, code: &str, text: &str) {
    let pool = Pool::new();
    let error = pool.start(&StartRequest::new(program, Vec::<String>::new())).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), code, "{error}");
    assert!(error.to_string().contains(text), "{error}");
    assert!(error.help().is_some());
    pool.assert_clean();
}

/// F46
#[test]
fn a_program_that_cannot_run_is_told_by_its_cause() {
    let dir = tempfile::tempdir().unwrap();
    let at = |content: &[u8], mode| file(dir.path(), content, mode);
    refused(&dir.path().join("absent"), "spawner::program_missing", "does not exist");
    refused(dir.path(), "spawner::not_executable", "not a file");
    refused(&at(b"#!/bin/sh\n", 0o600), "spawner::not_executable", "Permission denied");
    refused(&at(b"#!/no/such/python\n", 0o700), "spawner::interpreter_missing", "`/no/such/python`");
    refused(&at(b"#!/bin/sh\r\n", 0o700), "spawner::interpreter_missing", "`/bin/sh\\r`");
    refused(&at(b"", 0o700), "spawner::wrong_format", "it is empty");
    // Without a check, the C library would hand this to a shell, which would run it.
    refused(&at(b"echo hello > canary\n", 0o700), "spawner::wrong_format", "neither an ELF file nor a script");
    let mut elf = fs::read("/bin/sh").unwrap();
    elf[18] ^= 0x55;
    refused(&at(&elf, 0o700), "spawner::wrong_format", "ELF file for machine");
    elf[18] ^= 0x55;
    elf.truncate(9000);
    let error = Pool::new().start(&StartRequest::new(at(&elf, 0o700), ["-c", ":"])).unwrap_err();
    assert!(error.code().unwrap().to_string().starts_with("spawner::"), "a torn download is an error: {error}");
    let relative = Pool::new().start(&StartRequest::new("bin/x", ["a"])).unwrap_err();
    assert_eq!(relative.code().unwrap().to_string(), "spawner::bad_request");
}

/// A missing loader is the kernel's "no such file", although the program is there.
#[test]
fn a_missing_loader_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut elf = fs::read("/bin/sh").unwrap();
    let loader = elf.windows(6).position(|w| w == b"/lib64").or_else(|| elf.windows(4).position(|w| w == b"/lib"));
    elf[loader.unwrap() + 1] = b'X';
    refused(&file(dir.path(), &elf, 0o700), "spawner::interpreter_missing", "loader or interpreter");
}
