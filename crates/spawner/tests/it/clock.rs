//! Clocks that jump: deadlines and identities do not depend on the time of day, nor on who counts from when.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::{Pool, example, lives, outside, until};

/// A library that makes the time of day jump with each look at it: a day ahead, a day back, 1970.
const JUMPING: &str = "\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
  static int looks;
  int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, \"clock_gettime\");
  int result = real(clock, now);
  if (clock == CLOCK_REALTIME) {
    int look = __sync_fetch_and_add(&looks, 1) % 3;
    now->tv_sec = look == 2 ? 0 : now->tv_sec + (look ? -86400 : 86400);
  }
  return result;
}
";

fn jumping(pool: &Pool) -> PathBuf {
    let (source, library) = (pool.root.path().join("clock.c"), pool.root.path().join("clock.so"));
    durable::replace(&source, JUMPING.as_bytes()).unwrap();
    let output = outside("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").output();
    let output = output.expect("install a C compiler (`cargo xtask test` does)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    library
}

/// F54: the time of day jumps by a day and to 1970, and nothing waits, gives up or is mistaken for it.
#[test]
fn the_time_of_day_decides_nothing() {
    let pool = Pool::new();
    let library = jumping(&pool);
    let begin = Instant::now();
    let call = |words: &[&str]| {
        let mut command = outside(example("pool"));
        command.env("LD_PRELOAD", &library).arg(pool.root.path()).arg("pool").args(words);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let engine = ["ensure", "/bin/sleep", "60"];
    let first = call(&engine);
    assert_eq!(call(&engine), first, "the same engine");
    assert!(call(&["status"]).contains(&format!("pid: {first}")));
    assert_eq!(call(&["stop"]), "Graceful");
    // The grace of a stop is waited for, not skipped and not stretched.
    let stubborn = call(&["ensure", example("fake_engine").to_str().unwrap(), "ignore", "SIGTERM", "say", "up"]);
    until("it ignores", || pool.log().contains("up"));
    let asked = Instant::now();
    assert_eq!(call(&["stop"]), "Forced");
    assert!(
        asked.elapsed() >= Duration::from_secs(2) && asked.elapsed() < Duration::from_secs(12),
        "{:?}",
        asked.elapsed()
    );
    assert!(!lives(stubborn.parse().unwrap()));
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
}

/// F54: in a time namespace that counts from another boot, the engine is still itself, and is stopped.
#[test]
fn another_time_namespace_changes_no_identity() {
    let pool = Pool::new();
    let call = |elsewhere: bool, words: &[&str]| {
        let mut command = outside("unshare");
        if elsewhere {
            command.args(["--time", "--fork", "--boottime", "86400", "--monotonic", "86400"]);
        }
        let output = command.arg(example("pool")).arg(pool.root.path()).arg("pool").args(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    for (starts_elsewhere, looks_elsewhere) in [(false, true), (true, false)] {
        let engine = ["ensure", "/bin/sleep", "60"];
        let pid = call(starts_elsewhere, &engine);
        assert_eq!(call(looks_elsewhere, &engine), pid, "the same engine");
        assert!(call(looks_elsewhere, &["status"]).contains(&format!("pid: {pid}")));
        assert_eq!(call(looks_elsewhere, &["stop"]), "Graceful");
        assert!(!lives(pid.parse().unwrap()));
        pool.assert_clean();
    }
}
