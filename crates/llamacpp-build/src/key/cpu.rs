//! What the processor can do, as far as a build for "this very processor" depends on it.

use std::fs::File;
use std::io::Read;

/// The lines of /proc/cpuinfo that compilers look at for `-march=native`, on x86 and on Arm.
const KEYS: [&str; 10] = [
    "vendor_id",
    "cpu family",
    "model",
    "model name",
    "flags",
    "Features",
    "CPU implementer",
    "CPU architecture",
    "CPU variant",
    "CPU part",
];

/// The beginning of `/proc/cpuinfo`: enough for the first processor. The kernel makes the text for each of them anew,
/// and a large host has hundreds.
pub(crate) fn info() -> String {
    let mut bytes = Vec::new();
    let read = File::open("/proc/cpuinfo").and_then(|file| file.take(16 << 10).read_to_end(&mut bytes));
    read.map_or_else(|_| String::new(), |_| String::from_utf8_lossy(&bytes).into_owned())
}

/// The features of the first processor, from the text of `/proc/cpuinfo`, in one line.
pub(crate) fn features(cpuinfo: &str) -> String {
    let first = cpuinfo.split("\n\n").next().unwrap_or_default();
    let fields = first.lines().filter_map(|line| line.split_once(':')).map(|(key, value)| (key.trim(), value.trim()));
    fields
        .filter(|(key, _)| KEYS.contains(key))
        .map(|(key, value)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_what_the_compiler_sees() {
        let text = "processor\t: 0\nvendor_id\t: X\ncpu family\t: 6\ncpu MHz\t: 2000.1\nflags\t: fpu avx2\n\nprocessor\t: 1\nflags\t: other\n";
        assert_eq!(super::features(text), "vendor_id=X; cpu family=6; flags=fpu avx2");
        assert_eq!(super::features(""), "");
    }
}
