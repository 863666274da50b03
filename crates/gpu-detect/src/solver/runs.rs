//! Whether code for the architectures that a pool names runs on a GPU: by CMake's words and CUDA's rules. Pure.
//!
//! <https://cmake.org/cmake/help/latest/prop_tgt/CUDA_ARCHITECTURES.html>: `90` is machine code and PTX, `90-real` the
//! machine code, `90-virtual` the PTX. <https://docs.nvidia.com/cuda/blackwell-compatibility-guide/>: machine code runs on GPUs
//! of the same major and no smaller minor number, PTX on all that are not older, what ends with `a` on that very
//! architecture, and what ends with `f` on its family. Machine code for desktops does not run on a Jetson's GPU.
//!
//! llama.cpp compiles `120` as `120a`, so that of major number 12 only the very architecture counts
//! (<https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-cuda/CMakeLists.txt>).

/// Integrated GPUs of Jetsons, which take machine code of their own alone.
const INTEGRATED: [u32; 6] = [53, 62, 72, 87, 101, 110];
/// The major number whose plain architectures llama.cpp makes specific.
const MADE_SPECIFIC: u32 = 12;

/// Whether a GPU of `architecture` runs code for one of the architectures of a `CMAKE_CUDA_ARCHITECTURES`. A word that is
/// none of CMake's is left to CMake, and counts as one that runs.
pub(crate) fn runs(written: &str, architecture: u32) -> bool {
    written.split([';', ',', ' ']).filter(|word| !word.is_empty()).any(|word| word_runs(word, architecture))
}

fn word_runs(word: &str, gpu: u32) -> bool {
    let (name, real, ptx) = match word.rsplit_once('-') {
        Some((name, "real")) => (name, true, false),
        Some((name, "virtual")) => (name, false, true),
        Some(_) => return true,
        None => (word, true, true),
    };
    let digits = name.trim_end_matches(['a', 'f']);
    let Ok(code) = digits.parse::<u32>() else { return true };
    let same_family = code / 10 == gpu / 10 && code <= gpu;
    match name.get(digits.len()..) {
        Some("a") => code == gpu,
        Some("f") => same_family,
        _ if code / 10 == MADE_SPECIFIC => code == gpu,
        _ => {
            let integrated = INTEGRATED.contains(&gpu) || INTEGRATED.contains(&code);
            let machine_code = if integrated { code == gpu } else { same_family };
            (real && machine_code) || (ptx && code <= gpu)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn code_runs_where_cuda_lets_it() {
        for (written, gpu, expected) in [
            ("90", 90, true),
            ("90", 89, false),
            ("86", 89, true),
            ("86-real", 89, true),
            ("89-real", 86, false),
            ("80-real", 90, false),
            ("80-virtual", 90, true),
            ("80", 120, true),
            ("90a", 90, true),
            ("90a", 100, false),
            ("100f", 103, true),
            ("100f-real", 103, true),
            ("100f", 120, false),
            ("120", 121, false),
            ("120a-real", 121, false),
            ("120f", 121, true),
            ("121", 120, false),
            ("121", 121, true),
            ("86-real", 87, false),
            ("80", 87, true),
            ("87-real", 89, false),
            ("75;80-real;120", 121, true),
            ("80-real;120", 121, false),
            ("50,61", 52, true),
            ("native", 90, true),
            ("all-major", 90, true),
            ("", 90, false),
        ] {
            assert_eq!(runs(written, gpu), expected, "{written} on {gpu}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_a_panic(written in ".{0,60}", gpu in 0_u32..2000) {
            runs(&written, gpu);
        }

        #[test]
        fn a_gpu_runs_its_own(gpu in 30_u32..140) {
            let (plain, listed) = (gpu.to_string(), format!("30-real;{gpu}-real"));
            prop_assert!(runs(&plain, gpu) && runs(&listed, gpu));
        }
    }
}
