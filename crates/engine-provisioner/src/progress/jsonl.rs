//! Each event as one JSON document a line, for programs.

use provisioner_core::Event;

use crate::report;

/// Prints an event. A reader that is gone does not end the work.
pub(crate) fn print(event: &Event) {
    report::line(event);
}
