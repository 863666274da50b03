//! One spec as a document, and what of it needs which version of the format.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A spec.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Spec {
    pub(crate) cdi_version: String,
    pub(crate) kind: String,
    #[serde(default)]
    annotations: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) devices: Option<Vec<Device>>,
    #[serde(default)]
    pub(crate) container_edits: Edits,
    #[serde(flatten)]
    other: Unknown,
}

/// A device.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Device {
    pub(crate) name: String,
    #[serde(default)]
    annotations: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) container_edits: Edits,
    #[serde(flatten)]
    other: Unknown,
}

/// What is put into a container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Edits {
    env: Option<Vec<String>>,
    pub(crate) device_nodes: Option<Vec<Node>>,
    pub(crate) hooks: Option<Vec<Hook>>,
    pub(crate) mounts: Option<Vec<Mount>>,
    intel_rdt: Option<IgnoredAny>,
    additional_gids: Option<IgnoredAny>,
    net_devices: Option<IgnoredAny>,
    #[serde(flatten)]
    other: Unknown,
}

/// A device node.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Node {
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) host_path: Option<String>,
}

/// A program that runs while the container is made.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Hook {
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) args: Option<Vec<String>>,
}

/// A file or folder of the host.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mount {
    pub(crate) host_path: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

/// A version of the format.
pub(crate) type Version = [u32; 3];

impl Node {
    /// Where it is on the host.
    pub(crate) fn on_host(&self) -> &str {
        self.host_path.as_deref().filter(|path| !path.is_empty()).unwrap_or(&self.path)
    }
}

impl Edits {
    pub(crate) fn nodes(&self) -> &[Node] {
        self.device_nodes.as_deref().unwrap_or_default()
    }

    pub(crate) fn hooks(&self) -> &[Hook] {
        self.hooks.as_deref().unwrap_or_default()
    }

    pub(crate) fn mounts(&self) -> &[Mount] {
        self.mounts.as_deref().unwrap_or_default()
    }
}

impl Spec {
    /// Parses YAML, of which JSON is a part.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let first_line = |error: serde_saphyr::Error| {
            let text = error.to_string();
            text.lines().next().unwrap_or_default().chars().take(200).collect::<String>()
        };
        let spec: Self = serde_saphyr::from_str(text).map_err(first_line)?;
        if version(&spec.cdi_version).is_none() {
            return Err(format!("its version is `{}`", spec.cdi_version.chars().take(20).collect::<String>()));
        }
        if spec.kind.split('/').filter(|part| !part.is_empty()).count() != 2 {
            return Err("its kind is not `vendor/class`".into());
        }
        Ok(spec)
    }

    pub(crate) fn devices(&self) -> &[Device] {
        self.devices.as_deref().unwrap_or_default()
    }

    /// The version that it declares.
    pub(crate) fn version(&self) -> Version {
        version(&self.cdi_version).unwrap_or_default()
    }

    /// The lowest version that knows everything in it, and what needs that version.
    pub(crate) fn needs(&self) -> (Version, &'static str) {
        let edits = || self.devices().iter().map(|device| &device.container_edits).chain([&self.container_edits]);
        let noted = self.annotations.is_some() || self.devices().iter().any(|device| device.annotations.is_some());
        let digit = |device: &Device| device.name.starts_with(|first: char| first.is_ascii_digit());
        let dotted = self.kind.rsplit('/').next().is_some_and(|class| class.contains('.'));
        [
            (edits().any(|edits| edits.net_devices.is_some()), [1, 1, 0], "`netDevices`"),
            (edits().any(|edits| edits.additional_gids.is_some()), [0, 7, 0], "`additionalGids`"),
            (edits().any(|edits| edits.intel_rdt.is_some()), [0, 7, 0], "`intelRdt`"),
            (noted, [0, 6, 0], "`annotations`"),
            (dotted, [0, 6, 0], "a dot in its class"),
            (
                edits().any(|edits| edits.nodes().iter().any(|node| node.host_path.is_some())),
                [0, 5, 0],
                "`hostPath` of device nodes",
            ),
            (self.devices().iter().any(digit), [0, 5, 0], "a device name that begins with a digit"),
            (
                edits().any(|edits| edits.mounts().iter().any(|mount| mount.kind.is_some())),
                [0, 4, 0],
                "`type` of mounts",
            ),
        ]
        .into_iter()
        .find_map(|(used, version, what)| used.then_some((version, what)))
        .unwrap_or(([0, 3, 0], "nothing"))
    }

    /// A field that no version of the format known here has.
    pub(crate) fn unknown_field(&self) -> Option<&str> {
        let devices = self.devices().iter().flat_map(|device| [&device.other, &device.container_edits.other]);
        [&self.other, &self.container_edits.other].into_iter().chain(devices).find_map(|unknown| unknown.0.as_deref())
    }
}

/// `0.5.0` as numbers.
pub(crate) fn version(text: &str) -> Option<Version> {
    let mut numbers = text.strip_prefix('v').unwrap_or(text).split('.').map(|part| part.parse().ok());
    let version = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(version)
}

/// The first of the fields that no other field of a document takes.
#[derive(Clone, Debug, Default)]
struct Unknown(Option<String>);

impl<'de> Deserialize<'de> for Unknown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct First;

        impl<'de> Visitor<'de> for First {
            type Value = Unknown;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unknown, A::Error> {
                let mut first = None;
                while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    first.get_or_insert(name);
                }
                Ok(Unknown(first))
            }
        }

        deserializer.deserialize_map(First)
    }
}
