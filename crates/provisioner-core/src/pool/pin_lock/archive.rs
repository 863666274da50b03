//! The pin of an archive: the checksum of the pool file, or the digest that its operator accepts.
//!
//! The rule: a digest that was only seen is shown and never pinned by itself. `--update archive` accepts it.

use config_schema::{ArchivePin, PoolConfig, ProvisioningMode, Sha256};

use crate::{Result, Settings};

/// The pin, and in `notes` what changed or what was seen.
pub(super) fn pin(
    pool: &PoolConfig,
    old: Option<&ArchivePin>,
    update: bool,
    settings: &Settings,
    notes: &mut Vec<String>,
) -> Result<Option<ArchivePin>> {
    let binary = pool.provisioning.binary.as_ref().filter(|_| pool.mode() == ProvisioningMode::Binary);
    let Some(binary) = binary else { return Ok(None) };
    let url = binary.url.to_string();
    let old = old.filter(|pin| pin.url == url);
    // What the pool file says needs no download, unless the server is to be compared with it.
    let seen = if update || binary.checksum.is_none() { Some(seen(pool, settings)?) } else { None };
    let archive = Archive { url, checksum: binary.checksum, seen };
    let (digest, text) = archive.decide(old.map(|pin| pin.digest), update, pool.id.as_str());
    notes.extend(text.map(|text| format!("pool `{}`: {text}", pool.id)));
    Ok(digest.map(|digest| ArchivePin { url: archive.url, digest }))
}

/// The digest that the archive has now.
#[cfg(feature = "finished")]
fn seen(pool: &PoolConfig, settings: &Settings) -> Result<Sha256> {
    crate::supply::binary::digest_now(pool, settings)
}

#[cfg(not(feature = "finished"))]
fn seen(pool: &PoolConfig, _: &Settings) -> Result<Sha256> {
    Err(crate::Error::UnsupportedMode { engine: pool.engine, mode: ProvisioningMode::Binary })
}

/// What is known of an archive.
struct Archive {
    url: String,
    checksum: Option<Sha256>,
    seen: Option<Sha256>,
}

impl Archive {
    /// What to pin, and what to say: a pure function of the pool file, the pin that is there and what was seen.
    fn decide(&self, old: Option<Sha256>, update: bool, pool: &str) -> (Option<Sha256>, Option<String>) {
        let url = &self.url;
        match (self.checksum, self.seen, old) {
            (Some(sum), Some(seen), _) if seen != sum => {
                let text = format!(
                    "{url} is {seen} now, and the pool file's checksum stays {sum}; ask its publisher why it changed"
                );
                (Some(sum), Some(text))
            }
            (Some(sum), _, Some(old)) if old == sum => (Some(sum), None),
            (Some(sum), ..) => (Some(sum), Some(format!("{url} is pinned to the pool file's checksum {sum}"))),
            (None, Some(seen), Some(old)) if seen == old => (Some(old), None),
            (None, Some(seen), Some(old)) if update => {
                (Some(seen), Some(format!("{url} was {old}, and is {seen} now, which is pinned")))
            }
            (None, Some(seen), Some(old)) => {
                let text = format!("{url} is {seen} now, and stays pinned to {old}; `--update archive` takes it");
                (Some(old), Some(text))
            }
            (None, Some(seen), None) if update => (Some(seen), Some(format!("{url} is pinned to {seen}"))),
            (None, Some(seen), None) => {
                let text = format!(
                    "{url} has the digest {seen}, and is not pinned: compare that with what its publisher says, then write \
                     `checksum = \"{seen}\"` into `provisioning.binary`, or pin it: `lock --pool {pool} --update archive`"
                );
                (None, Some(text))
            }
            (None, None, old) => (old, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(digit: char) -> Sha256 {
        format!("sha256:{}", digit.to_string().repeat(64)).parse().unwrap()
    }

    /// What was only seen is never pinned without the operator's word, and a checksum is never overruled.
    #[test]
    fn what_is_pinned_is_what_was_accepted() {
        let (a, b) = (sum('a'), sum('b'));
        for (checksum, seen, old, update, pinned, says) in [
            (Some(a), None, None, false, Some(a), "is pinned to the pool file's checksum"),
            (Some(a), None, Some(a), false, Some(a), ""),
            (Some(a), None, Some(b), false, Some(a), "is pinned to the pool file's checksum"),
            (Some(a), Some(a), Some(a), true, Some(a), ""),
            (Some(a), Some(b), Some(a), true, Some(a), "ask its publisher"),
            (None, Some(a), None, false, None, "is not pinned"),
            (None, Some(a), None, true, Some(a), "is pinned to"),
            (None, Some(a), Some(a), false, Some(a), ""),
            (None, Some(b), Some(a), false, Some(a), "stays pinned"),
            (None, Some(b), Some(a), true, Some(b), "which is pinned"),
        ] {
            let archive = Archive { url: "https://h/x".into(), checksum, seen };
            let (found, text) = archive.decide(old, update, "p");
            assert_eq!(found, pinned, "{checksum:?} {seen:?} {old:?} {update}");
            let text = text.unwrap_or_default();
            assert!(text.contains(says) && text.is_empty() == says.is_empty(), "{text}");
        }
    }
}
