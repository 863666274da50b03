//! Files that flags name beside the model: they are looked at before the start, so that one that is absent or does not
//! fit is named in the plan and not by an engine that exits after minutes of loading.
//!
//! The rule: a file is refused for what its header says, and for nothing that only the engine can know. What an engine may
//! start with and not use is a warning. Which flags name which files is data of the engine's profile.

mod doubts;
mod gbnf;
mod jinja;
mod mistake;

use std::fs::File;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use model_provisioner::gguf::Header;
use thiserror::Error;

use mistake::Mistake;

/// A flag that names a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideFile {
    /// The flag in each of its spellings.
    pub flags: &'static [&'static str],
    /// What it names.
    pub kind: SideFileKind,
    /// Whether its value may be several, with commas between, each with `:SCALE` after it.
    pub several: bool,
}

/// What a flag names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SideFileKind {
    /// A model that proposes tokens for the pool's model.
    Drafter,
    /// A projector of images or sound, in GGUF.
    Projector,
    /// A LoRA adapter, in GGUF.
    Lora,
    /// A control vector, in GGUF.
    ControlVector,
    /// A chat template, in Jinja.
    Template,
    /// A grammar, in GBNF.
    Grammar,
    /// Any other text.
    Text,
    /// A folder.
    Folder,
}

/// Why a file that a flag names cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum SideFileError {
    /// A file or folder that one of the pool's flags names is not there or cannot be read.
    #[error("`{flag}` names `{}`: {why}", path.display())]
    #[diagnostic(
        code(engine::side_file_missing),
        help("correct the path in the pool's `flags`; write it absolute: the engine runs in a folder of its own")
    )]
    Missing {
        /// The flag.
        flag: String,
        /// The path.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A file that one of the pool's flags names is there, and is not what the flag takes.
    #[error("`{flag}` names `{}`: {why}", path.display())]
    #[diagnostic(code(engine::side_file_unfit), help("{advice}"))]
    Unfit {
        /// The flag.
        flag: String,
        /// The path.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        advice: &'static str,
    },
}

/// Looks at every file that the command line names beside the model, and returns what to warn of; `cwd` is where the engine
/// will run.
///
/// # Errors
///
/// The first that is absent or does not fit.
pub(crate) fn check(
    files: &[SideFile],
    args: &[String],
    model: &Path,
    cwd: &Path,
) -> Result<Vec<String>, SideFileError> {
    let mut warnings = Vec::new();
    for (at, flag) in args.iter().enumerate() {
        let Some(side) = files.iter().find(|side| side.flags.contains(&flag.as_str())) else { continue };
        for value in args.get(at + 1).into_iter().flat_map(|value| named(value, side.several, cwd)) {
            let path = cwd.join(value);
            look(flag, &path, side.kind, model)?;
            warnings.extend(doubts::of(flag, &path, side.kind, model, args));
        }
    }
    Ok(warnings)
}

/// The paths in a flag's value. A path that is there as it is written is one, whatever commas and colons it has.
fn named<'a>(value: &'a str, several: bool, cwd: &Path) -> Vec<&'a str> {
    if !several || cwd.join(value).exists() {
        return vec![value];
    }
    let path = |entry: &'a str| match entry.rsplit_once(':') {
        Some((path, scale)) if scale.parse::<f32>().is_ok() => path,
        _ => entry,
    };
    value.split(',').filter(|entry| !entry.is_empty()).map(path).collect()
}

fn look(flag: &str, path: &Path, kind: SideFileKind, model: &Path) -> Result<(), SideFileError> {
    let missing = |why: String| SideFileError::Missing { flag: flag.to_owned(), path: path.to_owned(), why };
    let meta = std::fs::metadata(path).map_err(|error| missing(error.to_string()))?;
    if kind == SideFileKind::Folder {
        return if meta.is_dir() { Ok(()) } else { Err(missing("not a folder".to_owned())) };
    }
    if meta.is_dir() {
        return Err(missing("a folder, not a file".to_owned()));
    }
    let file = File::open(path).map_err(|error| missing(error.to_string()))?;
    // A pipe or device is read by the engine alone.
    if matches!(kind, SideFileKind::Text | SideFileKind::Template | SideFileKind::Grammar) || !meta.is_file() {
        return Ok(());
    }
    let unfit = |why: String| {
        let advice = advice(kind);
        SideFileError::Unfit { flag: flag.to_owned(), path: path.to_owned(), why, advice }
    };
    let header = Header::of(&file).map_err(|fault| unfit(format!("it is no GGUF file that can be used: {fault}")))?;
    let of_model = || Header::of(&File::open(model).ok()?).ok()?.architecture;
    match unfit_for(kind, &header, of_model) {
        Some(why) => Err(unfit(why)),
        None => Ok(()),
    }
}

/// Why a GGUF file is not what a flag takes, as far as its header tells.
fn unfit_for(kind: SideFileKind, header: &Header, of_model: impl Fn() -> Option<String>) -> Option<String> {
    let architecture = header.architecture.as_deref()?;
    let projector = architecture == "clip";
    // Every model has a context length, and neither adapter nor projector has.
    let whole = header.context_length.is_some();
    match kind {
        SideFileKind::Drafter if projector => Some("it holds a projector, not a model".to_owned()),
        SideFileKind::Drafter if !whole => Some(format!("it holds no whole model (architecture {architecture})")),
        SideFileKind::Projector if !projector => {
            Some(format!("it holds a model of architecture {architecture}, not a projector"))
        }
        SideFileKind::Lora | SideFileKind::ControlVector if whole || projector => {
            let what = if projector { "projector" } else { "whole model" };
            Some(format!("it holds a {what} (architecture {architecture}), not what the flag takes"))
        }
        SideFileKind::Lora => {
            let model = of_model().filter(|model| model != architecture)?;
            Some(format!("it is made for models of architecture {architecture}, and the pool's model is {model}"))
        }
        _ => None,
    }
}

const fn advice(kind: SideFileKind) -> &'static str {
    match kind {
        SideFileKind::Drafter => "name a small model of the same family as the pool's model, as one GGUF file",
        SideFileKind::Projector => "name the model's own projector: its repository has it as `mmproj-….gguf`",
        SideFileKind::Lora => {
            "name an adapter that was made for this model and converted with llama.cpp's convert_lora_to_gguf.py"
        }
        SideFileKind::ControlVector => "name a control vector that llama-cvector-generator made for this model",
        SideFileKind::Template | SideFileKind::Grammar | SideFileKind::Text | SideFileKind::Folder => {
            "correct the path in the pool's `flags`"
        }
    }
}

#[cfg(test)]
mod tests {
    use config_schema::Engine;

    use super::*;
    use crate::engine::profile;

    /// A GGUF header with these texts, and a context length where it is a whole model.
    fn gguf(dir: &Path, name: &str, architecture: &str, whole: bool) -> PathBuf {
        let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(0_u64.to_le_bytes());
        bytes.extend((1 + u64::from(whole)).to_le_bytes());
        bytes.extend([text("general.architecture"), 8_u32.to_le_bytes().to_vec(), text(architecture)].concat());
        if whole {
            let key = text(&format!("{architecture}.context_length"));
            bytes.extend([key, 4_u32.to_le_bytes().to_vec(), 2048_u32.to_le_bytes().to_vec()].concat());
        }
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        let path = dir.join(name);
        write(&path, &bytes);
        path
    }

    #[expect(clippy::disallowed_methods, reason = "no other process reads it while it is written")]
    fn write(path: &Path, bytes: &[u8]) {
        std::fs::write(path, bytes).unwrap();
    }

    #[test]
    fn a_file_that_is_absent_or_does_not_fit_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let model = gguf(dir.path(), "llama.gguf", "llama", true);
        for (name, architecture, whole) in [
            ("qwen.gguf", "qwen2", true),
            ("mmproj.gguf", "clip", false),
            ("lora.gguf", "llama", false),
            ("lora,v1:2.gguf", "llama", false),
            ("other-lora.gguf", "qwen2", false),
        ] {
            gguf(dir.path(), name, architecture, whole);
        }
        write(&dir.path().join("template.jinja"), b"{{ x }}");
        let scaled = format!("{}:0.5,{}", at("lora.gguf"), at("absent.gguf"));
        for (flag, value, expected) in [
            ("--spec-draft-model", at("qwen.gguf"), None),
            ("--model-draft", at("mmproj.gguf"), Some("holds a projector")),
            ("--model-draft", at("lora.gguf"), Some("no whole model")),
            ("--model-draft", at("template.jinja"), Some("no GGUF file")),
            ("--mmproj", at("mmproj.gguf"), None),
            ("--mmproj", at("llama.gguf"), Some("architecture llama, not a projector")),
            ("--mmproj", at("absent.gguf"), Some("No such file")),
            ("--lora", at("lora.gguf"), None),
            ("--lora", at("lora,v1:2.gguf"), None),
            ("--lora", at("llama.gguf"), Some("whole model")),
            ("--lora", at("other-lora.gguf"), Some("made for models of architecture qwen2")),
            ("--lora-scaled", scaled, Some("absent.gguf")),
            ("--chat-template-file", at("none.jinja"), Some("No such file")),
            ("--chat-template-file", at("template.jinja"), None),
            ("--chat-template-file", "template.jinja".to_owned(), None),
            ("--grammar-file", dir.path().display().to_string(), Some("a folder, not a file")),
            ("--slot-save-path", at("absent"), Some("No such file")),
            ("--slot-save-path", dir.path().display().to_string(), None),
            ("--alias", at("absent"), None),
        ] {
            let args = ["--ctx-size".to_owned(), "1".into(), flag.to_owned(), value.clone()];
            let found = check(profile(Engine::Llamacpp).side_files, &args, &model, dir.path()).err();
            let text = found.map(|error| error.to_string());
            let fits = match (&text, expected) {
                (Some(text), Some(words)) => text.contains(words) && text.contains(flag),
                (text, expected) => text.is_none() && expected.is_none(),
            };
            assert!(fits, "{flag} {value}: {text:?}");
        }
        for (name, text, flag, expected) in [
            ("ok.gbnf", "root ::= [a-z]+\n", "--grammar-file", None),
            ("bad.gbnf", "root ::= (\n", "--grammar-file", Some("mistake: line 1: `(` is not closed")),
            ("bad.jinja", "\n{{ x", "--chat-template-file", Some("mistake: line 2: `{{` is not closed")),
            ("bad.jinja", "\n{{ x", "--json-schema-file", None),
        ] {
            write(&dir.path().join(name), text.as_bytes());
            let args = [flag.to_owned(), at(name)];
            let found = check(profile(Engine::Llamacpp).side_files, &args, &model, dir.path()).unwrap().concat();
            assert!(found.contains(expected.unwrap_or_default()) && found.is_empty() == expected.is_none(), "{found}");
        }
        let cut = ["--mmproj".to_owned()];
        assert_eq!(check(profile(Engine::Llamacpp).side_files, &cut, &model, dir.path()), Ok(Vec::new()));
    }
}
