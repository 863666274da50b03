//! `/etc/ld.so.cache`: which libraries the loader of glibc finds, in the format of
//! [glibc 2.2 and later](https://sourceware.org/git/?p=glibc.git;a=blob;f=sysdeps/generic/dl-cache.h).

const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";

/// No cache lists more.
const MOST: usize = 100_000;

/// The libraries of a cache with their paths, in its order; nothing where it has another format.
pub fn ld_cache(bytes: &[u8]) -> Vec<(String, String)> {
    // The older format may stand before it.
    let Some(start) = bytes.windows(MAGIC.len()).position(|window| window == MAGIC) else { return Vec::new() };
    let bytes = bytes.get(start..).unwrap_or_default();
    let word = |at: usize| bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes);
    let text = |at: u32| {
        let rest = bytes.get(usize::try_from(at).ok()?..)?;
        std::str::from_utf8(rest.split(|byte| *byte == 0).next()?).ok().map(str::to_owned)
    };
    let count = word(20).and_then(|count| usize::try_from(count).ok()).unwrap_or_default().min(MOST);
    let entry = |index: usize| Some((text(word(48 + index * 24 + 4)?)?, text(word(48 + index * 24 + 8)?)?));
    (0..count).map_while(entry).collect()
}
