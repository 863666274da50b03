//! Which model an engine serves: a file on this host or one of a Hugging Face repository.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::Error as _};

use crate::Invalid;

/// Which model to serve.
///
/// Written `hf:owner/repo[/file…][@revision]`, `file:PATH`, `file:///absolute/path`, or as a plain
/// path. Text behind `file:` is the path as it is, without percent-encoding.
///
/// ```
/// use config_schema::ModelRef;
/// let model: ModelRef = "hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF/q4_k_m.gguf@main".parse()?;
/// let ModelRef::HuggingFace { repo, file, revision, .. } = &model else { unreachable!() };
/// assert_eq!(repo, "Qwen/Qwen2.5-0.5B-Instruct-GGUF");
/// assert_eq!((file.as_deref(), revision.as_deref()), (Some("q4_k_m.gguf"), Some("main")));
/// # Ok::<(), config_schema::Invalid>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String", extend("minLength" = 1, "maxLength" = 4096)))]
pub enum ModelRef {
    /// A model of the Hugging Face hub, or one file of it.
    ///
    /// Every segment between slashes is `A-Z a-z 0-9 . _ -`, is not `.` or `..` and does not start
    /// with `-`. Only parsing makes one, so that this always holds.
    #[non_exhaustive]
    HuggingFace {
        /// `owner/repo`.
        repo: String,
        /// The file inside the repository, with its folders; `None` means the whole repository.
        file: Option<String>,
        /// A branch, tag or commit of the repository; `None` means its default branch.
        revision: Option<String>,
    },
    /// A file on this host. A relative path is meant from the folder of the configuration file;
    /// `Config::load` makes it absolute.
    File(PathBuf),
}

const HELP: &str = "write `hf:owner/repo/file.gguf`, `hf:owner/repo@revision` or a path";
const LENGTH: Invalid = Invalid::new("a model reference has 1 to 4096 bytes", HELP);
const CONTROL: Invalid =
    Invalid::new("a model reference holds no control character", "write it in one line, without NUL, newline or tab");
const OWNER_REPO: Invalid = Invalid::new(
    "a Hugging Face reference names an owner and a repository",
    "write `hf:owner/repo`, with a file behind it where only one is wanted: `hf:owner/repo/file.gguf`",
);
const SEGMENT: Invalid = Invalid::new(
    "the parts of a Hugging Face reference are letters, digits and `. _ -`, are not `.` or `..`, and do not start with `-`",
    HELP,
);
const FILE_HOST: Invalid = Invalid::new(
    "a `file://` reference names an absolute path on this host",
    "write three slashes, as in `file:///srv/models/x.gguf`",
);
const NO_PATH: Invalid =
    Invalid::new("the model reference names no path", "write `file:` and a path, as in `file:models/x.gguf`");
const SCHEME: Invalid = Invalid::new(
    "a model reference starts with `hf:` or `file:`, or is a path",
    "write `hf:owner/repo/file.gguf`; for a path with `:` in it put `file:` before it",
);
const HOME: Invalid = Invalid::new(
    "`~` is not expanded",
    "write the path absolute, or relative to the folder of this configuration file",
);

impl FromStr for ModelRef {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.len() > 4096 {
            Err(LENGTH)
        } else if text.chars().any(char::is_control) {
            Err(CONTROL)
        } else if let Some(reference) = text.strip_prefix("hf:") {
            hugging_face(reference)
        } else if let Some(path) = text.strip_prefix("file:") {
            match path.strip_prefix("//") {
                Some(path) if path.starts_with('/') => file(path),
                Some(_) => Err(FILE_HOST),
                None => file(path),
            }
        } else if has_scheme(text) {
            Err(SCHEME)
        } else {
            file(text)
        }
    }
}

fn file(path: &str) -> Result<ModelRef, Invalid> {
    if path.is_empty() {
        Err(NO_PATH)
    } else if path == "~" || path.starts_with("~/") {
        Err(HOME)
    } else {
        Ok(ModelRef::File(PathBuf::from(path)))
    }
}

fn hugging_face(reference: &str) -> Result<ModelRef, Invalid> {
    let (path, revision) = match reference.split_once('@') {
        Some((path, revision)) => (path, Some(revision)),
        None => (reference, None),
    };
    if !path.split('/').chain(revision.into_iter().flat_map(|text| text.split('/'))).all(is_segment) {
        return Err(SEGMENT);
    }
    let (owner, rest) = path.split_once('/').ok_or(OWNER_REPO)?;
    let (name, file) = match rest.split_once('/') {
        Some((name, file)) => (name, Some(file)),
        None => (rest, None),
    };
    Ok(ModelRef::HuggingFace {
        repo: format!("{owner}/{name}"),
        file: file.map(str::to_owned),
        revision: revision.map(str::to_owned),
    })
}

fn is_segment(text: &str) -> bool {
    !matches!(text, "" | "." | "..")
        && !text.starts_with('-')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Whether the text starts like `s3:…`, `https:…` or `HF:…`, which no relative path does by intent.
fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    })
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HuggingFace { repo, file, revision } => {
                write!(f, "hf:{repo}")?;
                if let Some(file) = file {
                    write!(f, "/{file}")?;
                }
                if let Some(revision) = revision {
                    write!(f, "@{revision}")?;
                }
                Ok(())
            }
            Self::File(path) => write!(f, "{}{}", file_prefix(path), path.display()),
        }
    }
}

/// What to write before a path so that it is read back as that path.
fn file_prefix(path: &Path) -> &'static str {
    if path.is_absolute() { "file://" } else { "file:" }
}

impl Serialize for ModelRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Self::File(path) = self
            && path.to_str().is_none()
        {
            return Err(S::Error::custom("the model's path is not valid UTF-8"));
        }
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ModelRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn hf(text: &str, expected: (&str, Option<&str>, Option<&str>)) {
        let parsed = text.parse::<ModelRef>();
        let Ok(ModelRef::HuggingFace { repo, file, revision }) = &parsed else { panic!("{text}: {parsed:?}") };
        assert_eq!((&repo[..], file.as_deref(), revision.as_deref()), expected);
        assert_eq!(parsed.unwrap().to_string(), text);
    }

    #[track_caller]
    fn path(text: &str, expected: &str) {
        assert_eq!(text.parse(), Ok(ModelRef::File(PathBuf::from(expected))), "{text}");
    }

    #[track_caller]
    fn refused(text: &str, expected: Invalid) {
        assert_eq!(text.parse::<ModelRef>(), Err(expected), "{text:?}");
    }

    #[test]
    fn hugging_face_references() {
        hf("hf:o/r", ("o/r", None, None));
        hf("hf:o/r@v1", ("o/r", None, Some("v1")));
        hf("hf:o/r/a/b.gguf", ("o/r", Some("a/b.gguf"), None));
        hf("hf:o/r/x.gguf@refs/pr/3", ("o/r", Some("x.gguf"), Some("refs/pr/3")));
    }

    #[test]
    fn paths() {
        path("x.gguf", "x.gguf");
        path("./a b/x.gguf", "./a b/x.gguf");
        path("/abs/x.gguf", "/abs/x.gguf");
        path("file:x.gguf", "x.gguf");
        path("file:a:b", "a:b");
        path("file:hf:o/r", "hf:o/r");
        path("file:///abs/100%.gguf", "/abs/100%.gguf");
        path("file:/abs", "/abs");
        path("file:////abs", "//abs");
        path("a/b:c", "a/b:c");
    }

    /// EP-06, F35
    #[test]
    fn nothing_leaves_the_repository() {
        for text in [
            "hf:o/r/../../x",
            "hf:../r",
            "hf:o/..",
            "hf:o/./x",
            "hf:o/r/%2e%2e",
            "hf:/o/r",
            "hf:o//r",
            "hf:o/r/",
            "hf:o/r@",
            "hf:o/r@..",
            "hf:o/r@a@b",
            "hf:-o/r",
            "hf:o/-r",
            "hf:o/r/-x",
            "hf:o/r@-x",
            "hf:o/r x",
            "hf:o\\r/x",
            "hf:é/r",
            "hf:",
            "hf:o/r?x=1",
            "hf:https://x/y",
        ] {
            refused(text, SEGMENT);
        }
        refused("hf:gpt2", OWNER_REPO);
    }

    #[test]
    fn other_refusals() {
        refused("", LENGTH);
        refused(&"a".repeat(4097), LENGTH);
        for text in ["a\0b", "a\nb", "hf:o/r\n", "file:/a\0"] {
            refused(text, CONTROL);
        }
        for text in ["https://host/x.gguf", "s3://b/x", "HF:o/r", "FILE:x", "ollama:qwen"] {
            refused(text, SCHEME);
        }
        refused("file:", NO_PATH);
        refused("file://host/x", FILE_HOST);
        refused("~/x.gguf", HOME);
        refused("file:~/x.gguf", HOME);
    }

    proptest! {
        #[test]
        fn parse_undoes_display(
            text in "hf:[A-Za-z0-9._@/%-]{0,30}|(file:)?(//)?[-a-z/:~. ]{0,20}|\\PC{0,40}"
        ) {
            if let Ok(model) = text.parse::<ModelRef>() {
                prop_assert_eq!(model.to_string().parse::<ModelRef>(), Ok(model));
            }
        }

        /// EP-06, F35
        #[test]
        fn a_hugging_face_file_stays_below_its_folder(text in "hf:o/r/[a-z./%\\\\-]{0,20}") {
            if let Ok(ModelRef::HuggingFace { file: Some(file), .. }) = text.parse() {
                let normal = |part| matches!(part, std::path::Component::Normal(_));
                prop_assert!(Path::new(&file).components().all(normal));
            }
        }
    }
}
