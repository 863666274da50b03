//! Context size and tensor split, which a pool may set by key and by flag: the same or not at all.

pub(crate) mod memory_share;

use crate::catalogue::Catalogue;
use crate::catalogue::role::Role;
use crate::error::FlagError;
use crate::normalize::classify::Kept;
use crate::normalize::notes::Notes;
use crate::normalize::policy::Policy;

/// The words the policy adds. Flags of the pool that say the same are taken out.
pub(crate) fn apply(
    policy: &Policy<'_>,
    kept: &mut Vec<Kept<'_>>,
    catalogue: &Catalogue,
    notes: &mut Notes,
) -> Result<Vec<String>, FlagError> {
    let mut words = Vec::new();
    if let Some(ctx) = policy.ctx {
        let same = |value: &str| value.trim().parse::<i64>().ok().map(|n| (n == i64::from(ctx), n.to_string()));
        let (key, configured) = ("ctx", ctx.to_string());
        agree(kept, Role::Context, key, &configured, "a number of tokens", same, notes)?;
        let name = catalogue.engine.names().context.ok_or_else(|| no_flag(key, catalogue))?;
        words.extend([catalogue.name_of(Role::Context, name).to_owned(), configured]);
    }
    for flag in kept.iter().filter(|f| f.is(Role::TensorSplit)) {
        fits(shares(flag.value()).len(), policy.devices)?;
    }
    if let Some(split) = policy.tensor_split.filter(|s| !s.is_empty()) {
        fits(split.len(), policy.devices)?;
        let same = |value: &str| {
            let given: Option<Vec<f32>> = shares(value).iter().map(|s| s.trim().parse().ok()).collect();
            given.map(|g| (g == split, list(&g)))
        };
        let (key, configured) = ("tensor_split", list(split));
        agree(kept, Role::TensorSplit, key, &configured, "a list of numbers", same, notes)?;
        let name = catalogue.engine.names().tensor_split.ok_or_else(|| no_flag(key, catalogue))?;
        words.extend([catalogue.name_of(Role::TensorSplit, name).to_owned(), configured]);
    }
    Ok(words)
}

fn no_flag(key: &'static str, catalogue: &Catalogue) -> FlagError {
    FlagError::NoFlag { key, engine: catalogue.engine.program() }
}

/// Takes the flag out if it says what `key` says. `same` is `None` where the value cannot be read, else whether it is
/// the same and how it reads.
fn agree(
    kept: &mut Vec<Kept<'_>>,
    role: Role,
    key: &'static str,
    configured: &str,
    expected: &'static str,
    same: impl Fn(&str) -> Option<(bool, String)>,
    notes: &mut Notes,
) -> Result<(), FlagError> {
    for flag in kept.iter().filter(|f| f.is(role)) {
        let (name, position) = (flag.name().to_owned(), flag.position);
        match same(flag.value()) {
            Some((true, _)) => notes.push(format!("`{name}` says the same as `{key}`; once is enough")),
            Some((false, given)) => {
                return Err(FlagError::Contradiction {
                    flag: name,
                    position,
                    given,
                    key,
                    configured: configured.to_owned(),
                });
            }
            None => {
                return Err(FlagError::BadValue { flag: name, position, expected: expected.to_owned() });
            }
        }
    }
    kept.retain(|f| !f.is(role));
    Ok(())
}

fn fits(shares: usize, devices: usize) -> Result<(), FlagError> {
    if devices != 0 && shares > devices {
        return Err(FlagError::TooManyShares { shares, devices });
    }
    Ok(())
}

/// The engine splits at any run of `,` and `/`.
fn shares(value: &str) -> Vec<&str> {
    value.split([',', '/']).filter(|s| !s.is_empty()).collect()
}

fn list(shares: &[f32]) -> String {
    let shares: Vec<String> = shares.iter().map(f32::to_string).collect();
    shares.join(",")
}
