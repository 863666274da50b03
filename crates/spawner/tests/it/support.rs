//! A pool in a temporary run root, engines made of `/bin/sh`, and ways to look at processes from outside.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use spawner::{PoolDir, PoolGuard, Record, Running, SpawnError, StartRequest, start, stop};
use tempfile::TempDir;

/// Long enough for a loaded machine; no test waits for it to pass.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A pool of its own, which is stopped when the test ends, however it ends.
pub(crate) struct Pool {
    pub(crate) root: TempDir,
    pub(crate) dir: PoolDir,
}

impl Pool {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = PoolDir::open(root.path(), "pool").unwrap();
        Self { root, dir }
    }

    pub(crate) fn lock(&self) -> PoolGuard {
        self.dir.lock("test", LONG).unwrap()
    }

    pub(crate) fn start(&self, request: &StartRequest) -> Result<Running, SpawnError> {
        start(&self.lock(), request)
    }

    pub(crate) fn record(&self) -> Record {
        serde_json::from_slice(&fs::read(self.dir.record_file()).unwrap()).unwrap()
    }

    pub(crate) fn write_record(&self, record: &Record) {
        durable::replace(&self.dir.record_file(), &serde_json::to_vec(record).unwrap()).unwrap();
    }

    /// No record, no PID file, and nothing half-written.
    #[track_caller]
    pub(crate) fn assert_clean(&self) {
        let mut names: Vec<_> =
            fs::read_dir(self.dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with("engine.log") && name != "pool.lock" && !name.starts_with("go"));
        assert_eq!(names, Vec::<String>::new());
    }

    /// Makes an empty file in the pool's folder, where engines run.
    pub(crate) fn touch(&self, name: &str) {
        fs::File::create(self.dir.path().join(name)).unwrap();
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.dir.log_file()).unwrap_or_default()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // Only a failed test leaves something to end here.
        stop(&self.lock(), Duration::ZERO).ok();
    }
}

/// An engine that is a shell script; watched as briefly as possible, since it announces itself in its log.
pub(crate) fn sh(script: &str) -> StartRequest {
    let mut request = StartRequest::new("/bin/sh", ["-c", script]);
    request.env.insert("PATH".into(), "/usr/bin:/bin".into());
    request.early_exit = Duration::ZERO;
    request
}

/// The same, watched for as long as it takes to end.
pub(crate) fn sh_that_ends(script: &str) -> StartRequest {
    StartRequest { early_exit: LONG, ..sh(script) }
}

/// A script that waits for a file in the pool's folder and then runs `script`.
pub(crate) fn when(file: &str, script: &str) -> String {
    format!("while [ ! -e {file} ]; do sleep 0.01; done; {script}")
}

/// Waits until `condition` holds.
#[track_caller]
pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < LONG, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The state letter of a process, or nothing when there is none.
pub(crate) fn state_of(pid: i32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// When the process started, in clock ticks since boot.
pub(crate) fn start_ticks_of(pid: i32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap().parse().unwrap()
}

/// Whether the process runs; a zombie does not.
pub(crate) fn lives(pid: i32) -> bool {
    state_of(pid).is_some_and(|state| state != 'Z' && state != 'X')
}

/// The entries of `/proc/PID/environ`.
pub(crate) fn environ(pid: i32) -> Vec<String> {
    let bytes = fs::read(format!("/proc/{pid}/environ")).unwrap();
    let mut entries: Vec<_> =
        bytes.split(|b| *b == 0).filter(|e| !e.is_empty()).map(|e| String::from_utf8_lossy(e).into_owned()).collect();
    entries.sort();
    entries
}

/// The processes that carry the token.
pub(crate) fn with_token(instance: &str) -> Vec<i32> {
    with_entry(&format!("ENGINE_PROVISIONER_INSTANCE={instance}"))
}

/// The processes that tend the log of that engine.
pub(crate) fn tenders_of(instance: &str) -> Vec<i32> {
    with_entry(&format!("ENGINE_PROVISIONER_TENDS={instance}"))
}

/// The tenders of whatever engine that pool has or had.
pub(crate) fn tenders_in(dir: &PoolDir) -> Vec<i32> {
    let folder = dir.path().as_os_str().as_encoded_bytes();
    let pids = fs::read_dir("/proc").unwrap().flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
    let tends = |pid: &i32| {
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = words.split(|b| *b == 0).collect();
        words.get(1) == Some(&b"tend".as_slice()) && words.get(2) == Some(&folder)
    };
    pids.filter(tends).collect()
}

fn with_entry(entry: &str) -> Vec<i32> {
    let pids = fs::read_dir("/proc").unwrap().flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &i32| {
        lives(*pid)
            && fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|bytes| bytes.split(|b| *b == 0).any(|e| e == entry.as_bytes()))
    })
    .collect()
}

/// The number that an engine wrote to a file of the pool's folder.
pub(crate) fn number_in(path: &Path) -> i32 {
    until("the engine writes a number", || fs::read_to_string(path).is_ok_and(|text| text.ends_with('\n')));
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

/// A program of this crate's `examples/`, which are built with its tests.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    assert!(path.exists(), "build it: cargo build -p spawner --example {name}");
    path
}

/// An engine that does what `words` say; see `examples/fake_engine.rs`.
pub(crate) fn fake(words: &str) -> StartRequest {
    let mut request = StartRequest::new(example("fake_engine"), words.split_whitespace());
    request.early_exit = Duration::ZERO;
    request
}

/// A command that this crate does not run.
#[expect(clippy::disallowed_methods, reason = "a caller from outside")]
pub(crate) fn outside(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}

/// The processes that run in the pool's folder with the token of some engine: those that the pool must own.
pub(crate) fn engines_in(dir: &PoolDir) -> Vec<i32> {
    let folder = fs::canonicalize(dir.path()).unwrap();
    let pids = fs::read_dir("/proc").unwrap().flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
    let carries = |pid: &i32| {
        environment_of(*pid).split(|b| *b == 0).any(|entry| entry.starts_with(b"ENGINE_PROVISIONER_INSTANCE="))
    };
    pids.filter(|pid| lives(*pid) && fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == folder))
        .filter(carries)
        .collect()
}

/// The environment as it is at one moment; whoever is in the middle of an `execve` shows none for as long.
fn environment_of(pid: i32) -> Vec<u8> {
    let mut bytes = vec![0; 64 << 10];
    for _ in 0..200 {
        let read = fs::File::open(format!("/proc/{pid}/environ")).and_then(|mut file| file.read(&mut bytes));
        if read.as_ref().is_ok_and(|length| *length > 0) || !lives(pid) {
            bytes.truncate(read.unwrap_or(0));
            return bytes;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Vec::new()
}

/// A process that is none of our business and must live through the test.
pub(crate) struct Stranger(std::process::Child);

impl Stranger {
    pub(crate) fn new() -> Self {
        Self(outside("/bin/sleep").arg("60").spawn().unwrap())
    }

    pub(crate) fn pid(&self) -> i32 {
        self.0.id().try_into().unwrap()
    }

    #[track_caller]
    pub(crate) fn assert_unharmed(&mut self) {
        assert_eq!(self.0.try_wait().unwrap(), None, "the stranger was hit");
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The kernel's number of a process: the inode of a pidfd, or 0 before Linux 6.9.
pub(crate) fn pidfd_inode_of(pid: i32) -> u64 {
    let number = rustix::process::Pid::from_raw(pid).unwrap();
    let fd = rustix::process::pidfd_open(number, rustix::process::PidfdFlags::empty()).unwrap();
    let numbered = rustix::fs::fstatfs(&fd).unwrap().f_type == 0x5049_4446;
    if numbered { rustix::fs::fstat(&fd).unwrap().st_ino } else { 0 }
}

/// An engine as an earlier version of this crate started it: its environment holds the token and not the pool.
pub(crate) struct Earlier {
    pub(crate) record: Record,
    child: std::process::Child,
}

impl Earlier {
    /// The record is as that version wrote it; the PID file too.
    pub(crate) fn start(pool: &Pool) -> Self {
        let instance = "0123456789abcdef0123456789abcdef";
        let mut command = outside("/usr/bin/setsid");
        command.args(["/bin/sleep", "60"]).current_dir(pool.dir.path());
        let child = command.env_clear().env("ENGINE_PROVISIONER_INSTANCE", instance).spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        until("it leads its session", || {
            fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with(b"/bin/sleep"))
        });
        let boot_id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        let pid_ns = std::os::unix::fs::MetadataExt::ino(&fs::metadata("/proc/self/ns/pid").unwrap());
        let record = serde_json::json!({
            "schema": 1, "pool": "pool", "instance": instance, "state": "running", "pid": pid,
            "start_ticks": start_ticks_of(pid), "pidfd_inode": pidfd_inode_of(pid), "boot_id": boot_id.trim(),
            "pid_ns": pid_ns, "uid": rustix::process::geteuid().as_raw(), "exe": "/bin/sleep", "argv": ["60"],
            "host": "127.0.0.1", "port": 0, "fingerprint": {}, "started_unix_s": 1
        });
        durable::replace(&pool.dir.record_file(), &serde_json::to_vec_pretty(&record).unwrap()).unwrap();
        let record = serde_json::from_value(record).unwrap();
        durable::replace(&pool.dir.pid_file(), format!("{pid}\n").as_bytes()).unwrap();
        Self { record, child }
    }
}

impl Drop for Earlier {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
