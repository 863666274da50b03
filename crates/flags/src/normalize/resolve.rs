//! Finds the flag of this engine that a name of any release means.

use std::borrow::Cow;

use crate::catalogue::families;
use crate::catalogue::renames::{self, Form};
use crate::catalogue::role::Role;
use crate::catalogue::spec::Arity;
use crate::catalogue::spelling::{dashed, is_flag};
use crate::catalogue::{Catalogue, Found, eras};
use crate::normalize::given::{Given, Named};
use crate::normalize::toggle;

/// What a name is to an engine.
pub(crate) enum Resolved<'a> {
    /// One of its flags.
    Listed(Found<'a>),
    /// One of its flags, by a name of another release.
    Renamed(Found<'a>),
    /// The opposite of a switch that it can only turn the other way: what it does without that switch.
    Opposite(Found<'a>),
    /// A flag of another release, or one this engine lists as removed.
    Elsewhere(Found<'a>),
    /// A flag of no release this crate knows.
    Unlisted,
}

impl Catalogue {
    /// Looks up the flag that this spelling names in some other release. Flags listed as removed are not found.
    pub(crate) fn find_renamed(&self, spelling: &str) -> Option<Found<'_>> {
        families::of(self.engine, spelling)
            .iter()
            .filter_map(|s| self.find(s))
            .find(|found| found.spec.removed.is_none())
    }

    /// Whether a flag may exist that the engine's own help does not list: one written by hand beside the parser leaves some
    /// out. Forks of llama.cpp that still do so know what it knew in those days.
    pub(crate) fn may_hide(&self, spelling: &str) -> bool {
        !self.is_complete() || (self.by_hand && eras::known_by_hand(self.engine, spelling))
    }

    /// The name this engine has for a flag of that role; `otherwise` where it lists none.
    pub(crate) fn name_of<'a>(&'a self, role: Role, otherwise: &'a str) -> &'a str {
        let listed = |name: &str| self.find(name).is_some_and(|f| f.spec.role == role);
        if listed(otherwise) {
            return otherwise;
        }
        let renamed = self.find_renamed(otherwise).filter(|f| f.spec.role == role);
        renamed.map_or(otherwise, |found| &found.spec.name)
    }
}

pub(crate) fn name<'a>(written: &str, catalogue: &'a Catalogue) -> Resolved<'a> {
    let listed = catalogue.find(written);
    if let Some(found) = listed.filter(|f| f.spec.removed.is_none()) {
        return Resolved::Listed(found);
    }
    if let Some(found) = catalogue.find_renamed(written) {
        return Resolved::Renamed(found);
    }
    if let Some(found) = opposite(written, catalogue) {
        return Resolved::Opposite(found);
    }
    let elsewhere = families::elsewhere(catalogue.engine, written).and_then(|(era, _)| era.find(written));
    elsewhere.or(listed).map_or(Resolved::Unlisted, Resolved::Elsewhere)
}

/// The switch that turns off what `written` turns on, or on what it turns off, where that is no default.
fn opposite<'a>(written: &str, catalogue: &'a Catalogue) -> Option<Found<'a>> {
    let written = dashed(written);
    let names = std::iter::once(written.as_ref()).chain(families::of(catalogue.engine, &written).iter().copied());
    names.filter(|name| is_flag(name)).find_map(|written| {
        let name = written.trim_start_matches('-');
        let dashes = written.get(..written.len() - name.len())?;
        let other = match name.strip_prefix("no-") {
            Some(rest) => format!("{dashes}{rest}"),
            None => format!("{dashes}no-{name}"),
        };
        let found = catalogue.find(&other)?;
        let spec = found.spec;
        let one_way = spec.value == Arity::None && spec.negations.is_empty() && spec.removed.is_none();
        let on = spec.default.as_deref().and_then(toggle::Toggle::parse) == Some(toggle::Toggle::On);
        (one_way && !(on && name.starts_with("no-"))).then_some(found)
    })
}

/// Says with this engine's flags what a flag of another release says. `found` is afterwards this engine's flag, one it
/// lists as removed, or none.
pub(crate) fn reword<'a>(given: &mut Given<'a>, catalogue: &'a Catalogue) {
    let value = given.values.first().map_or("", |v| v.as_ref()).to_owned();
    let written = dashed(given.written);
    // `--mmap off` is `--no-mmap`.
    let off = given.found.filter(|f| f.negated).and_then(|f| f.spec.negation());
    let names =
        std::iter::once(off.unwrap_or(&written)).chain(families::of(catalogue.engine, &written).iter().copied());
    let target = names
        .flat_map(|name| renames::other_forms(catalogue.engine, name, &value))
        .find_map(|form| target(form, catalogue));
    match target {
        Some((found, form)) if !given.nothing => {
            given.found = Some(found);
            given.values = form.value.into_iter().map(Cow::Borrowed).collect();
            given.named = Named::Reworded;
        }
        _ => given.found = catalogue.find(given.written),
    }
}

/// Whether a switch of another release can be said with this engine's flags.
pub(crate) fn can_reword(switch: &str, catalogue: &Catalogue) -> bool {
    renames::other_forms(catalogue.engine, switch, "").any(|form| target(form, catalogue).is_some())
}

fn target(form: Form, catalogue: &Catalogue) -> Option<(Found<'_>, Form)> {
    let found = catalogue.find(form.flag).filter(|f| f.spec.removed.is_none())?;
    let fits = (found.spec.value == Arity::None) == form.value.is_none();
    fits.then_some((found, form))
}
