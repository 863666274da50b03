//! The part of an image's configuration that rules read: machine, system and environment.
//!
//! The form is that of the [OCI image configuration](https://github.com/opencontainers/image-spec/blob/main/config.md).

use serde::Deserialize;

/// No configuration is larger, in bytes.
const LARGEST: usize = 8 << 20;

/// An image's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageConfig {
    /// The machine, in Go's words: `amd64`, `arm64`.
    pub architecture: String,
    /// The system: `linux`.
    pub os: String,
    /// The environment, in order.
    pub env: Vec<(String, String)>,
    /// The entry point's words; empty where there is none.
    pub entrypoint: Vec<String>,
    /// The command's words; empty where there is none.
    pub cmd: Vec<String>,
    /// The user, as the image names it; empty for root.
    pub user: String,
}

/// The bytes are not an image's configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an image's configuration: {0}")]
pub struct BadConfig(String);

#[derive(Default, Deserialize)]
struct Document {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
    #[serde(default)]
    config: Option<Inner>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Inner {
    env: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    user: Option<String>,
}

impl ImageConfig {
    /// Parses a configuration.
    ///
    /// # Errors
    /// [`BadConfig`] for bytes that are not JSON of this form, or more than 8 MiB.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadConfig> {
        if bytes.len() > LARGEST {
            return Err(BadConfig("it is larger than 8 MiB".into()));
        }
        let Document { architecture, os, config } =
            serde_json::from_slice(bytes).map_err(|error| BadConfig(error.to_string()))?;
        if architecture.is_empty() {
            return Err(BadConfig("it names no architecture".into()));
        }
        let Inner { env, entrypoint, cmd, user } = config.unwrap_or_default();
        let pair = |text: String| {
            let (name, value) = text.split_once('=').unwrap_or((text.as_str(), ""));
            (name.to_owned(), value.to_owned())
        };
        Ok(Self {
            architecture,
            os,
            env: env.unwrap_or_default().into_iter().map(pair).collect(),
            entrypoint: entrypoint.unwrap_or_default(),
            cmd: cmd.unwrap_or_default(),
            user: user.unwrap_or_default(),
        })
    }

    /// A variable's value; of several with one name the last, as a program sees it. An empty value is `Some("")`.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The variables with this beginning, each once, with the value that a program sees.
    pub(crate) fn vars(&self, prefix: &str) -> Vec<(&str, &str)> {
        let mut found: Vec<(&str, &str)> = Vec::new();
        for (name, _) in self.env.iter().filter(|(name, _)| name.starts_with(prefix)) {
            if !found.iter().any(|(known, _)| known == name) {
                found.push((name, self.var(name).unwrap_or_default()));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_name_counts() {
        let config = ImageConfig::parse(br#"{"architecture":"amd64","config":{"Env":["A=1","B","A=2=3"]}}"#).unwrap();
        assert_eq!((config.var("A"), config.var("B"), config.var("C")), (Some("2=3"), Some(""), None));
        assert_eq!(config.vars("A"), [("A", "2=3")]);
    }

    #[test]
    fn absent_parts_are_empty_and_other_documents_are_refused() {
        let config = ImageConfig::parse(br#"{"architecture":"arm64","config":{"Env":null,"Cmd":null}}"#).unwrap();
        assert_eq!((config.env.len(), config.cmd.len(), config.os.as_str()), (0, 0, ""));
        assert!(ImageConfig::parse(br#"{"architecture":"arm64","config":null}"#).is_ok());
        for bytes in [&b""[..], b"[]", b"{}", br#"{"architecture":"a","config":{"Env":[1]}}"#] {
            assert!(ImageConfig::parse(bytes).is_err(), "{bytes:?}");
        }
    }
}
