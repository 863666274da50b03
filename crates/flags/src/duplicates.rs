//! Leaves one of each flag, as the engine would: the last one counts, unless the flag adds to a list.

use crate::classify::Kept;
use crate::known;
use crate::spec::FlagSpec;

/// Drops every occurrence but the last. The last one also keeps its place: flags that overwrite each other
/// (`--grammar A --grammar-file F --grammar B`) depend on it.
pub(crate) fn fold<'a>(kept: Vec<Kept<'a>>, notes: &mut Vec<String>) -> Vec<Kept<'a>> {
    let mut left: Vec<Kept<'a>> = Vec::with_capacity(kept.len());
    for flag in kept {
        let earlier =
            flag.found.filter(|f| !appends(f.spec)).and_then(|f| left.iter().position(|l| l.is(&[&f.spec.name])));
        if let Some(at) = earlier {
            let earlier = left.remove(at);
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
    left
}

fn appends(spec: &FlagSpec) -> bool {
    spec.is_any(known::REPEATABLE) || known::REPEATABLE_HELP.iter().any(|text| spec.help.contains(text))
}
