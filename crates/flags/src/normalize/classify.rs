//! Decides for one given flag whether it stays, becomes a secret's variable, or is refused.

use std::borrow::Cow;

use crate::catalogue::families;
use crate::catalogue::history;
use crate::catalogue::known;
use crate::catalogue::options;
use crate::catalogue::role::Role;
use crate::catalogue::spec::Arity;
use crate::catalogue::spelling::{dashed, shown};
use crate::catalogue::{Catalogue, Found, Trust};
use crate::engine::{Engine, Parser};
use crate::error::FlagError;
use crate::normalize::given::{Given, Named};
use crate::normalize::notes::Notes;
use crate::normalize::pair;
use crate::normalize::secrets::{self, Secrets};
use crate::normalize::suggest::nearest;

/// A flag that stays on the command line.
pub(crate) struct Kept<'a> {
    pub(crate) position: usize,
    pub(crate) found: Option<Found<'a>>,
    /// The name it was written with, where another flag now says it.
    pub(crate) reworded: Option<&'a str>,
    /// The words it becomes: none where it asks for what the engine does anyway.
    pub(crate) words: Vec<String>,
}

impl Kept<'_> {
    /// Whether it plays this part.
    pub(crate) fn is(&self, role: Role) -> bool {
        self.found.is_some_and(|f| f.spec.role == role)
    }

    /// Its first value; empty for a switch.
    pub(crate) fn value(&self) -> &str {
        self.words.get(1).map_or("", String::as_str)
    }

    /// Its name as it will stand on the command line.
    pub(crate) fn name(&self) -> &str {
        let written = self.words.first().map(String::as_str);
        written.or_else(|| self.found.map(|f| f.spec.name.as_str())).unwrap_or_default()
    }
}

impl Kept<'_> {
    /// Its words as the engine's parser reads them: where that takes a word with a dash for a flag, such a value stands
    /// behind `=`.
    pub(crate) fn into_words(self, parser: Parser) -> Vec<String> {
        match self.words.as_slice() {
            [name, value] if self.found.is_some() && !parser.takes(value) => vec![format!("{name}={value}")],
            _ => self.words,
        }
    }
}

/// `None` where the flag went to `secrets`.
pub(crate) fn classify<'a>(
    given: &Given<'a>,
    catalogue: &'a Catalogue,
    secrets: &mut Secrets,
    notes: &mut Notes,
) -> Result<Option<Kept<'a>>, FlagError> {
    refuse_foreign(given, catalogue.engine)?;
    let Some(found) = given.found else {
        secrets::refuse_unlisted(given, catalogue)?;
        return unlisted(given, catalogue, notes).map(Some);
    };
    if secrets.take(given, found.spec, notes)? {
        return Ok(None);
    }
    secrets::refuse_listed(given, found.spec)?;
    if let Some(advice) = &found.spec.removed {
        return removed(given, advice, catalogue, notes).map(Some);
    }
    check_value(given, found, catalogue, notes)?;
    if let Some(what) = given.values.iter().find_map(|value| for_a_shell(value)) {
        notes.push(format!("the value of `{}` {what}, and no shell reads it on its way to the engine", given.written));
    }
    let name = match found.spec.negation() {
        Some(negation) if found.negated => negation,
        _ => &found.spec.name,
    };
    let kept = |words| Kept {
        position: given.position,
        found: given.found,
        reworded: (given.named == Named::Reworded).then_some(given.written),
        words,
    };
    if given.nothing {
        notes.push(format!("`{}` is left out: without it {} does the same", given.written, catalogue.source));
        return Ok(Some(kept(Vec::new())));
    }
    let now = || words(name, given).join(" ");
    if given.reread && given.named == Named::Here {
        notes.push(match now() {
            now if now == given.written => format!("`{now}` needs no value to say so"),
            now => format!("`{}` is passed as `{now}`", given.written),
        });
    } else if given.joined && !catalogue.engine.parser().joined {
        notes.push(format!("`{}=…` is passed as two words: the engine knows no `=`", given.written));
    }
    match given.named {
        Named::Reworded => {
            notes.push(format!("`{}` is `{}` in {}", given.written, now(), catalogue.source));
        }
        Named::Elsewhere => notes.push(format!("`{}` is `{name}` in {}", given.written, catalogue.source)),
        Named::Here if name != given.written && !given.reread => {
            notes.push(format!("`{}` is written `{name}`", given.written));
        }
        Named::Here => {}
    }
    Ok(Some(kept(words(name, given))))
}

/// What a flag means to this program, by any spelling the catalogue or this crate knows.
pub(crate) fn role_of(given: &Given<'_>, engine: Engine) -> Role {
    let role = match given.found {
        Some(found) => found.spec.role,
        None => known::role(engine, &dashed(given.written)),
    };
    // Where the engine does not list it, another release may: `--docker-repo` is refused before it is unknown.
    let elsewhere = || families::elsewhere(engine, given.written).map_or(Role::Free, |(_, spec)| spec.role);
    if given.found.is_none() && role == Role::Free { elsewhere() } else { role }
}

/// Flags that are not the pool's to give.
fn refuse_foreign(given: &Given<'_>, engine: Engine) -> Result<(), FlagError> {
    let role = role_of(given, engine);
    let (flag, position) = (shown(given.written), given.position);
    match role {
        Role::Ends => Err(FlagError::EndsServer { flag, position }),
        Role::Owned(key) => Err(FlagError::Owned { flag, position, key }),
        Role::Downloads(instead) => Err(FlagError::Downloads { flag, position, instead }),
        _ => Ok(()),
    }
}

/// Checks the value against what the help says of it. Words that another build's help does not list may be right.
fn check_value(given: &Given<'_>, found: Found<'_>, catalogue: &Catalogue, notes: &mut Notes) -> Result<(), FlagError> {
    let spec = found.spec;
    let Some(value) = given.values.iter().find(|value| !spec.values.accept(value)).or(given.values.first()) else {
        return Ok(());
    };
    let bad = |expected| Err(FlagError::BadValue { flag: shown(given.written), position: given.position, expected });
    if spec.value == Arity::One && spec.pair && !pair::is_list(value) {
        return bad("a file and a number, `FILE:NUMBER`".to_owned());
    }
    // What layers may be depends on the accelerator.
    if matches!(spec.value, Arity::Exactly(_)) || spec.role == Role::Layers || spec.values.accept(value) {
        return Ok(());
    }
    let mut expected = spec.values.expected();
    if spec.values.is_numeric() && is_size(value) {
        expected += ": the engine knows no `K`, `M` or `G` behind one";
    }
    if value.starts_with('$') && spec.values.is_numeric() {
        expected += ": nothing expands `$(…)` or `$NAME`, for no shell reads it";
    }
    if catalogue.is_complete() || spec.values.is_numeric() {
        return bad(expected);
    }
    notes.unverified(&spec.name, &format!("{} takes {expected} for `{}`", catalogue.source, spec.name));
    Ok(())
}

/// What only a shell would take off or replace.
fn for_a_shell(value: &str) -> Option<&'static str> {
    let quoted =
        value.len() > 1 && ['\'', '"'].iter().any(|quote| value.starts_with(*quote) && value.ends_with(*quote));
    let named = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '{'));
    if quoted {
        Some("is in quotes")
    } else if value == "~" || value.starts_with("~/") {
        Some("begins with `~`")
    } else if value.len() > 2 && ["%h/", "%i", "%t/", "%S/", "%E/"].iter().any(|specifier| value.starts_with(specifier))
    {
        Some("begins with a specifier of systemd")
    } else {
        value.strip_prefix('$').is_some_and(named).then_some("begins with `$`")
    }
}

/// `32K`, which engines that read numbers in C would take for 32.
fn is_size(value: &str) -> bool {
    value.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G']).is_some_and(|number| number.parse::<f64>().is_ok())
}

/// A flag that the catalogue does not list: an error where its help lists all, else passed on as written.
fn unlisted<'a>(given: &Given<'a>, catalogue: &Catalogue, notes: &mut Notes) -> Result<Kept<'a>, FlagError> {
    if let Some(name) = part_of_a_document(given.written, catalogue) {
        return Ok(Kept { position: given.position, found: None, reworded: None, words: words(&name, given) });
    }
    let flag = shown(given.written);
    let near = nearest(catalogue, given.written).map(|near| near.spelling);
    let option = options::of(catalogue.engine, given.written);
    let told = history::told(catalogue, given.written);
    // A part that a build may have or not is in no release's help for certain.
    let may_be_built = option.is_some() && catalogue.trust != Trust::Live;
    if !catalogue.may_hide(given.written) && !may_be_built {
        return Err(FlagError::Unknown {
            flag,
            position: given.position,
            engine: catalogue.source.clone(),
            nearest: near.map(str::to_owned),
            told: match option {
                Some(option) => Some(format!("is of a part that was not built: {}", build_with(option))),
                None => told,
            },
        });
    }
    let meant = match (&told, near) {
        _ if option.is_some() => option.map_or_else(String::new, |option| format!(": {}", build_with(option))),
        (Some(told), _) => format!(": it {told}"),
        (None, Some(name)) => format!(" (did you mean `{name}`?)"),
        (None, None) => String::new(),
    };
    if catalogue.trust == Trust::Live {
        let leaves_out = "was written by hand and leaves some flags out";
        let note = format!(
            "`{flag}` is passed on as written: the help of {}, which {leaves_out}, does not list it",
            catalogue.source
        );
        notes.passed_on(&flag, note);
    } else {
        notes.unverified(&flag, &format!("`{flag}` is not in the catalogue read from {}{meant}", catalogue.source));
    }
    let words = match given.values.first() {
        Some(value) if given.joined => vec![format!("{}={value}", given.written)],
        _ => words(given.written, given),
    };
    Ok(Kept { position: given.position, found: None, reworded: None, words })
}

/// How a part gets into a build.
pub(crate) fn build_with(option: &str) -> String {
    format!("put -D{option}=ON into `provisioning.source.build.cmake_flags`")
}

/// vLLM takes a JSON document key by key: `--hf-overrides.rope_scaling.factor 4`. A flag that takes no document has no keys.
fn part_of_a_document(written: &str, catalogue: &Catalogue) -> Option<String> {
    // `-O.x` has a meaning of its own.
    let (name, key) = written.split_once('.').filter(|(name, _)| catalogue.engine == Engine::Vllm && name.len() > 2)?;
    let spec = catalogue.find(name)?.spec;
    let takes_document = spec.value == Arity::One && spec.role == Role::Free && spec.values.accept("{}");
    takes_document.then(|| format!("{}.{key}", spec.name))
}

/// A flag that is listed as gone: an error against the engine's own help. Against another build's help it is passed on
/// under the name it was written with, because the engine to be built may be older and still have it.
fn removed<'a>(
    given: &Given<'a>,
    advice: &str,
    catalogue: &Catalogue,
    notes: &mut Notes,
) -> Result<Kept<'a>, FlagError> {
    let flag = shown(given.written);
    if catalogue.is_complete() {
        return Err(FlagError::Removed {
            flag,
            position: given.position,
            engine: catalogue.source.clone(),
            advice: advice.to_owned(),
        });
    }
    notes.unverified(&flag, &format!("{} says of `{flag}`: {advice}", catalogue.source));
    Ok(Kept { position: given.position, found: None, reworded: None, words: words(given.written, given) })
}

fn words(name: &str, given: &Given<'_>) -> Vec<String> {
    std::iter::once(name).chain(given.values.iter().map(Cow::as_ref)).map(str::to_owned).collect()
}
