//! Which variables a pool may give its engine: none that stands for a flag, none that is decided elsewhere, no secret
//! where it can be read.

use std::collections::BTreeMap;

use config_schema::Accelerator;
use flags::Catalogue;
use secrecy::SecretString;

use crate::engine::EngineProfile;
use crate::engine::revealed::{Revealed, holds_login};
use crate::pool::desired::Desired;
use crate::{Result, VariableError};

const ENV: &str = "provisioning.env";
const SECRET_ENV: &str = "provisioning.secret_env";
const SECRET_FILE: &str = "provisioning.secret_file";

/// Checks the names in `env` and `secret_env` and the open values. `moved` are the variables that secret flags became.
pub(crate) fn check(
    desired: &Desired,
    profile: &EngineProfile,
    catalogue: &Catalogue,
    moved: &BTreeMap<String, SecretString>,
) -> Result<()> {
    let open = desired.env.keys().map(|name| (name, ENV));
    let secret = desired.secret_env.iter().map(|name| (name, SECRET_ENV));
    let in_file = |name: &String| desired.secret_files.contains_key(name);
    if let Some((name, key)) = open.clone().chain(secret.clone()).find(|(name, _)| in_file(name)) {
        return Err(VariableError::EnvDecided { name: name.clone(), key, by: "`provisioning.secret_file`" }.into());
    }
    let of_file = desired.secret_files.keys().map(|name| (name, SECRET_FILE));
    for (name, key) in open.chain(secret).chain(of_file) {
        if let Some(by) = decided_by(name, desired.accelerator, profile) {
            return Err(VariableError::EnvDecided { name: name.clone(), key, by }.into());
        }
        if let Some(flag) = (profile.flag_of_env)(name, catalogue)
            && (key == ENV || !exec::looks_secret(name))
        {
            return Err(
                VariableError::FlagInEnv { name: name.clone(), key, flag, secret: exec::looks_secret(name) }.into()
            );
        }
    }
    let mut secrets = desired.secret_env.iter().map(|name| (name, SECRET_ENV));
    let mut files = desired.secret_files.keys().map(|name| (name, SECRET_FILE));
    let twice = |(name, _): &(&String, _)| moved.contains_key(*name);
    if let Some((name, key)) = secrets.find(twice).or_else(|| files.find(twice)) {
        return Err(VariableError::SecretTwice { name: name.clone(), key }.into());
    }
    if let Some((name, _)) = desired.env.iter().find(|(_, value)| holds_login(value)) {
        return Err(VariableError::SecretInEnv { name: name.clone(), what: Revealed::Login }.into());
    }
    if let Some(at) = desired.flags.iter().position(|word| holds_login(word)) {
        return Err(VariableError::SecretInFlags { position: at + 1, what: Revealed::Login }.into());
    }
    Ok(())
}

/// What decides a variable in our stead.
fn decided_by(name: &str, accelerator: Accelerator, profile: &EngineProfile) -> Option<&'static str> {
    match name {
        "CUDA_VISIBLE_DEVICES" | "CUDA_DEVICE_ORDER" if accelerator == Accelerator::Cuda => Some("`devices`"),
        spawner::INSTANCE_VAR | spawner::POOL_VAR | spawner::RUN_VAR => {
            Some("this program: the engine is recognised by it")
        }
        _ if profile.config_home_env == Some(name) => {
            Some("this program: a configuration file of the engine would change its flags")
        }
        _ => profile.decided_env.iter().find(|(variable, _)| *variable == name).map(|(_, by)| *by),
    }
}

#[cfg(test)]
mod tests {
    use config_schema::Engine;
    use miette::Diagnostic;

    use super::*;
    use crate::engine::profile;
    use crate::pool::sample::desired;

    #[track_caller]
    fn check_pool(change: impl FnOnce(&mut Desired), expected: Option<(&str, &str)>) {
        let mut pool = desired();
        change(&mut pool);
        let moved = BTreeMap::from([("LLAMA_API_KEY".to_owned(), SecretString::from("hunter2"))]);
        let error =
            check(&pool, profile(Engine::Llamacpp), Catalogue::newest(flags::Engine::LlamaServer), &moved).err();
        let Some((code, words)) = expected else {
            assert!(error.is_none(), "{error:?}");
            return;
        };
        let error = error.unwrap();
        let text = format!("{error} {}", error.help().unwrap());
        assert_eq!(error.code().unwrap().to_string(), code);
        assert!(text.contains(words) && !text.contains("hunter2"), "{text}");
    }

    #[track_caller]
    fn open(name: &str, value: &str, expected: Option<(&str, &str)>) {
        check_pool(|pool| drop(pool.env.insert(name.into(), value.into())), expected);
    }

    #[track_caller]
    fn secret(name: &str, expected: Option<(&str, &str)>) {
        check_pool(|pool| pool.secret_env.push(name.into()), expected);
    }

    /// EP-40
    #[test]
    fn a_variable_that_stands_for_a_flag_is_refused() {
        let code = "pool::flag_in_env";
        open("LLAMA_ARG_CTX_SIZE", "0", Some((code, "`--ctx-size`")));
        open("LLAMA_ARG_N_GPU_LAYERS", "0", Some((code, "`--n-gpu-layers`")));
        open("LLAMA_ARG_NO_MMAP", "1", Some((code, "`--no-mmap`")));
        open("LLAMA_ARG_NOT_YET", "1", Some((code, "`--not-yet`")));
        open("MTMD_BACKEND_DEVICE", "CPU", Some((code, "provisioning.flags")));
        open("HF_TOKEN", "hunter2", Some((code, "secret_env")));
        secret("LLAMA_ARG_CTX_SIZE", Some((code, "`provisioning.secret_env`")));
        secret("HF_TOKEN", None);
        open("OMP_NUM_THREADS", "4", None);
        open("GGML_CUDA_ENABLE_UNIFIED_MEMORY", "1", None);
    }

    /// The GPU rule: no variable hides the cards that were chosen.
    #[test]
    fn what_is_decided_elsewhere_is_refused() {
        let cuda = |name: &'static str| {
            move |pool: &mut Desired| {
                pool.accelerator = Accelerator::Cuda;
                pool.env.insert(name.into(), String::new());
            }
        };
        for name in ["CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"] {
            check_pool(cuda(name), Some(("pool::env_decided", "`devices`")));
        }
        open("CUDA_VISIBLE_DEVICES", "0", None);
        open("XDG_CONFIG_HOME", "/x", Some(("pool::env_decided", "this program")));
        secret("XDG_CONFIG_HOME", Some(("pool::env_decided", "this program")));
        open("ENGINE_PROVISIONER_INSTANCE", "1", Some(("pool::env_decided", "this program")));
    }

    /// EP-51
    #[test]
    fn no_secret_twice_or_in_the_open() {
        secret("LLAMA_API_KEY", Some(("pool::secret_twice", "LLAMA_API_KEY")));
        open("HTTPS_PROXY", "http://u:hunter2@proxy:1", Some(("pool::secret_in_env", "HTTPS_PROXY")));
        open("HTTPS_PROXY", "http://hunter2@proxy", Some(("pool::secret_in_env", "secret_env")));
        open("HTTPS_PROXY", "http://proxy:1/a@b", None);
        open("REMOTE", "ssh://git@host/x", None);
        let flags = |pool: &mut Desired| pool.flags = vec!["--x".into(), "https://u:hunter2@h/p".into()];
        check_pool(flags, Some(("pool::secret_in_flags", "word 2")));
    }
}
