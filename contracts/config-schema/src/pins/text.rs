//! A lock file as text: one fact a line, in a stable order, with the comments of the text before.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{LockFile, PoolPins};

/// What a new lock file begins with.
const HEAD: &str = "\
# What the pools of the file beside this one are pinned to: written by `engine-provisioner lock`, used by `--locked`.
# Comments are kept.
";

/// A table with its lines.
type Section = (String, Vec<(String, String)>);

pub(super) fn render(file: &LockFile, before: Option<&str>) -> String {
    let mut comments = before.map(Comments::of).unwrap_or_default();
    let mut text = if before.is_none() { HEAD.to_owned() } else { String::new() };
    for (table, lines) in sections(file) {
        if !table.is_empty() {
            if !text.is_empty() {
                text.push('\n');
            }
            push(&mut text, &format!("[{table}]"), comments.take(&table, ""));
        }
        for (key, value) in lines {
            push(&mut text, &format!("{key} = {value}"), comments.take(&table, &key));
        }
    }
    for line in comments.last {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn push(text: &mut String, line: &str, comment: Comment) {
    for above in comment.above {
        text.push_str(&above);
        text.push('\n');
    }
    let behind = comment.behind.map(|behind| format!("  {behind}")).unwrap_or_default();
    // Writing to a `String` cannot fail.
    writeln!(text, "{line}{behind}").ok();
}

fn sections(file: &LockFile) -> Vec<Section> {
    let mut all = vec![(String::new(), vec![("schema".to_owned(), file.schema.to_string())])];
    for (pool, pins) in &file.pools {
        all.extend(of_pool(pool.as_str(), pins));
    }
    all
}

fn of_pool(pool: &str, pins: &PoolPins) -> Vec<Section> {
    let line = |key: &str, value: &str| (key.to_owned(), quoted(value));
    let mut all = Vec::new();
    let mut section = |name: &str, lines: Vec<(String, String)>| all.push((format!("pools.{pool}.{name}"), lines));
    if let Some(pin) = &pins.commit {
        let name = pin.name.iter().map(|name| line("name", name.as_str()));
        let lines = [line("repo", pin.repo.as_str()), line("ref", pin.reference.as_str())];
        section("commit", lines.into_iter().chain(name).chain([line("commit", pin.commit.as_str())]).collect());
    }
    if let Some(pin) = &pins.image {
        section("image", vec![line("image", &pin.image), line("digest", &pin.digest.to_string())]);
    }
    if let Some(pin) = &pins.archive {
        section("archive", vec![line("url", &pin.url), line("digest", &pin.digest.to_string())]);
    }
    if let Some(pin) = &pins.model {
        let revision = pin.revision.iter().map(|revision| line("revision", revision));
        section("model", [line("ref", &pin.reference)].into_iter().chain(revision).collect());
        if !pin.files.is_empty() {
            let files = pin.files.iter().map(|(name, digest)| (quoted(name), quoted(&digest.to_string())));
            section("model.files", files.collect());
        }
    }
    all
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            letter if letter.is_control() => {
                // Writing to a `String` cannot fail.
                write!(out, "\\u{:04X}", u32::from(letter)).ok();
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// The comments of one line.
#[derive(Clone, Debug, Default)]
struct Comment {
    above: Vec<String>,
    behind: Option<String>,
}

/// The comments of a text, by table and key.
#[derive(Debug, Default)]
struct Comments {
    of: BTreeMap<(String, String), Comment>,
    /// After the last line.
    last: Vec<String>,
}

impl Comments {
    fn of(text: &str) -> Self {
        let mut comments = Self::default();
        let (mut table, mut above) = (String::new(), Vec::new());
        for line in text.lines() {
            let line = line.trim();
            if line.starts_with('#') {
                above.push(line.to_owned());
                continue;
            }
            if line.is_empty() {
                continue;
            }
            let (content, behind) = split(line);
            let key = match content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some(name) => {
                    table = plain(name);
                    String::new()
                }
                None => plain(before_equals(content)),
            };
            let comment = Comment { above: std::mem::take(&mut above), behind: behind.map(str::to_owned) };
            comments.of.insert((table.clone(), key), comment);
        }
        comments.last = above;
        comments
    }

    fn take(&mut self, table: &str, key: &str) -> Comment {
        self.of.remove(&(plain(table), plain(key))).unwrap_or_default()
    }
}

/// A name without its quotes and spaces, so that `pools."a"` and `pools.a` are one.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '"' | '\'' | ' ' | '\t')).collect()
}

/// A line without its comment, and the comment.
fn split(line: &str) -> (&str, Option<&str>) {
    match outside_quotes(line, '#') {
        Some(at) => (line.get(..at).unwrap_or_default().trim_end(), line.get(at..)),
        None => (line, None),
    }
}

fn before_equals(line: &str) -> &str {
    outside_quotes(line, '=').and_then(|at| line.get(..at)).unwrap_or(line)
}

/// Where a character stands outside of a string.
fn outside_quotes(line: &str, wanted: char) -> Option<usize> {
    let (mut open, mut escaped) = (None, false);
    for (at, letter) in line.char_indices() {
        match (open, letter) {
            (Some('"'), '\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(quote), letter) if quote == letter && !escaped => open = None,
            (None, '"' | '\'') => open = Some(letter),
            (None, letter) if letter == wanted => return Some(at),
            _ => {}
        }
        escaped = false;
    }
    None
}
