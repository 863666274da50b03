//! What has to be added to an image's own entry point so that it starts the engine.
//!
//! Sources: the Dockerfiles of [vLLM](https://github.com/vllm-project/vllm/blob/main/docker/Dockerfile) (`vllm serve`, before
//! that `python3 -m vllm.entrypoints.openai.api_server`),
//! [SGLang](https://github.com/sgl-project/sglang/blob/main/docker/Dockerfile) (none of its own),
//! [TGI](https://github.com/huggingface/text-generation-inference/blob/main/Dockerfile),
//! [Triton](https://github.com/triton-inference-server/server/blob/main/build.py) and
//! [llama.cpp](https://github.com/ggml-org/llama.cpp/tree/master/.devops).

use miette::Diagnostic;
use thiserror::Error;

use crate::engine::Engine;

/// How an image starts an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The program in place of the image's entry point; `None` keeps it.
    pub entrypoint: Option<String>,
    /// The words between the entry point and the engine's arguments.
    pub before: Vec<String>,
    /// How the engine takes its model.
    pub model: ModelArgument,
    /// What could not be decided from the image's configuration, for the operator.
    pub note: Option<String>,
}

/// How an engine takes its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelArgument {
    /// The first word (`vllm serve MODEL`).
    Positional,
    /// Behind this flag.
    Flag(&'static str),
}

/// An image that does not start the engine.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum StartError {
    /// The image starts another program than the engine's server.
    #[error("the image starts `{program}`, which is no server of {engine}")]
    #[diagnostic(code(image::no_server), help("{help}"))]
    NoServer {
        /// The program.
        program: String,
        /// The engine.
        engine: &'static str,
        /// Which image to take.
        help: &'static str,
    },
}

/// Programs that start what follows them.
const WRAPPERS: &[&str] =
    &["tini", "dumb-init", "catatonit", "env", "exec", "nvidia_entrypoint.sh", "docker-entrypoint.sh"];
pub(super) const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh"];
/// Programs of llama.cpp's images that do not serve.
const TOOLS: &[&str] = &[
    "llama-cli",
    "llama-completion",
    "llama-run",
    "llama-bench",
    "llama-quantize",
    "llama-perplexity",
    "llama-mtmd-cli",
    "main",
];
/// Servers that are none of the engines here.
const OTHERS: &[&str] = &["llama-swap", "ollama", "local-ai", "koboldcpp", "lmdeploy", "ramalama", "nginx"];

impl Start {
    /// How an image with this configuration (`Entrypoint` and `Cmd`) starts the engine.
    ///
    /// # Errors
    ///
    /// [`StartError::NoServer`]: the entry point is a program that does not serve, or another server.
    pub fn of(engine: Engine, entrypoint: &[String], cmd: &[String]) -> Result<Self, StartError> {
        let words = behind_wrappers(entrypoint);
        let own = if words.is_empty() { behind_wrappers(cmd) } else { words };
        let program = own.first().map(|word| basename(word));
        if let Some(program) = program.filter(|program| TOOLS.contains(program) || OTHERS.contains(program)) {
            return Err(no_server(engine, program));
        }
        match continued(engine, own) {
            // The command is replaced by the engine's arguments: its program has to be written again.
            Some(missing) if words.is_empty() => {
                let server = own.iter().take_while(|word| !word.starts_with("--")).cloned();
                Ok(Self { before: server.chain(missing).collect(), ..Self::new(engine, own) })
            }
            Some(before) => Ok(Self { before, ..Self::new(engine, own) }),
            None if words.is_empty() => Ok(Self { before: usual(engine), ..Self::new(engine, &usual(engine)) }),
            None if program.is_some_and(|program| SHELLS.contains(&program)) => {
                let mut usual = usual(engine);
                let started = Self::new(engine, &usual);
                Ok(Self { entrypoint: Some(usual.remove(0)), before: usual, ..started })
            }
            None => Ok(Self {
                note: Some(format!(
                    "the image's entry point `{}` is not known: it is given the engine's arguments as they are",
                    words.join(" ")
                )),
                ..Self::new(engine, &[])
            }),
        }
    }

    fn new(engine: Engine, words: &[String]) -> Self {
        Self { entrypoint: None, before: Vec::new(), model: model(engine, words), note: None }
    }

    /// The words behind the image's entry point, for arguments as [`normalize`](crate::normalize()) makes them.
    pub fn command(&self, args: &[String]) -> Vec<String> {
        let flag = match self.model {
            ModelArgument::Flag(flag) if args.first().is_some_and(|word| !word.starts_with('-')) => {
                Some(flag.to_owned())
            }
            _ => None,
        };
        self.before.iter().cloned().chain(flag).chain(args.iter().cloned()).collect()
    }
}

/// The words of an entry point without what only starts them.
fn behind_wrappers(words: &[String]) -> &[String] {
    let starts = |word: &String| WRAPPERS.contains(&basename(word)) || word == "--" || word == "-g";
    let first = words.iter().position(|word| !starts(word)).unwrap_or(words.len());
    words.get(first..).unwrap_or_default()
}

pub(super) fn basename(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// What is missing behind an entry point that starts the engine; `None` where it does not.
fn continued(engine: Engine, words: &[String]) -> Option<Vec<String>> {
    let program = words.first().map(|word| basename(word))?;
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    let missing: &[&str] = match (engine, program) {
        (Engine::LlamaServer, "tools.sh") => &["--server"],
        (Engine::Vllm, "vllm") | (Engine::Sglang, "sglang") if words.len() == 1 => &["serve"],
        (Engine::LlamaServer, "llama-server" | "server")
        | (Engine::Tgi, "text-generation-launcher" | "tgi-entrypoint.sh" | "sagemaker-entrypoint.sh")
        | (Engine::Triton, "tritonserver") => &[],
        (Engine::Vllm, "vllm") | (Engine::Sglang, "sglang") if has("serve") => &[],
        (Engine::Vllm, _) if has("vllm.entrypoints.openai.api_server") => &[],
        (Engine::Sglang, _) if has("sglang.launch_server") => &[],
        _ => return None,
    };
    Some(missing.iter().map(|word| (*word).to_owned()).collect())
}

/// The command of an image without one.
fn usual(engine: Engine) -> Vec<String> {
    let words: &[&str] = match engine {
        Engine::LlamaServer => &["/app/llama-server"],
        // Not `vllm`: an engine in a virtual environment need not be on PATH.
        Engine::Vllm => &["python3", "-m", "vllm.entrypoints.openai.api_server"],
        Engine::Sglang => &["python3", "-m", "sglang.launch_server"],
        Engine::Tgi => &["text-generation-launcher"],
        Engine::Triton => &["tritonserver"],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// vLLM's two servers: `vllm serve` takes the model as its first word, the older module ignores it there and takes
/// `--model`, or serves its default model.
fn model(engine: Engine, words: &[String]) -> ModelArgument {
    match engine.names().model {
        Some(flag) => ModelArgument::Flag(flag),
        None if words.iter().any(|word| word == "vllm.entrypoints.openai.api_server") => ModelArgument::Flag("--model"),
        None => ModelArgument::Positional,
    }
}

fn no_server(engine: Engine, program: &str) -> StartError {
    let help = if engine == Engine::LlamaServer && TOOLS.contains(&program) {
        "take an image with the server: the tags `server`, `server-cuda`, `server-rocm` and `full` have it, `light` does not"
    } else {
        "a pool is one engine: take the engine's own image, or run this server yourself and name it with mode `external`"
    };
    StartError::NoServer { program: program.chars().take(64).collect(), engine: engine.called(), help }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[track_caller]
    fn starts(engine: Engine, entrypoint: &str, cmd: &str, expected: &str) -> Start {
        let start = Start::of(engine, &words(entrypoint), &words(cmd)).unwrap();
        let model = if engine == Engine::Vllm { vec!["MODEL".to_owned()] } else { Vec::new() };
        let own = start.entrypoint.as_ref().map_or(String::new(), |own| format!("={own} "));
        assert_eq!(format!("{own}{}", start.command(&model).join(" ")), expected, "{entrypoint} {cmd}");
        start
    }

    /// Entry points of published images.
    #[test]
    fn published_images() {
        let nvidia = "/opt/nvidia/nvidia_entrypoint.sh";
        starts(Engine::Vllm, "vllm serve", "", "MODEL");
        starts(Engine::Vllm, "python3 -m vllm.entrypoints.openai.api_server", "", "--model MODEL");
        starts(Engine::Sglang, nvidia, "", "python3 -m sglang.launch_server");
        starts(Engine::Sglang, "", "/bin/bash", "python3 -m sglang.launch_server");
        starts(Engine::Tgi, "/tgi-entrypoint.sh", "", "");
        starts(Engine::Triton, nvidia, "", "tritonserver");
        starts(Engine::LlamaServer, "/app/llama-server", "", "");
        starts(Engine::LlamaServer, "/app/tools.sh", "", "--server");
        starts(Engine::LlamaServer, "/server", "", "");
    }

    #[test]
    fn images_of_others() {
        let module = "python3 -m vllm.entrypoints.openai.api_server --model MODEL";
        starts(Engine::Vllm, "/opt/nvidia/nvidia_entrypoint.sh", "", module);
        starts(Engine::Vllm, "vllm", "", "serve MODEL");
        starts(Engine::Vllm, "/usr/bin/tini --", "vllm serve", "vllm serve MODEL");
        let python = "/opt/venv/bin/python -m vllm.entrypoints.openai.api_server";
        starts(Engine::Vllm, python, "--host 0.0.0.0", "--model MODEL");
        starts(Engine::Sglang, "sglang serve", "", "");
        starts(Engine::Sglang, "python3 -m sglang.launch_server", "", "");
        starts(Engine::Sglang, "bash -c", "", "=python3 -m sglang.launch_server");
        starts(Engine::Triton, "", "tritonserver --model-repository=/models", "tritonserver");
        starts(Engine::LlamaServer, "", "", "/app/llama-server");
        starts(Engine::LlamaServer, "/bin/sh -c", "x", "=/app/llama-server ");
        let unknown = starts(Engine::Vllm, "/start.sh", "", "MODEL");
        assert!(unknown.note.unwrap().contains("`/start.sh` is not known"));
    }

    #[test]
    fn what_serves_nothing_is_refused() {
        for (engine, entrypoint, cmd, says) in [
            (Engine::LlamaServer, "/app/llama-cli", "", "server-cuda"),
            (Engine::LlamaServer, "/app/llama-completion", "", "`light` does not"),
            (Engine::LlamaServer, "/app/llama-swap", "-config /app/config.yaml", "external"),
            (Engine::Vllm, "", "/usr/bin/ollama serve", "external"),
        ] {
            let error = Start::of(engine, &words(entrypoint), &words(cmd)).unwrap_err();
            assert_eq!(error.code().unwrap().to_string(), "image::no_server");
            assert!(error.help().unwrap().to_string().contains(says), "{error}");
        }
    }
}
