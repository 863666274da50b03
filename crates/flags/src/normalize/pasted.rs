//! What people paste from scripts, units, compose files and other tools' configurations, and what a list of flags cannot
//! hold: the program, a shell's words, comments, quotes.
//!
//! None of these words is shown whole: it may hold a secret.

use crate::engine::Engine;
use crate::error::FlagError;

/// Programs that start others, and shells.
const STARTERS: &[&str] = &[
    "docker",
    "podman",
    "nerdctl",
    "sudo",
    "exec",
    "env",
    "export",
    "nohup",
    "bash",
    "sh",
    "python",
    "python3",
    "nice",
    "numactl",
    "taskset",
    "systemd-run",
    "CMD",
    "ENTRYPOINT",
    "command:",
    "cmd:",
    "args:",
];

/// What is wrong with a word that is no flag, where that is something that was pasted.
pub(crate) fn stray(word: &str, position: usize, engine: Engine) -> Option<FlagError> {
    let what = if word.starts_with('#') {
        "begins a comment"
    } else if word == "\\" {
        "is the `\\` by which a shell goes on in the next line"
    } else if matches!(word, "&" | "&&" | "|" | ";" | ">" | ">>" | "2>&1" | "<") {
        "is a sign for a shell"
    } else if word.starts_with("$(") || word.starts_with('`') || word.starts_with("${") {
        "is for a shell to replace, and no shell reads it"
    } else if word.starts_with("ExecStart=") || word.starts_with("Environment=") {
        "is a line of a systemd unit"
    } else if word.len() > 1 && word.starts_with(['\'', '"']) && word.trim_matches(['\'', '"']).starts_with('-') {
        "is a flag in quotes"
    } else if is_program(word, position, engine) {
        "is a program"
    } else {
        return None;
    };
    Some(FlagError::Pasted { position, what, instead: instead(what) })
}

/// What is wrong with a flag and more in one word.
pub(crate) fn joined(word: &str, position: usize) -> Option<FlagError> {
    let rest = word.split_once(char::is_whitespace).map(|(_, rest)| rest.trim())?;
    let what = if rest.starts_with('#') || rest.contains(" #") {
        "holds a comment"
    } else if rest.starts_with('-') || rest.contains(" -") {
        "holds several flags"
    } else {
        return None;
    };
    Some(FlagError::Pasted { position, what, instead: instead(what) })
}

/// Whether a word is the engine itself, or what starts it: only at the start of the list, where no flag can want it as a value.
fn is_program(word: &str, position: usize, engine: Engine) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let engines = Engine::ALL.into_iter().map(Engine::program).chain(["server", "llama-swap", "ollama"]);
    position <= 3
        && (STARTERS.contains(&name) || engines.into_iter().any(|program| program == name) || name == engine.program())
}

fn instead(what: &str) -> &'static str {
    match what {
        "begins a comment" | "holds a comment" => {
            "nothing takes comments out of a list: leave out all from `#` to the end of that line, and write each flag and each value as a word of its own"
        }
        "holds several flags" => {
            "write each flag and each value as a word of its own: `[\"--threads\", \"8\", \"--jinja\"]`"
        }
        "is a flag in quotes" => "write the word without these quotes: no shell takes them off",
        "is a program" => {
            "write only what comes after the engine's own name: the pool starts it, and `provisioning.model.ref`, `host`, `ports` and `devices` \
             say what a command line says of those"
        }
        "is a line of a systemd unit" => {
            "write only what comes after the program in ExecStart=, each word on its own; variables belong into `provisioning.env`"
        }
        "is for a shell to replace, and no shell reads it" => "write the value itself",
        _ => "leave it out: the words go to the engine as they are, without a shell",
    }
}
