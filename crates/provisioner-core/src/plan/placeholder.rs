//! Placeholders: the values of a plan that only execution can know, and how they are put in.
//!
//! The rule: a placeholder stands in a text as `<name>`, its kind is one of a closed set, and a text that happens to
//! contain `<name>` itself is escaped with one more `<`. So substitution is exact, and so is the comparison of a plan
//! with what ran.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What kind of value a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlaceholderKind {
    /// A whole git commit id.
    Commit,
    /// A TCP port.
    Port,
    /// A folder that is made for this one build or download.
    Staging,
    /// A digest, or a name in the store that is one.
    Digest,
    /// Build options of ours; those that the fetched tree does not know are left out.
    Definitions,
    /// The program of an archive or a package, by its path in it.
    Program,
}

/// The names that placeholders may have, and what each stands for.
const NAMES: [(&str, PlaceholderKind); 9] = [
    ("commit", PlaceholderKind::Commit),
    ("revision", PlaceholderKind::Commit),
    ("port", PlaceholderKind::Port),
    ("staging", PlaceholderKind::Staging),
    ("key", PlaceholderKind::Digest),
    ("tree", PlaceholderKind::Digest),
    ("digest", PlaceholderKind::Digest),
    ("definitions", PlaceholderKind::Definitions),
    ("program", PlaceholderKind::Program),
];

/// The commit that a branch or tag is.
pub(crate) const COMMIT: &str = "commit";
/// The commit of the model's repository.
pub(crate) const REVISION: &str = "revision";
/// The port that the engine listens on.
pub(crate) const PORT: &str = "port";
/// The folder that is made for a build or download.
pub(crate) const STAGING: &str = "staging";
/// The name in the store, which follows from the commit.
pub(crate) const KEY: &str = "key";
/// git's digest of a working tree.
pub(crate) const TREE: &str = "tree";
/// The program of an archive that does not say which one it is, or of a package that is not installed yet.
pub(crate) const PROGRAM: &str = "program";
/// Build options that depend on the fetched tree.
pub(crate) const DEFINITIONS: &str = "definitions";

/// A placeholder as it stands in a text, such as `<commit>`.
pub(crate) fn marker(name: &str) -> String {
    format!("<{name}>")
}

/// A placeholder that a plan uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Placeholder {
    /// Its name, without the angle brackets.
    pub name: String,
    /// What it stands for.
    pub kind: PlaceholderKind,
    /// The values it may take, where they are a short list; any value of the kind otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
}

impl Placeholder {
    /// A placeholder that may take any value of its kind; none where no placeholder has that name.
    pub fn any(name: &str) -> Option<Self> {
        Self::one_of(name, [])
    }

    /// A placeholder that may take these values.
    pub fn one_of(name: &str, allowed: impl IntoIterator<Item = String>) -> Option<Self> {
        let (name, kind) = NAMES.into_iter().find(|(known, _)| *known == name)?;
        Some(Self { name: name.to_owned(), kind, allowed: allowed.into_iter().collect() })
    }

    /// Whether execution may have put in `value`.
    pub fn allows(&self, value: &str) -> bool {
        let form = match self.kind {
            PlaceholderKind::Commit => matches!(value.len(), 40 | 64) && value.bytes().all(|b| b.is_ascii_hexdigit()),
            PlaceholderKind::Port => value.parse::<u16>().is_ok_and(|port| port != 0),
            PlaceholderKind::Staging => value.starts_with('/'),
            // It stands in paths: no part of it may lead elsewhere.
            PlaceholderKind::Digest => {
                !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b':')
            }
            PlaceholderKind::Definitions => true,
            PlaceholderKind::Program => value.split('/').all(|part| !matches!(part, "" | "." | "..")),
        };
        let listed = match self.kind {
            PlaceholderKind::Definitions => self.allows_definitions(value),
            _ => self.allowed.is_empty() || self.allowed.iter().any(|allowed| allowed == value),
        };
        form && listed
    }

    /// Any of the definitions may be left out. One may have another name with the same value, where the tree renamed it;
    /// and a list of flags may lack the choice of a linker that does not work here.
    fn allows_definitions(&self, value: &str) -> bool {
        let used: Vec<&str> = words(value).collect();
        let unused = || self.allowed.iter().filter(|allowed| !used.contains(&allowed.as_str()));
        let stands_for = |word: &str, allowed: &str| match (word.split_once('='), allowed.split_once('=')) {
            (Some((name, value)), Some((other, planned))) => {
                value == planned || (name == other && without_linker(planned) == value)
            }
            _ => false,
        };
        used.iter().all(|word| {
            self.allowed.iter().any(|allowed| allowed == word) || unused().any(|allowed| stands_for(word, allowed))
        })
    }
}

/// A list of compiler flags without the one that chooses a linker.
fn without_linker(flags: &str) -> String {
    flags.split(' ').filter(|flag| !flag.starts_with("-fuse-ld=")).collect::<Vec<_>>().join(" ")
}

/// The values that execution put in, by the name of the placeholder. Definitions are one line each.
pub type Values = BTreeMap<String, String>;

/// The words of a value of definitions.
fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split('\n').filter(|word| !word.is_empty())
}

/// A text of the user's or the host's as it stands in a plan.
pub fn literal(text: &str) -> String {
    rewrite(text, |depth, _| Some(depth + 1))
}

/// The text with its placeholders replaced by `values`; a placeholder without a value stays.
pub(crate) fn substitute(text: &str, values: &Values) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, depth, name, after)) = next(rest) {
        out.push_str(before);
        match (depth, values.get(name)) {
            (1, Some(value)) => out.push_str(value),
            (1, None) => out.push_str(&marker(name)),
            _ => push_escaped(&mut out, depth - 1, name),
        }
        rest = after;
    }
    out + rest
}

/// Whether `planned` becomes `now` by values that its placeholders may take. Both are texts of plans: what is escaped in
/// one is escaped in the other.
pub(crate) fn fits(planned: &str, now: &str, placeholders: &[Placeholder]) -> bool {
    if planned == now {
        return true;
    }
    let mut from = planned;
    let mut literal_end = 0;
    while let Some((before, depth, name, after)) = next(from) {
        if depth == 1 {
            let head = planned.get(..literal_end + before.len()).unwrap_or_default();
            let Some(rest) = now.strip_prefix(head) else { return false };
            let known = placeholders.iter().find(|placeholder| placeholder.name == name);
            let allows = |value: &str| known.is_none_or(|placeholder| placeholder.allows(value));
            let ends = rest.char_indices().map(|(at, letter)| at + letter.len_utf8());
            return ends.into_iter().any(|end| {
                let (value, tail) = rest.split_at(end);
                allows(value) && fits(after, tail, placeholders)
            });
        }
        literal_end = planned.len() - after.len();
        from = after;
    }
    false
}

/// The words of an argument list with their placeholders replaced. A word that is `<definitions>` alone becomes as many
/// words as the value has lines.
pub(crate) fn substitute_words(list: &[String], values: &Values) -> Vec<String> {
    let many = |word: &String| match values.get(DEFINITIONS) {
        Some(value) if *word == marker(DEFINITIONS) => words(value).map(str::to_owned).collect(),
        _ => vec![substitute(word, values)],
    };
    list.iter().flat_map(many).collect()
}

fn push_escaped(out: &mut String, depth: usize, name: &str) {
    out.extend(std::iter::repeat_n('<', depth));
    out.push_str(name);
    out.push('>');
}

fn rewrite(text: &str, depth_of: impl Fn(usize, &str) -> Option<usize>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, depth, name, after)) = next(rest) {
        out.push_str(before);
        let depth = depth_of(depth, name).unwrap_or(depth);
        push_escaped(&mut out, depth, name);
        rest = after;
    }
    out + rest
}

/// The first run of `<` that is followed by a name of ours and `>`: what stands before it, its length, the name, and
/// what follows.
fn next(text: &str) -> Option<(&str, usize, &'static str, &str)> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('<').map(|at| at + from) {
        let run = text.get(at..)?;
        let depth = run.bytes().take_while(|b| *b == b'<').count();
        let tail = run.get(depth..)?;
        let names = NAMES.iter().map(|(name, _)| *name);
        let name = names.into_iter().find(|name| tail.strip_prefix(name).is_some_and(|rest| rest.starts_with('>')));
        if let Some(name) = name {
            return Some((text.get(..at)?, depth, name, tail.get(name.len() + 1..)?));
        }
        from = at + depth;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    /// EP-83
    #[test]
    fn a_marker_becomes_its_value_and_a_literal_stays() {
        let values = values(&[("port", "8080"), ("staging", "/s")]);
        assert_eq!(substitute("--port=<port>", &values), "--port=8080");
        assert_eq!(substitute("<staging>/build <commit>", &values), "/s/build <commit>");
        assert_eq!(literal("a <port> and <|im_start|>"), "a <<port> and <|im_start|>");
        assert_eq!(substitute(&literal("<<port>"), &values), "<<port>");
    }

    #[test]
    fn definitions_are_any_part_of_the_list() {
        let all = ["-DA=OFF", "-DB=OFF", "-DC=OFF"].map(str::to_owned);
        let placeholder = Placeholder::one_of(DEFINITIONS, all).unwrap();
        for (value, allowed) in [
            ("", true),
            ("-DA=OFF\n-DC=OFF", true),
            ("-DA=OFF\n-DNEW_NAME_OF_B=OFF", true),
            ("-DA=ON", false),
            ("-DA=OFF\n-DB=OFF\n-DC=OFF\n-DD=OFF", false),
            ("-DX", false),
        ] {
            assert_eq!(placeholder.allows(value), allowed, "{value:?}");
        }
        let linker = Placeholder::one_of(DEFINITIONS, ["-DF=-O2 -fuse-ld=mold".to_owned()]).unwrap();
        assert!(linker.allows("-DF=-O2") && !linker.allows("-DF=-O3") && !linker.allows("-DF="));
        let line = ["cmake", "<definitions>", "-G"].map(str::to_owned);
        let set = values(&[("definitions", "-DA=OFF\n-DC=OFF")]);
        assert_eq!(substitute_words(&line, &set), ["cmake", "-DA=OFF", "-DC=OFF", "-G"]);
        assert_eq!(substitute_words(&line, &values(&[("definitions", "")])), ["cmake", "-G"]);
    }

    #[test]
    fn each_kind_takes_its_own_values() {
        let any = |name, value: &str| Placeholder::any(name).unwrap().allows(value);
        assert!(any(COMMIT, &"a1".repeat(20)) && !any(COMMIT, "main"));
        assert!(any(PORT, "1") && !any(PORT, "0"));
        assert!(any(STAGING, "/x") && !any(STAGING, "x"));
        assert!(any(KEY, "k") && any(TREE, "t") && any("digest", "sha256:00") && !any(TREE, ""));
        assert!(!any(KEY, "../k") && !any(KEY, "a b"));
        assert!(any("program", "bin/a b") && !any("program", "../a") && !any("program", "/a") && !any("program", ""));
        assert!(!Placeholder::one_of(PORT, ["80".into()]).unwrap().allows("81"));
        assert_eq!(Placeholder::any("anything"), None);
    }

    #[test]
    fn a_text_fits_by_allowed_values_alone() {
        let key = Placeholder::any(KEY).unwrap();
        let port = Placeholder::one_of(PORT, ["80".into(), "81".into()]).unwrap();
        let known = [key, port];
        for (planned, now, expected) in [
            ("/s/<key>/bin", "/s/0a1b/bin", true),
            ("/s/<key>/bin", "/s/../bin", false),
            ("/s/<key>/bin", "/s/0a/x/bin", false),
            ("<port>", "81", true),
            ("<port>", "82", false),
            ("a<<port>b", "a<<port>b", true),
            ("a<<port><port>", "a<<port>80", true),
            ("a<<port>b", "a80b", false),
            ("x", "y", false),
            ("", "y", false),
        ] {
            assert_eq!(fits(planned, now, &known), expected, "{planned} {now}");
        }
    }

    proptest! {
        #[test]
        fn every_text_survives(text in "[<>a-z]{0,12}(<port>|<commit>|<<staging>|<key>|x){0,3}[<>a-z]{0,6}") {
            let values = values(&[("port", "1"), ("commit", "c"), ("staging", "/s"), ("digest", "d"), ("definitions", "e"), ("key", "k")]);
            prop_assert_eq!(substitute(&literal(&text), &values), text);
        }
    }
}
