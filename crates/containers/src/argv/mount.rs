//! The option that mounts a path of the host.

use crate::values::bad;
use crate::{ContainerError, Kind, Mount};

/// `--mount`, whose value is one record of CSV: fields with `,` or quotes are quoted.
/// <https://docs.docker.com/reference/cli/docker/container/run/#mount>.
///
/// `shared` is whether other containers may see the path too, given only where SELinux enforces: podman labels it then.
/// docker has that for `--volume` alone, which has no quoting.
pub(super) fn option(kind: Kind, mount: &Mount, shared: Option<bool>) -> Result<String, ContainerError> {
    let (source, target) = (mount.source.as_str(), mount.target.as_str());
    if let (Kind::Docker, Some(shared)) = (kind, shared) {
        let colon = [source, target].into_iter().find(|path| path.contains(':'));
        if let Some(path) = colon {
            return Err(bad("mount", path, "docker cannot label a path with `:` for SELinux"));
        }
        let mode = if mount.writable { "rw" } else { "ro" };
        let label = if shared { "z" } else { "Z" };
        return Ok(format!("--volume={source}:{target}:{mode},{label}"));
    }
    let mut option = "--mount=type=bind".to_owned();
    for field in [format!("source={source}"), format!("target={target}")] {
        option.push(',');
        option.push_str(&quoted(field));
    }
    if !mount.writable {
        option.push_str(",readonly");
    }
    match shared {
        Some(true) => option.push_str(",relabel=shared"),
        Some(false) => option.push_str(",relabel=private"),
        None => {}
    }
    Ok(option)
}

/// One field of a record of CSV: <https://www.rfc-editor.org/rfc/rfc4180>.
fn quoted(field: String) -> String {
    if field.contains([',', '"']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}
