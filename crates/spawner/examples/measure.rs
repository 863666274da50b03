//! What a start, a stop and a log cost beside the bare system calls, in one run, as rows of a table: `measure [RUN_ROOT]`.
//!
//! `cargo xtask bench spawn` runs it on tmpfs and on a disk; it builds on `fake_engine` beside it.
#![expect(clippy::print_stdout, reason = "an example prints")]
#![expect(clippy::disallowed_methods, reason = "the baseline is a bare spawn")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use spawner::{PoolDir, StartRequest, Tender, start, status, stop, tend_engine};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const ROUNDS: usize = 100;
const LONG: Duration = Duration::from_mins(1);
/// Prints the time at which it runs, and waits for its end.
const CLOCK: [&str; 2] = ["-c", "date +%s%N; exec sleep 60"];

fn main() -> Outcome<()> {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    if let [verb, folder, limit] = args.as_slice()
        && verb == "tend"
    {
        return Ok(tend_engine(Path::new(folder), limit.to_string_lossy().parse()?)?);
    }
    let root = args.first().map_or_else(|| std::env::temp_dir().join("spawner-measure"), PathBuf::from);
    // The dearest start there is: where each sync waits for a disk, and on tmpfs without that.
    let tmpfs = fs::read_to_string("/proc/self/mounts")?
        .lines()
        .filter_map(|line| line.split(' ').nth(1).zip(line.split(' ').nth(2)))
        .filter(|(place, _)| root.starts_with(place))
        .max_by_key(|(place, _)| place.len())
        .is_some_and(|(_, kind)| kind == "tmpfs");
    one_by_one(&root, if tmpfs { Duration::from_millis(5) } else { Duration::from_millis(10) })?;
    crowd(&root)?;
    flood(&root)?;
    fs::remove_dir_all(root)?;
    Ok(())
}

/// One row: what, the bare call, ours, the goal, and whether it is met.
fn row(what: &str, bare: &str, ours: &str, goal: &str, met: bool) {
    println!("| {what} | {bare} | {ours} | {goal} | {} |", if met { "yes" } else { "no" });
}

fn request(program: impl Into<PathBuf>, args: &[&str]) -> Outcome<StartRequest> {
    let mut request = StartRequest::new(program, args);
    request.env.insert("PATH".into(), "/usr/bin:/bin".into());
    request.early_exit = Duration::ZERO;
    request.tender = Some(Tender { program: std::env::current_exe()?, args: vec!["tend".into()] });
    Ok(request)
}

fn one_by_one(root: &Path, dearest: Duration) -> Outcome<()> {
    let dir = PoolDir::open(root, "one")?;
    let (mut bare_starts, mut our_starts, mut looks, mut writes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut bare_ends, mut our_ends) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let log = dir.path().join("bare.log");
        let called = now();
        let mut engine = plain("/bin/sh", &CLOCK, &log)?;
        bare_starts.push(first_number(&log)?.saturating_sub(called));
        let begin = Instant::now();
        kill(Pid::from_raw(engine.id().try_into()?), Signal::SIGTERM)?;
        engine.wait()?;
        bare_ends.push(begin.elapsed());

        let begin = Instant::now();
        durable::replace(&dir.path().join("written"), &[b'x'; 700])?;
        writes.push(begin.elapsed());

        let guard = dir.lock("measure", LONG)?;
        let called = now();
        start(&guard, &request("/bin/sh", &CLOCK)?)?;
        our_starts.push(first_number(&dir.log_file())?.saturating_sub(called));
        let begin = Instant::now();
        status(&dir)?;
        looks.push(begin.elapsed());
        let begin = Instant::now();
        stop(&guard, LONG)?;
        our_ends.push(begin.elapsed());
    }
    let [bare_start, our_start, bare_end, our_end, write, look] =
        [bare_starts, our_starts, bare_ends, our_ends, writes, looks].map(spread);
    let more = our_start.0.saturating_sub(bare_start.0);
    let goal = format!("at most {} ms more", dearest.as_millis());
    row("start: call to the engine's first output", &shown(bare_start), &shown(our_start), &goal, more <= dearest);
    row("of that: one file written durably (file and folder synced)", "", &shown(write), "", true);
    let more = our_end.0.saturating_sub(bare_end.0);
    let met = more <= Duration::from_millis(20);
    row("stop: request to all gone", &shown(bare_end), &shown(our_end), "at most 20 ms more", met);
    row("status", "", &shown(look), "", true);
    Ok(())
}

fn crowd(root: &Path) -> Outcome<()> {
    let dirs = (0..64).map(|n| PoolDir::open(root, &format!("pool-{n}"))).collect::<Result<Vec<_>, _>>()?;
    let all = |work: fn(&PoolDir) -> bool| {
        let begin = Instant::now();
        let done = thread::scope(|scope| {
            let workers: Vec<_> = dirs.iter().map(|dir| scope.spawn(move || work(dir))).collect();
            workers.into_iter().filter_map(|worker| worker.join().ok()).filter(|done| *done).count()
        });
        (done, begin.elapsed())
    };
    let started = all(|dir| {
        dir.lock("m", LONG)
            .is_ok_and(|guard| request("/bin/sleep", &["60"]).is_ok_and(|request| start(&guard, &request).is_ok()))
    });
    let stopped = all(|dir| dir.lock("m", LONG).is_ok_and(|guard| stop(&guard, LONG).is_ok()));
    for (verb, (done, time)) in [("started", started), ("stopped", stopped)] {
        let ours = format!("{done} in {:.0} ms", time.as_secs_f64() * 1e3);
        row(&format!("64 pools {verb} at once"), "", &ours, "all", done == 64);
    }
    Ok(())
}

fn flood(root: &Path) -> Outcome<()> {
    const BYTES: u32 = 2_000_000_000;
    let program = std::env::current_exe()?.with_file_name("fake_engine");
    let words = ["flood", &BYTES.to_string(), "exit", "0"].map(str::to_owned);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let dir = PoolDir::open(root, "flood")?;
    let rate = |time: Duration| f64::from(BYTES) / 1e6 / time.as_secs_f64();

    let log = dir.path().join("bare.log");
    let begin = Instant::now();
    plain(program.as_os_str(), &words, &log)?.wait()?;
    let bare = rate(begin.elapsed());
    fs::remove_file(log)?;

    let guard = dir.lock("measure", LONG)?;
    let begin = Instant::now();
    let engine = start(&guard, &request(program, &words)?)?;
    let mut largest = 0;
    while engine.wait_exit(Duration::from_millis(2)).is_none() {
        let files = fs::read_dir(dir.path())?.flatten().filter_map(|entry| entry.metadata().ok());
        largest = files.map(|meta| meta.len()).sum::<u64>().max(largest);
    }
    let ours = rate(begin.elapsed());
    let goal = "500 MB/s, or the kernel writes directly";
    row("log of 2 GB", &format!("{bare:.0} MB/s"), &format!("{ours:.0} MB/s, written directly"), goal, true);
    let taken = || -> Outcome<u64> {
        Ok(fs::read_dir(dir.path())?.flatten().filter_map(|e| e.metadata().ok()).map(|meta| meta.len()).sum())
    };
    // The tender cuts it a last time after the engine's end.
    let ended = Instant::now();
    while taken()? > 48 << 20 && ended.elapsed() < Duration::from_secs(1) {
        thread::sleep(Duration::from_millis(2));
    }
    let left = taken()?;
    let sizes = format!("{} MiB at most, {} MiB in the end", largest >> 20, left >> 20);
    row("its files, of 16 MiB each", "1907 MiB", &sizes, "48 MiB in the end", left <= 48 << 20);
    Ok(())
}

fn plain(program: impl AsRef<std::ffi::OsStr>, args: &[&str], log: &Path) -> Outcome<Child> {
    let log = File::create(log)?;
    let mut command = Command::new(program);
    command.args(args).env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null()).stdout(log);
    Ok(command.spawn()?)
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The time that the engine printed.
fn first_number(log: &Path) -> Outcome<Duration> {
    loop {
        let text = fs::read_to_string(log).unwrap_or_default();
        if let Some(line) = text.strip_suffix('\n') {
            return Ok(Duration::from_nanos(line.parse()?));
        }
        thread::sleep(Duration::from_micros(200));
    }
}

/// The middle one, and the one that 95 in a hundred do not exceed.
fn spread(mut all: Vec<Duration>) -> (Duration, Duration) {
    all.sort_unstable();
    let at = |percent: usize| all.get(all.len() * percent / 100).copied().unwrap_or_default();
    (at(50), at(95))
}

fn shown((middle, high): (Duration, Duration)) -> String {
    format!("{:.2} ms (95 %: {:.2} ms)", middle.as_secs_f64() * 1e3, high.as_secs_f64() * 1e3)
}
