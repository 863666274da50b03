//! The steps of a build out of ninja's log, by kind: what a CUDA file weighs beside a C++ file.
//!
//! A line of `.ninja_log` is start, end (both in ms), modification time, output and hash of the command, separated by tabs
//! (<https://ninja-build.org/manual.html#ref_log>).

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// How many of the slowest steps are listed.
const SLOWEST: usize = 12;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    start: u64,
    end: u64,
    output: String,
}

/// Count, sum, mean and largest time of each kind of step, and the slowest steps; times in seconds.
pub(super) fn table(log: &str) -> Value {
    let mut steps: Vec<Step> = log.lines().filter_map(step).collect();
    // A step with several outputs has a line for each.
    steps.sort_by(|a, b| (a.start, a.end, &a.output).cmp(&(b.start, b.end, &b.output)));
    let mut kinds: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for step in &steps {
        kinds.entry(kind(&step.output)).or_default().push(step.end.saturating_sub(step.start));
    }
    let kinds: Vec<Value> = kinds.iter().map(|(kind, times)| weight(kind, times)).collect();
    steps.sort_by_key(|step| std::cmp::Reverse(step.end.saturating_sub(step.start)));
    let slowest: Vec<Value> = steps
        .iter()
        .take(SLOWEST)
        .map(|step| json!({ "output": step.output, "seconds": seconds(step.end.saturating_sub(step.start)) }))
        .collect();
    let wall = steps.iter().map(|step| step.end).max().unwrap_or(0);
    json!({ "steps": steps.len(), "wall_seconds": seconds(wall), "kinds": kinds, "slowest": slowest })
}

fn step(line: &str) -> Option<Step> {
    let mut parts = line.split('\t');
    let (start, end) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(Step { start, end, output: parts.nth(1)?.to_owned() })
}

/// What a step makes, by its output's name.
fn kind(output: &str) -> &'static str {
    let Some(source) = output.strip_suffix(".o") else {
        let name = output.rsplit('/').next().unwrap_or_default();
        let is_library = name.split('.').skip(1).any(|part| part == "a" || part == "so");
        return if is_library { "library" } else { "other" };
    };
    match source.rsplit_once('.').map(|(_, extension)| extension) {
        Some("cu") => "CUDA",
        Some("cpp" | "cc" | "cxx") => "C++",
        Some("c") => "C",
        _ => "other",
    }
}

fn weight(kind: &str, times: &[u64]) -> Value {
    let sum: u64 = times.iter().sum();
    let count = u64::try_from(times.len()).unwrap_or(1).max(1);
    json!({
        "kind": kind, "steps": times.len(), "seconds": seconds(sum), "mean_seconds": seconds(sum / count),
        "largest_seconds": seconds(times.iter().copied().max().unwrap_or(0)),
    })
}

/// Milliseconds as seconds.
fn seconds(milliseconds: u64) -> f64 {
    std::time::Duration::from_millis(milliseconds).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_weighed_by_kind() {
        let log = "# ninja log v5\n0\t500\t1\tsrc/CMakeFiles/a.dir/x.cpp.o\taa\n100\t4100\t1\tggml/rope.cu.o\tbb\n\
                   4100\t6100\t1\tggml/norm.cu.o\tcc\n6100\t6200\t1\tbin/llama-server\tdd\n6000\t6100\t1\tggml/libggml.a\tee\n\
                   bad line\n0\t10\t1\tggml/q.c.o\tff\n";
        let table = table(log);
        let kind =
            |name: &str| table["kinds"].as_array().unwrap().iter().find(|kind| kind["kind"] == name).unwrap().clone();
        assert_eq!((&table["steps"], &table["wall_seconds"]), (&json!(6), &json!(6.2)));
        assert_eq!(
            kind("CUDA"),
            json!({ "kind": "CUDA", "steps": 2, "seconds": 6.0, "mean_seconds": 3.0, "largest_seconds": 4.0 })
        );
        assert_eq!((&kind("C++")["seconds"], &kind("C")["seconds"]), (&json!(0.5), &json!(0.01)));
        assert_eq!((&kind("library")["steps"], &kind("other")["steps"]), (&json!(1), &json!(1)));
        assert_eq!(table["slowest"][0]["output"], "ggml/rope.cu.o");
    }

    #[test]
    fn no_log_is_no_steps() {
        assert_eq!(super::table("")["steps"], 0);
    }
}
