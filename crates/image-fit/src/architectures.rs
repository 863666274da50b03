//! `TORCH_CUDA_ARCH_LIST`: which GPUs a build of PyTorch has code for.
//!
//! The form is that of
//! [torch.utils.cpp_extension](https://github.com/pytorch/pytorch/blob/main/torch/utils/cpp_extension.py): `8.0 9.0a 12.0+PTX`,
//! separated by spaces or semicolons, and names of architectures.

/// What a name of an architecture stands for.
const NAMES: [(&str, &str); 14] = [
    ("Kepler+Tesla", "3.7"),
    ("Kepler", "3.5+PTX"),
    ("Maxwell+Tegra", "5.3"),
    ("Maxwell", "5.0;5.2+PTX"),
    ("Pascal", "6.0;6.1+PTX"),
    ("Volta+Tegra", "7.2"),
    ("Volta", "7.0+PTX"),
    ("Turing", "7.5+PTX"),
    ("Ampere+Tegra", "8.7"),
    ("Ampere", "8.0;8.6+PTX"),
    ("Ada", "8.9+PTX"),
    ("Hopper", "9.0+PTX"),
    ("Blackwell+Tegra", "11.0"),
    ("Blackwell", "10.0;10.3;12.0;12.1+PTX"),
];

/// Whether a list has code for a GPU; `None` for a list with a word that is not known.
///
/// Machine code runs on its own architecture and later ones of the same major version, PTX on every later one. A suffix `a` is code
/// for exactly one architecture, `f` for later ones of the same major version.
pub(crate) fn has_code(list: &str, gpu: (u32, u32)) -> Option<bool> {
    let mut any = None;
    for word in list.split([' ', ';', ',']).filter(|word| !word.is_empty()) {
        let runs = match NAMES.iter().find(|(name, _)| *name == word) {
            Some((_, numbers)) => has_code(numbers, gpu)?,
            None => runs(word, gpu)?,
        };
        any = Some(any.unwrap_or(false) || runs);
    }
    any
}

fn runs(word: &str, (major, minor): (u32, u32)) -> Option<bool> {
    let (word, ptx) = word.strip_suffix("+PTX").map_or((word, false), |word| (word, true));
    let (number, exact) = match word.strip_suffix('a') {
        Some(number) => (number, true),
        None => (word.strip_suffix('f').unwrap_or(word), false),
    };
    let (of_major, of_minor) = number.split_once('.')?;
    let (of_major, of_minor): (u32, u32) = (of_major.parse().ok()?, of_minor.parse().ok()?);
    let same = (of_major, of_minor) == (major, minor);
    let code = of_major == major && of_minor <= minor;
    Some(if exact { same } else { code || (ptx && (of_major, of_minor) <= (major, minor)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_ptx_suffixes_and_names() {
        for (list, gpu, expected) in [
            ("7.5 8.0 8.6 8.9 9.0 10.0 12.0+PTX", (7, 0), Some(false)),
            ("7.5 8.0 8.6 8.9 9.0 10.0 12.0+PTX", (8, 9), Some(true)),
            ("7.5 8.0 8.6 8.9 9.0 10.0 12.0+PTX", (13, 0), Some(true)),
            ("8.0;8.6", (8, 9), Some(true)),
            ("8.9", (8, 6), Some(false)),
            ("9.0a", (9, 0), Some(true)),
            ("10.0a", (10, 3), Some(false)),
            ("10.0f", (10, 3), Some(true)),
            ("10.0f", (12, 0), Some(false)),
            ("Turing Ampere", (7, 0), Some(false)),
            ("Turing", (9, 0), Some(true)),
            ("Volta+Tegra", (7, 2), Some(true)),
            ("8.0 native", (7, 0), None),
            ("", (7, 0), None),
            ("All", (7, 0), None),
        ] {
            assert_eq!(has_code(list, gpu), expected, "{list} {gpu:?}");
        }
    }
}
