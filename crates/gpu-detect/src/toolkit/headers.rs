//! What a toolkit's headers say about themselves: their version, the compilers they accept, and whether they fit the
//! C library's.
//!
//! glibc 2.41 declares `cospi` and its kin, glibc 2.42 `rsqrt`, each as never throwing. A header that declares them
//! without saying so contradicts it, and every CUDA file fails to compile
//! (<https://github.com/NVIDIA/cuda-samples/issues/378>, <https://github.com/ggml-org/llama.cpp/issues/17615>).
//! NVIDIA's headers say so since CUDA 13.0 and 13.2; patched older ones do too.

use std::path::Path;

use super::layout::include_folders;

/// What the headers of one toolkit say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers {
    /// The version they belong to.
    pub(crate) version: Option<(u32, u32)>,
    /// The newest major version of g++ they accept.
    pub(crate) gcc: Option<u32>,
    /// The newest major version of clang they accept.
    pub(crate) clang: Option<u32>,
    /// Which glibc they contradict.
    pub(crate) glibc: Contradicts,
}

/// Which C library the headers contradict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Contradicts {
    /// They could not be read.
    #[default]
    Unknown,
    /// None that is known.
    Nothing,
    /// This glibc, as (major, minor), and later ones.
    From((u32, u32)),
}

/// Reads the headers of the toolkit at `root`.
pub(crate) fn of(root: &Path) -> Headers {
    let read = |file: &str| {
        let paths = include_folders(root).into_iter().map(|folder| folder.join(file));
        paths
            .filter_map(|path| std::fs::read(path).ok())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .next()
    };
    let host_config = read("crt/host_config.h").unwrap_or_default();
    Headers {
        version: read("cuda_runtime_api.h").and_then(|text| version_in(&text)),
        gcc: gcc_in(&host_config),
        clang: clang_in(&host_config),
        glibc: read("crt/math_functions.h").map(|text| contradicts(&text)).unwrap_or_default(),
    }
}

/// `#define CUDART_VERSION  13050`
fn version_in(header: &str) -> Option<(u32, u32)> {
    let number = u32::try_from(definition(header, "CUDART_VERSION")?).ok()?;
    Some((number / 1000, number % 1000 / 10)).filter(|(major, _)| (1..100).contains(major))
}

/// The number that a header defines a name as.
pub(crate) fn definition(header: &str, name: &str) -> Option<u64> {
    header.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix('#')?.trim_start().strip_prefix("define")?;
        let mut words = rest.split_whitespace();
        (words.next()? == name).then(|| words.next()?.parse().ok()).flatten()
    })
}

/// From the line `#if __GNUC__ > 16`, which guards the error, or from the words of the error.
fn gcc_in(header: &str) -> Option<u32> {
    let condition = header.lines().find_map(|line| {
        let condition = line.trim().strip_prefix('#')?.trim_start().strip_prefix("if")?;
        condition.trim_start().strip_prefix("__GNUC__")?.trim_start().strip_prefix('>')?.trim().parse().ok()
    });
    condition.or_else(|| number_after(header, "gcc versions later than ")).filter(|limit| (1..1000).contains(limit))
}

/// From "unsupported clang version! clang version must be less than 23 and …": the first that is refused. Other clangs
/// have errors of their own there.
fn clang_in(header: &str) -> Option<u32> {
    let refused = number_after(header, "unsupported clang version! clang version must be less than ")?;
    refused.checked_sub(1).filter(|limit| (1..1000).contains(limit))
}

fn number_after(text: &str, words: &str) -> Option<u32> {
    text.split_once(words)?.1.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The first glibc whose own declarations the header contradicts.
fn contradicts(header: &str) -> Contradicts {
    let agrees = |name: &str| {
        header.lines().find_map(|line| {
            let (before, after) = line.split_once(name)?;
            let specifier = after.strip_prefix("(double x)")?.trim_start();
            let declared = before.trim_end().ends_with("double") && specifier.contains(';');
            declared.then(|| !specifier.starts_with(';'))
        })
    };
    match (agrees("cospi"), agrees("rsqrt")) {
        (None, None) => Contradicts::Unknown,
        (Some(false), _) => Contradicts::From((2, 41)),
        (_, Some(false)) => Contradicts::From((2, 42)),
        _ => Contradicts::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EP-14
    #[test]
    fn the_newest_gxx() {
        let real = "#if defined(__GNUC__)\n\n#if __GNUC__ > 13\n\n#error -- unsupported GNU version! gcc versions later \
            than 13 are not supported!\n\n#endif /* __GNUC__ > 13 */\n";
        assert_eq!(gcc_in(real), Some(13));
        assert_eq!(gcc_in("# if __GNUC__>15\n"), Some(15));
        assert_eq!(gcc_in("#if __GNUC__ > 9 || X\n#error -- gcc versions later than 9 are not supported!"), Some(9));
        assert_eq!(gcc_in("/* __GNUC__ > 13 */\n#if defined(__GNUC__)\n#if __GNUC__ >= 4\n"), None);
        assert_eq!(gcc_in(""), None);
    }

    /// EP-14
    #[test]
    fn the_newest_clang() {
        let real = "#error -- unsupported HOS clang version! The version must be must be less than 22 and greater than \
            3.2 .\n#error -- unsupported clang version! clang version must be less than 23 and greater than 3.2 . The";
        assert_eq!(clang_in(real), Some(22));
        assert_eq!(clang_in("nothing"), None);
    }

    #[test]
    fn versions() {
        assert_eq!(version_in("#define CUDART_VERSION  13050\n"), Some((13, 5)));
        assert_eq!(version_in("# define  CUDART_VERSION 11080"), Some((11, 8)));
        assert_eq!(version_in("#define CUDART_VERSION nonsense"), None);
        assert_eq!(definition("#define __GLIBC_MINOR__\t41", "__GLIBC_MINOR__"), Some(41));
    }

    #[test]
    fn the_first_glibc_that_is_contradicted() {
        let declare = |cospi: &str, rsqrt: &str| {
            format!(
                " * cospi(double x)\nextern __host__ double                 cospi(double x){cospi};\n\
                 extern __host__ double                 rsqrt(double x){rsqrt};\n"
            )
        };
        assert_eq!(contradicts(&declare("", "")), Contradicts::From((2, 41)));
        assert_eq!(contradicts(&declare(" __NV_IEC_60559_FUNCS_EXCEPTION_SPECIFIER", "")), Contradicts::From((2, 42)));
        assert_eq!(contradicts(&declare(" A", " _NV_RSQRT_SPECIFIER")), Contradicts::Nothing);
        assert_eq!(contradicts(&declare(" noexcept(true)", " noexcept(true)")), Contradicts::Nothing);
        assert_eq!(contradicts("extern double sin(double x);"), Contradicts::Unknown);
    }
}
