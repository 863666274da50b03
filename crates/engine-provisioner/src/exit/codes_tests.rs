//! Every stable code in the sources of this repository, and the table of them that `docs/errors.md` shows.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::{Exit, known};

/// Says which programs ought to write the table instead of comparing it.
const UPDATE: &str = "UPDATE_DOCS";

const HEAD: &str = "\
# Error codes

Each failure has a code that stays, the facts, and what to do. `--json` prints the code as `error.code`, a plan as the
`code` of a blocked step, `doctor` as the `code` of a finding. The exit status follows from the code alone.

Written by `UPDATE_DOCS=1 cargo test -p engine-provisioner codes`, from the sources.
";

/// A code with what it means.
type Meanings = BTreeMap<String, String>;

/// The table of `explain`, of the codes that are not of rules of diagnosis alone.
const EXPLAINED: &str = "crates/engine-provisioner/src/verbs/explain/codes.tsv";

/// EP-60: no code is without a status of its own choice, and the table of all of them is up to date.
#[test]
fn the_table_of_codes_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut meanings = Meanings::new();
    for folder in ["crates", "contracts"] {
        let mut files = Vec::new();
        sources(&root.join(folder), &mut files);
        for file in files {
            read(&std::fs::read_to_string(file).unwrap(), &mut meanings);
        }
    }
    assert!(meanings.len() > 150, "the codes were not found: {meanings:?}");
    let helps = helps(&root);
    let rules = failure_diagnosis::codes();
    // A code of an error with a help of its own has a row as well: `explain` prints each of its meanings.
    let of_rules_alone = |code: &str| rules.contains(&code) && !helps.contains_key(code);
    let rows = meanings.iter().filter(|(code, _)| !code.starts_with("host::") && !of_rules_alone(code));
    let rows =
        rows.map(|(code, meaning)| format!("{code}\t{meaning}\t{}\n", helps.get(code).map_or("", String::as_str)));
    same(&root.join(EXPLAINED), &format!("# code\tmeaning\thelp, written by a test\n{}", rows.collect::<String>()));
    let forgotten: Vec<_> =
        meanings.keys().filter(|code| !code.starts_with("host::") && known(code).is_none()).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
    same(&root.join("docs/errors.md"), &table(&meanings));
}

/// Compares a file with what it has to hold, or writes it.
#[track_caller]
fn same(file: &Path, wanted: &str) {
    if std::env::var_os(UPDATE).is_some() {
        durable::replace(file, wanted.as_bytes()).unwrap();
    }
    let have = std::fs::read_to_string(file).unwrap_or_default();
    let (have, wanted): (Vec<_>, Vec<_>) = (have.lines().collect(), wanted.lines().collect());
    let missing: Vec<_> = wanted.iter().filter(|line| !have.contains(line)).collect();
    assert!(have == wanted, "{UPDATE}=1 writes it anew; what is missing there: {missing:#?}");
}

/// What each error's attribute gives as its help, where that is a text and not only what another function returns.
fn helps(root: &Path) -> Meanings {
    let mut helps = Meanings::new();
    for folder in ["crates", "contracts"] {
        let mut files = Vec::new();
        sources(&root.join(folder), &mut files);
        for file in files {
            let text = std::fs::read_to_string(file).unwrap();
            let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (at, _) in shipped.match_indices("code(") {
                let (code, rest) = shipped[at..].trim_start_matches("code(").split_once(')').unwrap_or_default();
                let attribute = rest.split(")]").next().unwrap_or_default();
                let help = attribute.split_once("help(").map(|(_, help)| help.trim_start());
                let help = help.and_then(|help| help.strip_prefix('"')).map(|help| {
                    let mut literal = String::new();
                    let mut letters = help.chars();
                    while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
                        match letter {
                            '\\' => literal.extend(letters.next().filter(|next| *next != '\n')),
                            letter => literal.push(letter),
                        }
                    }
                    literal
                });
                let help = help.map(|help| plain(&help.replace('[', "(").replace(']', ")"))).unwrap_or_default();
                if is_code(code) && help.contains(' ') {
                    helps.insert(code.to_owned(), help);
                }
            }
        }
    }
    helps
}

/// The Rust files below `folder` that are shipped.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if path.is_dir() {
            if !["tests", "examples", "target", "testkit"].contains(&name.as_ref()) {
                sources(&path, files);
            }
        } else if name.ends_with(".rs") && !name.ends_with("_tests.rs") {
            files.push(path);
        }
    }
}

/// The codes of one file: `code(area::name)` below a doc comment or a message, and `"area::name"` with a `cause`.
fn read(text: &str, meanings: &mut Meanings) {
    let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
    for (at, _) in shipped.match_indices("code(") {
        let (before, after) = shipped.split_at(at);
        let code = after.trim_start_matches("code(").split(')').next().unwrap_or_default();
        if is_code(code) {
            meanings.insert(code.to_owned(), documented(before));
        }
    }
    for (at, _) in shipped.match_indices('"') {
        let (before, after) = shipped.split_at(at + 1);
        let code = after.split('"').next().unwrap_or_default();
        if is_code(code) && !meanings.contains_key(code) {
            let rule = before.trim_end().ends_with("code: \"") && after.contains("cause: \"");
            let cause = rule.then(|| after.split("cause: \"").nth(1)).flatten();
            if let Some(cause) = cause.map(|cause| cause.split("\",\n").next().unwrap_or_default()) {
                meanings.insert(code.to_owned(), plain(cause));
            } else if code.starts_with("host::") {
                meanings.insert(code.to_owned(), "a finding of `doctor`".into());
            }
        }
    }
}

fn is_code(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    text.split_once("::").is_some_and(|(area, name)| word(area) && word(name))
}

/// The first sentence of the doc comment that stands right above the attributes at the end of `before`, else the message.
fn documented(before: &str) -> String {
    let lines: Vec<&str> = before.lines().map(str::trim).collect();
    let attributes = lines.iter().rposition(|line| line.starts_with("#[error(")).unwrap_or(lines.len());
    let (above, own) = lines.split_at(attributes);
    let mut doc: Vec<&str> = above.iter().rev().map_while(|line| line.strip_prefix("/// ")).collect();
    doc.reverse();
    let doc = doc.join(" ");
    if doc.is_empty() {
        let message = own.join(" ");
        let message = message.trim_start_matches("#[error(").trim_start();
        return plain(message.strip_prefix('"').unwrap_or_default().split('"').next().unwrap_or_default());
    }
    doc.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// A template without its optional parts and with `…` for what it fills in.
fn plain(template: &str) -> String {
    let (mut text, mut depth, mut hidden) = (String::new(), 0_u32, 0_u32);
    for letter in template.replace('\\', " ").chars() {
        match letter {
            '[' => hidden += 1,
            ']' => hidden = hidden.saturating_sub(1),
            _ if hidden > 0 => {}
            '{' => {
                depth += 1;
                text.push('…');
            }
            '}' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            letter => text.push(letter),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn table(meanings: &Meanings) -> String {
    let (mut text, mut last) = (HEAD.to_owned(), "");
    for (code, meaning) in meanings {
        let area = code.split("::").next().unwrap_or_default();
        if area != last {
            write!(text, "\n## {area}\n\n| code | what it means | exit status |\n| --- | --- | --- |\n").unwrap();
            last = area;
        }
        let status = known(code).map_or_else(|| "-".to_owned(), |exit: Exit| (exit as u8).to_string());
        writeln!(text, "| `{code}` | {} | {status} |", meaning.replace('|', "\\|")).unwrap();
    }
    text
}
