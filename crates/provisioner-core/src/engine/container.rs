//! What is particular about an engine in a container: data alone, for the code that assembles the options of a container.
//!
//! The rule: what an image decides by itself (its entry point, its user) is not repeated here; what every image of an
//! engine needs and does not say is.

pub(crate) mod llamacpp;
pub(crate) mod sglang;
pub(crate) mod tgi;
pub(crate) mod triton;
pub(crate) mod vllm;

/// What is particular about an engine in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerProfile {
    /// The port that its server listens on inside by default.
    pub port: u16,
    /// Further ports that it opens.
    pub other_ports: &'static [OtherPort],
    /// The folder in which it finds its model; mounted read-only.
    pub model_folder: &'static str,
    /// Folders that it writes, with the variables that name them: on a writable mount where the root is read-only or the
    /// user is not the image's own.
    pub caches: &'static [(&'static str, &'static str)],
    /// The size of `/dev/shm` in bytes, where the pool names none. The runtime's default of 64 MiB is too small for NCCL.
    pub shm_bytes: u64,
    /// Limits of resources (`memlock`, `stack`), in the units of `--ulimit`; -1 is unlimited.
    pub ulimits: &'static [(&'static str, i64)],
    /// Whether another user than the image's own can run it.
    pub any_user: bool,
    /// How secrets reach it, by the variable that a pool names.
    pub secrets: &'static [(&'static str, SecretPlace)],
    /// Routes of other releases that name its version, tried after the profile's own.
    pub version_routes: &'static [&'static str],
    /// How long it may print nothing while it starts, in seconds.
    pub ready_silence_s: u64,
}

/// A port beside the one that clients use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherPort {
    /// What it is for.
    pub name: &'static str,
    /// The port by default.
    pub port: u16,
    /// The flag that moves it.
    pub flag: &'static str,
}

/// How a secret reaches an engine in a container without being in its command line or its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// A mounted file, named by this flag.
    FileFlag(&'static str),
    /// A mounted file, named by this variable.
    FileVariable(&'static str),
    /// Its own variable: a secret of the runtime, whose store must be in memory.
    Variable,
}

/// Variables that are not a pool's to set in a container, and what decides them, in words that fit behind "is decided by".
pub const DECIDED_ENV: &[(&str, &str)] = &[
    ("NVIDIA_VISIBLE_DEVICES", "`devices`: they are given to the container by their CDI names"),
    ("CUDA_VISIBLE_DEVICES", "`devices`: inside of the container only they exist, counted from 0"),
    ("HIP_VISIBLE_DEVICES", "`devices`: inside of the container only they exist, counted from 0"),
    ("ROCR_VISIBLE_DEVICES", "`devices`: inside of the container only they exist, counted from 0"),
    ("NVIDIA_DRIVER_CAPABILITIES", "the CDI spec of the host"),
    ("LD_LIBRARY_PATH", "the image: libraries of another driver would be found before the host's"),
];

const GIB: u64 = 1 << 30;

/// HOME is `/` for a user that the image does not know, and no such user may write there.
const HOME: (&str, &str) = ("HOME", "/cache");
const XDG: (&str, &str) = ("XDG_CACHE_HOME", "/cache/xdg");
const TRITON_LANGUAGE: (&str, &str) = ("TRITON_CACHE_DIR", "/cache/triton");
const INDUCTOR: (&str, &str) = ("TORCHINDUCTOR_CACHE_DIR", "/cache/inductor");
const FLASHINFER: (&str, &str) = ("FLASHINFER_WORKSPACE_BASE", "/cache/flashinfer");
const HUB: (&str, &str) = ("HF_HOME", "/cache/huggingface");

/// huggingface_hub reads its token from this file:
/// <https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables#hftokenpath>.
const HUB_TOKEN: (&str, SecretPlace) = ("HF_TOKEN", SecretPlace::FileVariable("HF_TOKEN_PATH"));

#[cfg(test)]
mod tests {
    use config_schema::Engine;
    use serde_json::Value;

    use super::*;
    use crate::engine::profile;

    /// Published commands of containers with what was judged right of each; the flags' crate has the commands.
    fn judged() -> serde_json::Map<String, Value> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../flags/tests/shapes/expected.json");
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    }

    fn of(key: &str) -> Option<(Engine, &'static ContainerProfile)> {
        let engine = Engine::ALL.iter().find(|engine| engine.as_str() == key.replace('.', ""))?;
        Some((*engine, profile(*engine).container?))
    }

    #[test]
    fn every_engine_has_one() {
        for engine in Engine::ALL {
            let profile = profile(engine);
            let container = profile.container.unwrap();
            assert!(container.shm_bytes >= 64 << 20 && container.ready_silence_s > 0, "{engine}");
            assert!(container.model_folder.starts_with('/'), "{engine}");
            assert!(container.caches.iter().all(|(_, folder)| folder.starts_with("/cache")), "{engine}");
            // A key is never given by a flag alone, where the engine reads one at all.
            let key = profile.api_key_env;
            assert!(key.is_none_or(|key| container.secrets.iter().any(|(name, _)| *name == key)), "{engine}");
            assert!(container.other_ports.iter().all(|other| other.port != container.port), "{engine}");
        }
    }

    #[test]
    fn ports_are_those_of_published_commands() {
        for (name, expected) in judged() {
            let Some((engine, container)) = of(expected["engine"].as_str().unwrap()) else { continue };
            let also = &expected["publish"]["also"];
            for (name, ports) in also.as_object().into_iter().flatten() {
                let other = container.other_ports.iter().find(|other| other.name == name).unwrap();
                assert_eq!(ports[1].as_u64(), Some(u64::from(other.port)), "{name}");
            }
            let port = expected["publish"]["container"].as_u64().or(expected["port"].as_u64());
            // Two commands move the port by a flag.
            let moved =
                ["llamacpp-light-is-no-server.compose.yaml", "sglang-shell-and-token.sh"].contains(&name.as_str());
            assert!(moved || port.is_none_or(|port| port == u64::from(container.port)), "{name}: {engine} {port:?}");
        }
    }

    #[test]
    fn shared_memory_is_at_least_what_published_commands_give() {
        let bytes =
            |size: &str| size.strip_suffix('g').and_then(|size| size.parse::<u64>().ok()).map(|size| size * GIB);
        for (name, expected) in judged() {
            let Some((_, container)) = of(expected["engine"].as_str().unwrap()) else { continue };
            let given = expected["shm_size"].as_str().and_then(bytes);
            assert!(given.is_none_or(|given| container.shm_bytes >= given), "{name}");
            let limits: Vec<&str> =
                expected["ulimits"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            assert!(limits.iter().all(|limit| container.ulimits.iter().any(|(name, _)| name == limit)), "{name}");
        }
    }

    #[test]
    fn secrets_that_published_commands_need_have_a_place() {
        for (name, expected) in judged() {
            let Some((_, container)) = of(expected["engine"].as_str().unwrap()) else { continue };
            for secret in expected["secrets"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                assert!(container.secrets.iter().any(|(known, _)| *known == secret), "{name}: {secret}");
            }
            for dropped in expected["env_dropped"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                assert!(DECIDED_ENV.iter().any(|(known, _)| *known == dropped), "{name}: {dropped}");
            }
        }
    }
}
