//! Finds the listed flag that a wrong name was probably meant to be.

use crate::catalogue::Catalogue;
use crate::spec::FlagSpec;
use crate::spelling::dashed;

/// A listed spelling and its flag.
pub(crate) struct Near<'a> {
    pub(crate) spelling: &'a str,
    pub(crate) spec: &'a FlagSpec,
}

/// The listed spelling most like `name`, dashes and capitals aside, if one differs in no more than a third of it.
/// Names too short to tell a slip from another name, and names nobody types, have none.
pub(crate) fn nearest<'a>(catalogue: &'a Catalogue, name: &str) -> Option<Near<'a>> {
    let wanted = bare(name);
    let length = wanted.chars().count();
    if !(3..=64).contains(&length) {
        return None;
    }
    catalogue
        .specs()
        .iter()
        .filter(|spec| spec.removed.is_none())
        .flat_map(|spec| spec.spellings().map(move |spelling| Near { spelling, spec }))
        .filter(|near| near.spelling.starts_with("--"))
        .filter(|near| near.spelling.len().abs_diff(length + 2) <= length / 3)
        .map(|near| (strsim::damerau_levenshtein(&wanted, &bare(near.spelling)), near))
        .filter(|(distance, _)| *distance <= length / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, near)| near)
}

fn bare(name: &str) -> String {
    let dashed = dashed(name);
    dashed.trim_start_matches('-').to_lowercase()
}
