//! How archives are downloaded for a pool, and what one is now, for `lock`.

use cancel::Cancel;
use config_schema::{Limits, PoolConfig, Sha256};
use download::{Downloads, Notice, Source, Want};

use crate::event::{Happening, Reporter, Unit};
use crate::plan::{StepId, StepKind};
use crate::pool::layout;
use crate::supply::binary::{BinaryError, wish::Wish};
use crate::{Error, Result, Settings};

/// How servers are asked: proxies and authorities of the caller's environment, limits of the pool.
pub(crate) fn options(settings: &Settings, limits: &Limits, cancel: &Cancel) -> Result<http::Options> {
    let env = &settings.env;
    let options = http::Options::from_env(|name| env.get(name).map(|value| value.to_string_lossy().into_owned()));
    let options = options.map_err(|error| BinaryError::from(download::DownloadError::from(error)))?;
    Ok(http::Options { silence: limits.fetch_silence(), cancel: cancel.clone(), ..options })
}

/// The SHA-256 that a pool's archive has now: asks its server, runs and unpacks nothing. What was downloaded is kept for the
/// call that accepts it.
///
/// # Errors
/// `pool::downloads_not_allowed`, and `download::*`.
pub(crate) fn digest_now(pool: &PoolConfig, settings: &Settings) -> Result<Sha256> {
    let wish = Wish::of(pool, &Settings { pins: None, ..settings.clone() })?;
    let limits = &pool.provisioning.limits;
    if matches!(wish.source, Source::Web(_)) && !wish.may_download {
        return Err(BinaryError::NotAllowed { url: wish.source.to_string() }.into());
    }
    let want = Want { deadline: limits.fetch_timeout(), ..Want::new(wish.source.clone()) };
    let reporter = Reporter::new(&settings.observer, &pool.id);
    let step = StepId::from(StepKind::Download);
    let tell = |notice: Notice| {
        if let Notice::Bytes(done, total) = notice {
            let (unit, what, left_s) = (Unit::Bytes, wish.name(), None);
            reporter.send(Some(&step), Happening::Progress { done, total, unit, what, left_s });
        }
    };
    let downloads: Downloads = wish.downloads();
    if matches!(wish.source, Source::Web(_)) {
        durable::private_dir(&layout::versioned(&settings.cache_dir))?;
    }
    let fetched = downloads.fetch(&want, &options(settings, limits, &settings.cancel)?, &tell);
    let fetched = fetched.map_err(BinaryError::from)?;
    let digest = fetched.sha256().to_string();
    downloads.keep(&fetched, &want);
    digest.parse().map_err(|_not_sha256| Error::Unfinished { what: "digest" })
}
