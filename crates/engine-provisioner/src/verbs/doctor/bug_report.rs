//! `--report`: all that `doctor` and `status` know, as one file for a bug report.
//!
//! The rule: what is in it is listed before it is written, so that who sends it knows.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use provisioner_core::{Checkup, HostReport};
use serde_json::json;

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::report::amount;
use crate::{report, target};

pub(super) fn write(args: &Args, found: &Checkup, packed: &HostReport, out: &Path) -> Result<()> {
    let path = target::absolute(out)?;
    let files = packed.files();
    if !args.json {
        let mut text = format!("the report has {} files; values of secrets are masked:\n", files.len());
        for file in &files {
            // Writing to a `String` cannot fail.
            writeln!(text, "  {} ({})", file.name, amount::bytes(file.size)).ok();
        }
        let mut out = anstream::stdout().lock();
        // A reader that is gone does not keep the file from being written; the last line meets it again.
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::Output) {
            Err(failure) if !failure.is_reader_gone() => return Err(failure),
            _ => {}
        }
    }
    durable::replace(&path, &packed.pack())?;
    let document = json!({ "ready": found.ready, "report": { "file": path, "files": files } });
    report::result(args.json, &document, || format!("wrote {}\n", path.display()))
}
