//! What lives of a place, from outside: its engines, the tenders of their logs, and all else that mentions it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::Place;

/// A living process.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) pid: i32,
    /// Its arguments, each followed by a space.
    pub(crate) words: String,
    /// The folder it works in.
    pub(crate) cwd: String,
}

impl Seen {
    pub(crate) fn is_engine(&self) -> bool {
        self.words.contains("/bin/llama-server --model")
    }

    pub(crate) fn is_tender(&self) -> bool {
        self.words.contains("engine-provisioner:tend-log")
    }

    pub(crate) fn is_tracer(&self) -> bool {
        self.words.starts_with("strace ") || self.words.contains("/strace ")
    }
}

/// The living processes that mention this folder by their arguments or work in it.
pub(crate) fn of(folder: &Path) -> Vec<Seen> {
    let folder = format!("{}/", folder.display());
    let mut seen = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let at = entry.path();
        let state = fs::read_to_string(at.join("stat")).unwrap_or_default();
        let ended = state.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']));
        let words = fs::read(at.join("cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        let cwd = fs::read_link(at.join("cwd")).unwrap_or_default().display().to_string();
        if !ended && (words.contains(&folder) || format!("{cwd}/").starts_with(&folder)) {
            seen.push(Seen { pid, words, cwd });
        }
    }
    seen
}

/// Waits until `holds`; the last answer is the panic's message.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> Result<(), String>) {
    let begin = Instant::now();
    while let Err(why) = holds() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}: {why}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// After an `ensure` that ended well: one engine on the pool's own port, with the record, PID file and summary of this
/// engine, one tender of its log, no other process, and no half entry of the store.
#[track_caller]
pub(crate) fn assert_whole(point: &str, place: &Place, pool: &str, port: u16) {
    let dir = place.run_dir().join(pool);
    let json = |name: &str| -> Value { serde_json::from_slice(&fs::read(dir.join(name)).unwrap()).unwrap() };
    until(point, || {
        let all: Vec<Seen> = of(place.path()).into_iter().filter(|seen| !seen.is_tracer()).collect();
        let ours =
            |seen: &&Seen| seen.cwd == dir.display().to_string() || seen.words.contains(&format!("{} ", dir.display()));
        let engines: Vec<i32> = all.iter().filter(ours).filter(|seen| seen.is_engine()).map(|seen| seen.pid).collect();
        let tenders = all.iter().filter(ours).filter(|seen| seen.is_tender()).count();
        let others = all.iter().filter(|seen| !seen.is_engine() && !seen.is_tender()).count();
        if engines.len() == 1 && tenders == 1 && others == 0 { Ok(()) } else { Err(format!("{all:?}")) }
    });
    let engine = of(&dir).into_iter().find(Seen::is_engine).unwrap();
    let (record, summary) = (json("record.json"), json("prepared-engine.json"));
    assert_eq!(record["pid"], engine.pid, "{point}: the record");
    assert_eq!(
        fs::read_to_string(dir.join("engine.pid")).unwrap().trim(),
        engine.pid.to_string(),
        "{point}: the PID file"
    );
    assert_eq!(summary["process"]["pid"], engine.pid, "{point}: the summary");
    assert_eq!((&record["port"], &summary["port"]), (&port.into(), &port.into()), "{point}: the port");
    for entry in fs::read_dir(place.path().join("cache/v1/store")).unwrap().flatten() {
        let has = |name: &str| entry.path().join(name).exists();
        // What was built, or what was in an archive.
        let whole = has("build.json") && (has("bin/llama-server") || has("files/bin/llama-server"));
        assert!(whole, "{point}: half an entry: {}", entry.path().display());
    }
}
