//! Manifests, indexes and descriptors: parsed strictly, because two readers of one ambiguous document would see two images.
//!
//! Forms: [OCI image manifest](https://github.com/opencontainers/image-spec/blob/main/manifest.md),
//! [index](https://github.com/opencontainers/image-spec/blob/main/image-index.md), and Docker's equivalents of schema 2.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// The media type of an OCI image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of an OCI index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The media type of Docker's image manifest.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// The media type of Docker's index.
pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// The media type of an OCI image configuration.
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The empty descriptor's media type, as the configuration of an artifact.
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// No honest list of layers or manifests is longer.
const MOST: usize = 1024;

/// Points at a blob or a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What an artifact is, where it differs from the media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// The machine and system, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
}

impl Descriptor {
    /// A descriptor of these bytes.
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: Digest::of(bytes),
            size: bytes.len() as u64,
            artifact_type: None,
            annotations: None,
            platform: None,
        }
    }
}

/// A machine and system, in Go's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// `amd64`, `arm64`.
    pub architecture: String,
    /// `linux`.
    pub os: String,
    /// `v8`, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// Linux on a machine in Go's words.
    pub fn linux(architecture: &str) -> Self {
        Self { architecture: architecture.to_owned(), os: "linux".to_owned(), variant: None }
    }

    fn words(&self) -> String {
        let variant = self.variant.as_deref().map(|variant| format!("/{variant}")).unwrap_or_default();
        format!("{}/{}{variant}", self.os, self.architecture)
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words())
    }
}

/// The manifest of one image or artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageManifest {
    /// 2.
    pub schema_version: u32,
    /// Its own media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What an artifact is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// The configuration.
    pub config: Descriptor,
    /// The layers, the lowest first.
    pub layers: Vec<Descriptor>,
    /// The manifest that this one is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// A list of manifests, for several machines or attached to one image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// 2.
    pub schema_version: u32,
    /// Its own media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The manifests.
    pub manifests: Vec<Descriptor>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

impl Index {
    /// An empty index.
    pub fn empty() -> Self {
        Self { schema_version: 2, media_type: Some(OCI_INDEX.into()), manifests: Vec::new(), annotations: None }
    }

    /// The manifest for a machine. A wanted variant must agree where the index names one; without one the first that fits is taken.
    pub fn for_platform(&self, wanted: &Platform) -> Option<&Descriptor> {
        self.manifests.iter().find(|descriptor| {
            descriptor.platform.as_ref().is_some_and(|has| {
                let same_variant = match (&wanted.variant, &has.variant) {
                    (Some(wanted), Some(has)) => wanted == has,
                    _ => true,
                };
                has.architecture == wanted.architecture && has.os == wanted.os && same_variant
            })
        })
    }

    /// The machines that it has manifests for, each once.
    pub fn platforms(&self) -> Vec<String> {
        let mut words = Vec::new();
        for platform in self.manifests.iter().filter_map(|descriptor| descriptor.platform.as_ref()) {
            let platform = platform.words();
            // Attestations are stored beside the images, for no machine.
            if !platform.starts_with("unknown/") && !words.contains(&platform) {
                words.push(platform);
            }
        }
        words
    }
}

/// What a tag or digest names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// One image or artifact.
    Image(Box<ImageManifest>),
    /// A list of them.
    Index(Index),
}

impl Document {
    /// Parses a document that was sent as `media_type`.
    ///
    /// # Errors
    /// The reason, as a sentence without a full stop: the form is not supported, or the document contradicts it or itself.
    pub fn parse(media_type: &str, bytes: &[u8]) -> Result<Self, String> {
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let keys: Keys =
            serde_json::from_slice(bytes).map_err(|error| format!("it is not JSON of a manifest: {error}"))?;
        if keys.manifests.is_some() && (keys.layers.is_some() || keys.config.is_some()) {
            return Err("it is an image and a list at once".into());
        }
        if let Some(own) = keys.media_type.filter(|own| own != media_type) {
            let own: String = own.chars().take(100).collect();
            return Err(format!("it was sent as `{media_type}` and calls itself `{own}`"));
        }
        if keys.schema_version != 2 {
            return Err(format!("it has schema version {}", keys.schema_version));
        }
        let malformed = |error: serde_json::Error| format!("it is malformed: {error}");
        match media_type {
            OCI_MANIFEST | DOCKER_MANIFEST => {
                let manifest: ImageManifest = serde_json::from_slice(bytes).map_err(malformed)?;
                if manifest.layers.len() > MOST {
                    return Err(format!("it has more than {MOST} layers"));
                }
                Ok(Self::Image(Box::new(manifest)))
            }
            OCI_INDEX | DOCKER_INDEX => {
                let index: Index = serde_json::from_slice(bytes).map_err(malformed)?;
                if index.manifests.len() > MOST {
                    return Err(format!("it has more than {MOST} manifests"));
                }
                Ok(Self::Index(index))
            }
            other => {
                let other: String = other.chars().filter(|letter| !letter.is_control()).take(100).collect();
                Err(format!("its media type `{other}` is not supported"))
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keys {
    #[serde(default)]
    schema_version: u32,
    #[serde(default)]
    media_type: Option<String>,
    manifests: Option<serde::de::IgnoredAny>,
    layers: Option<serde::de::IgnoredAny>,
    config: Option<serde::de::IgnoredAny>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor() -> String {
        let digest = Digest::of(b"");
        format!(r#"{{"mediaType":"x","digest":"{digest}","size":0}}"#)
    }

    #[test]
    fn a_document_is_what_it_was_sent_as() {
        let (one, parse) = (descriptor(), Document::parse);
        let image = format!(r#"{{"schemaVersion":2,"config":{one},"layers":[{one}]}}"#);
        assert!(matches!(parse(OCI_MANIFEST, image.as_bytes()), Ok(Document::Image(_))));
        assert!(matches!(
            parse(&format!("{DOCKER_MANIFEST}; charset=utf-8"), image.as_bytes()),
            Ok(Document::Image(_))
        ));
        let index = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{one}]}}"#);
        assert!(matches!(parse(OCI_INDEX, index.as_bytes()), Ok(Document::Index(_))));
        let both = format!(r#"{{"schemaVersion":2,"config":{one},"layers":[],"manifests":[]}}"#);
        let bad_digest = image.replace("sha256:", "sha256:zz");
        for (media_type, text, why) in [
            (OCI_MANIFEST, both.as_str(), "an image and a list"),
            (OCI_INDEX, &both, "an image and a list"),
            (OCI_MANIFEST, &index, "calls itself"),
            (OCI_INDEX, &image, "malformed"),
            (OCI_MANIFEST, &bad_digest, "malformed"),
            ("application/vnd.docker.distribution.manifest.v1+prettyjws", &image, "not supported"),
            ("text/html", "<html>", "not JSON"),
            (OCI_MANIFEST, &image.replace(":2", ":1"), "schema version 1"),
            (OCI_MANIFEST, "[]", "not JSON"),
        ] {
            let error = parse(media_type, text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{media_type} {text}: {error}");
        }
        let many = format!(r#"{{"schemaVersion":2,"config":{one},"layers":[{}]}}"#, vec![one.as_str(); 1025].join(","));
        assert!(parse(OCI_MANIFEST, many.as_bytes()).unwrap_err().contains("1024 layers"));
    }

    #[test]
    fn a_platform_is_chosen_by_machine_system_and_variant() {
        let of = |architecture: &str, os: &str, variant: Option<&str>| Descriptor {
            platform: Some(Platform {
                architecture: architecture.into(),
                os: os.into(),
                variant: variant.map(str::to_owned),
            }),
            ..Descriptor::of(OCI_MANIFEST, format!("{architecture}{os}{variant:?}").as_bytes())
        };
        let manifests = vec![
            of("amd64", "windows", None),
            of("arm", "linux", Some("v6")),
            of("arm", "linux", Some("v7")),
            of("amd64", "linux", None),
            of("unknown", "unknown", None),
        ];
        let index = Index { manifests: manifests.clone(), ..Index::empty() };
        assert_eq!(index.for_platform(&Platform::linux("amd64")), Some(&manifests[3]));
        let v7 = Platform { variant: Some("v7".into()), ..Platform::linux("arm") };
        assert_eq!(index.for_platform(&v7), Some(&manifests[2]));
        assert_eq!(index.for_platform(&Platform::linux("arm")), Some(&manifests[1]));
        assert_eq!(index.for_platform(&Platform::linux("arm64")), None);
        assert_eq!(index.platforms(), ["windows/amd64", "linux/arm/v6", "linux/arm/v7", "linux/amd64"]);
    }
}
