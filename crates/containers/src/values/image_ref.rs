//! References to images: qualified, and by digest.

use std::fmt;

use crate::ContainerError;
use crate::values::{bad, checked_text, only};

checked_text! {
    /// The digest of a manifest, `sha256:` and 64 hexadecimal digits.
    Digest, "digest", digest
}

impl Digest {
    /// The digits without the algorithm.
    pub fn hex(&self) -> &str {
        self.as_str().split_once(':').map_or("", |(_, hex)| hex)
    }
}

/// An image that cannot change: `REGISTRY/REPOSITORY@sha256:DIGEST`.
///
/// A name without a registry is refused: which registry it means depends on the host's `registries.conf`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageRef {
    repository: String,
    digest: Digest,
}

impl ImageRef {
    /// Reads `REGISTRY/REPOSITORY@sha256:DIGEST`, also with a tag before the digest, which is left out.
    ///
    /// # Errors
    ///
    /// [`ContainerError::ImageUnqualified`] without a registry, [`ContainerError::BadValue`] for anything else.
    pub fn new(text: &str) -> Result<Self, ContainerError> {
        let Some((name, digest)) = text.split_once('@') else {
            return Err(bad("image", text, "it has no digest: an image is `REGISTRY/REPOSITORY@sha256:DIGEST`"));
        };
        let digest = Digest::new(digest)?;
        let (registry, path) = name.split_once('/').unwrap_or(("", name));
        if !(registry == "localhost" || registry.contains(['.', ':'])) {
            return Err(ContainerError::ImageUnqualified { image: text.escape_debug().to_string() });
        }
        let path = path.split_once(':').map_or(path, |(path, _)| path);
        let part = |part: &str| {
            let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            edge(part.chars().next())
                && edge(part.chars().next_back())
                && only(part, "._-")
                && !part.contains(char::is_uppercase)
        };
        let host =
            registry.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '[') && only(registry, ".-:[]");
        if !host || text.len() > 512 || !path.split('/').all(part) {
            return Err(bad(
                "image",
                text,
                "an image is `REGISTRY/REPOSITORY@sha256:DIGEST`, the repository in lower case",
            ));
        }
        Ok(Self { repository: format!("{registry}/{path}"), digest })
    }

    /// Registry and repository.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The digest of its manifest, or of the index that lists its manifests.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.repository, self.digest)
    }
}

fn digest(text: &str) -> Option<&'static str> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    let fits = hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (!fits).then_some("a digest is `sha256:` and 64 hexadecimal digits in lower case")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "4d8cc3e1436c8d09d264fb92cdb439fc4fbb3f2b1e0eebd509a9816f00807feb";

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        let image = ImageRef::new(&format!("{name}@sha256:{HEX}")).ok();
        assert_eq!(image.map(|image| image.to_string()), expected.map(|name| format!("{name}@sha256:{HEX}")), "{name}");
    }

    #[test]
    fn images_are_qualified() {
        check("docker.io/vllm/vllm-openai", Some("docker.io/vllm/vllm-openai"));
        check("ghcr.io/ggml-org/llama.cpp:server-cuda", Some("ghcr.io/ggml-org/llama.cpp"));
        check("localhost/fixture:1", Some("localhost/fixture"));
        check("127.0.0.1:15000/fixture", Some("127.0.0.1:15000/fixture"));
        check("[::1]:5000/a/b__c", Some("[::1]:5000/a/b__c"));
        for bad in ["vllm/vllm-openai", "fixture", "", "-x.io/a", "a.io/", "a.io//b", "a.io/B", "a.io/b c", "a.io/-b"] {
            check(bad, None);
        }
    }

    #[test]
    fn images_have_a_digest() {
        for bad in
            ["localhost/a:1", "localhost/a@sha256:12", "localhost/a@md5:12", &format!("localhost/a@sha256:{HEX}0")]
        {
            assert!(ImageRef::new(bad).is_err(), "{bad}");
        }
        assert_eq!(ImageRef::new(&format!("localhost/a@sha256:{HEX}")).unwrap().digest().hex(), HEX);
    }
}
