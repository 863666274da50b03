//! What the parts of a toolkit are that end up in a program: each named by what it says of itself, never by its path.
//!
//! The rule: a part is asked itself (its compiler, its header, its file's name) before `version.json` is, which belongs to a
//! package of its own and stays behind when a part is updated alone. A library that does not tell its version is named by its
//! digest, which is computed once: the answer is kept with the file's stamp.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{CommandSpec, Env, ProbeCache};

use super::headers::definition;
use super::layout::{first_with, include_folders, library_folders};
use super::nvcc;

/// How many digits of a digest name a library.
const DIGITS: usize = 32;

/// The parts of the toolkit at `root` by name (`nvcc`, `cudart`, `cublas`, `cccl`), each with its version in full or its
/// digest. What cannot be told is left out.
pub(crate) fn of(root: &Path, compiler: &Path, env: &Env, cache: &ProbeCache) -> BTreeMap<String, String> {
    let file = std::fs::read_to_string(root.join("version.json")).unwrap_or_default();
    let (headers, libraries) = (include_folders(root), library_folders(root));
    let answer = nvcc::ask(compiler, env, cache, "--version").ok();
    let parts = [
        ("nvcc", answer.as_deref().and_then(in_nvcc_output), "cuda_nvcc"),
        ("cudart", cudart(&libraries, cache), "cuda_cudart"),
        ("cublas", read(&headers, "cublas_api.h").and_then(|text| cublas(&text)), "libcublas"),
        ("cccl", cccl(&headers), "cuda_cccl"),
    ];
    let told = |(name, own, key): (&str, Option<String>, &str)| {
        Some((name.to_owned(), own.or_else(|| in_version_json(&file, key))?))
    };
    parts.into_iter().filter_map(told).collect()
}

/// The version of NCCL whose header and library are the first found below these roots, such as `2.28.3`; `None` where there
/// is none to compile and link with. llama.cpp links with NCCL where CMake finds it
/// (<https://github.com/ggml-org/llama.cpp/blob/master/ggml/cmake/FindNCCL.cmake>).
pub fn nccl(roots: &[PathBuf]) -> Option<String> {
    let headers: Vec<PathBuf> = roots.iter().flat_map(|root| include_folders(root)).collect();
    let libraries: Vec<PathBuf> = roots.iter().flat_map(|root| library_folders(root)).collect();
    first_with(&libraries, "libnccl.so").or_else(|| first_with(&libraries, "libnccl_static.a"))?;
    let text = read(&headers, "nccl.h")?;
    numbers(&text, ["NCCL_MAJOR", "NCCL_MINOR", "NCCL_PATCH"])
}

/// `Cuda compilation tools, release 13.5, V13.5.37`: the version in full.
fn in_nvcc_output(text: &str) -> Option<String> {
    let word = text.split([' ', '\n', ',']).rev().find(|word| {
        word.strip_prefix('V').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains('.'))
    })?;
    full(word.trim_start_matches('V')).map(str::to_owned)
}

/// `{"cuda_cudart": {"name": "CUDA Runtime (cudart)", "version": "13.0.96"}, …}`
fn in_version_json(text: &str, part: &str) -> Option<String> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    full(json.get(part)?.get("version")?.as_str()?).map(str::to_owned)
}

/// The runtime library: its file's own version, or its digest where links lead to a file with the major version alone.
fn cudart(libraries: &[PathBuf], cache: &ProbeCache) -> Option<String> {
    let path = first_with(libraries, "libcudart.so").or_else(|| first_with(libraries, "libcudart_static.a"))?;
    let real = path.canonicalize().ok()?;
    let named = real.file_name()?.to_str()?.strip_prefix("libcudart.so.").and_then(full).map(str::to_owned);
    named.or_else(|| digest(&real, cache))
}

/// The digest of a file, remembered like an answer of that file.
fn digest(path: &Path, cache: &ProbeCache) -> Option<String> {
    // Never run: it names the question.
    let question = CommandSpec::new(path, Duration::ZERO).arg("sha256");
    cache.recall(&question).or_else(|| {
        let (_, digest) = durable::sha256(path).ok()?;
        let digest = format!("sha256:{}", digest.get(..DIGITS)?);
        cache.keep(&question, &digest);
        Some(digest)
    })
}

/// `#define CUBLAS_VER_MAJOR 13` and so on, with the build; older headers have none of it before CUDA 10.1.
fn cublas(header: &str) -> Option<String> {
    numbers(header, ["CUBLAS_VER_MAJOR", "CUBLAS_VER_MINOR", "CUBLAS_VER_PATCH", "CUBLAS_VER_BUILD"])
}

/// The header library whose templates are compiled into kernels: `#define CUB_VERSION 300500`.
fn cccl(headers: &[PathBuf]) -> Option<String> {
    let folders: Vec<PathBuf> = headers.iter().flat_map(|folder| [folder.join("cccl"), folder.clone()]).collect();
    let number = definition(&read(&folders, "cub/version.cuh")?, "CUB_VERSION")?;
    Some(format!("{}.{}.{}", number / 100_000, number / 100 % 1000, number % 100))
}

/// The values of these definitions with points between, if the header has all of them.
fn numbers<const N: usize>(header: &str, names: [&str; N]) -> Option<String> {
    let values: Option<Vec<String>> =
        names.iter().map(|name| definition(header, name).map(|value| value.to_string())).collect();
    Some(values?.join("."))
}

/// A version of at least three numbers: one of two says only which release a part belongs to.
fn full(text: &str) -> Option<&str> {
    let numbers = text.split('.').map(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let numbers: Vec<bool> = numbers.collect();
    (numbers.len() >= 3 && numbers.into_iter().all(|number| number)).then_some(text)
}

fn read(folders: &[PathBuf], file: &str) -> Option<String> {
    let bytes = std::fs::read(first_with(folders, file)?).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests;
