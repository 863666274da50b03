//! Names of images, parsed strictly: a registry is always named, and so is a tag or a digest.
//!
//! The grammar is that of [distribution/reference](https://github.com/distribution/reference/blob/main/reference.go). An unqualified name
//! such as `nginx` is refused: which registry it means depends on a search list of the host.

use std::fmt;
use std::str::FromStr;

use crate::{Digest, RegistryError};

/// No name is longer, in bytes.
const LONGEST: usize = 255;

/// A repository of a registry, such as `ghcr.io/ggml-org/llama.cpp`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    registry: String,
    path: String,
}

/// An image of a repository, by tag, by digest, or by both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    repository: Repository,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Repository {
    /// The registry's host with its port, as it is written: `docker.io`, `localhost:5000`, `[::1]:5000`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The path below the registry; `library/` is added where Docker Hub has it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The host that answers for the registry: Docker Hub's name is not that of its server.
    pub fn host(&self) -> &str {
        if self.registry == "docker.io" { "registry-1.docker.io" } else { &self.registry }
    }
}

impl Reference {
    /// A reference to an image of a repository by its digest.
    pub fn by_digest(repository: Repository, digest: Digest) -> Self {
        Self { repository, tag: None, digest: Some(digest) }
    }

    /// The repository.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The tag; `None` where only a digest is named.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest; where a tag is named beside it, the digest counts.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// What a manifest is asked for by: the digest, else the tag.
    pub(crate) fn selector(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, tag) => tag.clone().unwrap_or_default(),
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.repository, f)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

impl FromStr for Repository {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Self, RegistryError> {
        let bad = |why| Err(RegistryError::bad_reference(text, why));
        if text.len() > LONGEST {
            return bad("it is longer than 255 bytes");
        }
        let Some((registry, path)) = text.split_once('/') else {
            return bad("it names no registry");
        };
        if !(registry.contains(['.', ':']) || registry == "localhost") {
            return bad("it names no registry: which one is meant would depend on the host");
        }
        if !is_registry(registry) {
            return bad("its registry is not a host name with an optional port");
        }
        if !path.split('/').all(is_component) {
            return bad("its path has other characters than small letters, digits and single separators");
        }
        let registry = registry.to_ascii_lowercase();
        let registry = if registry == "index.docker.io" { "docker.io".to_owned() } else { registry };
        let is_short = registry == "docker.io" && !path.contains('/');
        let path = if is_short { format!("library/{path}") } else { path.to_owned() };
        Ok(Self { registry, path })
    }
}

impl FromStr for Reference {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Self, RegistryError> {
        let bad = |why| RegistryError::bad_reference(text, why);
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        let digest =
            digest.map(|digest| Digest::parse(digest).ok_or_else(|| bad("its digest is not `sha256:` and 64 digits")));
        let digest = digest.transpose()?;
        // A colon after the last slash begins the tag; before it, a port.
        let (name, tag) = match name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
            Some((name, tag)) if name.contains('/') => (name, Some(tag)),
            _ => (name, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(bad("its tag is not 1 to 128 letters, digits, `_`, `.` and `-`"));
        }
        let repository = name.parse().map_err(|error| match error {
            RegistryError::BadReference { why, .. } => bad(why),
            other => other,
        })?;
        if tag.is_none() && digest.is_none() {
            return Err(bad("it has neither a tag nor a digest"));
        }
        Ok(Self { repository, tag: tag.map(str::to_owned), digest })
    }
}

/// Whether a text is a tag.
pub(crate) fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

fn is_registry(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let port_fits =
        port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok());
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Some(address) = inner {
        return port_fits && address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(inside) && !label.starts_with('-') && !label.ends_with('-')
    };
    port_fits && host.split('.').all(is_label)
}

/// `[a-z0-9]+` joined by `.`, `_`, `__` or any number of `-`.
fn is_component(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = |byte: Option<u8>| byte.is_some_and(is_word);
    let separators = text.split(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    ends(text.bytes().next())
        && ends(text.bytes().last())
        && separators
            .filter(|separator| !separator.is_empty())
            .all(|separator| matches!(separator, "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

    #[test]
    fn references_are_printed_as_they_mean() {
        for (text, printed, host) in [
            ("ghcr.io/ggml-org/llama.cpp:server-cuda", "ghcr.io/ggml-org/llama.cpp:server-cuda", "ghcr.io"),
            ("docker.io/nginx:1", "docker.io/library/nginx:1", "registry-1.docker.io"),
            ("index.docker.io/vllm/vllm-openai:v1", "docker.io/vllm/vllm-openai:v1", "registry-1.docker.io"),
            ("localhost/a:b", "localhost/a:b", "localhost"),
            ("localhost:5000/a:b", "localhost:5000/a:b", "localhost:5000"),
            ("[::1]:5000/a__b/c--d.e:_x", "[::1]:5000/a__b/c--d.e:_x", "[::1]:5000"),
            ("GHCR.io/a:B", "ghcr.io/a:B", "ghcr.io"),
        ] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!((reference.to_string().as_str(), reference.repository().host()), (printed, host));
            assert_eq!(printed.parse::<Reference>().unwrap(), reference);
        }
        let both: Reference = format!("r.io/a:t@{DIGEST}").parse().unwrap();
        assert_eq!((both.tag(), both.selector().as_str()), (Some("t"), DIGEST));
        let only: Reference = format!("r.io:5000/a@{DIGEST}").parse().unwrap();
        assert_eq!((only.tag(), only.to_string()), (None, format!("r.io:5000/a@{DIGEST}")));
    }

    #[test]
    fn what_is_not_exact_is_refused() {
        for (text, why) in [
            ("nginx", "names no registry"),
            ("nginx:1", "names no registry"),
            ("vllm/vllm-openai:v1", "depend on the host"),
            ("ghcr.io/a", "neither a tag nor a digest"),
            ("ghcr.io/a:", "tag"),
            ("ghcr.io/a:.x", "tag"),
            ("ghcr.io/A:x", "path"),
            ("ghcr.io/a//b:x", "path"),
            ("ghcr.io/a_-b:x", "path"),
            ("ghcr.io/../b:x", "path"),
            ("ghcr.io/a/:x", "path"),
            ("-ghcr.io/a:x", "host name"),
            ("ghcr.io:99999/a:x", "host name"),
            ("ghcr.io:/a:x", "host name"),
            ("user@ghcr.io/a:x", "digest"),
            ("https://ghcr.io/a:x", "host name"),
            ("ghcr.io/a@sha256:00", "digest"),
            ("ghcr.io/a:x@md5:00", "digest"),
            ("", "names no registry"),
            ("ghcr.io/a?b:x", "path"),
            ("ghcr.io/a b:x", "path"),
        ] {
            let error = text.parse::<Reference>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(format!("ghcr.io/{}:x", "a".repeat(300)).parse::<Reference>().is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_reference_that_stays_the_same_or_none(text in "[a-zA-Z0-9./:@_\\-\\[\\]]{0,60}") {
            if let Ok(reference) = text.parse::<Reference>() {
                proptest::prop_assert_eq!(reference.to_string().parse::<Reference>().unwrap(), reference);
            }
        }
    }
}
