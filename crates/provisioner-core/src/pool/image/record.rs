//! What a tag was resolved to and why it was taken or refused, kept below the cache as `images/<digest>.json`.

use config_schema::ImagePin;
use image_fit::Verdict;
use registry::{Platform, Resolved};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::pool::layout;
use crate::{Error, Result, Settings};

/// The version of this form.
const SCHEMA: u32 = 1;

/// One image as it was judged.
#[derive(Debug, Serialize)]
pub(crate) struct Record<'a> {
    schema: u32,
    image: &'a str,
    digest: String,
    manifest_digest: String,
    platform: String,
    layer_bytes: u64,
    verdict: &'a Verdict,
    /// The image's configuration as the registry sent it; its digest was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'a RawValue>,
}

impl<'a> Record<'a> {
    pub(crate) fn new(
        pin: &'a ImagePin,
        resolved: &Resolved,
        platform: &Platform,
        config: &'a [u8],
        verdict: &'a Verdict,
    ) -> Self {
        Self {
            schema: SCHEMA,
            image: &pin.image,
            digest: pin.digest.to_string(),
            manifest_digest: resolved.manifest_digest.to_string(),
            platform: platform.to_string(),
            layer_bytes: resolved.layer_bytes(),
            verdict,
            config: serde_json::from_slice(config).ok(),
        }
    }
}

/// Writes a record; of one digest there is one, by the last verdict.
pub(crate) fn write(settings: &Settings, record: &Record<'_>) -> Result<()> {
    let folder = layout::versioned(&settings.cache_dir).join("images");
    durable::private_dir(&layout::versioned(&settings.cache_dir))?;
    durable::private_dir(&folder)?;
    let name = record.digest.trim_start_matches("sha256:");
    let text = serde_json::to_vec_pretty(record).map_err(|_never| Error::Unfinished { what: "record of an image" })?;
    durable::replace(&folder.join(format!("{name}.json")), &text)?;
    Ok(())
}
