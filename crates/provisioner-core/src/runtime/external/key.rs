//! Which secret variable of a pool holds the API key of an engine that others run, and its value.

use config_schema::{PoolConfig, PoolId};
use secrecy::SecretString;

use super::RemoteError;
use super::target::Target;
use crate::engine::EngineProfile;
use crate::pool::secret_file::SecretFile;
use crate::{Ensured, Result, Settings, VariableError};

/// Tokens of hubs of models: an engine that others run is not given them.
const HUB_TOKENS: [&str; 2] = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"];

/// The variable with the key: the engine's own where the pool names it, else the only one that the pool names.
///
/// # Errors
/// [`RemoteError::SeveralKeys`] where it names several.
pub(crate) fn of_pool(pool: &PoolConfig, profile: &EngineProfile) -> std::result::Result<Option<String>, RemoteError> {
    let provisioning = &pool.provisioning;
    let names = provisioning.secret_env.iter().chain(provisioning.secret_file.keys()).map(ToString::to_string);
    let mut names: Vec<String> = names.filter(|name| !HUB_TOKENS.contains(&name.as_str())).collect();
    names.sort();
    names.dedup();
    choose(&pool.id, names, profile.api_key_env)
}

fn choose(
    pool: &PoolId,
    mut names: Vec<String>,
    own: Option<&str>,
) -> std::result::Result<Option<String>, RemoteError> {
    if let Some(own) = names.iter().find(|name| own == Some(name.as_str())) {
        return Ok(Some(own.clone()));
    }
    match names.len() {
        0 | 1 => Ok(names.pop()),
        _ => Err(RemoteError::SeveralKeys { pool: pool.clone(), names: names.join(", ") }),
    }
}

/// The key's value, from the file that the pool names or from the environment.
///
/// # Errors
/// A variable that is not set, and a file that cannot be used.
pub(crate) fn value(
    name: Option<&str>,
    file: Option<&SecretFile>,
    settings: &Settings,
) -> Result<Option<SecretString>> {
    let Some(name) = name else { return Ok(None) };
    if let Some(file) = file {
        return Ok(Some(file.value(name)?.clone()));
    }
    let value = settings.env.get_str(name).ok_or_else(|| VariableError::SecretUnset { name: name.to_owned() })?;
    Ok(Some(value.to_owned().into()))
}

/// The value for a later call, which knows the engine by its record and summary alone.
pub(crate) fn value_again(
    target: &Target,
    engine: Option<&Ensured>,
    settings: &Settings,
) -> Result<Option<SecretString>> {
    let name = target.key.as_deref();
    let path = name.and_then(|name| engine?.prepared.secret_file.get(name));
    value(name, path.map(|path| SecretFile::read(path)).as_ref(), settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], own: Option<&str>, expected: Option<&str>) {
        let names = names.iter().map(ToString::to_string).collect();
        assert_eq!(
            choose(&"p".parse().unwrap(), names, own).ok(),
            expected.map(|name| Some(name.to_owned()).filter(|name| !name.is_empty()))
        );
    }

    #[test]
    fn the_key_is_never_guessed() {
        check(&[], Some("VLLM_API_KEY"), Some(""));
        check(&["MINE"], Some("VLLM_API_KEY"), Some("MINE"));
        check(&["A", "VLLM_API_KEY"], Some("VLLM_API_KEY"), Some("VLLM_API_KEY"));
        check(&["A", "B"], Some("VLLM_API_KEY"), None);
        check(&["A", "B"], None, None);
    }
}
