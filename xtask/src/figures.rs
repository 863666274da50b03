//! What every file of figures has in common: which machine they are from, and how it is written.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

use crate::failure::Result;
use crate::proc;

/// Date, processor and kernel, because the numbers mean nothing without them.
pub(crate) fn machine() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let (date, model) = (now.split('T').next().unwrap_or_default(), model.trim_start_matches([' ', '\t', ':']));
    format!("{date}, {model}, {cores} cores, Linux {}.", kernel.trim())
}

/// Writes the file, which is named from the root of the repository.
pub(crate) fn write(file: &Path, text: &str) -> Result<()> {
    let path = proc::root().join(file);
    fs::create_dir_all(path.parent().unwrap_or(&path))?;
    File::create(&path)?.write_all(text.as_bytes())?;
    println!("written: {}", path.display());
    Ok(())
}
