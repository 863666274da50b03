//! What is worth a warning in a file that a flag names: the engine starts with it in some release, and does not do with it
//! what the pool asks for.
//!
//! The rule: a warning, never a refusal, because what happens differs from release to release. llama-server b6673 ignores a
//! template that it cannot read, and refuses each request for a grammar that it cannot read; v0.5.0 exits at its start for
//! both. For a drafter with another vocabulary b6673 translates tokens, and v0.5.0 drafts nothing.

use std::fs::File;
use std::path::Path;

use model_provisioner::gguf::{Header, vocabulary_difference};

use super::{SideFileKind, gbnf, jinja};

/// Larger texts are left to the engine, in bytes.
const LARGEST: u64 = 1 << 20;
/// The flag that says how tokens are drafted, and the way that needs a drafter with the model's vocabulary.
const DRAFTS: (&str, &str) = ("--spec-type", "draft-simple");
/// Parts of names of architectures that draft in a way of their own.
const OWN_WAY: [&str; 4] = ["eagle", "dflash", "dspark", "assistant"];

/// What to warn of.
pub(super) fn of(flag: &str, path: &Path, kind: SideFileKind, model: &Path, args: &[String]) -> Option<String> {
    let shown = path.display();
    match kind {
        SideFileKind::Drafter => {
            let difference = drafter(path, model, args)?;
            Some(format!(
                "the drafter `{shown}` (`{flag}`) has another vocabulary than the model: {difference}; depending on its \
                 release the engine drafts nothing with it, or translates tokens, which is slow"
            ))
        }
        SideFileKind::Grammar => {
            let mistake = gbnf::mistake(&text(path)?)?;
            Some(format!(
                "the grammar `{shown}` (`{flag}`) has a mistake: {mistake}; depending on its release the engine exits at its \
                 start, or refuses each request"
            ))
        }
        SideFileKind::Template => {
            let mistake = jinja::mistake(&text(path)?)?;
            Some(format!(
                "the chat template `{shown}` (`{flag}`) has a mistake: {mistake}; depending on its release the engine exits \
                 at its start, or uses another template"
            ))
        }
        _ => None,
    }
}

fn drafter(path: &Path, model: &Path, args: &[String]) -> Option<String> {
    let types = args.iter().position(|arg| arg == DRAFTS.0).and_then(|at| args.get(at + 1));
    if types.is_some_and(|types| !types.split(',').any(|kind| kind == DRAFTS.1)) {
        return None;
    }
    let open = |path: &Path| {
        let file = File::open(path).ok().filter(|file| file.metadata().is_ok_and(|meta| meta.is_file()))?;
        let len = file.metadata().ok()?.len();
        Some((file, len))
    };
    let architecture = Header::of(&open(path)?.0).ok()?.architecture?;
    if OWN_WAY.iter().any(|part| architecture.contains(part)) {
        return None;
    }
    vocabulary_difference(open(model)?, open(path)?).map(|difference| difference.to_string())
}

fn text(path: &Path) -> Option<String> {
    let bytes = durable::read_regular(path, LARGEST).ok().flatten()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model of this architecture whose last of ten tokens has this text.
    #[expect(clippy::disallowed_methods, reason = "no other process reads it while it is written")]
    fn model(path: &Path, architecture: &str, last: &str) {
        let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
        let tokens: Vec<u8> = (0..9).flat_map(|number| text(&format!("t{number}"))).chain(text(last)).collect();
        let vocabulary = [&9_u32.to_le_bytes()[..], &8_u32.to_le_bytes(), &10_u64.to_le_bytes(), &tokens].concat();
        let architecture = [8_u32.to_le_bytes().to_vec(), text(architecture)].concat();
        let pairs = [text("general.architecture"), architecture, text("tokenizer.ggml.tokens"), vocabulary].concat();
        let head = [&b"GGUF\x03\0\0\0"[..], &0_u64.to_le_bytes(), &2_u64.to_le_bytes()].concat();
        std::fs::write(path, [head, pairs].concat()).unwrap();
    }

    #[test]
    fn a_drafter_with_another_vocabulary_is_warned_of() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for (name, architecture, last) in
            [("model", "llama", "t9"), ("same", "llama", "t9"), ("other", "llama", "x"), ("own", "eagle3", "x")]
        {
            model(&at(name), architecture, last);
        }
        for (drafter, flags, warned) in [
            ("same", "", false),
            ("other", "", true),
            ("other", "--spec-type ngram-simple,draft-simple", true),
            ("other", "--spec-type draft-mtp", false),
            ("own", "", false),
            ("absent", "", false),
        ] {
            let args: Vec<String> = flags.split_whitespace().map(str::to_owned).collect();
            let found = of("-md", &at(drafter), SideFileKind::Drafter, &at("model"), &args);
            assert_eq!(found.is_some(), warned, "{drafter} {flags}: {found:?}");
            let says =
                |text: String| text.contains(r#"its token 9 is "x", and the model's is "t9""#) && text.contains("-md");
            assert!(found.is_none_or(says), "{drafter}");
        }
    }
}
