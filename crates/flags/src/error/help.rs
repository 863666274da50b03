//! The variable parts of messages and helps of [`FlagError`](super::FlagError): pure text, no value that a pool wrote.

/// Before November 2025 HTTPS had an option of the server's own.
pub(super) fn build_with(flag: &str, option: &str) -> String {
    let before =
        if option == "LLAMA_OPENSSL" { " (-DLLAMA_SERVER_SSL=ON for releases that do not know it)" } else { "" };
    format!("put -D{option}=ON into `provisioning.source.build.cmake_flags`{before}, or leave `{flag}` out")
}

pub(super) fn before(flag: Option<&str>) -> String {
    flag.map_or_else(String::new, |f| format!(", and `{f}` takes no value there"))
}

pub(super) fn values(count: usize) -> String {
    if count == 1 { "a value".into() } else { format!("{count} values") }
}

pub(super) fn switch(flag: &str, negation: Option<&str>) -> String {
    match negation {
        Some(off) => format!("write `{flag}` to turn it on and `{off}` to turn it off"),
        None => format!("write `{flag}` alone, or leave it out"),
    }
}

/// Which numbers of GPUs fit, and what uses the others.
pub(super) fn divisors(flag: &str, shards: usize, fits: &[usize]) -> String {
    let counts: Vec<String> = fits.iter().map(usize::to_string).collect();
    let devices = format!("give the pool {} devices", counts.join(" or "));
    let most = fits.iter().rev().find(|count| **count > 1 && shards.is_multiple_of(**count));
    let pipeline = match flag {
        "--tensor-parallel-size" => "--pipeline-parallel-size",
        "--tp-size" => "--pp-size",
        _ => return devices,
    };
    let tensor = most.copied().unwrap_or(1);
    format!("{devices}, or write `{flag} {tensor}` and `{pipeline} {}` into the flags", shards / tensor)
}

/// Without the reason.
pub(super) fn shortly(expected: &str) -> &str {
    expected.split_once(": ").map_or(expected, |(what, _)| what)
}

pub(super) fn variable(flag: Option<&str>) -> String {
    match flag {
        Some(flag) => format!("write `{flag} VALUE`"),
        None => "take it out of the flags and set it in the environment".into(),
    }
}

pub(super) fn unknown(flag: &str, nearest: Option<&str>, told: Option<&str>) -> String {
    match (nearest, told) {
        (_, Some(told)) => format!("`{flag}` {told}"),
        (Some(name), _) => format!("did you mean `{name}`?"),
        (None, None) => "run the engine with `--help` to see the flags of this release".into(),
    }
}

pub(super) fn secret(variable: Option<&str>) -> String {
    match variable {
        Some(name) => format!("list `{name}` in `provisioning.secret_env` and set it in the environment"),
        None => {
            "list the engine's variable for it in `provisioning.secret_env`, or use the flag that takes a file".into()
        }
    }
}
