//! What the CPU can do, as far as a build for "this very CPU" depends on it.
//!
//! Recipe 1 wrote down the CPU as it is called ([`features`]). Today a build is named by the instruction sets alone for which
//! compilers generate code ([`instruction_sets`]): what a compiler also tunes for (family, model, sizes of caches) changes how
//! fast the result is, and not where it runs. What the kernel, virtual machines and system calls use is no part of it either, so
//! that a microcode update or another hypervisor is not another build.

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
    const BEGINNING: usize = 16 << 10;
    let mut bytes = Vec::with_capacity(BEGINNING);
    let read = File::open("/proc/cpuinfo").and_then(|file| file.take(BEGINNING as u64).read_to_end(&mut bytes));
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

/// The instruction sets of the first CPU in alphabetical order, from the text of `/proc/cpuinfo` or from what [`features`]
/// made of it.
pub(crate) fn instruction_sets(text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or_default();
    let fields = first.split(['\n', ';']).filter_map(|field| field.split_once([':', '=']));
    let sets = fields.flat_map(|(key, value)| {
        let counts: fn(&&str) -> bool = match key.trim() {
            "flags" => of_x86,
            "Features" => of_arm,
            // RISC-V, POWER and z have one word each, or a list of nothing else.
            "isa" | "cpu" | "features" => |_| true,
            _ => |_| false,
        };
        value.split_whitespace().filter(counts)
    });
    let mut sets: Vec<&str> = sets.collect();
    sets.sort_unstable();
    sets.dedup();
    sets.join(" ")
}

/// Families of x86 instructions by the beginning of their names, as Linux prints them
/// (<https://github.com/torvalds/linux/blob/master/arch/x86/include/asm/cpufeatures.h>); GCC's and Clang's `-march=native` turns
/// each of them on (<https://gcc.gnu.org/onlinedocs/gcc/x86-Options.html>).
const X86_FAMILIES: [&str; 7] = ["amx_", "apx", "avx", "bmi", "fma", "sse", "ssse"];
/// Further ones. Not among them are those that no compiler emits unless a program calls them by name, and llama.cpp does not:
/// `rdrand`, `xsave`, `rtm`, `sgx`.
const X86: [&str; 20] = [
    "3dnowprefetch",
    "abm",
    "adx",
    "aes",
    "cx16",
    "f16c",
    "gfni",
    "lahf_lm",
    "lwp",
    "movbe",
    "pclmulqdq",
    "pni",
    "popcnt",
    "sha512",
    "sha_ni",
    "sm3",
    "sm4",
    "tbm",
    "vaes",
    "vpclmulqdq",
];

fn of_x86(flag: &&str) -> bool {
    X86_FAMILIES.iter().any(|family| flag.starts_with(family)) || X86.contains(flag) || *flag == "xop"
}

/// What Linux lists of an Arm CPU and no compiler generates code for
/// (<https://docs.kernel.org/arch/arm64/elf_hwcaps.html>).
const NOT_FOR_COMPILERS: [&str; 9] = ["cpuid", "dcpodp", "dcpop", "ecv", "evtstrm", "mte", "mte3", "ssbs", "wfxt"];

fn of_arm(feature: &&str) -> bool {
    !NOT_FOR_COMPILERS.contains(feature)
}

#[cfg(test)]
mod tests {
    use super::{features, instruction_sets};

    const XEON: &str = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\n\
        model name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz\nmicrocode\t: 0xffffffff\ncpu MHz\t\t: 2700.1\n\
        flags\t\t: fpu vme sse2 ht syscall constant_tsc pni ssse3 fma cx16 sse4_1 movbe popcnt aes xsave avx f16c rdrand \
        hypervisor lahf_lm abm bmi1 avx2 bmi2 avx512f sha_ni avx512_bf16 amx_tile\nbugs\t\t: spectre_v1\n\n\
        processor\t: 1\nflags\t\t: other avx10\n";

    #[test]
    fn instruction_sets_and_nothing_else() {
        let sets = "abm aes amx_tile avx avx2 avx512_bf16 avx512f bmi1 bmi2 cx16 f16c fma lahf_lm movbe pni popcnt sha_ni \
            sse2 sse4_1 ssse3";
        assert_eq!(instruction_sets(XEON), sets);
        assert_eq!(instruction_sets(&features(XEON)), sets, "and from what recipe 1 wrote down");
        let same =
            XEON.replace("143", "207").replace("8481C", "8581C").replace(" hypervisor", " vmx").replace("2700.1", "1");
        assert_eq!(instruction_sets(&same.replace("fpu vme", "vme fpu smap").replace("sse2 ht", "ht sse2")), sets);
        for other in
            [XEON.replace(" avx512f", ""), XEON.replace(" bmi2", " bmi2 avx_vnni"), XEON.replace(" popcnt", "")]
        {
            assert_ne!(instruction_sets(&other), sets, "{other}");
        }
        assert_eq!(instruction_sets(""), "");
    }

    #[test]
    fn other_architectures() {
        let arm = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd evtstrm aes cpuid asimddp sve i8mm\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n";
        assert_eq!(instruction_sets(arm), "aes asimd asimddp fp i8mm sve");
        assert_eq!(instruction_sets(&features(arm)), instruction_sets(arm));
        assert_eq!(
            instruction_sets("processor\t: 0\nhart\t: 2\nisa\t: rv64imafdcv_zba\nmmu\t: sv48\n"),
            "rv64imafdcv_zba"
        );
        assert_ne!(instruction_sets("cpu\t: POWER9\n"), instruction_sets("cpu\t: POWER10\n"));
    }

    #[test]
    fn only_what_the_compiler_sees() {
        let text = "processor\t: 0\nvendor_id\t: X\ncpu family\t: 6\ncpu MHz\t: 2000.1\nflags\t: fpu avx2\n\nprocessor\t: 1\nflags\t: other\n";
        assert_eq!(super::features(text), "vendor_id=X; cpu family=6; flags=fpu avx2");
        assert_eq!(super::features(""), "");
    }
}
