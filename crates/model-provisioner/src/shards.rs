//! The names of shards: `<prefix>-00001-of-00003.gguf`, llama.cpp's `%s-%05d-of-%05d.gguf`.
//!
//! <https://github.com/ggml-org/llama.cpp/tree/master/tools/gguf-split>

use crate::GlobPattern;

/// No model has more shards; `split.count` has 16 bits, and 5 digits end at 99999.
const MOST: u32 = 10_000;

/// The name of a shard, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardName {
    prefix: String,
    /// From 1.
    pub number: u32,
    /// How many there are.
    pub count: u32,
}

impl ShardName {
    /// The parts of a file's name, if it is one of a shard.
    pub fn parse(name: &str) -> Option<Self> {
        let (rest, count) = name.strip_suffix(".gguf")?.rsplit_once("-of-")?;
        let (prefix, number) = rest.rsplit_once('-')?;
        let plain = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
        let digits = |text: &str| plain(text).then(|| text.parse::<u32>().ok()).flatten();
        let (number, count) = (digits(number)?, digits(count)?);
        let valid = (1..=MOST).contains(&count) && (1..=count).contains(&number);
        valid.then(|| Self { prefix: prefix.to_owned(), number, count })
    }

    /// The name of shard `number`.
    pub fn name(&self, number: u32) -> String {
        format!("{}-{number:05}-of-{:05}.gguf", self.prefix, self.count)
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        (1..=self.count).map(|number| self.name(number))
    }

    /// The pattern that matches all of them.
    pub(crate) fn pattern(&self) -> GlobPattern {
        GlobPattern::quoting(&self.prefix, &format!("-?????-of-{:05}.gguf", self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_shards() {
        let shard = ShardName::parse("Q4/m-x-00002-of-00013.gguf").unwrap();
        assert_eq!((shard.number, shard.count), (2, 13));
        assert_eq!(shard.name(13), "Q4/m-x-00013-of-00013.gguf");
        assert_eq!(shard.names().count(), 13);
        for none in [
            "m.gguf",
            "m-00001-of-00002.bin",
            "m-1-of-2.gguf",
            "m-00003-of-00002.gguf",
            "m-00000-of-00002.gguf",
            "m-00001-of-00000.gguf",
            "m-+0001-of-00002.gguf",
            "m-00001-of-99999.gguf",
            "00001-of-00002.gguf",
        ] {
            assert_eq!(ShardName::parse(none), None, "{none}");
        }
    }
}
