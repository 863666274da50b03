//! How long each part of provisioning a pool may take.

use std::{num::NonZeroU32, time::Duration};

use serde::{Deserialize, Serialize};

/// Time limits, in whole seconds. What is left out has the default of the method of that name.
///
/// A *timeout* limits the whole of a step, a *silence* the time without progress within it. Both apply at once; whichever
/// is exceeded first fails the step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Longest time to fetch sources, an image or an archive. Default 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetch_timeout_s: Option<NonZeroU32>,
    /// Longest time that the target of a fetch may stay without growth. Default 60. `fetch_timeout_s` still limits the whole
    /// fetch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetch_silence_s: Option<NonZeroU32>,
    /// Longest time to configure and build an engine. Default 7200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_timeout_s: Option<NonZeroU32>,
    /// Longest time a build may run without any output. Default 1800.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_silence_s: Option<NonZeroU32>,
    /// Longest time from the start of an engine until it answers. Default 120.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_timeout_s: Option<NonZeroU32>,
    /// Longest time an engine may neither answer nor print, while it is waited for or is to be replaced if it hangs. Left
    /// out, there is no such limit. `ready_timeout_s` limits the whole start in both cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_silence_s: Option<NonZeroU32>,
    /// Longest time an engine may take to end after it was asked to, before it is ended by force.
    /// Default 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_grace_s: Option<NonZeroU32>,
}

impl Limits {
    /// Longest time to fetch sources, an image or an archive: 600 s unless set.
    pub fn fetch_timeout(&self) -> Duration {
        seconds(self.fetch_timeout_s, 600)
    }

    /// Returns the longest time that the target of a fetch (its files on disk, or the bytes received) may stay without
    /// growth: 60 s unless set.
    pub fn fetch_silence(&self) -> Duration {
        seconds(self.fetch_silence_s, 60)
    }

    /// Longest time to configure and build an engine: 7200 s unless set.
    pub fn build_timeout(&self) -> Duration {
        seconds(self.build_timeout_s, 7200)
    }

    /// Longest time a build may run without any output: 1800 s unless set.
    pub fn build_silence(&self) -> Duration {
        seconds(self.build_silence_s, 1800)
    }

    /// Longest time from the start of an engine until it answers: 120 s unless set.
    pub fn ready_timeout(&self) -> Duration {
        seconds(self.ready_timeout_s, 120)
    }

    /// Returns the longest time an engine may neither answer nor print, while it is waited for or is to be replaced if it
    /// hangs; `None`, the default, means that only [`ready_timeout`](Self::ready_timeout) applies.
    pub fn ready_silence(&self) -> Option<Duration> {
        self.ready_silence_s.map(|set| Duration::from_secs(set.get().into()))
    }

    /// Longest time an engine may take to end after it was asked to: 10 s unless set.
    pub fn stop_grace(&self) -> Duration {
        seconds(self.stop_grace_s, 10)
    }
}

/// `u32` seconds (136 years) can be added to any clock without overflow.
fn seconds(set: Option<NonZeroU32>, default: u32) -> Duration {
    Duration::from_secs(set.map_or(default, NonZeroU32::get).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(limits: &Limits, expected: [Option<u64>; 7]) {
        let actual = [
            Some(limits.fetch_timeout()),
            Some(limits.fetch_silence()),
            Some(limits.build_timeout()),
            Some(limits.build_silence()),
            Some(limits.ready_timeout()),
            limits.ready_silence(),
            Some(limits.stop_grace()),
        ];
        assert_eq!(actual, expected.map(|seconds| seconds.map(Duration::from_secs)));
    }

    #[test]
    fn each_limit_is_its_own() {
        check(&Limits::default(), [Some(600), Some(60), Some(7200), Some(1800), Some(120), None, Some(10)]);
        let set = Limits {
            fetch_timeout_s: NonZeroU32::new(1),
            fetch_silence_s: NonZeroU32::new(2),
            build_timeout_s: NonZeroU32::new(3),
            build_silence_s: NonZeroU32::new(4),
            ready_timeout_s: NonZeroU32::new(5),
            ready_silence_s: NonZeroU32::new(6),
            stop_grace_s: NonZeroU32::new(7),
        };
        check(&set, [1, 2, 3, 4, 5, 6, 7].map(Some));
    }
}
