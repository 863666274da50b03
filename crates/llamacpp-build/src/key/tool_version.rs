//! What a tool's version line says of the tool, without the name that it was called by.

/// The line by which two tools are the same. GCC prints the name of its file first, which is `cc` on one host and `gcc-13` on
/// the next: what is left is the packager's version and GCC's own. Other compilers print their own name.
pub(crate) fn by_content(line: &str) -> String {
    let line = line.trim();
    match line.split_once(' ') {
        Some((program, rest)) if rest.starts_with('(') && is_gcc(program) => format!("gcc {rest}"),
        _ => line.to_owned(),
    }
}

/// Whether a program's name is one that GCC is installed under: `cc`, `c++`, `gcc-13`, `x86_64-linux-gnu-g++-12`.
fn is_gcc(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    let numbered = |c: char| c.is_ascii_digit() || c == '.';
    let stem = name.trim_end_matches(numbered).trim_end_matches('-');
    ["cc", "c++", "gcc", "g++"].iter().any(|known| stem == *known || stem.ends_with(&format!("-{known}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_compiler_has_one_version_by_any_name() {
        let debian = "(Debian 12.2.0-14+deb12u1) 12.2.0";
        for name in ["cc", "gcc", "gcc-12", "/opt/x/gcc", "x86_64-linux-gnu-gcc-12", "c++", "g++-12"] {
            assert_eq!(by_content(&format!("{name} {debian}\n")), format!("gcc {debian}"), "{name}");
        }
        for line in
            ["Debian clang version 14.0.6", "cmake version 3.25.1", "clang++ (x) 18", "mold 1.10.1 (x)", "13.0", ""]
        {
            assert_eq!(by_content(line), line);
        }
        assert_ne!(by_content("gcc (GCC) 14.2.1 20250207"), by_content("gcc (GCC) 14.2.1 20250405"));
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read(line in ".*") {
            let once = by_content(&line);
            proptest::prop_assert_eq!(by_content(&once), once);
        }
    }
}
