//! Lock files: what is written is read, comments stay, and whatever is no lock file is refused by name.

use config_schema::{LockFile, ModelPin, PoolPins};
use miette::Diagnostic;
use proptest::prelude::*;

const TEXT: &str = r#"# ours
# second line
schema = 1

# why this one
[pools.chat.commit]  # reviewed
repo = "https://github.com/ggml-org/llama.cpp"
ref = "main"
name = "refs/heads/main"
commit = "0123456789012345678901234567890123456789"  # of May

[pools.chat.model]
ref = "hf:o/r/m.gguf"
revision = "1123456789012345678901234567890123456789"

[pools.chat.model.files]
# the "weights" = 1
"m.gguf" = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
# the end
"#;

#[test]
fn comments_and_order_are_kept() {
    let file = LockFile::parse(TEXT).unwrap();
    assert_eq!(file.render(Some(TEXT)), TEXT);
    let new = file.render(None);
    assert_eq!(LockFile::parse(&new).unwrap(), file);
    assert_eq!(new.lines().filter(|line| line.starts_with('#')).count(), 2, "{new}");
    // A new commit leaves every comment where it is.
    let mut moved = file.clone();
    let pins = moved.pools.values_mut().next().unwrap();
    pins.commit.as_mut().unwrap().commit = "f".repeat(40).parse().unwrap();
    let text = moved.render(Some(TEXT));
    assert_eq!(
        text,
        TEXT.replace("0123456789012345678901234567890123456789\"  # of", &format!("{}\"  # of", "f".repeat(40)))
    );
    // A pool that is gone takes its comments along.
    let empty = LockFile::default().render(Some(TEXT));
    assert_eq!(empty, "# ours\n# second line\nschema = 1\n# the end\n");
}

#[test]
fn what_is_no_lock_file_is_refused() {
    let check = |text: &str, code: &str| {
        let error = LockFile::parse(text).unwrap_err();
        assert_eq!(error.code().unwrap().to_string(), code, "{text} {error}");
        assert!(error.help().is_some());
    };
    check("", "pin::unreadable");
    check("schema = \"1\"", "pin::unreadable");
    check("schema = 2", "pin::version");
    check("schema = 1\nfoo = 2", "pin::unreadable");
    check(TEXT.get(..TEXT.len() / 2).unwrap(), "pin::unreadable");
    check(&TEXT.replace("0123456789012345678901234567890123456789", "main"), "pin::unreadable");
    check(&TEXT.replace("sha256:aa", "sha256:a"), "pin::unreadable");
    check(&TEXT.replace("pools.chat.commit", "pools.\"../x\".commit"), "pin::unreadable");
    check(&TEXT.replace("\"refs/heads/main\"", "\"--upload-pack=x\""), "pin::unreadable");
}

#[test]
fn the_lock_file_is_beside_the_pool_file() {
    for (pools, expected) in [
        ("/etc/p/pools.toml", "/etc/p/pools.lock.toml"),
        ("chat.yaml", "chat.lock.toml"),
        ("a.b.json", "a.b.lock.toml"),
    ] {
        assert_eq!(LockFile::beside(pools.as_ref()), std::path::Path::new(expected));
    }
}

proptest! {
    /// Whatever a model is called is written so that it is read again.
    #[test]
    fn any_name_survives(reference in "\\PC{0,20}[\\x00-\\x7f]{0,6}", file in "[^\\r]{0,20}") {
        let sum = format!("sha256:{}", "b".repeat(64)).parse().unwrap();
        let model = ModelPin { reference, revision: None, files: [(file, sum)].into() };
        let mut lock = LockFile::default();
        lock.pools.insert("p".parse().unwrap(), PoolPins { model: Some(model), ..PoolPins::default() });
        prop_assert_eq!(LockFile::parse(&lock.render(None)), Ok(lock.clone()));
        let text = lock.render(None);
        prop_assert_eq!(lock.render(Some(&text)), text);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}|(\\[|\\]|\"|'|#|=|\\\\|a|\n){0,40}") {
        LockFile::parse(&text).ok();
        LockFile::default().render(Some(&text));
    }
}
