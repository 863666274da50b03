//! What the processor can do, as far as a build for "this very processor" depends on it.

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
