//! What a container's command says that a person has written for another tool: the part of it that belongs to a pool's
//! configuration, and the flags that are left.
//!
//! The rule: nothing is refused here and no value of a secret is kept; [`normalize`](crate::normalize()) judges the flags.

use crate::catalogue::Catalogue;
use crate::catalogue::role::Role;
use crate::catalogue::spelling::is_flag;
use crate::container::start::{SHELLS, basename};
use crate::engine::Engine;
use crate::error::FlagError;
use crate::normalize::classify::role_of;
use crate::normalize::given::Given;
use crate::normalize::scan::Scan;

/// What a command says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pasted {
    /// The model, as it is named there.
    pub model: Option<String>,
    /// The address to listen on.
    pub host: Option<String>,
    /// The port to listen on.
    pub port: Option<u16>,
    /// The context size in tokens.
    pub context: Option<u32>,
    /// The share of each GPU's memory that the engine may use, above 0 and up to 1.
    pub memory_share: Option<f64>,
    /// How many GPUs share each layer.
    pub tensor_parallel: Option<usize>,
    /// The variables that carry secrets, or the flags where the engine reads no variable; never a value.
    pub secrets: Vec<String>,
    /// Other names that the configuration decides, with the key that does.
    pub decided: Vec<(String, &'static str)>,
    /// What is left, for `provisioning.flags`.
    pub flags: Vec<String>,
}

/// Variables that choose devices inside of a container, where the pool's `devices` do.
const DEVICES: &[&str] = &[
    "CUDA_VISIBLE_DEVICES",
    "NVIDIA_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
];

/// Reads the words behind an image's name, and the variables that the container is given. Words of the image's program
/// (`python3 -m sglang.launch_server`, `bash -c "…"`) are left out; a flag counts before a variable that says the same.
///
/// # Errors
///
/// Any [`FlagError`] of words that cannot be cut into flags and values.
pub fn read(words: &[String], env: &[(String, String)], catalogue: &Catalogue) -> Result<Pasted, FlagError> {
    let mut pasted = Pasted::default();
    let mut of_variables = Vec::new();
    for (name, value) in env {
        let flag = catalogue.specs().iter().find(|spec| spec.env.as_deref() == Some(name));
        if redact::looks_secret(name) || flag.is_some_and(|spec| spec.role == Role::Secret) {
            pasted.add_secret(name);
        } else if DEVICES.contains(&name.as_str()) {
            pasted.decided.push((name.clone(), "devices"));
        } else if let Some(spec) = flag {
            of_variables.push(format!("{}={value}", spec.name));
            if !catalogue.engine.parser().joined {
                of_variables.pop();
                of_variables.extend([spec.name.clone(), value.clone()]);
            }
        }
    }
    pasted.take(&of_variables, catalogue)?;
    let unwrapped = shell_line(words);
    let words = behind_program(unwrapped.as_deref().unwrap_or(words), catalogue.engine);
    let words = match words.split_first() {
        Some((model, rest)) if catalogue.engine.names().model.is_none() && !is_flag(model) => {
            pasted.model = Some(model.clone());
            rest
        }
        _ => words,
    };
    pasted.take(words, catalogue)?;
    Ok(pasted)
}

impl Pasted {
    fn take(&mut self, words: &[String], catalogue: &Catalogue) -> Result<(), FlagError> {
        let mut scan = Scan::new(words, catalogue);
        while let Some(given) = scan.next()? {
            self.add(&given, catalogue);
        }
        Ok(())
    }

    fn add(&mut self, given: &Given<'_>, catalogue: &Catalogue) {
        let value = given.values.first().map(|value| value.trim().to_owned());
        let text = value.clone().unwrap_or_default();
        let name = given.found.map_or(given.written, |found| found.spec.name.as_str());
        match role_of(given, catalogue.engine) {
            Role::Owned("provisioning.model.ref") | Role::Downloads(_) => self.model = value,
            Role::Owned("provisioning.host") => self.host = value,
            Role::Owned("provisioning.ports") if text.parse::<u16>().is_ok() => self.port = text.parse().ok(),
            Role::Owned(key) => self.decided.push((name.to_owned(), key)),
            Role::Secret => {
                let variable = given.found.and_then(|found| found.spec.env.clone());
                self.add_secret(variable.as_deref().unwrap_or(name));
            }
            Role::Context if text.parse::<u32>().is_ok() => self.context = text.parse().ok(),
            Role::MemoryShare if text.parse::<f64>().is_ok() => self.memory_share = text.parse().ok(),
            Role::Shards if is_tensor(name, catalogue) && text.parse::<usize>().is_ok() => {
                self.tensor_parallel = text.parse().ok();
            }
            _ if redact::looks_secret(given.written) && !given.values.is_empty() => self.add_secret(name),
            _ => {
                let negation = given.found.filter(|found| found.negated).and_then(|found| found.spec.negation());
                self.flags.push(negation.unwrap_or(name).to_owned());
                self.flags.extend(given.values.iter().map(ToString::to_string));
            }
        }
    }

    fn add_secret(&mut self, name: &str) {
        if !self.secrets.iter().any(|known| known == name) {
            self.secrets.push(name.to_owned());
        }
    }
}

/// Whether it is the flag by which GPUs share each layer.
fn is_tensor(name: &str, catalogue: &Catalogue) -> bool {
    let tensor = catalogue.engine.names().shards.and_then(|flag| catalogue.find(flag));
    tensor.is_some_and(|found| found.spec.name == name)
}

/// The words of a shell's `-c`, cut at spaces outside of quotes.
fn shell_line(words: &[String]) -> Option<Vec<String>> {
    let [shell, flag, line, ..] = words else { return None };
    if !SHELLS.contains(&basename(shell)) || !matches!(flag.as_str(), "-c" | "-lc") {
        return None;
    }
    let mut cut = Vec::new();
    let (mut word, mut quote, mut begun) = (String::new(), None, false);
    for letter in line.chars() {
        match (quote, letter) {
            (None, '\'' | '"') => (quote, begun) = (Some(letter), true),
            (Some(open), _) if open == letter => quote = None,
            (None, _) if letter.is_whitespace() => {
                if begun {
                    cut.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            _ => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if begun {
        cut.push(word);
    }
    Some(cut)
}

/// The words behind the engine's program: `python3 -m sglang.launch_server`, `vllm serve`, `/app/llama-server`.
fn behind_program(words: &[String], engine: Engine) -> &[String] {
    let words = words.strip_prefix(&["exec".to_owned()][..]).unwrap_or(words);
    match words {
        [python, flag, _, rest @ ..] if basename(python).starts_with("python") && flag == "-m" => rest,
        [program, serve, rest @ ..] if basename(program) == engine.program() && serve == "serve" => rest,
        [program, rest @ ..] if basename(program) == engine.program() => rest,
        _ => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_shells_line_is_cut_like_a_shell_does() {
        let line = |text: &str| shell_line(&["/bin/bash".into(), "-c".into(), text.into()]);
        assert_eq!(line("exec a  'b c' \"\" d").unwrap(), ["exec", "a", "b c", "", "d"]);
        assert_eq!(shell_line(&words("bash x.sh y")), None);
    }

    /// Nothing of a secret is in what is returned.
    #[test]
    fn secrets_are_names() {
        let env = [("HF_TOKEN".to_owned(), "hunter2".to_owned()), ("CUDA_VISIBLE_DEVICES".to_owned(), "2".to_owned())];
        let vllm = words("vllm serve m --api-key hunter2 --gpu-memory-utilization=0.5 -tp 2 --no-enforce-eager");
        let read_vllm = read(&vllm, &env, Catalogue::newest(Engine::Vllm)).unwrap();
        assert_eq!(read_vllm.secrets, ["HF_TOKEN", "VLLM_API_KEY"]);
        assert_eq!(read_vllm.decided, [("CUDA_VISIBLE_DEVICES".to_owned(), "devices")]);
        assert_eq!((read_vllm.model.as_deref(), read_vllm.tensor_parallel), (Some("m"), Some(2)));
        assert_eq!((read_vllm.memory_share, read_vllm.flags.join(" ").as_str()), (Some(0.5), "--no-enforce-eager"));
        let sglang = words("--model-path m --api-key hunter2 --admin-api-key=hunter2");
        let read_sglang = read(&sglang, &[], Catalogue::newest(Engine::Sglang)).unwrap();
        assert_eq!(read_sglang.secrets, ["--api-key", "--admin-api-key"]);
        assert!(!format!("{read_vllm:?} {read_sglang:?}").contains("hunter2"));
    }

    #[test]
    fn a_flag_counts_before_its_variable() {
        let env = [("LLAMA_ARG_CTX_SIZE".to_owned(), "1".to_owned()), ("LLAMA_ARG_PORT".to_owned(), "9".to_owned())];
        let read = read(&words("/app/llama-server -c 512 -m /m.gguf"), &env, Catalogue::newest(Engine::LlamaServer));
        let read = read.unwrap();
        assert_eq!((read.context, read.port, read.model.as_deref()), (Some(512), Some(9), Some("/m.gguf")));
    }
}
