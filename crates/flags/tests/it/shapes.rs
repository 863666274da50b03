//! Commands of containers as people publish them (`tests/shapes`: shell scripts, compose files, quadlets), and what a pool
//! makes of them: `tests/shapes/expected.json` was judged by hand.

use std::path::{Path, PathBuf};

use flags::container::{Pasted, Start, read};
use flags::{Accel, Catalogue, Engine, Policy};
use serde_json::Value;

use crate::support::{code, normalized};

/// The words behind the image's name and the variables, of one file.
struct Shape {
    name: String,
    engine: Engine,
    expected: Value,
    words: Vec<String>,
    env: Vec<(String, String)>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shapes")
}

/// Every shape of an engine that this crate knows.
fn shapes() -> Vec<Shape> {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let all: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(all.len(), 18);
    let shapes = all.into_iter().filter_map(|(name, expected)| {
        let key = expected["engine"].as_str().unwrap().replace('.', "");
        let engine = Engine::by_key(&key)?;
        let text = std::fs::read_to_string(folder().join(&name)).unwrap();
        let (words, env) = match Path::new(&name).extension().and_then(|end| end.to_str()) {
            Some("sh") => script(&text),
            Some("yaml") => compose(&text),
            _ => quadlet(&text),
        };
        Some(Shape { name, engine, expected, words, env })
    });
    shapes.collect()
}

impl Shape {
    fn read(&self) -> Pasted {
        let read = read(&self.words, &self.env, Catalogue::newest(self.engine));
        assert!(read.is_ok(), "{}: {read:?}", self.name);
        read.unwrap()
    }
}

/// Words of a shell: cut at spaces outside of quotes.
fn cut(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut begun) = (Vec::new(), String::new(), None, false);
    for letter in text.chars().chain([' ']) {
        match (quote, letter) {
            (None, '\'' | '"') => (quote, begun) = (Some(letter), true),
            (Some(open), _) if open == letter => quote = None,
            (None, ' ' | '\n') if begun => {
                words.push(std::mem::take(&mut word));
                begun = false;
            }
            (None, ' ' | '\n') => {}
            _ => {
                word.push(letter);
                begun = true;
            }
        }
    }
    words
}

fn pair(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap();
    (name.to_owned(), value.to_owned())
}

fn script(text: &str) -> (Vec<String>, Vec<(String, String)>) {
    let words = cut(&text.replace("\\\n", " "));
    let image = words.iter().rposition(|word| {
        ["vllm/vllm-openai", "lmsysorg/sglang", "text-generation-inference", "tritonserver:"]
            .iter()
            .any(|name| word.contains(name))
    });
    let (options, command) = words.split_at(image.unwrap());
    let env = options.windows(2).filter(|two| matches!(two[0].as_str(), "-e" | "--env")).map(|two| pair(&two[1]));
    (command[1..].to_vec(), env.collect())
}

/// What is indented below a key, and behind it.
fn below<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let lines: Vec<&str> = text.lines().collect();
    let Some(at) = lines.iter().position(|line| line.trim_start().starts_with(&format!("{key}:"))) else {
        return Vec::new();
    };
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = lines[at].split_once(':').unwrap().1.trim();
    let more = lines[at + 1..].iter().take_while(|line| indent(line) > indent(lines[at])).map(|line| line.trim());
    std::iter::once(own).filter(|own| !own.is_empty()).chain(more).collect()
}

fn compose(text: &str) -> (Vec<String>, Vec<(String, String)>) {
    let words = [below(text, "entrypoint"), below(text, "command")].concat();
    let words = words.iter().flat_map(|line| cut(line.strip_prefix("- ").unwrap_or(line))).collect();
    let env = below(text, "environment").into_iter().map(|line| match line.strip_prefix("- ") {
        Some(line) => pair(line),
        None => pair(&line.replacen(": ", "=", 1).replace('"', "")),
    });
    (words, env.collect())
}

fn quadlet(text: &str) -> (Vec<String>, Vec<(String, String)>) {
    let exec = text.lines().find_map(|line| line.strip_prefix("Exec=")).unwrap_or_default();
    (cut(exec), Vec::new())
}

/// What the pool's keys become.
#[test]
fn every_shape_is_read_as_it_was_judged() {
    for shape in shapes() {
        let (pasted, expected, name) = (shape.read(), &shape.expected, &shape.name);
        let model = expected["model"].as_str().unwrap().split(" (").next().unwrap().replace(" file ", ":");
        let model = if model.starts_with("value of") { "${MODEL}" } else { model.as_str() };
        let file = |path: &str| path.rsplit('/').next().unwrap().to_owned();
        let given = pasted.model.as_deref().unwrap();
        // Inside of the container the same file or folder has another path.
        let mounted = given.starts_with('/') && (file(given) == file(model) || shape.engine == Engine::Triton);
        assert!(given == model || mounted, "{name}: {given}, not {model}");
        assert_eq!(pasted.context.map(u64::from), expected["context"].as_u64(), "{name}");
        assert_eq!(pasted.memory_share, expected["gpu_memory"].as_f64(), "{name}");
        let shards = expected["tensor_parallel"].as_u64().or(expected["shards"].as_u64());
        let contradicts = expected["shards"].as_str().is_some();
        assert!(contradicts || pasted.tensor_parallel.map(|count| count as u64) == shards, "{name}: {pasted:?}");
        let port = expected["publish"]["container"].as_u64().or(expected["port"].as_u64());
        assert!(pasted.port.is_none_or(|given| Some(u64::from(given)) == port), "{name}: {pasted:?}");
        let said = |secret: &str| {
            shape
                .words
                .iter()
                .chain(shape.env.iter().map(|(name, _)| name))
                .any(|word| word.contains(secret) || word == "--api-key")
        };
        for secret in
            expected["secrets"].as_array().into_iter().flatten().filter_map(Value::as_str).filter(|secret| said(secret))
        {
            assert!(
                pasted.secrets.iter().any(|known| known == secret),
                "{name}: {secret} is not in {:?}",
                pasted.secrets
            );
        }
        for dropped in expected["env_dropped"].as_array().into_iter().flatten() {
            assert!(pasted.decided.iter().any(|(name, key)| *dropped == **name && *key == "devices"), "{name}");
        }
    }
}

/// Flags that are left are those that were judged to be the pool's.
#[test]
fn what_is_left_are_the_pools_flags() {
    for shape in shapes() {
        let (pasted, name) = (shape.read(), &shape.name);
        let has = |flag: &str, value: Option<&str>| {
            let at = pasted.flags.iter().position(|word| word == flag);
            at.is_some_and(|at| value.is_none_or(|value| pasted.flags.get(at + 1).is_some_and(|next| next == value)))
        };
        for (flag, value) in shape.expected["flags"].as_object().into_iter().flatten() {
            assert!(has(&format!("--{flag}"), value.as_str()), "{name}: --{flag} {value} is not in {:?}", pasted.flags);
        }
        if let Some(layers) = shape.expected["gpu_layers"].as_u64() {
            assert!(has("--n-gpu-layers", Some(&layers.to_string())), "{name}: {:?}", pasted.flags);
        }
        assert!(
            !pasted.flags.iter().any(|word| word.contains("EXAMPLE") || word == "example"),
            "{name}: {:?}",
            pasted.flags
        );
    }
}

/// A pool of these flags, with the model, port and devices from its keys.
#[test]
fn the_pools_command_line_is_made_or_refused() {
    for shape in shapes() {
        let (pasted, expected, name) = (shape.read(), &shape.expected, &shape.name);
        let devices = match (&expected["devices"], expected["devices"].as_str()) {
            (Value::Array(list), _) => list.len(),
            (_, Some(text)) => text.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(1),
            _ => 1,
        };
        let model = pasted.model.clone().unwrap();
        let policy = Policy {
            accelerator: Accel::Cuda,
            model: &model,
            host: "0.0.0.0",
            port: 8000,
            ctx: pasted.context,
            devices,
            tensor_split: None,
            heads: None,
        };
        // The memory's share stays a flag of the pool; the number of shards follows from its devices.
        let mut words: Vec<&str> = pasted.flags.iter().map(String::as_str).collect();
        let asked = pasted.tensor_parallel.map(|count| count.to_string());
        if let (Engine::Tgi, Some(asked)) = (shape.engine, asked.as_deref()) {
            words.extend(["--num-shard", asked]);
        }
        let line = normalized(&words, &policy, Catalogue::newest(shape.engine));
        if expected["shards"].as_str().is_some_and(|text| text.starts_with("contradiction")) {
            assert_eq!(code(&line.unwrap_err()), "flags::too_many_shares", "{name}");
            continue;
        }
        assert!(line.is_ok(), "{name}: {line:?}");
        let line = line.unwrap();
        let text = line.args.join(" ");
        assert!(text.contains(&model), "{name}: {text}");
        match (shape.engine, expected["tensor_parallel"].as_u64().filter(|count| *count > 1)) {
            (Engine::Vllm, Some(count)) => assert!(text.contains(&format!("--tensor-parallel-size {count}")), "{text}"),
            (Engine::Sglang, Some(count)) => assert!(text.contains(&format!("--tp-size {count}")), "{text}"),
            _ => assert!(!text.contains("--tensor-parallel-size") && !text.contains("--tp-size"), "{text}"),
        }
    }
}

/// What the image starts by itself, and what the profile adds.
#[test]
fn images_start_as_it_was_judged() {
    let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    for shape in shapes() {
        let nvidia = words("/opt/nvidia/nvidia_entrypoint.sh");
        // Entry points of the images that are named there, by their releases' Dockerfiles.
        let entrypoint = match shape.engine {
            Engine::Vllm if shape.expected["model_argument"] == "--model" => {
                words("python3 -m vllm.entrypoints.openai.api_server")
            }
            Engine::Vllm => words("vllm serve"),
            Engine::Sglang | Engine::Triton => nvidia,
            Engine::Tgi => words("/tgi-entrypoint.sh"),
            Engine::LlamaServer => words("/app/llama-server"),
        };
        let start = Start::of(shape.engine, &entrypoint, &[]).unwrap();
        // One file names SGLang's program as its entry point.
        let command = shape.expected["command"].as_str();
        let command = command.or_else(|| (shape.engine != Engine::Sglang).then_some(""));
        assert!(command.is_none_or(|command| start.before.join(" ") == command), "{}: {start:?}", shape.name);
        if let Some(argv) = shape.expected["argv"].as_array() {
            let model = shape.read().model.unwrap();
            assert_eq!(Value::from(start.command(&[model])), Value::Array(argv.clone()));
        }
    }
}
