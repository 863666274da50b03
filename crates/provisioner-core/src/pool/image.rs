//! Pins the image of a pool: what its tag is now, and whether this host can run it.
//!
//! The rules: manifest and configuration are read, never a layer; an image that this host cannot run is not pinned, unless the operator
//! overrides that; what a tag was, and why it was taken, is kept below the cache; a tag that moved is reported, and the pin stays.

mod host;
mod record;

use config_schema::{ImagePin, PoolConfig, ProvisioningMode, Sha256};
use image_fit::{ImageConfig, ImageError, Outcome, Verdict, judge};
use registry::{Credentials, Options, Platform, Reference, Registry, RegistryError, Resolved};

use crate::{Error, Result, Settings};

/// No configuration of an image is larger, in bytes.
const LARGEST_CONFIG: u64 = 8 << 20;

/// The pin of a pool's image; `None` for a pool without one.
pub(crate) fn image(
    pool: &PoolConfig,
    old: Option<&ImagePin>,
    update: bool,
    settings: &Settings,
    notes: &mut Vec<String>,
) -> Result<Option<ImagePin>> {
    let Some(container) = pool.provisioning.container.as_ref().filter(|_| pool.mode() == ProvisioningMode::Container)
    else {
        return Ok(None);
    };
    let name = format!("{}:{}", container.image, container.tag);
    let old = old.filter(|pin| pin.image == name);
    let reference: Reference = name.parse()?;
    let platform = Platform::linux(host::architecture());
    let registry = Registry::new(reference.repository().clone(), options(settings)?, credentials(settings))?;
    let resolved = registry.resolve(&reference, &platform).map_err(|error| for_this_machine(error, &name))?;
    let config = registry.bytes(&resolved.manifest.config, LARGEST_CONFIG)?;
    let verdict = judged(pool, &name, &config, settings)?;
    let now = ImagePin { image: name, digest: sha256(&resolved)? };
    record::write(settings, &record::Record::new(&now, &resolved, &platform, &config, &verdict))?;
    if let Some(error) = verdict.refusal(&now.image) {
        return Err(error.into());
    }
    notes.push(format!("pool `{}`: {}", pool.id, words(&verdict, &resolved)));
    let (id, image) = (&pool.id, &now.image);
    Ok(Some(match old {
        None => {
            notes.push(format!("pool `{id}`: {image} is pinned to {}", now.digest));
            now
        }
        Some(old) if old.digest == now.digest => now,
        Some(old) if update => {
            notes
                .push(format!("pool `{id}`: {image} was {}, and is {} now (image::tag_moved)", old.digest, now.digest));
            now
        }
        Some(old) => {
            notes.push(format!(
                "pool `{id}`: the tag {image} moved to {}, and stays pinned to {} (image::tag_moved); `--update image` takes it",
                now.digest, old.digest
            ));
            old.clone()
        }
    }))
}

/// The verdict on an image, with the operator's override where there is one.
fn judged(pool: &PoolConfig, name: &str, config: &[u8], settings: &Settings) -> Result<Verdict> {
    let config = ImageConfig::parse(config).map_err(|error| RegistryError::BadDocument {
        registry: name.to_owned(),
        what: "a configuration".to_owned(),
        why: error.to_string(),
    })?;
    let verdict = judge(&config, name, &host::host(pool, settings));
    let container = pool.provisioning.container.as_ref();
    let is_overridden = container.is_some_and(|container| container.override_requirement == Some(true));
    Ok(if is_overridden { verdict.overridden() } else { verdict })
}

fn options(settings: &Settings) -> Result<Options> {
    let from_env = http::Options::from_env(|name| settings.env.get_str(name).map(str::to_owned));
    let http = from_env.map_err(RegistryError::from)?;
    Ok(Options { http: http::Options { cancel: settings.cancel.clone(), ..http }, ..Options::default() })
}

fn credentials(settings: &Settings) -> Credentials {
    Credentials::of_user(&settings.env, settings.cancel.clone())
}

/// An index without an image for this machine is refused as an image for another machine is.
fn for_this_machine(error: RegistryError, name: &str) -> Error {
    match error {
        RegistryError::NoPlatform { wanted, available, .. } => ImageError::WrongPlatform {
            image: name.to_owned(),
            why: format!("it has no image for {wanted}, only for {}", available.join(", ")),
            help: "take a tag that has an image for this machine",
        }
        .into(),
        other => other.into(),
    }
}

fn sha256(resolved: &Resolved) -> Result<Sha256> {
    resolved.digest.to_string().parse().map_err(|_invalid| Error::Unfinished { what: "digest" })
}

/// A verdict that is not a refusal, for the operator.
fn words(verdict: &Verdict, resolved: &Resolved) -> String {
    let what = match verdict.outcome {
        Outcome::Run => "the image runs here",
        Outcome::RunCompat => "the image runs here with its own compat libraries",
        Outcome::MaskCompat => "the image runs here without its own compat libraries",
        Outcome::Undecided => "it is not known whether the image runs here",
        Outcome::Refuse => "the image does not run here",
    };
    let rule = verdict.rule.map(|rule| format!(", rule {rule:?}")).unwrap_or_default();
    let by_hand = if verdict.is_overridden { " (overridden by override_requirement)" } else { "" };
    let size = match verdict.outcome {
        Outcome::Undecided => format!("; its layers have {} bytes", resolved.layer_bytes()),
        _ => String::new(),
    };
    format!("{what}{by_hand}: {}{rule}{size}", verdict.why)
}
