//! Looks for many values at once, in time that hardly depends on how many there are.
//!
//! The rule: of the values the leftmost is found, and of several at one place the longest. The method is that of Wu and
//! Manber (1994), <https://webglimpse.net/pubs/TR94-17.pdf>: three bytes say how far the next value is at least, so that most
//! bytes are never looked at.

use std::ops::Range;

/// How many bytes are looked at together.
const BLOCK: usize = 3;
/// How many different shifts there are, a power of two; the table fits the fastest cache.
const BLOCKS: usize = 1 << 14;

/// What is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    /// The longest first. None is shorter than a block.
    values: Vec<Vec<u8>>,
    /// How many bytes of each value decide where it can be.
    window: usize,
    /// For a block that ends a window, how far the window can move on without missing a value.
    shifts: Vec<u8>,
    /// Of the values whose window ends in a block: that block, and the value. Sorted by block, then the longest first.
    ends: Vec<(u16, u32)>,
    /// Bytes that a value begins with.
    firsts: [bool; 256],
}

impl Search {
    /// Looks for these values, the longest first; those that are shorter than a block are left out.
    pub(crate) fn of(values: &[String]) -> Self {
        let values: Vec<Vec<u8>> =
            values.iter().map(|value| value.clone().into_bytes()).filter(|value| value.len() >= BLOCK).collect();
        let shortest = values.last().map_or(BLOCK, Vec::len);
        let window = shortest.min(BLOCK - 1 + usize::from(u8::MAX));
        let farthest = u8::try_from(window + 1 - BLOCK).unwrap_or(u8::MAX);
        let (mut shifts, mut ends, mut firsts) = (vec![farthest; BLOCKS], Vec::new(), [false; 256]);
        for (number, value) in values.iter().enumerate() {
            if let Some(first) = value.first().and_then(|first| firsts.get_mut(usize::from(*first))) {
                *first = true;
            }
            for (at, block) in value.get(..window).unwrap_or_default().windows(BLOCK).enumerate() {
                let (code, left) = (code(block), window - BLOCK - at);
                if let Some(shift) = shifts.get_mut(usize::from(code)) {
                    *shift = (*shift).min(u8::try_from(left).unwrap_or(u8::MAX));
                }
                if left == 0 {
                    ends.push((code, u32::try_from(number).unwrap_or(u32::MAX)));
                }
            }
        }
        ends.sort_unstable();
        Self { values, window, shifts, ends, firsts }
    }

    /// Returns where the first value is at or after `from`.
    pub(crate) fn find(&self, bytes: &[u8], from: usize) -> Option<Range<usize>> {
        if self.values.is_empty() {
            return None;
        }
        let mut end = from.checked_add(self.window)?;
        while let Some(block) = bytes.get(end.wrapping_sub(BLOCK)..end) {
            let code = code(block);
            let shift = usize::from(self.shifts.get(usize::from(code)).copied().unwrap_or(1));
            if shift > 0 {
                end += shift;
                continue;
            }
            let start = end - self.window;
            if let Some(length) = self.at(bytes.get(start..).unwrap_or_default(), code) {
                return Some(start..start + length);
            }
            end += 1;
        }
        None
    }

    /// The length of the longest value that `bytes` begin with, of those whose window ends in this block.
    fn at(&self, bytes: &[u8], code: u16) -> Option<usize> {
        let first = self.ends.partition_point(|(other, _)| *other < code);
        let candidates = self.ends.get(first..)?.iter().take_while(|(other, _)| *other == code);
        let mut values = candidates.filter_map(|(_, value)| self.values.get(usize::try_from(*value).ok()?));
        values.find(|value| bytes.starts_with(value)).map(Vec::len)
    }

    /// Returns where, at or after `from`, the bytes end in the beginning of a value.
    pub(crate) fn open(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let longest = self.values.first().map_or(0, Vec::len);
        let first = bytes.len().saturating_sub(longest.saturating_sub(1)).max(from);
        let begins = |at: &usize| {
            let tail = bytes.get(*at..).unwrap_or_default();
            let may = tail.first().is_some_and(|byte| self.firsts.get(usize::from(*byte)) == Some(&true));
            may && self.values.iter().any(|value| value.len() > tail.len() && value.starts_with(tail))
        };
        (first..bytes.len()).find(begins)
    }
}

/// A number for three bytes; others may have the same.
#[inline]
fn code(block: &[u8]) -> u16 {
    let [a, b, c] = *block else { return 0 };
    (u16::from(a) << 6) ^ (u16::from(b) << 3) ^ u16::from(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn search(values: &[&str]) -> Search {
        let mut values: Vec<String> = values.iter().map(ToString::to_string).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Search::of(&values)
    }

    #[test]
    fn the_leftmost_and_longest_is_found() {
        let search = search(&["abcdef", "abcdefgh", "xyz123", "cdefgh"]);
        assert_eq!(search.find(b"..abcdefg", 0), Some(2..8));
        assert_eq!(search.find(b"..abcdefgh", 0), Some(2..10));
        assert_eq!(search.find(b"..abcdefgh", 3), Some(4..10));
        assert_eq!(search.find(b"xyz12 xyz123", 0), Some(6..12));
        assert_eq!(search.find(b"xyz12", 0), None);
        assert_eq!(search.find(b"", 7), None);
        assert_eq!(Search::of(&[]).find(b"abc", 0), None);
        assert_eq!(search.open(b"..xyz1", 0), Some(2));
        assert_eq!(search.open(b"..xyz1.", 0), None);
    }

    #[test]
    fn a_long_value_is_found_among_bytes_of_every_kind() {
        let long = "k".repeat(1000);
        let bytes: Vec<u8> = (0..=255).cycle().take(5000).chain(long.bytes()).collect();
        assert_eq!(search(&[&long]).find(&bytes, 0), Some(5000..6000));
    }

    proptest! {
        /// The same as the plainest search, for values that share beginnings, ends and blocks.
        #[test]
        fn as_the_plainest_search(text in "[ab]{0,60}[abé]{0,20}", values in prop::collection::vec("[ab]{3,7}", 1..6), from in 0_usize..20) {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let bytes = text.as_bytes();
            let plain = (from..bytes.len()).find_map(|at| {
                let here = values.iter().filter(|value| bytes[at..].starts_with(value.as_bytes()));
                here.map(|value| value.len()).max().map(|length| at..at + length)
            });
            prop_assert_eq!(search(&values).find(bytes, from), plain);
        }
    }
}
