//! Whose a container is: the labels by which it is found again.

use std::collections::BTreeMap;

use crate::{Label, RunId};

/// The label with the name of the pool.
pub const LABEL_POOL: &str = "engine-provisioner.pool";
/// The label with the id of the run.
pub const LABEL_RUN: &str = "engine-provisioner.run";
/// The label with the key of what was started.
pub const LABEL_KEY: &str = "engine-provisioner.key";

/// The owner of a container.
///
/// The rule: labels alone prove nothing, because anyone can set them. A container belongs to a pool where its labels
/// name that pool and the run that the caller has on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The pool.
    pub pool: Label,
    /// The run: one start of an engine.
    pub run: RunId,
    /// What the caller compares to see whether what runs is what is wanted.
    pub key: Label,
}

impl Owner {
    /// Its labels.
    pub(crate) fn labels(&self) -> [(&'static str, &str); 3] {
        [(LABEL_POOL, self.pool.as_str()), (LABEL_RUN, self.run.as_str()), (LABEL_KEY, self.key.as_str())]
    }

    /// Why a container with these labels is not that owner's. The key is not compared: an engine whose configuration
    /// differs is still the pool's.
    pub(crate) fn mismatch(&self, labels: &BTreeMap<String, String>) -> Option<String> {
        let value = |name| labels.get(name).map(String::as_str);
        match (value(LABEL_POOL), value(LABEL_RUN)) {
            (None, _) => Some("it has no label of this program".to_owned()),
            (Some(pool), _) if pool != self.pool.as_str() => {
                Some(format!("its label names the pool `{}`", pool.escape_debug()))
            }
            (_, Some(run)) if run == self.run.as_str() => None,
            _ => Some("its label names a run that is not on record".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(labels: &[(&str, &str)], expected: Option<&str>) {
        let owner = Owner {
            pool: Label::new("chat").unwrap(),
            run: RunId::new("0123456789abcdef").unwrap(),
            key: Label::new("k").unwrap(),
        };
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(owner.mismatch(&labels).as_deref(), expected);
    }

    /// A forged label does not make a container ours.
    #[test]
    fn only_pool_and_run_together_prove_the_owner() {
        check(&[(LABEL_POOL, "chat"), (LABEL_RUN, "0123456789abcdef")], None);
        check(&[(LABEL_POOL, "chat"), (LABEL_RUN, "0123456789abcdef"), (LABEL_KEY, "other")], None);
        check(&[(LABEL_POOL, "chat")], Some("its label names a run that is not on record"));
        check(
            &[(LABEL_POOL, "chat"), (LABEL_RUN, "ffff456789abcdef")],
            Some("its label names a run that is not on record"),
        );
        check(&[(LABEL_POOL, "other"), (LABEL_RUN, "0123456789abcdef")], Some("its label names the pool `other`"));
        check(&[(LABEL_RUN, "0123456789abcdef")], Some("it has no label of this program"));
        check(&[], Some("it has no label of this program"));
    }
}
