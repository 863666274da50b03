//! Which part of a long sweep a run of the tests takes: a random one that can be repeated, or all of it.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The variable with the seed of a run that is to be repeated.
const SEED: &str = "ENGINE_PROVISIONER_TEST_SEED";
/// The variable with the minutes that a long run takes; `cargo xtask test --soak MINUTES` sets it.
const SOAK: &str = "ENGINE_PROVISIONER_SOAK_MINUTES";

/// How long a sample is taken on a busy host: what was not reached then is left to another run.
const SHORT: Duration = Duration::from_secs(20);

/// A seeded choice, another one in each run. Its `Display` is what repeats it.
#[derive(Clone, Debug)]
pub struct Sample {
    seed: u64,
    state: u64,
    is_soak: bool,
    until: Instant,
}

impl Sample {
    /// Takes seed and minutes from the environment, else a seed from the clock; prints the seed.
    #[expect(clippy::print_stdout, reason = "a failed test shows it")]
    pub fn new() -> Self {
        let env = exec::Env::current();
        let number = |name: &str| env.get_str(name).and_then(|text| text.parse::<u64>().ok());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos().into());
        let seed = number(SEED).unwrap_or(now);
        let soak = number(SOAK).map(|minutes| Duration::from_secs(minutes.saturating_mul(60)));
        let until = Instant::now() + soak.unwrap_or(SHORT);
        // A state of zero would stay zero.
        let sample = Self { seed, state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, is_soak: soak.is_some(), until };
        println!("{sample}");
        sample
    }

    /// Whether the whole sweep is wanted, until [`Sample::is_over`].
    pub const fn is_soak(&self) -> bool {
        self.is_soak
    }

    /// Whether the time of this run is over.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// A number below `end`, or 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 11).unwrap_or(0).checked_rem(end).unwrap_or(0)
    }

    /// All of a long run; else `count` of them, in their order.
    pub fn pick<'a, T>(&mut self, all: &'a [T], count: usize) -> Vec<&'a T> {
        let mut left: Vec<usize> = (0..all.len()).collect();
        while !self.is_soak() && left.len() > count {
            left.remove(self.below(left.len()));
        }
        left.iter().filter_map(|at| all.get(*at)).collect()
    }
}

impl Default for Sample {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SEED}={} repeats this sample", self.seed)
    }
}
