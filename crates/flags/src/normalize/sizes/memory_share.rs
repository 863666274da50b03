//! The share of each GPU's memory that an engine may use: a number above 0 and up to 1, not a percentage.

use crate::catalogue::role::Role;
use crate::error::FlagError;
use crate::normalize::classify::Kept;

/// Refuses a share that no engine takes.
pub(crate) fn check(kept: &[Kept<'_>]) -> Result<(), FlagError> {
    let is_share = |value: &str| value.parse::<f64>().is_ok_and(|share| share > 0.0 && share <= 1.0);
    match kept.iter().find(|flag| flag.is(Role::MemoryShare) && !is_share(flag.value())) {
        Some(flag) => Err(FlagError::BadValue {
            flag: flag.name().to_owned(),
            position: flag.position,
            expected: "a share above 0 and up to 1, such as 0.9".to_owned(),
        }),
        None => Ok(()),
    }
}
