//! Splits a name into words, and the tables of words that the rule for secret names looks them up in.

/// Names that are open although their words mark a secret: a directory, and the path of a file
/// (<https://cloud.google.com/docs/authentication/application-default-credentials#GAC>).
pub(crate) const NAMED_OPEN: &[&str] = &["PWD", "GOOGLE_APPLICATION_CREDENTIALS"];

/// No word that marks a secret is shorter, in bytes.
pub(crate) const SHORTEST: usize = 3;

/// Last words of names that locate a secret or describe it: `HF_TOKEN_PATH`, `AWS_ACCESS_KEY_ID`, `TOKEN_TTL`.
pub(crate) const PROPERTIES: &[&str] = &[
    "algorithm",
    "cmd",
    "command",
    "config",
    "count",
    "counts",
    "dir",
    "directory",
    "dirs",
    "enabled",
    "endpoint",
    "env",
    "expiration",
    "expires",
    "expiry",
    "file",
    "files",
    "folder",
    "format",
    "header",
    "headers",
    "helper",
    "host",
    "id",
    "ids",
    "len",
    "length",
    "limit",
    "location",
    "mode",
    "name",
    "names",
    "path",
    "paths",
    "policy",
    "port",
    "prefix",
    "provider",
    "region",
    "required",
    "size",
    "sock",
    "socket",
    "source",
    "threshold",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "version",
];

/// Words before the last one that make the name a number or a switch. They do not open a password.
pub(crate) const COUNTS_OR_SWITCHES: &[&str] = &[
    "allow", "disable", "enable", "force", "ignore", "max", "maximum", "min", "minimum", "n", "no", "num", "number",
    "per", "require", "skip", "total", "without",
];

/// Words that make a switch of a signature or of authentication. `VERIFY_TOKEN` is the secret of a webhook.
pub(crate) const CHECKS: &[&str] = &["check", "validate", "verify"];

/// Last words that are credentials wherever they occur.
pub(crate) const CREDENTIALS: &[&str] = &[
    "accesskey",
    "auth",
    "authkey",
    "authorization",
    "bearer",
    "cookie",
    "cookies",
    "dsn",
    "instrumentationkey",
    "jwt",
    "keypass",
    "otp",
    "privatekey",
    "pwd",
    "secretkey",
    "sig",
    "signature",
    "sshpass",
    "storepass",
    "userpass",
];

/// Words before `key`. Not among them: `public`, and `client`, `server` and `ssl`, whose keys are given as files
/// (`OTEL_EXPORTER_OTLP_CLIENT_KEY`, `--grpc-server-key`).
pub(crate) const KINDS_OF_KEYS: &[&str] = &[
    "access",
    "account",
    "admin",
    "anthropic",
    "api",
    "app",
    "application",
    "auth",
    "consumer",
    "decryption",
    "deploy",
    "encryption",
    "fernet",
    "hmac",
    "ingestion",
    "instrumentation",
    "jwt",
    "license",
    "master",
    "openai",
    "preshared",
    "private",
    "role",
    "root",
    "secret",
    "service",
    "session",
    "shared",
    "signing",
    "ssh",
    "storage",
    "subscription",
    "wandb",
    "webhook",
];

/// Words before `token` or `tokens`, anywhere in a name. `tokens` after other words are pieces of text.
pub(crate) const KINDS_OF_TOKENS: &[&str] =
    &["access", "api", "auth", "authentication", "bearer", "hf", "refresh", "secret", "session"];

/// Words before `token` that make it a piece of text or a time in a model's output.
pub(crate) const TEXT_TOKENS: &[&str] = &[
    "audio", "bos", "cls", "draft", "end", "eos", "first", "image", "inter", "last", "mask", "next", "pad", "sep",
    "special", "start", "stop", "text", "think", "unk", "video",
];

/// Words before `pass` that make it one run of a loop.
pub(crate) const KINDS_OF_PASSES: &[&str] =
    &["backward", "decode", "first", "forward", "fusion", "last", "multi", "one", "prefill", "second", "single", "two"];

/// Words that mark a secret anywhere in a name.
pub(crate) fn is_strong(word: &str) -> bool {
    let ends = ["password", "passwd", "passphrase", "passcode", "secret", "apikey"];
    ends.iter().any(|end| word.strip_suffix('s').unwrap_or(word).ends_with(end))
}

/// Words behind the meaningful ones: a number or an environment (`HF_TOKEN_2`, `API_KEY_PROD`).
pub(crate) fn is_qualifier(word: &str) -> bool {
    let words =
        ["backup", "default", "dev", "new", "old", "override", "prod", "production", "staging", "test", "value"];
    words.contains(&word) || word.bytes().all(|byte| byte.is_ascii_digit())
}

/// `DOCKER_AUTH_CONFIG` holds the registry's credentials (<https://docs.gitlab.com/ci/docker/using_docker_images/>), and
/// `OTEL_EXPORTER_OTLP_HEADERS` the collector's key (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).
pub(crate) fn is_secret_despite_its_last_word(words: &[&str]) -> bool {
    words.ends_with(&["auth", "config"]) || (words.ends_with(&["headers"]) && words.contains(&"otlp"))
}

/// Splits at everything that is neither a letter nor a digit, and before a capital that follows a small letter. The
/// words are in lower case, and none is empty.
pub(crate) fn split(name: &str) -> Vec<String> {
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
    fn names_of_all_styles_are_the_same_words() {
        for name in ["HF_HUB_TOKEN", "--hf-hub-token", "hfHubToken", "hf.hub.token", "__Hf-Hub__Token"] {
            assert_eq!(split(name), ["hf", "hub", "token"], "{name}");
        }
        for name in ["", "—", "--"] {
            assert!(split(name).is_empty(), "{name}");
        }
    }

    #[test]
    fn tables_are_sorted_and_in_lower_case() {
        for table in
            [PROPERTIES, COUNTS_OR_SWITCHES, CREDENTIALS, KINDS_OF_KEYS, KINDS_OF_TOKENS, TEXT_TOKENS, KINDS_OF_PASSES]
        {
            assert!(table.is_sorted(), "{table:?}");
            assert!(table.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())), "{table:?}");
        }
    }
}
