//! What holds for every text and every configuration.

use config_schema::{Config, Format};
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value, json};

use crate::support::{FORMATS, write};

/// Text that looks like a configuration gone wrong: the words and signs of all three formats.
fn broken_text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "pools",
        "id",
        "engine",
        "vllm",
        "provisioning",
        "env",
        "ports",
        "a",
        "0",
        "1.5",
        "-",
        "- ",
        ":",
        ": ",
        "=",
        " = ",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "\"",
        "'",
        ",",
        "\n",
        "\n  ",
        "\t",
        "&x ",
        "*x",
        "!",
        "!!str ",
        "|",
        ">",
        "#",
        "~",
        "null",
        ".nan",
        "\\",
        "\\u",
        "---",
        "%",
        "? ",
        "<<",
        "\u{feff}",
        "\0",
        "é",
        "\u{2028}",
        "\r",
        "2026-01-01",
    ]);
    vec(word, 0..40).prop_map(|words| words.concat())
}

fn object(fields: Vec<(&'static str, Option<Value>)>) -> Value {
    let set = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(set.collect::<Map<_, _>>())
}

fn text() -> impl Strategy<Value = Value> {
    let odd = prop::sample::select(vec![
        "", " ", "null", "~", "true", "no", "1", "0x1f", "1e5", ".nan", "- a", "a: b", "#x", "'", "\"", "\\", "a\nb",
        "\n", " a ", "a\n", "\ta", "\u{85}", "\u{2028}", "\u{7f}", "{}", "[", "@", "%", "!", "&", "*", "---", "...",
        "<<", "=", "\r\n", "\u{feff}", "\u{1}",
    ]);
    prop_oneof![odd.prop_map(str::to_owned), "[^\0]{0,20}"].prop_map(Value::from)
}

fn list(item: impl Strategy<Value = Value>) -> impl Strategy<Value = Option<Value>> {
    option::of(vec(item, 0..4).prop_map(Value::from))
}

fn limits() -> impl Strategy<Value = Value> {
    let seconds = || option::of((1..=u32::MAX).prop_map(Value::from));
    (seconds(), seconds(), seconds(), seconds(), seconds(), seconds(), seconds()).prop_map(
        |(fetch, fetch_silence, build, build_silence, ready, ready_silence, stop)| {
            object(vec![
                ("fetch_timeout_s", fetch),
                ("fetch_silence_s", fetch_silence),
                ("build_timeout_s", build),
                ("build_silence_s", build_silence),
                ("ready_timeout_s", ready),
                ("ready_silence_s", ready_silence),
                ("stop_grace_s", stop),
            ])
        },
    )
}

fn provisioning() -> impl Strategy<Value = Value> {
    let env = vec(("[A-Z_][A-Z0-9_]{0,3}", text()), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect()));
    let repo = "https://[a-z]{1,9}/[a-z]{1,9}|git@[a-z]{1,9}:[a-z]{1,9}|/[a-z/ ]{1,9}";
    let source = (repo, "[a-z0-9]{1,12}", list("-D[A-Z]{1,5}=\\PC{0,9}".prop_map(Value::from)), any::<bool>())
        .prop_map(|(repo, git_ref, flags, submodules)| {
            json!({"repo": repo, "ref": git_ref, "submodules": submodules, "build": object(vec![("cmake_flags", flags)])})
        });
    let model = "hf:[a-z]{1,5}/[a-z]{1,5}(/[a-z.]{1,3}x)?(@[a-z]{1,5})?|(file:)?/?[a-z][a-z /]{0,9}";
    (
        option::of(source),
        option::of(model.prop_map(|model| json!({ "ref": model }))),
        option::of(env),
        list(text()),
        option::of(vec(1..=u16::MAX, 1..4)),
        option::of(any::<std::net::IpAddr>()),
        option::of(prop::sample::select(vec!["external", "source", "container", "package", "binary"])),
        option::of(limits()),
    )
        .prop_map(|(source, model, env, flags, ports, host, mode, limits)| {
            object(vec![
                ("source", source),
                ("model", model),
                ("env", env),
                ("flags", flags),
                ("ports", ports.map(Value::from)),
                ("host", host.map(|host| json!(host))),
                ("mode", mode.map(Value::from)),
                ("limits", limits),
            ])
        })
}

/// A configuration as JSON that loads.
fn config() -> impl Strategy<Value = Value> {
    // TOML has no whole numbers above this.
    let milliseconds = option::of((0..=i64::MAX.unsigned_abs()).prop_map(Value::from));
    let pool = (
        prop::sample::select(config_schema::Engine::ALL.to_vec()),
        text(),
        option::of(text()),
        option::of(any::<u32>().prop_map(Value::from)),
        list(any::<u32>().prop_map(Value::from)),
        list((0.0f32..1e30).prop_map(Value::from)),
        milliseconds,
        provisioning(),
    )
        .prop_map(|(engine, model, quant, ctx, devices, split, wall_ms, provisioning)| {
            object(vec![
                ("engine", Some(json!(engine))),
                ("model", Some(model)),
                ("quant", quant),
                ("ctx", ctx),
                ("devices", devices),
                ("tensor_split", split),
                ("timeouts", Some(object(vec![("wall_ms", wall_ms)]))),
                ("provisioning", Some(provisioning)),
            ])
        });
    vec(pool, 1..4).prop_map(|mut pools| {
        for (index, pool) in pools.iter_mut().enumerate() {
            pool["id"] = json!(format!("pool-{index}"));
        }
        json!({ "pools": pools })
    })
}

proptest! {
    /// EP-06, F79
    #[test]
    fn no_text_makes_parsing_panic(text in prop_oneof![broken_text(), any::<String>()]) {
        for format in FORMATS {
            if let Err(error) = Config::parse(&text, format, "f") {
                prop_assert!(!crate::support::help(&error).is_empty());
                if let Some(position) = error.place().and_then(|place| place.position) {
                    prop_assert!(position.line <= text.matches('\n').count() + 1);
                }
            }
        }
    }
}

proptest! {
    /// EP-51: `env` takes a variable exactly if the rule that masks and writes values calls its name open.
    #[test]
    fn env_takes_what_redact_calls_open(
        name in "[A-Za-z_][A-Za-z0-9_]{0,20}|(HF|MAX|API|DB|KEY|PROXY|SSH)_(TOKENS?|KEY|PASSPHRASE|PWD|AUTH|SECRET)(_PATH|_ID|_2)?",
    ) {
        let parsed = Config::parse(&crate::support::yaml_pool(&format!("{{env: {{\"{name}\": x}}}}")), Format::Yaml, "f");
        prop_assert_eq!(parsed.is_ok(), !redact::looks_secret(&name), "{}", name);
    }

    /// EP-51: the same rule for the parameters of a URL.
    #[test]
    fn a_url_takes_the_parameters_that_redact_calls_open(name in "[a-z]{1,9}|(api|hf|max|x-amz)-(token|key|signature|id)") {
        let url = format!("https://host/x?{name}=1").parse::<config_schema::DownloadUrl>();
        prop_assert_eq!(url.is_ok(), !redact::looks_secret(&name), "{}", name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    /// EP-06: what is written is read back as the same value, in every format.
    #[test]
    fn parsing_undoes_writing(json in config()) {
        let config = Config::parse(&json.to_string(), Format::Json, "f");
        let config = config.map_err(|error| TestCaseError::fail(format!("{error}\n{json}")))?;
        for format in FORMATS {
            let text = write(&config, format);
            let read = Config::parse(&text, format, "f");
            let read = read.map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(&read, &config, "{}:\n{}", format, text);
            prop_assert_eq!(write(&read, format), text);
        }
    }

    /// EP-06: a key that does not exist is an error wherever it stands.
    #[test]
    fn an_unknown_key_is_an_error_everywhere(json in config(), place in any::<prop::sample::Index>()) {
        let mut tables = vec!["", "/pools/0", "/pools/0/timeouts", "/pools/0/provisioning"];
        if json.pointer("/pools/0/provisioning/source").is_some() {
            tables.extend(["/pools/0/provisioning/source", "/pools/0/provisioning/source/build"]);
        }
        let mut json = json;
        json.pointer_mut(place.get::<&str>(&tables)).unwrap()["unknown"] = json!(1);
        let error = Config::parse(&json.to_string(), Format::Json, "f").unwrap_err();
        prop_assert_eq!(crate::support::code(&error), "config::unknown_key");
    }
}
