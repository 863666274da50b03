//! The engine's command line and environment, from what the pool wants and what the engine says it takes.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::Path;

use config_schema::Accelerator;
use exec::Env;
use flags::{Accel, Catalogue, Engine, Policy, normalize};
use gpu_detect::CudaChoice;
use secrecy::SecretString;

use crate::desired::Desired;
use crate::{Error, Result, env_rules};

/// What of our own environment an engine may see.
pub(crate) const INHERITED: [&str; 3] = ["HOME", "TMPDIR", "TZ"];

/// Everything an engine is started with, but the program.
#[derive(Clone, Debug)]
pub(crate) struct CommandLine {
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<OsString, OsString>,
    pub(crate) secret_env: BTreeMap<String, SecretString>,
    /// What was rewritten, for the operator.
    pub(crate) notes: Vec<String>,
}

/// What is known of the engine's flags.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Texts<'a> {
    /// The engine's own help, once it is built; empty where it printed none.
    pub(crate) help: Option<&'a str>,
    /// The README of the server in its source tree, where that is at hand.
    pub(crate) docs: Option<&'a str>,
}

/// The command line for this model and port.
pub(crate) fn command_line(
    desired: &Desired,
    cuda: Option<&CudaChoice>,
    model: &Path,
    port: u16,
    texts: Texts<'_>,
    env: &Env,
) -> Result<CommandLine> {
    let help = texts.help.map(|text| (text, "the engine's own help"));
    let docs = texts.docs.map(|text| (text, "the README of its source"));
    let catalogue = Catalogue::best(Engine::LlamaServer, help, docs, &desired.source.reference);
    let host = desired.host.to_string();
    let policy = Policy {
        accelerator: match desired.accelerator {
            Accelerator::Cuda => Accel::Cuda,
            Accelerator::Cpu => Accel::Cpu,
        },
        model: model.to_str().ok_or_else(|| Error::NotUtf8 { path: model.into() })?,
        host: &host,
        port,
        ctx: desired.ctx,
        devices: cuda.map_or(0, |choice| choice.devices.len()),
        tensor_split: desired.tensor_split.as_deref(),
    };
    let normalized = normalize(&desired.flags, &policy, &catalogue)?;
    env_rules::check(desired, &catalogue, &normalized.secret_env)?;
    let mut secret_env = normalized.secret_env;
    for name in &desired.secret_env {
        let value = env.get_str(name).ok_or_else(|| Error::SecretUnset { name: name.clone() })?;
        secret_env.insert(name.clone(), value.to_owned().into());
    }
    let mut notes = normalized.notes;
    if catalogue.unread() != 0 {
        notes.push(format!("{} options of the engine's help could not be read", catalogue.unread()));
    }
    let has_key = secret_env.contains_key("LLAMA_API_KEY") || normalized.args.iter().any(|arg| arg == "--api-key-file");
    if !desired.host.is_loopback() && !has_key {
        notes.push(format!("the engine listens on {} without an API key: export LLAMA_API_KEY and name it in `provisioning.secret_env`", desired.host));
    }
    Ok(CommandLine { args: normalized.args, env: engine_env(desired, cuda, env), secret_env, notes })
}

fn engine_env(desired: &Desired, cuda: Option<&CudaChoice>, env: &Env) -> BTreeMap<OsString, OsString> {
    let mut all: BTreeMap<OsString, OsString> =
        BTreeMap::from([("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()), ("LANG".into(), "C.UTF-8".into())]);
    for name in INHERITED {
        if let Some(value) = env.get(name) {
            all.insert(name.into(), value.into());
        }
    }
    all.insert("XDG_CONFIG_HOME".into(), desired.config_home.clone().into());
    if let Some(choice) = cuda {
        // Numbers mean the same cards to us and to the engine, and the names mean exactly these.
        all.insert("CUDA_DEVICE_ORDER".into(), "PCI_BUS_ID".into());
        let cards: Vec<&str> = choice.devices.iter().map(|gpu| gpu.uuid.as_str()).collect();
        all.insert("CUDA_VISIBLE_DEVICES".into(), cards.join(",").into());
    }
    all.extend(desired.env.iter().map(|(name, value)| (name.into(), value.into())));
    all
}

/// Where clients reach an engine that listens on this address.
pub(crate) fn url(host: IpAddr, port: u16) -> String {
    match host {
        IpAddr::V4(v4) if v4.is_unspecified() => format!("http://127.0.0.1:{port}"),
        IpAddr::V4(v4) => format!("http://{v4}:{port}"),
        IpAddr::V6(v6) if v6.is_unspecified() => format!("http://[::1]:{port}"),
        IpAddr::V6(v6) => format!("http://[{v6}]:{port}"),
    }
}
