//! How long each phase of `ensure` took, from the lines that announce them.

use std::time::Duration;

/// Each phase with its time, the last one up to `end`. A phase is announced as `configuring ...`; other lines are not.
pub(super) fn phases(lines: &[(Duration, String)], end: Duration) -> Vec<(&str, Duration)> {
    let starts: Vec<_> = lines.iter().filter_map(|(at, line)| Some((line.strip_suffix(" ...")?, *at))).collect();
    let ends = starts.iter().skip(1).map(|(_, at)| *at).chain([end]);
    starts.iter().zip(ends).map(|((name, at), end)| (*name, end.saturating_sub(*at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_lasts_until_the_next() {
        let lines = [(1, "warning: x"), (2, "configuring ..."), (5, "building llama-server ..."), (9, "  3/200 (1 %)")];
        let lines = lines.map(|(at, line)| (Duration::from_secs(at), line.to_owned()));
        let seconds = Duration::from_secs;
        let expected = [("configuring", seconds(3)), ("building llama-server", seconds(15))];
        assert_eq!(phases(&lines, seconds(20)), expected);
        assert_eq!(phases(&lines[..1], seconds(20)), []);
    }
}
