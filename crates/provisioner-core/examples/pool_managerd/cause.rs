//! Why an engine is down, as one word of a closed set: what a counter's label may be.

use provisioner_core::{Diagnostic, Error, ExitReport};

/// The kernel's number of the signal that cannot be handled; its killer for lack of memory sends it.
const SIGKILL: i32 = 9;

/// The class of an exit: the area of its stable code, such as `cuda`, `engine` or `build`, where its log tells the cause;
/// else `graceful`, `killed`, `signal`, `status` or `unknown`. A code that names no more than the signal is no cause here.
pub(crate) fn of_exit(exit: &ExitReport) -> String {
    let word = match (&exit.code, exit.status, exit.signal) {
        _ if exit.is_graceful() => "graceful",
        (Some(code), _, _) if code == "engine::killed" => "killed",
        (Some(code), _, _) if code == "engine::crashed" || code == "engine::stopped" => "signal",
        (Some(code), _, _) => return area(code),
        (None, _, Some(SIGKILL)) => "killed",
        (None, _, Some(_)) => "signal",
        (None, Some(_), None) => "status",
        (None, None, None) => "unknown",
    };
    word.into()
}

/// The class of an error: the area of its code.
pub(crate) fn of_error(error: &Error) -> String {
    error.code().map_or_else(|| "unknown".into(), |code| area(&code.to_string()))
}

/// What stands before `::` in a code: one of a dozen words.
pub(crate) fn area(code: &str) -> String {
    code.split("::").next().unwrap_or_default().to_owned()
}
