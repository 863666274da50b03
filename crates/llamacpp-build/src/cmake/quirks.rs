//! What is known to break on some hosts, and what is done about it: pure rules.

/// The first GCC whose intrinsics can load a tile configuration, as far as a version tells it.
const SOUND: (u32, u32) = (13, 3);

/// Why a build must not be for this very processor, if it must not.
///
/// Up to 13.2, GCC's `_tile_loadconfig` is an assembler statement that says it reads 8 bytes. The configuration has 64;
/// the optimizer drops the stores of the others, and the processor gets a wrong one. With optimization for a processor
/// that has `amx_tile`, ggml's matrix product then ends with SIGSEGV, in the first inference of a server that answered
/// `--version` well. GCC before 11 does not know AMX.
/// <https://github.com/ggml-org/llama.cpp/pull/26954>, <https://github.com/ollama/ollama/pull/17244>,
/// <https://gcc.gnu.org/bugzilla/show_bug.cgi?id=114098>
pub(crate) fn lost_tile_configuration<'a>(
    compilers: impl IntoIterator<Item = &'a str>,
    cpu_features: &str,
) -> Option<String> {
    if !cpu_features.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|feature| feature == "amx_tile") {
        return None;
    }
    let broken = |line: &&str| gcc_version(line).is_some_and(|version| ((11, 0)..SOUND).contains(&version));
    let compiler = compilers.into_iter().find(broken)?;
    Some(format!(
        "the build is not optimized for this very processor (-DGGML_NATIVE=OFF): it has AMX, and `{compiler}` compiles \
         llama.cpp's AMX code so that the server dies with SIGSEGV when it warms up a model; GCC 13.3 or later, or an \
         explicit -DGGML_NATIVE=ON in `provisioning.source.build.cmake_flags`, changes that"
    ))
}

/// Major and minor version of a GCC, from the first line it prints for `--version`; `None` for any other compiler.
fn gcc_version(line: &str) -> Option<(u32, u32)> {
    let program = line.split_whitespace().next()?;
    let name = program.rsplit('/').next()?;
    let is_gcc = name.contains("gcc") || name.contains("g++") || name.ends_with("cc") || name.ends_with("c++");
    if !is_gcc || line.to_ascii_lowercase().contains("clang") {
        return None;
    }
    // What stands in parentheses is the packager's, and may hold versions of its own.
    let mut depth = 0_u32;
    let own: String = line
        .chars()
        .filter(|c| {
            depth += u32::from(*c == '(');
            let outside = depth == 0;
            depth = depth.saturating_sub(u32::from(*c == ')'));
            outside
        })
        .collect();
    own.split_whitespace().skip(1).find_map(|word| {
        let (major, rest) = word.split_once('.')?;
        let minor = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_of_gcc_and_of_nothing_else() {
        for (line, expected) in [
            ("g++ (Debian 12.2.0-14+deb12u1) 12.2.0", Some((12, 2))),
            ("cc (Debian 12.2.0-14+deb12u1) 12.2.0", Some((12, 2))),
            ("gcc-12 (Ubuntu 12.3.0-1ubuntu1~22.04.2) 12.3.0", Some((12, 3))),
            ("cc (GCC) 14.2.1 20250207", Some((14, 2))),
            ("gcc (GCC) 8.5.0 20210514 (Red Hat 8.5.0-22)", Some((8, 5))),
            ("x86_64-linux-gnu-g++-11 (Ubuntu (x) 9.9.9) 11.4.0", Some((11, 4))),
            ("c++ (SUSE Linux) 13.2.1 20240206 [revision 67ac78caf31f]", Some((13, 2))),
            ("Debian clang version 14.0.6", None),
            ("clang version 17.0.1 (Fedora 17.0.1-1.fc39)", None),
            ("Apple clang version 15.0.0 (clang-1500.3.9.4)", None),
            ("Intel(R) oneAPI DPC++/C++ Compiler 2023.1.0 (2023.1.0.20230320)", None),
            ("cc (GCC)", None),
            ("", None),
        ] {
            assert_eq!(gcc_version(line), expected, "{line}");
        }
    }

    #[test]
    fn only_an_old_gcc_on_a_processor_with_amx() {
        let (amx, without) = ("model=1; flags=fpu avx512_fp16 amx_tile; Features=x", "flags=fpu amx_tiles avx2");
        let (old, new) = ("g++ (Debian 12.2.0-14) 12.2.0", "g++ (Debian 14.2.0-19) 14.2.0");
        let check = |c: &str, cxx: &str, cpu: &str| lost_tile_configuration([c, cxx], cpu);
        let note = check(new, old, amx).unwrap();
        assert!(note.contains(old) && note.contains("GCC 13") && note.contains("-DGGML_NATIVE=ON"), "{note}");
        assert!(check(old, new, amx).is_some());
        assert!(check("cc (GCC) 13.2.0", new, amx).is_some());
        for (c, cxx, cpu) in [
            (old, old, without),
            (new, new, amx),
            ("cc (GCC) 13.3.0", "c++ (GCC) 13.3.0", amx),
            ("gcc (GCC) 10.2.1", "g++ (GCC) 10.2.1", amx),
            ("Debian clang version 14.0.6", "Debian clang version 14.0.6", amx),
            (old, old, ""),
        ] {
            assert_eq!(check(c, cxx, cpu), None, "{c} {cxx} {cpu}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in ".*") {
            gcc_version(&line);
        }
    }
}
