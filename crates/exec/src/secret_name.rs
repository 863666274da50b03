//! One rule for which names (of flags, variables, query parameters) hold secrets.

/// Whether the value behind `name` is a secret, judged by the words of the name.
///
/// `HF_TOKEN`, `--api-key`, `clientSecret`, `X-Amz-Signature` are; `n_tokens`, `--api-key-file`, `keyboard` are not.
pub fn looks_secret(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last().map(String::as_str) else {
        return false;
    };
    if matches!(last, "file" | "path" | "dir" | "id" | "name" | "names" | "env" | "count") {
        return false;
    }
    let before = words.len().checked_sub(2).and_then(|i| words.get(i)).map_or("", String::as_str);
    let key_of = ["api", "access", "private", "secret", "auth", "signing", "encryption", "account"];
    words.iter().any(|w| {
        matches!(
            w.as_str(),
            "secret"
                | "secrets"
                | "password"
                | "passwd"
                | "passphrase"
                | "pwd"
                | "credential"
                | "credentials"
                | "apikey"
        )
    }) || matches!(last, "token" | "signature" | "sig" | "authorization" | "bearer")
        || (matches!(last, "key" | "keys") && key_of.contains(&before))
}

/// Splits at everything that is no letter or digit, and before a capital that follows a small letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        let ends = !c.is_alphanumeric() || (small && c.is_uppercase());
        if ends && words.last().is_some_and(|w| !w.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        small = c.is_lowercase();
    }
    words.retain(|w| !w.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in [
            "HF_TOKEN",
            "--api-key",
            "--API-KEY",
            "apiKey",
            "api_keys",
            "password",
            "DB_PASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "clientSecret",
            "X-Amz-Signature",
            "Authorization",
            "-hft-token",
            "token",
            "SECRET_KEY_BASE",
            "HUGGING_FACE_HUB_TOKEN",
            "apikey",
        ] {
            assert!(looks_secret(name), "{name}");
        }
        for name in [
            "",
            "n_tokens",
            "tokens",
            "--api-key-file",
            "TOKEN_ID",
            "keyboard",
            "GGML_CUDA",
            "--keep",
            "cache-type-k",
            "monkey",
            "key",
            "ssl-key-file",
            "PATH",
            "--override-kv",
            "token_count",
            "—",
        ] {
            assert!(!looks_secret(name), "{name}");
        }
    }
}
