//! The command line that creates a container: a pure function of what the container is to be.

mod mount;

use std::path::Path;

use crate::{ContainerError, Kind, Network, RunSpec};

/// The arguments of `create` for this container, which writes its id to `id_file`.
///
/// `create` and `start` are two commands so that a process that is killed between them leaves a container that can be
/// found; nothing runs before its record is written.
///
/// # Errors
///
/// [`ContainerError::BadValue`] for what [`RunSpec`]'s values cannot rule out alone, and for a path that docker cannot
/// mount where SELinux enforces.
pub fn create_argv(kind: Kind, spec: &RunSpec, id_file: &Path) -> Result<Vec<String>, ContainerError> {
    spec.check()?;
    let mut argv = Argv(vec!["create".to_owned()]);
    argv.option("--name", &spec.name);
    for (name, value) in spec.owner.labels() {
        argv.option("--label", format!("{name}={value}"));
    }
    argv.option("--cidfile", crate::HostPath::of(id_file)?);
    for flag in
        ["--pull=never", "--restart=no", "--no-healthcheck", "--cap-drop=all", "--security-opt=no-new-privileges"]
    {
        argv.0.push(flag.to_owned());
    }
    argv.option("--stop-timeout", spec.stop_grace.as_secs().max(1));
    log(kind, spec, &mut argv);
    limits(spec, &mut argv);
    network(&spec.network, &mut argv);
    if spec.read_only_root {
        argv.0.push("--read-only".to_owned());
    }
    for scratch in &spec.scratch {
        argv.option("--tmpfs", scratch.option());
    }
    for (mounts, shared) in [(&spec.mounts, true), (&spec.secrets, false)] {
        for found in mounts {
            argv.0.push(mount::option(kind, found, spec.selinux.then_some(shared))?);
        }
    }
    for device in &spec.devices {
        argv.option("--device", device);
    }
    if let Some(user) = &spec.user {
        argv.option("--user", user);
    }
    for variable in &spec.env {
        argv.option("--env", variable.pair());
    }
    if let Some(program) = &spec.entrypoint {
        argv.option("--entrypoint", program);
    }
    // Options end at the image's name: what follows is the engine's, whatever it looks like.
    argv.0.push(spec.image.to_string());
    argv.0.extend(spec.args.iter().cloned());
    Ok(argv.0)
}

fn log(kind: Kind, spec: &RunSpec, argv: &mut Argv) {
    match kind {
        Kind::Podman => {
            // podman copies the caller's proxies, with their passwords, into every container by default.
            argv.0.push("--http-proxy=false".to_owned());
            argv.option("--log-driver", "k8s-file");
        }
        Kind::Docker => {
            argv.option("--log-driver", "json-file");
            argv.option("--log-opt", "max-file=2");
        }
    }
    argv.option("--log-opt", format!("max-size={}", spec.log_max_bytes));
}

fn limits(spec: &RunSpec, argv: &mut Argv) {
    if let Some(bytes) = spec.shm_bytes {
        argv.option("--shm-size", bytes);
    }
    if let Some(bytes) = spec.memory_bytes {
        argv.option("--memory", bytes);
        // The same value means no swap.
        argv.option("--memory-swap", bytes);
    }
    if let Some(pids) = spec.pids {
        argv.option("--pids-limit", pids);
    }
    if spec.unlimited_memlock {
        argv.option("--ulimit", "memlock=-1:-1");
    }
}

fn network(network: &Network, argv: &mut Argv) {
    match network {
        Network::Host => argv.option("--network", "host"),
        Network::None => argv.option("--network", "none"),
        Network::Published(ports) => ports.iter().for_each(|port| argv.option("--publish", port)),
    }
}

/// Arguments under construction.
struct Argv(Vec<String>);

impl Argv {
    fn option(&mut self, name: &str, value: impl std::fmt::Display) {
        self.0.push(format!("{name}={value}"));
    }
}

#[cfg(test)]
mod tests;
