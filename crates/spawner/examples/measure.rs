//! What a start, a stop and a log cost beside the bare system calls, in one run: `measure [RUN_ROOT]`.
//!
//! `cargo run --release -p spawner --example measure -- /var/tmp/measure`; it builds on `fake_engine` beside it.
#![expect(clippy::print_stdout, reason = "an example prints")]
#![expect(clippy::disallowed_methods, reason = "the baseline is a bare spawn")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use spawner::{PoolDir, StartRequest, start, status, stop};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const ROUNDS: usize = 100;
const LONG: Duration = Duration::from_mins(1);
/// Prints the time at which it runs, and waits for its end.
const CLOCK: [&str; 2] = ["-c", "date +%s%N; exec sleep 60"];

fn main() -> Outcome<()> {
    let root = std::env::args_os().nth(1).map_or_else(|| std::env::temp_dir().join("spawner-measure"), PathBuf::from);
    let processes = fs::read_dir("/proc")?.flatten().filter(|e| e.file_name().to_string_lossy().parse::<u32>().is_ok());
    println!("run root {}, {} processes on the host", root.display(), processes.count());
    one_by_one(&root)?;
    crowd(&root)?;
    flood(&root)?;
    fs::remove_dir_all(root)?;
    Ok(())
}

fn request(program: impl Into<PathBuf>, args: &[&str]) -> StartRequest {
    let mut request = StartRequest::new(program, args);
    request.env.insert("PATH".into(), "/usr/bin:/bin".into());
    request.early_exit = Duration::ZERO;
    request
}

fn one_by_one(root: &Path) -> Outcome<()> {
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
        start(&guard, &request("/bin/sh", &CLOCK))?;
        our_starts.push(first_number(&dir.log_file())?.saturating_sub(called));
        let begin = Instant::now();
        status(&dir)?;
        looks.push(begin.elapsed());
        let begin = Instant::now();
        stop(&guard, LONG)?;
        our_ends.push(begin.elapsed());
    }
    println!("call to first output of the engine:  bare {}, start {}", spread(bare_starts), spread(our_starts));
    println!("request to end until all is done:    bare {}, stop  {}", spread(bare_ends), spread(our_ends));
    println!("one file written durably:            {}", spread(writes));
    println!("status:                              {}", spread(looks));
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
    let started =
        all(|dir| dir.lock("m", LONG).is_ok_and(|guard| start(&guard, &request("/bin/sleep", &["60"])).is_ok()));
    let stopped = all(|dir| dir.lock("m", LONG).is_ok_and(|guard| stop(&guard, LONG).is_ok()));
    println!("64 pools at once: {} started in {:?}, {} stopped in {:?}", started.0, started.1, stopped.0, stopped.1);
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
    let bare = begin.elapsed();
    fs::remove_file(log)?;

    let guard = dir.lock("measure", LONG)?;
    let begin = Instant::now();
    let engine = start(&guard, &request(program, &words))?;
    let mut largest = 0;
    while engine.wait_exit(Duration::from_millis(2)).is_none() {
        let files = fs::read_dir(dir.path())?.flatten().filter_map(|entry| entry.metadata().ok());
        largest = files.map(|meta| meta.len()).sum::<u64>().max(largest);
    }
    let ours = begin.elapsed();
    println!("2 GB of log: bare {:.0} MB/s, kept within 16 MiB {:.0} MB/s", rate(bare), rate(ours));
    let left: u64 = fs::read_dir(dir.path())?.flatten().filter_map(|e| e.metadata().ok()).map(|meta| meta.len()).sum();
    println!("its logs together: {} MiB at most, {} MiB in the end", largest >> 20, left >> 20);
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

fn spread(mut all: Vec<Duration>) -> String {
    all.sort_unstable();
    let at = |percent: usize| all.get(all.len() * percent / 100).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    format!("{:6.2} ms (95 %: {:6.2} ms)", at(50), at(95))
}
