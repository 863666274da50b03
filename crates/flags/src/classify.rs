//! Decides for one given flag whether it stays, becomes a secret's variable, or is refused.

use crate::catalogue::{Catalogue, Found, Trust};
use crate::error::FlagError;
use crate::known;
use crate::nearest::nearest;
use crate::policy::Policy;
use crate::scan::Given;
use crate::secrets::{self, Secrets};
use crate::spelling::{dashed, shown};

/// A flag that stays on the command line.
pub(crate) struct Kept<'a> {
    pub(crate) position: usize,
    pub(crate) found: Option<Found<'a>>,
    /// The words it becomes.
    pub(crate) words: Vec<String>,
}

impl Kept<'_> {
    /// Whether the catalogue knows it as a flag with one of these spellings.
    pub(crate) fn is(&self, names: &[&str]) -> bool {
        self.found.is_some_and(|f| f.spec.is_any(names))
    }

    /// Its first value; empty for a switch.
    pub(crate) fn value(&self) -> &str {
        self.words.get(1).map_or("", String::as_str)
    }

    /// Its name as it will stand on the command line.
    pub(crate) fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }
}

/// `None` where the flag went to `secrets`.
pub(crate) fn classify<'a>(
    given: &Given<'a>,
    policy: &Policy<'_>,
    catalogue: &'a Catalogue,
    secrets: &mut Secrets,
    notes: &mut Vec<String>,
) -> Result<Option<Kept<'a>>, FlagError> {
    refuse_foreign(given)?;
    let Some(found) = given.found else {
        secrets::refuse_unlisted(given, policy, catalogue)?;
        return unlisted(given, catalogue, notes).map(Some);
    };
    if secrets.take(given, found.spec, notes)? {
        return Ok(None);
    }
    secrets::refuse_listed(given, found.spec, policy)?;
    if let Some(advice) = &found.spec.removed {
        return removed(given, advice, catalogue, notes).map(Some);
    }
    let name = match found.spec.negation() {
        Some(negation) if found.negated => negation,
        _ => &found.spec.name,
    };
    if given.joined {
        notes.push(format!("`{}=…` is passed as two words: the engine knows no `=`", given.written));
    }
    if name != given.written {
        notes.push(format!("`{}` is written `{name}`", given.written));
    }
    Ok(Some(Kept { position: given.position, found: given.found, words: words(name, given) }))
}

/// Flags that are not the pool's to give, by any spelling the catalogue or this crate knows.
fn refuse_foreign(given: &Given<'_>) -> Result<(), FlagError> {
    let written = dashed(given.written);
    let is_any = |names: &[&str]| match given.found {
        Some(found) => found.spec.is_any(names),
        None => names.contains(&written.as_str()),
    };
    let (flag, position) = (shown(given.written), given.position);
    if is_any(known::ENDS_SERVER) {
        return Err(FlagError::EndsServer { flag, position });
    }
    if let Some(&(key, _)) = known::OWNED.iter().find(|(_, names)| is_any(names)) {
        return Err(FlagError::Owned { flag, position, key });
    }
    if given.found.is_some_and(|f| f.spec.help.contains(known::PRESET_HELP)) {
        let key = known::MODEL_KEY;
        return Err(FlagError::Owned { flag, position, key });
    }
    match known::DOWNLOADS.iter().find(|(_, names)| is_any(names)) {
        Some(&(instead, _)) => Err(FlagError::Downloads { flag, position, instead }),
        None => Ok(()),
    }
}

/// A flag that the catalogue does not list: an error against the engine's own help, else passed on as written.
fn unlisted<'a>(given: &Given<'a>, catalogue: &Catalogue, notes: &mut Vec<String>) -> Result<Kept<'a>, FlagError> {
    let flag = shown(given.written);
    let near = nearest(catalogue, given.written).map(|near| near.spelling);
    if catalogue.trust == Trust::Live {
        return Err(FlagError::Unknown {
            flag,
            position: given.position,
            engine: catalogue.source.clone(),
            nearest: near.map(str::to_owned),
        });
    }
    let meant = near.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"));
    notes.push(format!(
        "`{flag}` is not in the catalogue read from {}{meant}; it is passed on as written, \
         and the engine's own help decides after the build",
        catalogue.source
    ));
    let words = match given.values.first() {
        Some(value) if given.joined => vec![format!("{}={value}", given.written)],
        _ => words(given.written, given),
    };
    Ok(Kept { position: given.position, found: None, words })
}

/// A flag that is listed as gone: an error against the engine's own help. Against another build's help it is passed on
/// under the name it was written with, because the engine to be built may be older and still have it.
fn removed<'a>(
    given: &Given<'a>,
    advice: &str,
    catalogue: &Catalogue,
    notes: &mut Vec<String>,
) -> Result<Kept<'a>, FlagError> {
    let flag = shown(given.written);
    if catalogue.trust == Trust::Live {
        return Err(FlagError::Removed {
            flag,
            position: given.position,
            engine: catalogue.source.clone(),
            advice: advice.to_owned(),
        });
    }
    notes.push(format!("`{flag}` is passed on as written; {} says of it: {advice}", catalogue.source));
    Ok(Kept { position: given.position, found: None, words: words(given.written, given) })
}

fn words(name: &str, given: &Given<'_>) -> Vec<String> {
    std::iter::once(name).chain(given.values.iter().copied()).map(str::to_owned).collect()
}
