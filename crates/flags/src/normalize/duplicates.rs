//! Leaves one of each flag, as the engine would: the last one counts, unless the flag adds to a list or the engine takes
//! none twice.

use crate::catalogue::renames;
use crate::catalogue::spelling::{dashed, shown};
use crate::engine::Engine;
use crate::error::FlagError;
use crate::normalize::classify::Kept;
use crate::normalize::notes::Notes;

/// Drops every occurrence but the last. The last one also keeps its place: flags that overwrite each other
/// (`--grammar A --grammar-file F --grammar B`) depend on it.
///
/// Two switches of another release that are values of one flag here (`--mlock` and `--no-mmap` of `--load-mode`) did
/// not overwrite each other there, so they are an error.
pub(crate) fn fold<'a>(kept: Vec<Kept<'a>>, engine: Engine, notes: &mut Notes) -> Result<Vec<Kept<'a>>, FlagError> {
    let parser = engine.parser();
    let mut left: Vec<Kept<'a>> = Vec::with_capacity(kept.len());
    for mut flag in kept {
        let earlier = flag.found.filter(|f| !f.spec.adds).and_then(|f| {
            let same = |l: &Kept<'_>| l.found.is_some_and(|other| std::ptr::eq(other.spec, f.spec));
            left.iter().position(same)
        });
        if let Some(at) = earlier {
            let earlier = left.remove(at);
            if let Some(words) = together(engine, &earlier, &flag) {
                let both = format!("`{}` and `{}`", before(&earlier), before(&flag));
                notes.push(format!("{both} together are `{}`", words.join(" ")));
                flag.words = words;
                left.push(flag);
                continue;
            }
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

/// What two reworded switches say with the flag that they both became.
fn together(engine: Engine, earlier: &Kept<'_>, flag: &Kept<'_>) -> Option<Vec<String>> {
    let (was, is) = (earlier.reworded.map(dashed)?, flag.reworded.map(dashed)?);
    let form = renames::together(engine, &was, &is)?;
    let value = form
        .value
        .filter(|value| flag.name() == form.flag && flag.found.is_some_and(|f| f.spec.values.has_word(value)))?;
    Some(vec![form.flag.to_owned(), value.to_owned()])
}

/// The name it was written with, where another flag now says it.
fn before<'a>(flag: &'a Kept<'_>) -> &'a str {
    flag.reworded.unwrap_or(flag.name())
}

fn refuse_merged(earlier: &Kept<'_>, flag: &Kept<'_>) -> Result<(), FlagError> {
    let (was, is) = (before(earlier), before(flag));
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
