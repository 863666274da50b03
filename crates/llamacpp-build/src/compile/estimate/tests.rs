//! The estimate held against the log of a real build, and against any other.

use proptest::prelude::*;

use super::*;

/// The steps of a real build with CUDA.
const STEPS: &str = include_str!("cuda-v0.5.0.txt");
/// How that build went on 16 cores with a GPU of compute capability 9.0: seconds, and how many steps were finished.
const WENT: [(u64, usize); 26] = [
    (17, 33),
    (28, 52),
    (39, 71),
    (50, 85),
    (60, 93),
    (72, 95),
    (83, 100),
    (93, 106),
    (105, 108),
    (116, 111),
    (128, 114),
    (138, 119),
    (154, 123),
    (170, 125),
    (183, 131),
    (199, 138),
    (211, 140),
    (222, 143),
    (234, 148),
    (245, 159),
    (255, 176),
    (265, 217),
    (276, 246),
    (286, 279),
    (297, 331),
    (310, 343),
];
/// When it was configured, and when it ended; its 348 steps took 306 seconds.
const BEGAN: u64 = 10;
const ENDED: u64 = 316;
const JOBS: u32 = 16;

fn steps() -> Vec<String> {
    STEPS.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// What was told at each moment of that build, in seconds, and what was left.
fn told(past: &BTreeMap<String, f64>) -> Vec<(u64, Option<f64>, f64)> {
    let steps = steps();
    let (mut estimate, mut before) = (Estimate::new(steps.clone(), past), 0);
    let each = WENT.map(|(at, finished)| {
        for step in &steps[before..finished] {
            estimate.finish(step);
        }
        before = finished;
        let left = estimate.left(Duration::from_secs(at - BEGAN), JOBS).map(|left| left.as_secs_f64());
        (at - BEGAN, left, f64::from(u32::try_from(ENDED - at).unwrap()))
    });
    each.into()
}

/// A build with CUDA on a host that never built before: within a quarter from one tenth of it to the last half minute, and then
/// within ten seconds.
#[test]
fn a_build_with_cuda_is_told_within_a_quarter() {
    let told = told(&BTreeMap::new());
    let tenth = (ENDED - BEGAN) / 10 - 2;
    let counted = told.iter().filter(|(elapsed, ..)| *elapsed >= tenth);
    let errors: Vec<f64> = counted
        .map(|(elapsed, left, real)| {
            let error = left.unwrap() - real;
            let bound = if *real >= 30.0 { real / 4.0 } else { 10.0 };
            assert!(error.abs() <= bound, "after {elapsed} s: {left:?}, {real} were left");
            (error / real).abs()
        })
        .collect();
    let mean = errors.iter().sum::<f64>() / f64::from(u32::try_from(errors.len()).unwrap());
    assert!(errors.len() == 24 && mean < 0.15, "{mean}: {told:?}");

    // After 50 s, steps that count alike are off by more than 40 %: this is what the costs are for.
    let (elapsed, finished) = (WENT[4].0 - BEGAN, 93.0);
    let alike = f64::from(u32::try_from(elapsed).unwrap()) * (348.0 - finished) / finished;
    assert!(alike < 0.6 * 256.0, "{alike}");
}

/// The costs that the host remembers count, whatever the table says, from the first step on.
#[test]
fn what_is_remembered_counts() {
    let steps = ["a.cpp.o", "b.cpp.o", "bin/x"].map(str::to_owned);
    let past: BTreeMap<String, f64> =
        [("a.cpp.o", 10.0), ("b.cpp.o", 30.0), ("bin/x", 4.0)].map(|(n, s)| (n.to_owned(), s)).into();
    let mut estimate = Estimate::new(steps.to_vec(), &past);
    let left = |estimate: &Estimate, elapsed, jobs| {
        estimate.left(Duration::from_secs(elapsed), jobs).map(|left| left.as_secs_f64().round())
    };
    assert_eq!(left(&estimate, 0, 1), Some(44.0), "all of it");
    estimate.finish("a.cpp.o");
    estimate.finish("unknown");
    estimate.finish("a.cpp.o");
    let on_time = left(&estimate, 25, 1).unwrap();
    assert!((18.0..20.0).contains(&on_time), "{on_time}");
    assert!(left(&estimate, 100, 1).unwrap() > on_time, "a slow build takes longer");
    estimate.finish("b.cpp.o");
    estimate.finish("bin/x");
    assert_eq!(left(&estimate, 44, 1), Some(0.0));
    assert_eq!(left(&Estimate::new(steps.to_vec(), &BTreeMap::new()), 1, 1), None, "nothing is known yet");
}

/// A step that is new since the last build costs what the table says on the scale of what is remembered.
#[test]
fn what_is_new_is_scaled() {
    let all = steps();
    let past: BTreeMap<String, f64> = all.iter().skip(1).map(|step| (step.clone(), cost::of(step) * 3.0)).collect();
    let whole = Estimate::new(all.clone(), &past).laid_out(1, 0.0);
    let table = Estimate::new(all, &BTreeMap::new()).laid_out(1, 0.0);
    assert!((whole / table - 3.0).abs() < 0.01, "{whole} {table}");
}

proptest! {
    /// Never a panic, never less than nothing, and more finished steps at the same moment never leave more to do.
    #[test]
    fn any_build_has_an_estimate(
        names in proptest::collection::vec("[a-z]{1,3}(\\.cpp\\.o|\\.cu\\.o|\\.a|)", 0..40),
        past in proptest::collection::btree_map("[a-z]{1,3}\\.cpp\\.o", any::<f64>(), 0..40),
        elapsed: u64, jobs: u32, finished in 0_usize..40,
    ) {
        let mut estimate = Estimate::new(names.clone(), &past);
        let elapsed = Duration::from_secs(elapsed);
        let mut before: Option<Duration> = None;
        for name in names.iter().take(finished) {
            let left = estimate.left(elapsed, jobs);
            if let (Some(before), Some(left), false) = (before, left, estimate.known) {
                prop_assert!(left <= before + before / 1000 + Duration::from_millis(1), "{:?} {:?}", before, left);
            }
            before = left;
            estimate.finish(name);
        }
        estimate.left(elapsed, jobs);
        estimate.skip(&names.iter().cloned().collect());
        prop_assert!(estimate.is_empty());
    }
}
