//! What starting, stopping and logging cost beside the bare system calls, on tmpfs and on the disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::Env;

use crate::failure::{Failure, Result};
use crate::{figures, proc};

/// Measures in a folder of each kind, and writes only where it was told to.
pub(super) fn run(env: &Env, write: Option<&Path>) -> Result<()> {
    let cargo = proc::cargo(env)?;
    proc::with_terminal(&cargo, &["build", "--release", "--package", "spawner", "--examples"], &[])?;
    let mut text = format!("# Starting and stopping\n\n{}\n", figures::machine());
    text += "Medians of 100 rounds; the baseline is `fork`, `exec` and `kill` alone, taken in turn with ours.\n";
    for (what, folder) in [("tmpfs", PathBuf::from("/dev/shm")), ("the disk", proc::root().join("target"))] {
        let place = tempfile::Builder::new().prefix("spawn-bench.").tempdir_in(&folder)?;
        let spec = proc::command(env, cargo.clone(), Duration::from_mins(10));
        let words = ["run", "--release", "--quiet", "--package", "spawner", "--example", "measure", "--"];
        let rows = proc::capture(&spec.args(words).arg(place.path().join("run")))?.stdout_text().into_owned();
        if !rows.starts_with("| ") {
            return Err(Failure::new(format!("`measure` printed no table: {rows}")));
        }
        let head = format!("\n## Run folder on {what}\n\n| what | bare | ours | goal | met |\n");
        text.extend([head.as_str(), "| --- | --- | --- | --- | --- |\n", &rows]);
    }
    print!("{text}");
    write.map_or(Ok(()), |file| figures::write(file, &text))
}
