//! The text of a new pool file, from the choices that were made: pure, with the reason beside each.

/// What the file says.
#[derive(Clone, Debug)]
pub(super) struct Choices {
    pub(super) id: String,
    pub(super) engine: String,
    pub(super) model: String,
    pub(super) repo: String,
    pub(super) reference: String,
    /// Why the pool runs on the CPU; none where it runs on a GPU.
    pub(super) cpu_because: Option<String>,
    /// The GPUs of this host, in words.
    pub(super) gpus: Vec<String>,
    pub(super) cpus: usize,
}

/// The file.
pub(super) fn pool_file(choices: &Choices) -> String {
    let Choices { id, engine, model, repo, reference, cpu_because, gpus, cpus } = choices;
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let (id, engine, repo, reference) = (quoted(id), quoted(engine), quoted(repo), quoted(reference));
    let name = model.rsplit('/').next().unwrap_or(model).trim_end_matches(".gguf");
    let (name, model) = (quoted(name), quoted(model));
    let accelerator = match cpu_because {
        Some(why) => format!(
            "# This host has no usable NVIDIA GPU ({}).\n# Delete this line once it has one: left out, it is \"cuda\", and never becomes \"cpu\" by itself.\naccelerator = \"cpu\"\n",
            one_line(why)
        ),
        None => format!(
            "# Left out, it is \"cuda\": all GPUs that are usable ({}). `devices` above names some of them.\n# accelerator = \"cuda\"\n",
            one_line(&gpus.join(", "))
        ),
    };
    let devices = if cpu_because.is_some() {
        ""
    } else {
        "# devices = [0]                    # GPUs by index; all, if left out\n"
    };
    format!(
        r#"# A pool file for engine-provisioner, written by `engine-provisioner init` after a look at this host.
# What it would do: engine-provisioner plan --config FILE; all keys: engine-provisioner schema

[[pools]]
id = {id}                          # names files of this pool; unique on this host
engine = {engine}
model = {name}                     # the name that clients ask for
ctx = 4096                         # tokens of context; more need more memory
{devices}
[pools.provisioning]
# The engine is built from source, once; left out, it is the mode whose section is there.
mode = "source"
{accelerator}# The first port of these that is free is taken. It listens on this host alone; `host = "0.0.0.0"` changes that.
ports = ["8080-8099"]
# Further flags of the engine, one argument each, such as ["--parallel", "4"]. This host has {cpus} CPUs.
flags = []
# Where a new engine fails, the last one that answered is started again: on_failed_proof = "previous"

[pools.provisioning.source]
repo = {repo}
# A tag or commit stays what it is; a branch moves, and `engine-provisioner lock` pins it.
ref = {reference}

[pools.provisioning.model]
# A path, or hf:OWNER/REPOSITORY/FILE.gguf; a checksum (`sha256:…`) pins its content.
ref = {model}
"#
    )
}

/// A reason as part of a comment.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use provisioner_core::cfg::{Accelerator, Config, Format};

    use super::*;

    fn choices() -> Choices {
        Choices {
            id: "main".into(),
            engine: "llamacpp".into(),
            model: "/srv/tiny \"x\".gguf".into(),
            repo: "https://github.com/ggml-org/llama.cpp".into(),
            reference: "b6673".into(),
            cpu_because: Some("no NVIDIA GPU\nwas found".into()),
            gpus: Vec::new(),
            cpus: 8,
        }
    }

    #[test]
    fn the_file_is_what_was_chosen() {
        let pool = |choices: &Choices| {
            let text = pool_file(choices);
            let config = Config::parse(&text, Format::Toml, "p.toml").unwrap_or_else(|error| panic!("{error}: {text}"));
            config.pools[0].clone()
        };
        let cpu = pool(&choices());
        assert_eq!((cpu.id.as_str(), cpu.provisioning.accelerator), ("main", Accelerator::Cpu));
        assert_eq!(cpu.provisioning.model.model_ref.as_ref().unwrap().to_string(), "file:///srv/tiny \"x\".gguf");
        let cuda = Choices { cpu_because: None, gpus: vec!["0 (NVIDIA H100)".into()], ..choices() };
        assert_eq!(pool(&cuda).provisioning.accelerator, Accelerator::Cuda);
        assert!(pool_file(&cuda).contains("usable (0 (NVIDIA H100))"));
    }
}
