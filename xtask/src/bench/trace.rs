//! When which program was started, as strace saw it.

use std::time::Duration;

/// One successful `execve`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) program: String,
    /// Since 1970.
    pub(super) at: Duration,
}

/// Reads the lines of `strace -f -ttt -e trace=execve`: `PID SECONDS.MICROS execve("PROGRAM", … = 0`. A call that was
/// resumed or failed starts nothing; its first half is enough to know a started one.
pub(super) fn starts(trace: &str) -> Vec<Start> {
    trace.lines().filter_map(start).collect()
}

fn start(line: &str) -> Option<Start> {
    let mut words = line.split_whitespace().skip(1);
    let (seconds, micros) = words.next()?.split_once('.')?;
    let at = Duration::from_secs(seconds.parse().ok()?) + Duration::from_micros(micros.parse().ok()?);
    let (_, rest) = line.split_once("execve(\"")?;
    let (program, rest) = rest.split_once('"')?;
    (rest.ends_with("= 0") || rest.ends_with("<unfinished ...>")).then(|| Start { program: program.into(), at })
}

/// Whether the first process of the trace has ended.
pub(super) fn first_has_ended(trace: &str) -> bool {
    let pid = |line: &str| line.split_whitespace().next().map(String::from);
    let first = trace.lines().next().and_then(pid);
    trace.lines().any(|line| (line.contains("+++ exited with") || line.contains("+++ killed by")) && pid(line) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "\
4448  1795434077.455829 execve(\"/bin/ours\", [\"ours\"], 0x7ffc /* 35 vars */) = 0
4449  1795434077.457000 execve(\"/opt/x\", [\"x\"], 0x55a5 /* 35 vars */) = -1 ENOENT (No such file or directory)
4449  1795434077.457863 execve(\"/store/bin/llama-server\", [\"llama-server\"], 0x55a5 /* 2 vars */) = 0
4448  1795434077.460133 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---
";

    #[test]
    fn starts_are_read_with_their_times() {
        let found = starts(TRACE);
        let programs: Vec<_> = found.iter().map(|start| start.program.as_str()).collect();
        assert_eq!(programs, ["/bin/ours", "/store/bin/llama-server"]);
        assert_eq!(found[1].at.saturating_sub(found[0].at), Duration::from_micros(2034));
    }

    #[test]
    fn the_end_of_the_first_process_is_seen() {
        assert!(!first_has_ended(TRACE));
        assert!(!first_has_ended(&format!("{TRACE}4449  1795434077.5 +++ exited with 0 +++\n")));
        assert!(first_has_ended(&format!("{TRACE}4448  1795434077.5 +++ exited with 0 +++\n")));
        assert!(!first_has_ended(""));
    }
}
