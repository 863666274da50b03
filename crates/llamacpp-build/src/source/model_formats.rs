//! Which GGUF models a source tree can load: its own lists of architectures and tensor types, before it is built.
//!
//! The rule: a list that cannot be read for certain is empty, and an empty list says nothing of any model.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use engine_store::Layout;
use exec::Env;
use serde::{Deserialize, Serialize};

use crate::source::git::Git;
use crate::{Commit, Transport};

/// Where `LLM_ARCH_NAMES` is: since January 2025, since June 2024, and before.
const ARCHITECTURES: [&str; 3] = ["src/llama-arch.cpp", "src/llama.cpp", "llama.cpp"];
/// Where `enum ggml_type` is: since June 2024, and before.
const TENSOR_TYPES: [&str; 2] = ["ggml/include/ggml.h", "ggml.h"];
/// Reading one file out of a mirror takes milliseconds.
const DEADLINE: Duration = Duration::from_secs(10);
/// No file of remembered lists is larger, in bytes.
const LARGEST: u64 = 1 << 20;
/// How many commits of a repository are remembered.
const MOST: usize = 32;

/// What the loader of one commit knows of GGUF files. An empty list is one that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFormats {
    /// Names of architectures, such as `llama`.
    pub architectures: BTreeSet<String>,
    /// Numbers of ggml's tensor types.
    pub tensor_types: BTreeSet<u32>,
}

/// What the source at `commit` knows of GGUF files; `None` while the mirror of `repo` does not have the commit. Nothing is
/// fetched. With `remember`, the answer is kept for the next call, which then runs no program.
pub fn model_formats(
    layout: &Layout,
    repo: &str,
    commit: &Commit,
    git: &Path,
    env: &Env,
    remember: bool,
) -> Option<ModelFormats> {
    let file = layout.model_formats(repo);
    let bytes = durable::read_regular(&file, LARGEST).ok().flatten();
    let mut all: BTreeMap<String, ModelFormats> =
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    if let Some(known) = all.remove(commit.as_str()) {
        return Some(known);
    }
    let (git, mirror) = (
        Git { program: git, transport: Transport::Local, deadline: DEADLINE, silence: DEADLINE, env },
        layout.mirror(repo),
    );
    let read = |places: &[&str]| places.iter().find_map(|place| git.file(&mirror, commit, place));
    // Every tree that can be built has this file: without it, the commit is not there yet.
    git.file(&mirror, commit, "CMakeLists.txt")?;
    let formats = ModelFormats {
        architectures: read(&ARCHITECTURES).map(|text| architectures(&text)).unwrap_or_default(),
        tensor_types: read(&TENSOR_TYPES).map(|text| tensor_types(&text)).unwrap_or_default(),
    };
    if remember {
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(commit.as_str().to_owned(), formats.clone());
        // A cache: without it the tree is read again.
        durable::replace(&file, &serde_json::to_vec(&all).unwrap_or_default()).ok();
    }
    Some(formats)
}

/// The names in `LLM_ARCH_NAMES` of a text: the second member of each `{ LLM_ARCH_X, "name" }`. None where `llama` is not
/// among them: that is another program, or another way to write the table.
/// <https://github.com/ggml-org/llama.cpp/blob/master/src/llama-arch.cpp>
fn architectures(text: &str) -> BTreeSet<String> {
    let text = without_comments(text);
    let name = |entry: &str| {
        let (id, rest) = entry.trim_start().strip_prefix("LLM_ARCH_")?.split_once(',')?;
        let name = rest.trim_start().strip_prefix('"')?.split_once('"')?.0;
        (id.trim_end() != "UNKNOWN").then(|| name.to_owned())
    };
    let names: BTreeSet<String> = text.split('{').filter_map(name).collect();
    if names.contains("llama") { names } else { BTreeSet::new() }
}

/// The numbers of `enum ggml_type` in a text, counted as C counts them. None where a value is no plain number.
/// <https://github.com/ggml-org/llama.cpp/blob/master/ggml/include/ggml.h>
fn tensor_types(text: &str) -> BTreeSet<u32> {
    let text = without_comments(text);
    let body = text.split("enum ggml_type").filter_map(|rest| rest.trim_start().strip_prefix('{')?.split_once('}'));
    let members = body.map(|(body, _)| body).find(|body| body.contains("GGML_TYPE_F32")).unwrap_or_default();
    let (mut numbers, mut next) = (BTreeSet::new(), 0_u32);
    for member in members.split(',').map(str::trim).filter(|member| !member.is_empty()) {
        let (name, value) = member.split_once('=').map_or((member, None), |(name, value)| (name, Some(value.trim())));
        let Some(number) = value.map_or(Some(next), |value| value.parse().ok()) else { return BTreeSet::new() };
        if name.trim_end() != "GGML_TYPE_COUNT" {
            numbers.insert(number);
        }
        next = number.saturating_add(1);
    }
    numbers
}

/// C code without its comments and preprocessor lines.
fn without_comments(text: &str) -> String {
    let (mut code, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('/') {
        code.push_str(before);
        rest = match after.as_bytes().first() {
            Some(b'/') => after.find('\n').and_then(|end| after.get(end..)).unwrap_or_default(),
            Some(b'*') => after.get(1..).and_then(|inner| inner.split_once("*/")).map_or("", |(_, after)| after),
            _ => {
                code.push('/');
                after
            }
        };
    }
    code.push_str(rest);
    let lines = code.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use exec::{CommandSpec, run};

    const ARCH: &str = "static const std::map<llm_arch, const char *> LLM_ARCH_NAMES = {\n    \
        { LLM_ARCH_CLIP,   \"clip\"   }, // dummy { LLM_ARCH_NEVER, \"never\" }\n    /* { LLM_ARCH_GONE, \"gone\" }, */\n    \
        { LLM_ARCH_LLAMA,  \"llama\"  }, { LLM_ARCH_GEMMA3, \"gemma3\" },\n    { LLM_ARCH_UNKNOWN, \"(unknown)\" },\n};\n\
        static const std::map<llm_kv, const char *> N = { { LLM_KV_GENERAL_TYPE, \"general.type\" } };\n\
        static T M = { { LLM_ARCH_LLAMA, { { LLM_TENSOR_X, \"token_embd\" } } } };\n";

    fn numbers(text: &str) -> Vec<u32> {
        tensor_types(text).into_iter().collect()
    }

    #[test]
    fn architectures_are_the_names_of_the_table() {
        let names = ["clip", "gemma3", "llama"].map(str::to_owned);
        assert_eq!(architectures(ARCH), BTreeSet::from(names));
        assert_eq!(architectures("{ LLM_ARCH_OTHER, \"other\" }"), BTreeSet::new(), "no llama.cpp");
        assert_eq!(architectures(""), BTreeSet::new());
    }

    #[test]
    fn tensor_types_are_counted_as_c_counts_them() {
        let of_today = "typedef enum ggml_type ggml_type_t;\nenum ggml_type {\n  GGML_TYPE_F32 = 0,\n  // GGML_TYPE_Q4_2 = 4, gone\n  \
                        GGML_TYPE_Q8_0 = 8, // one, two\n#ifdef X\n  GGML_TYPE_Q8_1 = 9,\n#endif\n  GGML_TYPE_COUNT = 43,\n};\nenum ggml_prec { A = 99 };";
        assert_eq!(numbers(of_today), [0, 8, 9]);
        // As of 2023: the last ones have no number of their own.
        let of_2023 =
            "enum ggml_type { GGML_TYPE_F32 = 0, GGML_TYPE_Q8_K = 15, GGML_TYPE_I8, GGML_TYPE_I16, GGML_TYPE_COUNT };";
        assert_eq!(numbers(of_2023), [0, 15, 16, 17]);
        assert_eq!(numbers("enum ggml_type { GGML_TYPE_F32 = 0, GGML_TYPE_NEW = 1 << 4 };"), Vec::<u32>::new());
        assert_eq!(numbers("enum ggml_type { GGML_TYPE_F32"), Vec::<u32>::new());
        assert_eq!(numbers(""), Vec::<u32>::new());
    }

    /// Unknown until the commit is there; then read once and remembered, where that is wanted.
    #[test]
    fn a_commit_is_read_once() {
        let dir = tempfile::tempdir().unwrap();
        let repo = testkit::tiny_llama_repo(dir.path());
        let commit = Commit::parse(&repo.change("src/llama-arch.cpp", ARCH)).unwrap();
        let (layout, env) = (Layout::new(&dir.path().join("cache")).unwrap(), Env::current());
        let (git, name) = (env.find("git").unwrap(), repo.path.display().to_string());
        let ask = |git: &Path, remember| model_formats(&layout, &name, &commit, git, &env, remember);
        assert_eq!(ask(&git, true), None, "nothing was fetched yet");
        layout.create().unwrap();
        let clone = CommandSpec::new(&git, DEADLINE).args(["clone", "--quiet", "--bare"]);
        let clone = clone.arg(&repo.path).arg(layout.mirror(&name)).inherit(&env, &["PATH"]);
        run(&clone).unwrap().require_success(&clone).unwrap();
        let formats = ask(&git, false).unwrap();
        assert!(formats.architectures.contains("gemma3"), "{formats:?}");
        assert_eq!(formats.tensor_types, BTreeSet::new(), "its ggml.h has no such list");
        assert!(!layout.model_formats(&name).exists());
        assert_eq!(ask(&git, true), Some(formats.clone()));
        assert_eq!(ask(Path::new("/nonexistent/git"), false), Some(formats), "no program is needed any more");
    }
}
