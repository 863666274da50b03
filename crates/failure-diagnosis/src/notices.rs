//! What a log shows that is not why anything failed: warnings after which a program continues, and effects of a failure
//! whose cause was printed before this log begins.
//!
//! The rule: [`diagnose`](crate::diagnose) never returns any of these, so that a warning is never taken for the failure
//! and an effect never for its cause.

use serde::Serialize;

use crate::excerpt;
use crate::pattern::{Pattern, logged, said};
use crate::text::Log;

/// What a [`Notice`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The program continued: it made nothing fail.
    Warning,
    /// Something failed, and this is what it caused; the cause is not in these lines.
    Effect,
}

/// Something that a log shows and that is not the cause of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Whether nothing failed, or the cause is elsewhere.
    pub kind: NoticeKind,
    /// What it means, in one sentence.
    pub what: &'static str,
    /// What to do, or where to look.
    pub advice: &'static str,
    /// The lines that show it: at most a dozen, redacted.
    pub lines: Vec<String>,
}

/// A warning or an effect, and how it shows: any of these.
struct Known {
    kind: NoticeKind,
    any: &'static [Pattern],
    what: &'static str,
    advice: &'static str,
}

static KNOWN: &[Known] = &[
    Known {
        kind: NoticeKind::Warning,
        any: &[logged("The deprecated BoltDB database driver is in use")],
        what: "podman keeps its containers in a BoltDB database: harmless now, but podman 6 does not read it and loses every container \
               that only this database knows",
        advice: "move to SQLite with podman 5.8 before you install podman 6",
    },
    Known {
        kind: NoticeKind::Warning,
        any: &[logged("overwritten by graph driver")],
        what: "podman continues with the storage driver of its database instead of the configured one; with vfs that is slow and \
               needs the whole size of an image for each layer",
        advice: "set `driver` in storage.conf to the database's one; keep the data, whatever podman's own advice is",
    },
    Known {
        kind: NoticeKind::Warning,
        any: &[
            logged("unable to get systemd connection to add healthchecks"),
            logged("unable to get systemd connection to start healthchecks"),
        ],
        what: "there is no systemd by which podman runs the image's own health check: its state stays `starting` forever, and the engine \
               is not at fault",
        advice: "leave it off (`--no-healthcheck`) and ask the engine's health route over HTTP",
    },
    Known {
        kind: NoticeKind::Warning,
        any: &[logged("to cgroupfs sandbox cgroup")],
        what: "podman could not put its monitor into a cgroup of its own; the container runs all the same",
        advice: "nothing has to be done; it goes away where cgroups are delegated to podman",
    },
    Known {
        kind: NoticeKind::Effect,
        any: &[said("torch._C._cuda_setDevice(device)"), said("torch._C._cuda_init()")],
        what: "CUDA could not be initialized; the error's number is not in these lines",
        advice: "keep more of the log: the line that ends this traceback names the error (803, 804, 999, out of memory)",
    },
    Known {
        kind: NoticeKind::Effect,
        any: &[said("Engine core initialization failed")],
        what: "vLLM's engine process failed while it started; why is not in this line",
        advice: "keep more of the log: the first ERROR of the EngineCore process names the cause",
    },
    Known {
        kind: NoticeKind::Effect,
        any: &[
            said("WorkerProc failed to start"),
            said("WorkerProc initialization failed due to an exception in a background process"),
        ],
        what: "a worker of vLLM failed while it started; why is not in this line",
        advice: "keep more of the log: the first ERROR of a Worker process names the cause",
    },
    Known {
        kind: NoticeKind::Effect,
        any: &[said("Server error: error trying to connect: No such file or directory (os error 2)")],
        what: "TGI's router does not reach its shard any more, because the shard exited earlier; the file is the shard's socket, none of yours",
        advice: "look further up for how the shard ended (\"Shard process was signaled\", \"Shard complete standard error output\")",
    },
    Known {
        kind: NoticeKind::Effect,
        any: &[said("ShardCannotStart")],
        what: "a shard of TGI failed while it started; why is not in this line",
        advice: "look further up for what it printed: \"Shard complete standard error output\"",
    },
    Known {
        kind: NoticeKind::Effect,
        any: &[said("creating server: Internal - failed to load all models")],
        what: "a model of Triton's repository failed to load; which and why is in the table of models before these lines",
        advice: "keep more of the log: the row with UNAVAILABLE names both. `--exit-on-error=false` keeps the server running with the others",
    },
    Known {
        kind: NoticeKind::Effect,
        any: &[said("Received sigquit from a child process")],
        what: "a process of SGLang failed, and SGLang killed the others; a \"Killed\" after that is its own, not the kernel's",
        advice: "keep more of the log: the traceback before this line names the cause",
    },
    Known {
        kind: NoticeKind::Effect,
        any: &[said("Back-off restarting failed container"), said("CrashLoopBackOff")],
        what: "Kubernetes restarts a container that keeps failing; why it fails is in its own log",
        advice: "`kubectl logs --previous POD` prints it, `kubectl describe pod POD` the reason and exit code",
    },
    Known {
        kind: NoticeKind::Effect,
        any: &[said("Back-off pulling image"), said("ImagePullBackOff")],
        what: "Kubernetes waits before it tries to pull the image again; why the pull failed is in an earlier event",
        advice: "`kubectl describe pod POD` shows the event with the registry's answer",
    },
    Known {
        kind: NoticeKind::Effect,
        any: &[said("OCI runtime attempted to invoke a command that was not found")],
        what: "something that the container needs was not found: the command, a mount or a device; which is in the words before these",
        advice: "keep the whole line: crun names the file in front",
    },
];

/// What `log` shows that is not why anything failed, each once, in the order of the log.
pub fn notices(log: &str) -> Vec<Notice> {
    let log = Log::read(log);
    let text = log.text.as_bytes();
    let mut found: Vec<(usize, &Known)> =
        KNOWN.iter().filter_map(|known| Some((first_line(&log, text, known)?, known))).collect();
    found.sort_by_key(|(line, _)| *line);
    let notice = |(line, known): (usize, &Known)| Notice {
        kind: known.kind,
        what: known.what,
        advice: known.advice,
        lines: excerpt::around(&log, line..=line),
    };
    found.into_iter().map(notice).collect()
}

/// The first line in which it shows.
fn first_line(log: &Log<'_>, text: &[u8], known: &Known) -> Option<usize> {
    let shows = |pattern: &Pattern| {
        // The first word alone, for a terminal may have wrapped the others.
        let first = pattern.anchor().split(' ').next().unwrap_or_default();
        let anchors = log.text.match_indices(first);
        anchors.map(|(at, _)| (at, log.lines.partition_point(|line| line.end <= at))).find_map(|(at, number)| {
            let role = log.lines.get(number)?.role;
            (pattern.roles.contains(&role) && pattern.matches(text, at).is_some()).then_some(number)
        })
    };
    known.any.iter().filter_map(shows).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_once_in_the_order_of_the_log() {
        let log = "RuntimeError: Engine core initialization failed. See root cause above.\n\
                   WARN[0000] The deprecated BoltDB database driver is in use. This driver will be removed\n\
                   RuntimeError: Engine core initialization failed. See root cause above.\n";
        let found = notices(log);
        assert_eq!(
            found.iter().map(|notice| notice.kind).collect::<Vec<_>>(),
            [NoticeKind::Effect, NoticeKind::Warning]
        );
        assert!(found.iter().all(|notice| notice.lines.len() <= 3 && !notice.what.is_empty()), "{found:#?}");
        assert_eq!(notices("all is well\n"), []);
        assert_eq!(notices(""), []);
    }

    #[test]
    fn patterns_are_plain_text_that_the_log_keeps() {
        for pattern in KNOWN.iter().flat_map(|known| known.any) {
            assert_eq!(pattern.anchor(), pattern.text, "has a place");
            assert!(!pattern.text.contains("  ") && !pattern.text.contains('`'), "{}", pattern.text);
        }
    }
}
