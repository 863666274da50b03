//! Amounts in few characters, for tables.

/// Bytes in the largest unit of which there is at least one, such as `1.2 GiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut unit = 0;
    while bytes >> (10 * (unit + 1)) > 0 && unit + 1 < UNITS.len() {
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 {
        return format!("{bytes} {name}");
    }
    let tenths = (u128::from(bytes) * 10) >> (10 * unit);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// Seconds in the two largest units, such as `3h04m`.
pub(crate) fn seconds(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
        (0, ..) => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d{:02}h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        let all = [0, 1023, 1024, 1536 << 10, (3 << 30) - 1, u64::MAX];
        assert_eq!(all.map(bytes), ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "2.9 GiB", "16383.9 PiB"]);
        let all = [0, 59, 60, 3599, 3600, 86399, 86400, 10 * 86400];
        assert_eq!(all.map(seconds), ["0s", "59s", "1m00s", "59m59s", "1h00m", "23h59m", "1d00h", "10d00h"]);
    }
}
