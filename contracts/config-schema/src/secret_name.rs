//! A name is secret-looking when it says that its value is a credential.

const MARKS: [&str; 8] = ["token", "secret", "password", "passwd", "api_key", "apikey", "credential", "private_key"];

/// Whether a variable or query parameter of this name is likely to hold a credential.
///
/// `-` counts as `_`. A name that ends in `_FILE` or `_PATH` says where the credential lies, which
/// is no secret; a tokenizer is not a token (`TOKENIZERS_PARALLELISM`).
pub(crate) fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_").replace("tokenizer", "");
    let names_a_place = name.ends_with("_file") || name.ends_with("_path");
    !names_a_place && MARKS.iter().any(|mark| name.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: bool) {
        assert_eq!(looks_secret(name), expected, "{name}");
    }

    #[test]
    fn credentials_by_their_name() {
        for name in [
            "HF_TOKEN",
            "token",
            "MY_API_KEY",
            "openai-api-key",
            "APIKEY",
            "Password",
            "DB_PASSWD",
            "AWS_SECRET_ACCESS_KEY",
            "GOOGLE_CREDENTIALS",
            "SSH_PRIVATE_KEY",
            "TOKENIZER_TOKEN",
        ] {
            check(name, true);
        }
    }

    #[test]
    fn everything_else_is_plain() {
        for name in [
            "",
            "PATH",
            "OMP_NUM_THREADS",
            "HF_TOKEN_PATH",
            "DB_PASSWORD_FILE",
            "CUDA_VISIBLE_DEVICES",
            "TOKENIZERS_PARALLELISM",
        ] {
            check(name, false);
        }
    }
}
