//! The last words of containers, collected from public reports: `ends/*.txt` as they were reported, `ends/expected.tsv` what
//! was judged right of each (from the report's own resolution where it has one), `ends/codes.tsv` what the rules have to
//! make of it: a code, words that cause and remedy say, and words that they must not say.
//!
//! A tail that holds only an effect or a warning has no code: `diagnose` knows no cause, and `notices` says what it is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use failure_diagnosis::{NoticeKind, Phase, diagnose, guess_phase, notices};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ends")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

struct End {
    file: String,
    code: String,
    says: Vec<String>,
    never: Vec<String>,
}

fn ends() -> Vec<End> {
    let words = |text: &str| text.split('|').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    read("codes.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let [file, code, says, never] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            End { file: file.to_owned(), code: code.to_owned(), says: words(says), never: words(never) }
        })
        .collect()
}

/// Code and words of a cause, or of the notices where no cause is known.
fn explained(phase: Phase, log: &str) -> (String, String) {
    if let Some(found) = diagnose(phase, log) {
        return (found.code.to_owned(), format!("{}; {}", found.cause, found.remedy));
    }
    let found: Vec<_> = notices(log).iter().map(|notice| [notice.what, notice.advice].join("; ")).collect();
    (String::new(), found.join("\n"))
}

#[test]
fn no_end_is_forgotten() {
    let texts: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension() == Some("txt".as_ref()))
        .collect();
    let judged: BTreeSet<String> =
        read("expected.tsv").lines().skip(1).map(|line| line.split('\t').next().unwrap().to_owned()).collect();
    let coded: BTreeSet<String> = ends().into_iter().map(|end| end.file).collect();
    assert_eq!(texts.len(), 86);
    assert_eq!(texts, judged);
    assert_eq!(texts, coded);
}

#[test]
fn every_end_has_its_cause_and_remedy() {
    let mut wrong = Vec::new();
    for End { file, code, says, never } in ends() {
        let (found, text) = explained(Phase::Container, &read(&file));
        let missing: Vec<_> = says.iter().filter(|word| !text.contains(word.as_str())).collect();
        let said: Vec<_> = never.iter().filter(|word| text.contains(word.as_str())).collect();
        if found != code || !missing.is_empty() || !said.is_empty() {
            wrong.push(format!("{file}: {found}, not {code}; missing {missing:?}, must not say {said:?}\n  {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Which tails are warnings and which are effects.
#[test]
fn a_tail_without_a_cause_is_a_warning_or_an_effect() {
    for End { file, code, .. } in ends().into_iter().filter(|end| end.code.is_empty()) {
        let warning = file.starts_with("podman-") || file.starts_with("healthcheck-");
        let kinds: BTreeSet<bool> =
            notices(&read(&file)).iter().map(|notice| notice.kind == NoticeKind::Warning).collect();
        assert_eq!(kinds, BTreeSet::from([warning]), "{file} {code}");
    }
}

/// A person who pastes the tail does not name the phase: a container's words are known for what they are.
#[test]
fn the_phase_of_a_runtime_is_guessed() {
    let runtimes = ["docker-", "podman-", "crun-", "kubelet-", "hook-", "hub-", "ngc-", "rootlessport-", "manifest-"];
    for End { file, code, .. } in ends().into_iter().filter(|end| !end.code.is_empty()) {
        let log = read(&file);
        let guessed = guess_phase(&log);
        assert!(matches!(guessed, Phase::Container | Phase::Run), "{file}: {guessed:?}");
        if runtimes.iter().any(|runtime| file.starts_with(runtime)) {
            assert_eq!(diagnose(guessed, &log).map_or("", |found| found.code), code, "{file}");
        }
    }
}

/// Lines of a log that a container runtime, a unit or a pod puts something in front of.
#[test]
fn prefixes_and_line_ends_do_not_matter() {
    let changes: [fn(&str) -> String; 5] = [
        |line| format!("{line}\r\n"),
        |line| format!("2026-11-28T07:00:00+0100 gpu-1 pool-a[4711]: {line}\n"),
        |line| format!("2024-05-01T10:00:00.123456789Z stderr F {line}\n"),
        |line| format!("server-1  | {line}\n"),
        |line| format!("\u{1b}[31m{line}\u{1b}[0m\n"),
    ];
    let mut wrong = Vec::new();
    for End { file, code, .. } in ends() {
        for (number, change) in changes.iter().enumerate() {
            let log: String = read(&file).lines().map(change).collect();
            let (found, text) = explained(Phase::Container, &log);
            if found != code || text.is_empty() {
                wrong.push(format!("{file}, change {number}: {found}, not {code}: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
