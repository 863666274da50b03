//! What a step costs beside others, for a host that has not built this before.
//!
//! The numbers are seconds of one core for llama.cpp v0.5.0; only their ratios count. A template instance of CUDA costs as much
//! as five to thirteen files of C++, another CUDA file about as much as one. `docs/measurements/build.md` has what they were
//! measured with. A name that is not known costs what its kind does.

/// Families of CUDA files by a part of their names, the first that fits.
const CUDA: [(&str, f64); 8] = [
    ("fattn-mma", 66.0),
    ("fattn-wmma", 50.0),
    ("fattn-tile-instance", 56.0),
    ("mmq-instance", 46.0),
    ("mmf-instance", 25.0),
    ("fattn-vec", 18.0),
    ("template-instances/", 30.0),
    ("", 6.0),
];
/// A C or C++ file.
const CXX: f64 = 5.0;
/// One of the files that include JSON, regular expressions or HTTP.
const LARGE_CXX: f64 = 9.0;
/// The folders of those.
const LARGE: [&str; 2] = ["common/", "tools/server/"];
/// A program, which is linked with all that was compiled.
const PROGRAM: f64 = 8.0;
/// An archive, a generated file.
const OTHER: f64 = 0.5;

/// The cost of the step that makes `output`.
pub(crate) fn of(output: &str) -> f64 {
    let file = output.rsplit('/').next().unwrap_or(output);
    let Some((source, "o")) = file.rsplit_once('.') else {
        return if file.contains('.') || file.is_empty() { OTHER } else { PROGRAM };
    };
    match source.rsplit_once('.') {
        Some((_, "cu")) => CUDA.iter().find(|(part, _)| output.contains(part)).map_or(OTHER, |(_, cost)| *cost),
        Some((_, "c" | "cpp" | "cc" | "cxx")) if LARGE.iter().any(|folder| output.starts_with(folder)) => LARGE_CXX,
        Some((_, "c" | "cpp" | "cc" | "cxx")) => CXX,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn cuda_costs_most_and_what_is_unknown_costs_something() {
        let (mma, scale) =
            ("x/ggml-cuda.dir/template-instances/fattn-mma-f16-instance-1.cu.o", "x/ggml-cuda.dir/scale.cu.o");
        let costs = [of(mma), of("x/template-instances/new-thing.cu.o"), of(scale), of("x/a.cpp.o"), of("lib/liba.a")];
        assert!(costs.windows(2).all(|pair| pair[0] > pair[1]), "{costs:?}");
        assert!((of("x/a.c.o") - of("x/a.cpp.o")).abs() < f64::EPSILON);
        assert!(of("common/a.cpp.o") > of("x/a.cpp.o") && of("bin/llama-server") > of("lib/liba.a"));
        assert!(of("x.cpp") < 1.0 && of("") > 0.0, "a source that is generated is not compiled");
    }
}
