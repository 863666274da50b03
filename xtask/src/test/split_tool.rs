//! `llama-gguf-split` out of a release's own source, without the rest of the release.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use exec::Env;

use crate::demo::fetch;
use crate::failure::Result;
use crate::{packages, proc};

/// What the tool is made of, as C and as C++: itself, and the files with what it calls. A linker that drops what nothing
/// calls needs none of the others, which take many minutes to compile.
const C: [&str; 2] = ["ggml/src/ggml.c", "ggml/src/ggml-quants.c"];
const CXX: [&str; 6] = [
    "ggml/src/gguf.cpp",
    "ggml/src/ggml-backend.cpp",
    "ggml/src/ggml-threading.cpp",
    "src/llama.cpp",
    "tools/gguf-split/gguf-split.cpp",
    "generated/build-info.cpp",
];
/// Optimisation would double the time to compile; most of the tool's own time is copying.
const FLAGS: [&str; 11] = [
    "-O0",
    "-w",
    "-ffunction-sections",
    "-fdata-sections",
    "-D_GNU_SOURCE",
    "-Igenerated",
    "-Iggml/include",
    "-Iggml/src",
    "-Iinclude",
    "-Isrc",
    "-Icommon",
];

/// The tool of the release in `bundle`, kept below `home`. It appears there in one step.
pub(super) fn ensure(env: &Env, home: &Path, bundle: &Path) -> Result<PathBuf> {
    let kept = home.join(format!("llama-gguf-split-{}", fetch::COMMIT));
    if kept.is_file() {
        println!("{} is here already", kept.display());
        return Ok(kept);
    }
    packages::ensure(env, packages::BUILD)?;
    println!("compiling llama-gguf-split");
    let scratch = tempfile::Builder::new().prefix("llama-gguf-split.").tempdir_in(home)?;
    let tree = scratch.path();
    let run = |words: &[&str]| proc::capture(&proc::tool(env, words, tree)?);
    run(&["git", "clone", "--quiet", "--no-checkout", &bundle.display().to_string(), "."])?;
    run(&["git", "checkout", "--quiet", "--detach", fetch::COMMIT])?;
    generate(tree)?;
    run(&[&["cc", "-c"], FLAGS.as_slice(), &C].concat())?;
    run(&[&["c++", "-std=c++17", "-c"], FLAGS.as_slice(), &CXX].concat())?;
    let objects = C.iter().chain(&CXX).filter_map(|source| Path::new(source).file_stem());
    let objects: Vec<String> = objects.map(|stem| format!("{}.o", stem.to_string_lossy())).collect();
    let link = ["c++", "-Wl,--gc-sections", "-pthread", "-o", "llama-gguf-split"];
    run(&link.into_iter().chain(objects.iter().map(String::as_str)).collect::<Vec<_>>())?;
    fs::rename(tree.join("llama-gguf-split"), &kept)?;
    println!("{} is ready", kept.display());
    Ok(kept)
}

/// Writes what CMake would generate: versions, which nothing here looks at.
fn generate(tree: &Path) -> Result<()> {
    let folder = tree.join("generated");
    fs::create_dir(&folder)?;
    let put = |name: &str, text: &str| File::create(folder.join(name))?.write_all(text.as_bytes());
    put("ggml-version.h", "#pragma once\n#define GGML_VERSION \"\"\n#define GGML_COMMIT \"\"\n")?;
    put("llama-version.h", "#pragma once\n#define LLAMA_VERSION \"\"\n#define LLAMA_COMMIT \"\"\n")?;
    let functions = ["llama_commit", "llama_compiler", "llama_build_target", "llama_build_info"];
    let text = |name: &&str| format!("const char * {name}(void) {{ return \"\"; }}\n");
    let texts = functions.iter().map(text).collect::<Vec<_>>().concat();
    put(
        "build-info.cpp",
        &format!("#include \"build-info.h\"\nint llama_build_number(void) {{ return 0; }}\n{texts}"),
    )?;
    Ok(())
}
