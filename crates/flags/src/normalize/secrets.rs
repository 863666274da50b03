//! Keeps secrets off the command line: into the engine's environment variable where it has one, else refused.

use std::collections::BTreeMap;

use redact::looks_secret;
use secrecy::SecretString;

use crate::catalogue::Catalogue;
use crate::catalogue::known;
use crate::catalogue::role::Role;
use crate::catalogue::spec::{Arity, FlagSpec};
use crate::catalogue::spelling::shown;
use crate::error::FlagError;
use crate::normalize::given::Given;
use crate::normalize::notes::Notes;
use crate::normalize::suggest::nearest;

/// The secrets met so far, by environment variable.
#[derive(Default)]
pub(crate) struct Secrets {
    values: BTreeMap<String, Vec<String>>,
}

impl Secrets {
    /// Takes the value of a flag that is a secret; `false` for any other flag.
    pub(crate) fn take(&mut self, given: &Given<'_>, spec: &FlagSpec, notes: &mut Notes) -> Result<bool, FlagError> {
        let Some(value) = given.values.first().filter(|_| spec.role == Role::Secret) else {
            return Ok(false);
        };
        let Some(variable) = spec.env.as_ref().filter(|_| given.values.len() == 1) else {
            return Err(refusal(given.written, given.position, None));
        };
        if value.is_empty() {
            return Err(FlagError::BadValue {
                flag: shown(given.written),
                position: given.position,
                expected: "a value that is not empty".to_owned(),
            });
        }
        let values = self.values.entry(variable.clone()).or_default();
        if values.is_empty() {
            notes.push(format!(
                "`{}` goes to the engine as `{variable}` in its environment, not on the command line",
                spec.name
            ));
        }
        if values.iter().any(|v| v == value) {
            notes.push(format!("`{}` is given twice with the same value", spec.name));
        } else if values.is_empty() || spec.name != known::API_KEY {
            if !values.is_empty() {
                notes.push(format!("`{}` is given with different values; the last one counts", spec.name));
            }
            values.clear();
            values.push(value.to_string());
        } else {
            // One variable holds several keys only where the engine splits it at commas, and its quoting is CSV's.
            if !spec.values.is_list() || values.iter().any(|v| v.contains('"')) || value.contains('"') {
                return Err(refusal(given.written, given.position, Some(variable)));
            }
            values.push(value.to_string());
        }
        Ok(true)
    }

    /// Variable by variable, several values joined by commas.
    pub(crate) fn finish(self) -> BTreeMap<String, SecretString> {
        self.values.into_iter().map(|(name, values)| (name, SecretString::from(values.join(",")))).collect()
    }
}

/// Refuses a listed flag whose name marks its value as a secret.
pub(crate) fn refuse_listed(given: &Given<'_>, spec: &FlagSpec) -> Result<(), FlagError> {
    if spec.value == Arity::None || spec.values.is_numeric() {
        return Ok(());
    }
    if spec.positive().any(looks_secret) {
        return Err(refusal(given.written, given.position, spec.env.as_ref()));
    }
    Ok(())
}

/// Refuses a flag that is not listed where its value may be a secret: its name marks one, or it is one of the engine's
/// secrets misspelt (`--API-KEY=x`, `--api-kye x`) or with its value stuck to it (`--api-keyX`).
pub(crate) fn refuse_unlisted(given: &Given<'_>, catalogue: &Catalogue) -> Result<(), FlagError> {
    let name = given.written.to_lowercase().replace('_', "-");
    let stuck = known::STUCK.iter().find(|&&secret| {
        let rest = name.strip_prefix(secret);
        rest.is_some_and(|r| !r.starts_with('-'))
    });
    if let Some(secret) = stuck {
        return Err(refusal(secret, given.position, variable(catalogue, secret)));
    }
    let meant = nearest(catalogue, given.written).filter(|near| near.spec.role == Role::Secret);
    if let Some(near) = meant {
        return Err(refusal(given.written, given.position, near.spec.env.as_ref()));
    }
    if looks_secret(given.written) {
        return Err(refusal(given.written, given.position, None));
    }
    Ok(())
}

fn variable<'a>(catalogue: &'a Catalogue, flag: &str) -> Option<&'a String> {
    catalogue.find(flag).and_then(|found| found.spec.env.as_ref())
}

fn refusal(flag: &str, position: usize, variable: Option<&String>) -> FlagError {
    FlagError::SecretInFlags { flag: shown(flag), position, variable: variable.cloned() }
}
