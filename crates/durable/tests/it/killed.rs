//! A replacement that is killed at every system call: the file is whole, and the next replacement leaves no litter.

use std::path::Path;
use std::process::{Command, Stdio};

/// The calls by which a replacement changes something or can be seen; `strace` counts each for itself.
const CALLS: [&str; 9] = ["openat", "write", "flock", "fsync", "rename", "renameat", "renameat2", "unlink", "unlinkat"];

fn example() -> std::path::PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().with_file_name("examples").join("replace")
}

#[expect(clippy::disallowed_methods, reason = "this crate is below `exec`")]
fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// B10, F08
#[test]
fn a_kill_anywhere_leaves_nothing_after_the_next_replacement() {
    let works = command("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    assert!(
        works.is_ok_and(|status| status.success()),
        "install strace (`cargo xtask test` does), and allow it to trace"
    );
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("record");
    let (mut points, mut leftovers) = (0, 0);
    for call in CALLS {
        for n in 1..100 {
            durable::replace(&file, b"old").unwrap();
            assert_eq!(names(dir.path()), ["record"], "{call} {n}");
            let mut strace = command("strace");
            strace.args(["-qq", "-o", "/dev/null", "-e", &format!("inject={call}:signal=KILL:when={n}")]);
            let through = strace.arg(example()).arg(&file).args(["new", "newer"]).status().unwrap().success();
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(["old", "new", "newer"].contains(&text.as_str()), "{call} {n}: {text}");
            if through {
                break;
            }
            points += 1;
            leftovers += names(dir.path()).len() - 1;
        }
    }
    assert!(points > 10 && leftovers > 2, "{points} points, {leftovers} leftovers: the sweep struck nothing");
}
