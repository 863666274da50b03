//! Which programs were started, as strace saw it.

/// Reads the lines of `strace -f -e trace=execve`: `PID execve("PROGRAM", … = 0`. A call that was resumed or failed
/// starts nothing; its first half is enough to know a started one.
pub(super) fn starts(trace: &str) -> Vec<String> {
    trace.lines().filter_map(start).collect()
}

fn start(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("execve(\"")?;
    let (program, rest) = rest.split_once('"')?;
    (rest.ends_with("= 0") || rest.ends_with("<unfinished ...>")).then(|| program.to_owned())
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
4448  execve(\"/bin/ours\", [\"ours\"], 0x7ffc /* 35 vars */) = 0
4449  execve(\"/opt/x\", [\"x\"], 0x55a5 /* 35 vars */) = -1 ENOENT (No such file or directory)
4449  execve(\"/store/bin/llama-server\", [\"llama-server\"], 0x55a5 /* 2 vars */) = 0
4448  --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---
";

    #[test]
    fn starts_are_read() {
        assert_eq!(starts(TRACE), ["/bin/ours", "/store/bin/llama-server"]);
    }

    #[test]
    fn the_end_of_the_first_process_is_seen() {
        assert!(!first_has_ended(TRACE));
        assert!(!first_has_ended(&format!("{TRACE}4449  +++ exited with 0 +++\n")));
        assert!(first_has_ended(&format!("{TRACE}4448  +++ exited with 0 +++\n")));
        assert!(!first_has_ended(""));
    }
}
