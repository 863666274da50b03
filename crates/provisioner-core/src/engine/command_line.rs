//! The engine's command line and environment, from what the pool wants and what the engine says it takes.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use config_schema::Accelerator;
use exec::Env;
use flags::{Accel, Catalogue, Policy, normalize};
use secrecy::SecretString;

use crate::engine::{EngineProfile, env_rules, revealed};
use crate::pool::desired::Desired;
use crate::summary::Device;
use crate::supply::{Accelerated, Documents};
use crate::{Error, Result, VariableError};

/// What of our own environment an engine may see.
pub(crate) const INHERITED: [&str; 3] = ["HOME", "TMPDIR", "TZ"];

/// Where programs look for libraries before the system's folders.
pub(crate) const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// Everything an engine is started with, but the program.
#[derive(Clone, Debug)]
pub(crate) struct CommandLine {
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<OsString, OsString>,
    pub(crate) secret_env: BTreeMap<String, SecretString>,
    /// What was rewritten, for the operator.
    pub(crate) notes: Vec<String>,
    /// The folder of CUDA's libraries at the end of `LD_LIBRARY_PATH`, where the engine needs it: with or without it the
    /// engine is the same.
    pub(crate) toolkit_folder: Option<PathBuf>,
    /// The flag that stands before the port.
    pub(crate) port_flag: String,
    /// The port among the arguments.
    pub(crate) port: String,
}

/// What a command line is made from beside what the pool wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    pub(crate) profile: &'a EngineProfile,
    /// The GPUs that were chosen; none on the CPU or while they are not known.
    pub(crate) devices: Option<&'a Accelerated>,
    pub(crate) model: &'a Path,
    pub(crate) port: u16,
    pub(crate) documents: &'a Documents,
    /// What [`catalogue`] reads from the documents.
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) env: &'a Env,
}

/// The flags that the engine takes, by the best of its documents.
pub(crate) fn catalogue(syntax: flags::Engine, documents: &Documents) -> Catalogue {
    let help = documents.help.as_deref().map(|text| (text, "the engine's own help"));
    let docs = documents.docs.as_deref().map(|text| (text, "the README of its source"));
    Catalogue::best(syntax, help, docs, &documents.release)
}

/// The command line for this model and port.
pub(crate) fn command_line(desired: &Desired, given: Given<'_>) -> Result<CommandLine> {
    let Given { profile, devices, model, port, documents, catalogue, env } = given;
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
        devices: devices.map_or(0, |given| given.devices.len()),
        tensor_split: desired.tensor_split.as_deref(),
        heads: None,
    };
    let normalized = normalize(&desired.flags, &policy, catalogue)?;
    if let Some((flag, option)) = normalized.needs.iter().find(|(_, option)| documents.left_out.contains(option)) {
        return Err(flags::FlagError::NotBuilt { flag: flag.clone(), option }.into());
    }
    env_rules::check(desired, profile, catalogue, &normalized.secret_env)?;
    let mut secret_env = normalized.secret_env;
    for name in &desired.secret_env {
        let value = env.get_str(name).ok_or_else(|| VariableError::SecretUnset { name: name.clone() })?;
        secret_env.insert(name.clone(), value.to_owned().into());
    }
    for (name, file) in &desired.secret_files {
        secret_env.insert(name.clone(), file.value(name)?.clone());
    }
    revealed::refuse_line(&normalized.args, &desired.env, &secret_env)?;
    let mut notes = normalized.notes;
    notes.extend(revealed::unfit_notes(&secret_env));
    if catalogue.unread() != 0 {
        notes.push(format!("{} options of the engine's help could not be read", catalogue.unread()));
    }
    notes.extend(open_to_all(desired, profile, &normalized.args, &secret_env));
    let port = port.to_string();
    // The port stands behind the flag that names it, before anything of the pool's own.
    let at = normalized.args.iter().position(|arg| *arg == port && !arg.is_empty()).unwrap_or(0);
    let port_flag = at.checked_sub(1).and_then(|at| normalized.args.get(at)).cloned().unwrap_or_default();
    Ok(CommandLine {
        env: engine_env(desired, given),
        args: normalized.args,
        secret_env,
        notes,
        toolkit_folder: devices.and_then(|accelerated| accelerated.toolkit_folder.clone()),
        port_flag,
        port,
    })
}

/// What to report of an engine that others can reach and that asks for no key.
fn open_to_all(
    desired: &Desired,
    profile: &EngineProfile,
    args: &[String],
    secrets: &BTreeMap<String, SecretString>,
) -> Option<String> {
    let variable = profile.api_key_env?;
    let has_file = profile.api_key_file_flag.is_some_and(|flag| args.iter().any(|arg| arg == flag));
    let is_open = !desired.host.is_loopback() && !secrets.contains_key(variable) && !has_file;
    is_open.then(|| {
        let host = desired.host;
        format!(
            "the engine listens on {host} without an API key: export {variable} and name it in `provisioning.secret_env`, or name a file in `provisioning.secret_file`"
        )
    })
}

fn engine_env(desired: &Desired, given: Given<'_>) -> BTreeMap<OsString, OsString> {
    let mut all: BTreeMap<OsString, OsString> =
        BTreeMap::from([("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()), ("LANG".into(), "C.UTF-8".into())]);
    for name in INHERITED {
        if let Some(value) = given.env.get(name) {
            all.insert(name.into(), value.into());
        }
    }
    if let Some(variable) = given.profile.config_home_env {
        all.insert(variable.into(), desired.config_home.clone().into());
    }
    if let Some(accelerated) = given.devices {
        // Numbers mean the same GPUs to us and to the engine, and the names mean exactly these.
        all.insert("CUDA_DEVICE_ORDER".into(), "PCI_BUS_ID".into());
        all.insert("CUDA_VISIBLE_DEVICES".into(), mask(&accelerated.devices).into());
    }
    all.extend(desired.env.iter().map(|(name, value)| (name.into(), value.into())));
    let own = desired.env.get(LIBRARY_PATH).map(OsStr::new);
    let driver = given.devices.and_then(|accelerated| accelerated.driver_folder.as_deref());
    let toolkit = given.devices.and_then(|accelerated| accelerated.toolkit_folder.as_deref());
    // The driver before the pool's own folders: a library for forward compatibility among them works with few GPUs.
    let folders = [driver.map(Path::as_os_str), own.filter(|own| !own.is_empty()), toolkit.map(Path::as_os_str)];
    if driver.is_some() || toolkit.is_some() {
        let folders: Vec<&OsStr> = folders.into_iter().flatten().collect();
        all.insert(LIBRARY_PATH.into(), folders.join(OsStr::new(":")));
    }
    all
}

/// The GPUs as `CUDA_VISIBLE_DEVICES` names them: by UUID, and the integrated GPU of a Jetson, whose UUID CUDA does not
/// read, by number.
pub(crate) fn mask(devices: &[Device]) -> String {
    let name = |device: &Device| {
        let readable = device.uuid.starts_with("GPU-") || device.uuid.starts_with("MIG-");
        if readable { device.uuid.clone() } else { device.index.to_string() }
    };
    devices.iter().map(name).collect::<Vec<_>>().join(",")
}

/// Text of the operating system, for a document.
pub(crate) fn text(os: &OsStr) -> String {
    os.to_string_lossy().into_owned()
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
