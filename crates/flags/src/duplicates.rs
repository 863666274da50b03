//! Leaves one of each flag, as the engine would: the last one counts, unless the flag adds to a list or the engine takes
//! none twice.

use crate::classify::Kept;
use crate::engine::Parser;
use crate::error::FlagError;
use crate::notes::Notes;
use crate::spelling::shown;

/// Drops every occurrence but the last. The last one also keeps its place: flags that overwrite each other
/// (`--grammar A --grammar-file F --grammar B`) depend on it.
///
/// Two switches of another release that are values of one flag here (`--mlock` and `--no-mmap` of `--load-mode`) did
/// not overwrite each other there, so they are an error.
pub(crate) fn fold<'a>(kept: Vec<Kept<'a>>, parser: Parser, notes: &mut Notes) -> Result<Vec<Kept<'a>>, FlagError> {
    let mut left: Vec<Kept<'a>> = Vec::with_capacity(kept.len());
    for flag in kept {
        let earlier = flag.found.filter(|f| !f.spec.adds).and_then(|f| {
            let same = |l: &Kept<'_>| l.found.is_some_and(|other| std::ptr::eq(other.spec, f.spec));
            left.iter().position(same)
        });
        if let Some(at) = earlier {
            let earlier = left.remove(at);
            refuse_merged(&earlier, &flag)?;
            if !parser.last_counts && earlier.words != flag.words {
                return Err(FlagError::Twice { flag: shown(flag.name()), position: flag.position });
            }
            let (was, is) = (earlier.name(), flag.name());
            notes.push(if earlier.words == flag.words {
                format!("`{is}` is given twice alike; once is enough")
            } else if was == is {
                format!("`{is}` is given with different values; the last one counts")
            } else {
                format!("`{was}` and `{is}` are both given; the last one, `{is}`, counts")
            });
        }
        left.push(flag);
    }
    left.retain(|flag| !flag.words.is_empty());
    Ok(left)
}

fn refuse_merged(earlier: &Kept<'_>, flag: &Kept<'_>) -> Result<(), FlagError> {
    let (was, is) = (earlier.reworded.unwrap_or(earlier.name()), flag.reworded.unwrap_or(flag.name()));
    let reworded = earlier.reworded.is_some() || flag.reworded.is_some();
    if !reworded || earlier.words == flag.words || was == is {
        return Ok(());
    }
    Err(FlagError::Merged {
        flag: shown(is),
        position: flag.position,
        other: shown(was),
        now: flag.found.map(|f| f.spec.name.clone()).unwrap_or_default(),
    })
}
