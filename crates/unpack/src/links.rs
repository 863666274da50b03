//! Links of an archive, made once all of its files are there: a link's target may stand behind it.

use std::collections::BTreeMap;

use crate::UnpackError;
use crate::budget::Budget;
use crate::name;
use crate::place::{Made, Place};

/// How many links may lead to one another.
const DEEPEST: usize = 16;

/// What is made of a symbolic link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Links {
    /// A symbolic link.
    #[default]
    Kept,
    /// Another name of the file that it leads to.
    Names,
}

/// The links that were met, by their names: the target as written, and as a path from the top.
#[derive(Debug, Default)]
pub(crate) struct Pending(BTreeMap<Vec<String>, (Vec<u8>, Vec<String>)>);

impl Pending {
    /// A link that stays inside. `parts` is its name as it will be made, `target` what it says.
    pub(crate) fn push(&mut self, name: &[u8], parts: &[&str], target: &[u8]) -> Result<(), UnpackError> {
        let above = parts.split_last().map(|(_, above)| above).unwrap_or_default();
        let to = name::target(name, above, target)?;
        self.0.insert(parts.iter().map(|part| (*part).to_owned()).collect(), (target.to_vec(), to));
        Ok(())
    }

    /// Whether a name is that of a link.
    pub(crate) fn contains(&self, parts: &[&str]) -> bool {
        self.0.contains_key(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>())
    }

    /// Makes them all. A link to a folder may become many names, and a link to that many more: each counts as an entry.
    pub(crate) fn make(&self, place: &mut Place, links: Links, budget: &mut Budget) -> Result<(), UnpackError> {
        for (from, (target, to)) in &self.0 {
            let name = from.join("/");
            let parts: Vec<&str> = from.iter().map(String::as_str).collect();
            // A folder that has the same name was made by a file below it: two different things.
            if place.made(&parts).is_some() {
                return Err(UnpackError::entry(name.as_bytes(), "stands there twice, as two different things"));
            }
            let end = self.end_of(name.as_bytes(), to)?;
            let end: Vec<&str> = end.iter().map(String::as_str).collect();
            match (links, place.made(&end)) {
                (Links::Kept, _) => {
                    let target = std::str::from_utf8(target).map_err(UnpackError::malformed)?;
                    place.link(name.as_bytes(), &parts, target)?;
                }
                (Links::Names, Some(Made::File)) => place.same(name.as_bytes(), &parts, &end)?,
                (Links::Names, Some(Made::Folder)) => copy(place, budget, name.as_bytes(), (&parts, &end))?,
                (Links::Names, _) => return Err(UnpackError::entry(name.as_bytes(), "links to nothing")),
            }
        }
        Ok(())
    }

    /// Where a target leads in the end, through other links.
    fn end_of(&self, name: &[u8], to: &[String]) -> Result<Vec<String>, UnpackError> {
        let mut at = to.to_vec();
        for _ in 0..DEEPEST {
            // The first part of the path that is a link itself.
            let link = (1..=at.len()).find_map(|length| {
                let (_, target) = self.0.get(at.get(..length)?)?;
                Some((length, target))
            });
            let Some((length, target)) = link else { return Ok(at) };
            at = target.iter().chain(at.get(length..).unwrap_or_default()).cloned().collect();
        }
        Err(UnpackError::entry(name, "links in a circle"))
    }
}

/// Every file below a folder under another folder's name.
fn copy(
    place: &mut Place,
    budget: &mut Budget,
    name: &[u8],
    (parts, of): (&[&str], &[&str]),
) -> Result<(), UnpackError> {
    let below = if of.is_empty() { String::new() } else { format!("{}/", of.join("/")) };
    let own = format!("{}/", parts.join("/"));
    if own.starts_with(&below) {
        return Err(UnpackError::entry(name, "links to a folder that holds it"));
    }
    place.folder(name, parts)?;
    for file in place.files_below(&below) {
        budget.entry()?;
        let of: Vec<&str> = file.split('/').collect();
        let rest = file.strip_prefix(&below).unwrap_or_default();
        let to: Vec<&str> = parts.iter().copied().chain(rest.split('/')).collect();
        place.same(name, &to, &of)?;
    }
    Ok(())
}
