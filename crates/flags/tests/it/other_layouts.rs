//! A real help in other clothes is the same help.

use flags::{Catalogue, Engine, FlagSpec, Trust};

use crate::support::release;

/// Every flag of every release, read from what `change` makes of its help, is what it was.
#[track_caller]
fn check(change: impl Fn(&str) -> String) {
    for name in Catalogue::releases(Engine::LlamaServer) {
        let help = release(name);
        let read = |text: &str| Catalogue::from_help(Engine::LlamaServer, text, name, Trust::Live);
        let (plain, changed) = (read(&help), read(&change(&help)));
        assert_eq!(changed.unread(), 0, "{name}");
        let names = |catalogue: &Catalogue| catalogue.specs().iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&changed), names(&plain), "{name}");
        let facts = |s: &FlagSpec| (s.aliases.clone(), s.negations.clone(), s.value, s.values.clone(), s.env.clone());
        for (changed, plain) in changed.specs().iter().zip(plain.specs()) {
            assert_eq!(facts(changed), facts(plain), "{name} {}", plain.name);
        }
    }
}

fn each_line(help: &str, change: impl Fn(&str) -> String) -> String {
    help.lines().map(|line| change(line) + "\n").collect()
}

#[test]
fn line_ends_of_other_systems() {
    check(|help| each_line(help, |line| format!("{line}\r")));
}

#[test]
fn colours() {
    check(|help| help.replace("--", "\u{1b}[1;36m--\u{1b}[0m"));
    check(|help| each_line(help, |line| format!("\u{1b}[33m{line}\u{1b}[0m")));
}

#[test]
fn further_right() {
    check(|help| each_line(help, |line| if line.is_empty() { String::new() } else { format!("      {line}") }));
}

/// Blanks before a tab stop as one tab, as `unexpand --all` writes them.
#[test]
fn tabs() {
    let tabs = |line: &str| {
        let chars: Vec<char> = line.chars().collect();
        let stops = chars.chunks(8).map(|stop| {
            let text: String = stop.iter().collect();
            let kept = text.trim_end_matches(' ');
            if stop.len() == 8 && text.len() - kept.len() >= 2 { format!("{kept}\t") } else { text }
        });
        stops.collect()
    };
    check(|help| each_line(help, tabs));
}

#[test]
fn what_was_logged_before_it() {
    let log = "ggml_cuda_init: found 1 CUDA devices:\n  Device 0: NVIDIA H100, compute capability 9.0\n\n";
    check(|help| format!("{log}{help}"));
}
