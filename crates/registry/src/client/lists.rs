//! Lists: the tags of a repository, and what is attached to a manifest.

use http::{Method, Url};
use serde::Deserialize;

use super::Registry;
use crate::reference::is_tag;
use crate::{Descriptor, Digest, Document, Index, RegistryError};

/// No page of a list is larger, in bytes.
const LARGEST: u64 = 4 << 20;

/// No repository has more tags that are read.
const MOST_TAGS: usize = 100_000;

/// No list has more pages that are read.
const MOST_PAGES: usize = 1000;

#[derive(Deserialize)]
struct Page {
    /// Null where a repository has none.
    tags: Option<Vec<String>>,
}

impl Registry {
    /// All tags of the repository, in the registry's order.
    ///
    /// # Errors
    /// `registry::too_large` for a list without end, and those of [`Registry::fetch`].
    pub fn tags(&self) -> Result<Vec<String>, RegistryError> {
        let what = format!("the tags of `{}`", self.repository());
        let (mut tags, mut next) = (Vec::new(), Some(self.url("tags/list?n=1000")?));
        for _ in 0..MOST_PAGES {
            let Some(url) = next else { return Ok(tags) };
            let mut answer = self.expect(self.read(Method::Get, &url, &[])?, &[200], &what)?;
            let link = answer.header("link").map(str::to_owned);
            let bytes = answer.bytes(LARGEST).map_err(|error| self.too_large(error, &what))?;
            let page: Page =
                serde_json::from_slice(&bytes).map_err(|error| self.bad_document(&what, error.to_string()))?;
            tags.extend(page.tags.unwrap_or_default().into_iter().filter(|tag| is_tag(tag)));
            if tags.len() > MOST_TAGS {
                break;
            }
            next = link.and_then(|link| following(&link, &url)).filter(|next| next.has_origin_of(&url));
        }
        let registry = self.repository().registry().to_owned();
        Err(RegistryError::TooLarge { registry, what, limit: MOST_TAGS as u64, unit: "tags" })
    }

    /// What is attached to a manifest: by the referrers API, else by the tag that the specification has for registries without it.
    /// `artifact_type` leaves out everything of another type.
    ///
    /// # Errors
    /// Those of [`Registry::fetch`].
    pub fn referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Vec<Descriptor>, RegistryError> {
        let what = format!("what is attached to {subject}");
        let answer = self.read(Method::Get, &self.url(&format!("referrers/{subject}"))?, &[])?;
        let index = if answer.status() == 404 {
            self.by_tag(subject)?.unwrap_or_else(Index::empty)
        } else {
            let mut answer = self.expect(answer, &[200], &what)?;
            let media_type = answer.header("content-type").unwrap_or_default().to_owned();
            let bytes = answer.bytes(LARGEST).map_err(|error| self.too_large(error, &what))?;
            match Document::parse(&media_type, &bytes) {
                Ok(Document::Index(index)) => index,
                Ok(Document::Image(_)) => return Err(self.bad_document(&what, "it is no list".into())),
                Err(why) => return Err(self.bad_document(&what, why)),
            }
        };
        let is_wanted = |found: &Descriptor| artifact_type.is_none() || found.artifact_type.as_deref() == artifact_type;
        Ok(index.manifests.into_iter().filter(is_wanted).collect())
    }

    /// The list of the tag schema; `None` where nothing was attached that way.
    pub(crate) fn by_tag(&self, subject: &Digest) -> Result<Option<Index>, RegistryError> {
        let tag = tag_of(subject);
        match self.document(&tag, None, &format!("the list of what is attached to {subject}")) {
            Ok(fetched) => match fetched.document {
                Document::Index(index) => Ok(Some(index)),
                Document::Image(_) => Err(self.bad_document(&format!("`{tag}`"), "it is an image, not a list".into())),
            },
            Err(RegistryError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The tag under which the list of a manifest's attachments is kept.
pub(crate) fn tag_of(subject: &Digest) -> String {
    format!("sha256-{}", subject.hex())
}

/// The address of `Link: <…>; rel="next"`.
fn following(link: &str, url: &Url) -> Option<Url> {
    let (address, rest) = link.split(',').find_map(|link| link.trim().strip_prefix('<')?.split_once('>'))?;
    let is_next = rest.split(';').any(|word| matches!(word.trim(), "rel=\"next\"" | "rel=next"));
    is_next.then(|| url.join(address).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_named_by_a_link() {
        let url = Url::parse("https://r.io/v2/a/tags/list?n=2").unwrap();
        let of = |link: &str| following(link, &url).map(|url| url.reveal());
        assert_eq!(
            of("</v2/a/tags/list?n=2&last=b>; rel=\"next\"").as_deref(),
            Some("https://r.io/v2/a/tags/list?n=2&last=b")
        );
        assert_eq!(of("<https://x.io/y>; rel=next").as_deref(), Some("https://x.io/y"));
        for link in ["", "</x>", "</x>; rel=\"prev\"", "x; rel=\"next\"", "<ftp://x/>; rel=\"next\""] {
            assert_eq!(of(link), None, "{link}");
        }
    }
}
