//! Which spellings have named one flag in any release: two that some release lists as aliases, or that the list of
//! renames has in one line, are of one family.

use std::collections::HashMap;

use crate::catalogue::Catalogue;
use crate::catalogue::eras;
use crate::catalogue::renames;
use crate::catalogue::spec::FlagSpec;
use crate::catalogue::spelling::dashed;
use crate::engine::{Engine, per_engine};

#[derive(Default)]
struct Families {
    /// Families by spelling.
    of: HashMap<&'static str, usize>,
    /// Spellings by family; newest releases first. A family that was joined to another is empty.
    members: Vec<Vec<&'static str>>,
}

per_engine!(families -> Families = read);

fn read(engine: Engine) -> Families {
    let mut families = Families::default();
    for spec in eras::newest_first(engine).flat_map(Catalogue::specs) {
        families.join(&spec.positive().collect::<Vec<_>>());
        families.join(&spec.negations.iter().map(String::as_str).collect::<Vec<_>>());
    }
    for group in renames::plain(engine) {
        families.join(&group.collect::<Vec<_>>());
    }
    families
}

impl Families {
    /// Only long spellings join: a short one has meant different flags in different releases (`-v`, `-p`), and belongs
    /// to the newest that had it.
    fn join(&mut self, spellings: &[&'static str]) {
        let known = spellings.iter().filter(|s| s.starts_with("--")).find_map(|s| self.of.get(s));
        let family = known.copied().unwrap_or(self.members.len());
        if family == self.members.len() {
            self.members.push(Vec::new());
        }
        for &spelling in spellings {
            match self.of.get(spelling) {
                None => self.add(spelling, family),
                Some(&other) if other != family && spelling.starts_with("--") => {
                    let moved = self.members.get_mut(other).map(std::mem::take).unwrap_or_default();
                    for spelling in moved {
                        self.add(spelling, family);
                    }
                }
                Some(_) => {}
            }
        }
    }

    fn add(&mut self, spelling: &'static str, family: usize) {
        self.of.insert(spelling, family);
        if let Some(members) = self.members.get_mut(family) {
            members.push(spelling);
        }
    }
}

/// Every spelling that has named the same flag in some release.
pub(crate) fn of(engine: Engine, spelling: &str) -> &'static [&'static str] {
    let families = families(engine);
    let family = families.of.get(dashed(spelling).as_ref());
    family.and_then(|&f| families.members.get(f)).map_or(&[], Vec::as_slice)
}

/// Every spelling of any release, newest releases first.
pub(crate) fn spellings(engine: Engine) -> impl Iterator<Item = &'static str> {
    families(engine).members.iter().flatten().copied()
}

/// The flag of that spelling in the newest release that has it.
pub(crate) fn elsewhere(engine: Engine, spelling: &str) -> Option<(&'static Catalogue, &'static FlagSpec)> {
    eras::newest_first(engine).find_map(|era| {
        let spec = era.find(spelling)?.spec;
        spec.removed.is_none().then_some((era, spec))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: &str, b: &str, same: bool) {
        let of = |name| of(Engine::LlamaServer, name);
        assert_eq!(of(a).contains(&b), same, "{a} {b}");
        assert_eq!(of(b).contains(&a), same, "{b} {a}");
    }

    #[test]
    fn one_flag_by_many_names() {
        check("--draft", "--spec-draft-n-max", true);
        check("--draft-max", "--draft-n", true);
        check("-ngld", "--spec-draft-ngl", true);
        check("--no-ui", "--no-webui", true);
        check("--ui", "--no-ui", false);
        check("--mmap", "--no-mmap", false);
        check("--draft-max", "--draft-min", false);
        check("--ctx-size", "--ctx-size-draft", false);
        assert!(of(Engine::LlamaServer, "--never").is_empty());
    }

    #[test]
    fn no_family_is_two_flags_of_one_release() {
        for era in Engine::ALL.into_iter().flat_map(eras::newest_first) {
            for spec in era.specs().iter().filter(|s| s.removed.is_none()) {
                for spelling in of(era.engine, &spec.name) {
                    let other = era.find(spelling).map(|found| found.spec).filter(|s| s.removed.is_none());
                    // The oldest helps list some flags twice, for two programs.
                    assert!(other.is_none_or(|o| o.name == spec.name), "{}: {} and {spelling}", era.source, spec.name);
                }
            }
        }
    }
}
