//! From what a pool wrote to the one command line that will be run.

pub(crate) mod classify;
mod conflicts;
mod duplicates;
pub(crate) mod given;
mod layers;
mod notes;
mod pair;
mod pasted;
pub(crate) mod policy;
mod resolve;
pub(crate) mod scan;
mod secrets;
mod shards;
mod sizes;
mod suggest;
mod toggle;

use std::collections::BTreeMap;
use std::ffi::OsString;

use secrecy::SecretString;

use crate::catalogue::role::Role;
use crate::catalogue::{Catalogue, options};
use crate::engine::Engine;
use crate::error::FlagError;
use classify::classify;
use notes::Notes;
use policy::Policy;
use scan::Scan;
use secrets::Secrets;

/// A command line ready to be run. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Normalized {
    /// Every word after the program name (and after `serve` of vLLM): model, host, port, what the policy adds, then the
    /// pool's flags in their order. No secret is among them.
    pub args: Vec<String>,
    /// Secrets that the pool gave as flags, by the environment variable the engine reads instead.
    pub secret_env: BTreeMap<String, SecretString>,
    /// What was rewritten, left out or added, and why, one sentence each. No value that the pool wrote is in them.
    pub notes: Vec<String>,
    /// Flags that the catalogue could not judge because it is not that of the engine to be run: passed on as written.
    pub unverified: Vec<String>,
    /// Flags of parts that the engine has only when it is built with an option of CMake, with that option's name.
    pub needs: Vec<(String, &'static str)>,
    pool_from: usize,
}

impl Normalized {
    /// The part of [`args`](Self::args) that came from the pool's flags. Normalised again under the same policy it
    /// gives the same `args`.
    pub fn pool_args(&self) -> &[String] {
        self.args.get(self.pool_from..).unwrap_or_default()
    }
}

/// Makes the command line for `args`, the words of a pool's flags.
///
/// Always give it the words as the pool wrote them, also when the engine is built and its own help is the catalogue:
/// names that were canonical by another build's help may be unknown to this one.
///
/// # Errors
///
/// Any [`FlagError`]: a word that cannot be read as the engine would, a flag the engine does not have, one that belongs
/// to the pool's configuration or contradicts it, one that puts a GPU pool on the CPU, a secret that has no other place
/// than the command line.
pub fn normalize(args: &[String], policy: &Policy<'_>, catalogue: &Catalogue) -> Result<Normalized, FlagError> {
    let mut notes = Notes::default();
    let mut secrets = Secrets::default();
    let mut kept = Vec::new();
    let mut scan = Scan::new(args, catalogue);
    while let Some(given) = scan.next()? {
        kept.extend(classify(&given, catalogue, &mut secrets, &mut notes)?);
    }
    let mut kept = duplicates::fold(kept, catalogue.engine, &mut notes)?;
    conflicts::refuse(&kept, catalogue)?;
    sizes::memory_share::check(&kept)?;
    let sizes = sizes::apply(policy, &mut kept, catalogue, &mut notes)?;
    let accelerator = match catalogue.engine {
        Engine::LlamaServer => layers::apply(policy, &mut kept, catalogue, &mut notes)?,
        _ => shards::apply(policy, &kept, catalogue, &mut notes)?,
    };

    let port = policy.port.to_string();
    let names = catalogue.engine.names();
    let name = |key, name| catalogue.name_of(Role::Owned(key), name);
    let model = names.model.map(|model| name("provisioning.model.ref", model));
    let (host, port_flag) = (name("provisioning.host", names.host), name("provisioning.ports", names.port));
    let words = [model, Some(policy.model), Some(host), Some(policy.host), Some(port_flag), Some(&port)];
    let needs = kept
        .iter()
        .filter_map(|flag| Some((flag.name().to_owned(), options::of(catalogue.engine, flag.name())?)))
        .collect();
    let mut args: Vec<String> = words.into_iter().flatten().map(str::to_owned).collect();
    args.extend(sizes);
    args.extend(accelerator);
    let pool_from = args.len();
    args.extend(kept.into_iter().flat_map(|flag| flag.into_words(catalogue.engine.parser())));
    Ok(Normalized {
        args,
        secret_env: secrets.finish(),
        notes: notes.all,
        unverified: notes.unverified,
        needs,
        pool_from,
    })
}

/// Words of a command line as [`normalize`] takes them.
///
/// # Errors
///
/// [`FlagError::NotUtf8`]: the engine takes any bytes, a pool's configuration does not.
pub fn utf8(words: impl IntoIterator<Item = OsString>) -> Result<Vec<String>, FlagError> {
    let word =
        |(at, word): (usize, OsString)| word.into_string().map_err(|_bytes| FlagError::NotUtf8 { position: at + 1 });
    words.into_iter().enumerate().map(word).collect()
}
