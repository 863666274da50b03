//! Facts that helps made by clap put in brackets at the end of a description: `[env: X=]`, `[possible values: a, b]`.

use crate::catalogue::spelling::{is_flag, name_of};

/// What stands behind `key` in a line that is one bracket.
pub(crate) fn one<'a>(lines: &[&'a str], key: &str) -> Option<&'a str> {
    lines.iter().rev().find_map(|line| line.trim().strip_prefix('[')?.strip_prefix(key)?.strip_suffix(']'))
}

/// Further spellings of the flag.
pub(crate) fn aliases(lines: &[&str]) -> impl Iterator<Item = String> {
    let all = one(lines, "aliases: ").or_else(|| one(lines, "alias: ")).unwrap_or_default();
    all.split(',').map(str::trim).filter(|a| is_flag(a) && name_of(a) == *a).map(str::to_owned)
}
