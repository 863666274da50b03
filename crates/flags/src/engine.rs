//! The engines whose command lines this crate makes, and what their parsers do alike or differently.

use std::fmt;

/// An engine's server program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// `llama-server` of llama.cpp.
    LlamaServer,
    /// `vllm serve`.
    Vllm,
    /// `python -m sglang.launch_server`.
    Sglang,
    /// `text-generation-launcher`.
    Tgi,
    /// `tritonserver`.
    Triton,
}

/// How an engine reads its words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parser {
    /// Which words that begin with a dash it takes for a flag's value. Others have to stand behind `=`.
    pub(crate) dashed: Dashed,
    /// Whether it takes `--flag=value`.
    pub(crate) joined: bool,
    /// Whether the last of several counts. Otherwise several are an error.
    pub(crate) last_counts: bool,
}

/// Words with a dash that are values where one is due.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dashed {
    All,
    Numbers,
    None,
}

/// The flags by which the policy is told to an engine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    /// `None` where the model is a word without a flag, before all others.
    pub(crate) model: Option<&'static str>,
    pub(crate) host: &'static str,
    pub(crate) port: &'static str,
    pub(crate) context: Option<&'static str>,
    pub(crate) tensor_split: Option<&'static str>,
    /// Takes the number of GPUs to use, where the engine uses one unless it is told.
    pub(crate) shards: Option<&'static str>,
    /// Takes `cuda` or `cpu`.
    pub(crate) accelerator: Option<&'static str>,
}

impl Parser {
    /// Whether a word of its own can be a value.
    pub(crate) fn takes(self, word: &str) -> bool {
        let dashed = match self.dashed {
            Dashed::All => true,
            Dashed::Numbers => word == "-" || word.parse::<f64>().is_ok_and(f64::is_finite),
            Dashed::None => word == "-",
        };
        dashed || !word.starts_with('-')
    }
}

impl Engine {
    /// Every engine.
    pub const ALL: [Self; 5] = [Self::LlamaServer, Self::Vllm, Self::Sglang, Self::Tgi, Self::Triton];

    /// The engine that a pool file names so (`llamacpp`, `vllm`, `sglang`, `tgi`, `triton`).
    pub fn by_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.key() == key)
    }

    /// Its name in a pool file.
    pub fn key(self) -> &'static str {
        match self {
            Self::LlamaServer => "llamacpp",
            Self::Vllm => "vllm",
            Self::Sglang => "sglang",
            Self::Tgi => "tgi",
            Self::Triton => "triton",
        }
    }

    /// The program whose flags they are.
    pub fn program(self) -> &'static str {
        match self {
            Self::LlamaServer => "llama-server",
            Self::Vllm => "vllm",
            Self::Sglang => "sglang",
            Self::Tgi => "text-generation-launcher",
            Self::Triton => "tritonserver",
        }
    }

    /// llama-server: `common_params_parse_ex` of common/arg.cpp. vLLM and SGLang: Python's argparse
    /// (<https://docs.python.org/3/library/argparse.html#arguments-containing>). TGI: clap. Triton: `getopt_long`.
    pub(crate) fn parser(self) -> Parser {
        let llama = Parser { dashed: Dashed::All, joined: false, last_counts: true };
        match self {
            Self::LlamaServer => llama,
            Self::Triton => Parser { joined: true, ..llama },
            Self::Vllm | Self::Sglang => Parser { dashed: Dashed::Numbers, joined: true, ..llama },
            Self::Tgi => Parser { dashed: Dashed::None, joined: true, last_counts: false },
        }
    }

    pub(crate) fn names(self) -> Names {
        let plain = Names {
            model: Some("--model"),
            host: "--host",
            port: "--port",
            context: None,
            tensor_split: None,
            shards: None,
            accelerator: None,
        };
        match self {
            Self::LlamaServer => Names { context: Some("--ctx-size"), tensor_split: Some("--tensor-split"), ..plain },
            Self::Vllm => {
                Names { model: None, context: Some("--max-model-len"), shards: Some("--tensor-parallel-size"), ..plain }
            }
            Self::Sglang => Names {
                model: Some("--model-path"),
                context: Some("--context-length"),
                shards: Some("--tp-size"),
                accelerator: Some("--device"),
                ..plain
            },
            Self::Tgi => Names {
                model: Some("--model-id"),
                host: "--hostname",
                context: Some("--max-total-tokens"),
                shards: Some("--num-shard"),
                ..plain
            },
            Self::Triton => {
                Names { model: Some("--model-repository"), host: "--http-address", port: "--http-port", ..plain }
            }
        }
    }

    /// Its name for people.
    pub(crate) fn called(self) -> &'static str {
        match self {
            Self::LlamaServer => "llama.cpp",
            Self::Vllm => "vLLM",
            Self::Sglang => "SGLang",
            Self::Tgi => "TGI",
            Self::Triton => "Triton",
        }
    }

    /// What no catalogue tells of a flag: `history.txt` of its folder.
    pub(crate) fn history(self) -> &'static str {
        match self {
            Self::LlamaServer => include_str!("../data/llama-server/history.txt"),
            Self::Vllm => include_str!("../data/vllm/history.txt"),
            Self::Sglang => include_str!("../data/sglang/history.txt"),
            Self::Tgi => include_str!("../data/tgi/history.txt"),
            Self::Triton => include_str!("../data/triton/history.txt"),
        }
    }

    /// Which flags need an option of the build: `options.txt` of its folder.
    pub(crate) fn options(self) -> &'static str {
        match self {
            Self::LlamaServer => include_str!("../data/llama-server/options.txt"),
            Self::Vllm | Self::Sglang | Self::Tgi | Self::Triton => "",
        }
    }

    /// What this crate knows beyond a help: `known.txt` and `renames.txt` of its folder.
    pub(crate) fn data(self) -> (&'static str, &'static str) {
        macro_rules! data {
            ($folder:literal) => {
                (
                    include_str!(concat!("../data/", $folder, "/known.txt")),
                    include_str!(concat!("../data/", $folder, "/renames.txt")),
                )
            };
        }
        match self {
            Self::LlamaServer => data!("llama-server"),
            Self::Vllm => data!("vllm"),
            Self::Sglang => data!("sglang"),
            Self::Tgi => data!("tgi"),
            Self::Triton => data!("triton"),
        }
    }
}

/// The key in a pool file: `llamacpp`, `vllm`, `sglang`, `tgi`, `triton`.
impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.key())
    }
}

/// A function from an engine to something that is made once for each.
macro_rules! per_engine {
    ($(#[$doc:meta])* $name:ident -> $type:ty = $make:path) => {
        $(#[$doc])*
        fn $name(engine: crate::engine::Engine) -> &'static $type {
            macro_rules! one {
                ($which:ident) => {{
                    static ONE: std::sync::LazyLock<$type> =
                        std::sync::LazyLock::new(|| $make(crate::engine::Engine::$which));
                    &ONE
                }};
            }
            match engine {
                crate::engine::Engine::LlamaServer => one!(LlamaServer),
                crate::engine::Engine::Vllm => one!(Vllm),
                crate::engine::Engine::Sglang => one!(Sglang),
                crate::engine::Engine::Tgi => one!(Tgi),
                crate::engine::Engine::Triton => one!(Triton),
            }
        }
    };
}
pub(crate) use per_engine;
