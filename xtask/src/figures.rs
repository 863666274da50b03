//! What every file of figures has in common: which machine they are from, and how it is written.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::failure::Result;
use crate::proc;

/// Date, processor and kernel, because the numbers mean nothing without them.
pub(crate) fn machine() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (date, model) = (date(now.as_secs() / 86_400), model.trim_start_matches([' ', '\t', ':']));
    format!("{date}, {model}, {cores} cores, Linux {}.", kernel.trim())
}

/// The date (UTC) so many days after 1 January 1970: <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
fn date(days: u64) -> String {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = 400 * era + year_of_era + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

/// Writes the file, which is named from the root of the repository.
pub(crate) fn write(file: &Path, text: &str) -> Result<()> {
    let path = proc::root().join(file);
    fs::create_dir_all(path.parent().unwrap_or(&path))?;
    File::create(&path)?.write_all(text.as_bytes())?;
    println!("written: {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, expected) in
            [(0, "1970-01-01"), (58, "1970-02-28"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_783, "2026-11-26")]
        {
            assert_eq!(date(days), expected);
        }
    }
}
