//! Whether a release of llama.cpp can be built with libcurl at all.

/// The first release without libcurl (discussed in <https://github.com/ggml-org/llama.cpp/issues/18922>).
const DROPPED_AT: u32 = 7736;

/// Whether the release named by a tag such as `b7735` still has an option to build with libcurl, or `None` for any
/// other name (a branch, a commit): then the tree itself tells, by the option `LLAMA_CURL`.
///
/// A build needs [`Tool::CurlHeaders`](crate::Tool::CurlHeaders) only where this holds and `LLAMA_CURL=ON` is asked
/// for: models are fetched before the server starts, so that by itself no build asks for it.
///
/// ```
/// assert_eq!(preflight::release_has_curl("b7735"), Some(true));
/// assert_eq!(preflight::release_has_curl("b7736"), Some(false));
/// assert_eq!(preflight::release_has_curl("master"), None);
/// ```
pub fn release_has_curl(tag: &str) -> Option<bool> {
    let number = tag.strip_prefix("refs/tags/").unwrap_or(tag).strip_prefix('b')?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<u32>().ok().map(|number| number < DROPPED_AT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only the tags of releases are numbers of builds; a commit may start as one.
    #[test]
    fn only_release_tags_tell() {
        assert_eq!(release_has_curl("refs/tags/b9999"), Some(false));
        for name in ["b", "b7735-fix", "b+1", "7735", "bdeadbeef", "b99999999999", "B7735", ""] {
            assert_eq!(release_has_curl(name), None, "{name}");
        }
    }
}
