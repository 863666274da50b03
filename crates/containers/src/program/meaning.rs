//! What podman and docker mean by what they print on standard error when a command fails.
//!
//! The rule: a message that is not recognised is quoted, never interpreted.

use crate::ContainerError;
use crate::program::Kind;

/// What a failed command's message means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// There is no such container.
    NoContainer,
    /// The container is only half there: another call is removing it, or was killed while it did.
    Damaged,
    /// There is no such image in the local store.
    NoImage,
    /// The image's name has no registry.
    ShortName,
    /// The container's name is taken by the container with this id.
    NameTaken(String),
    /// These CDI devices are in no specification that the program read.
    Devices(String),
    /// Another process listens on this address.
    PortTaken(String),
    /// A container uses the image.
    ImageInUse,
    /// A daemon is needed and cannot be reached.
    NoDaemon,
    /// The container has to be stopped first.
    Running,
    /// None of these.
    Other,
}

/// Reads what was printed on standard error. Sources of the words: podman 4.3.1 and docker 28.2.2, as they print them.
pub(crate) fn meaning(stderr: &str) -> Meaning {
    let lower = stderr.to_ascii_lowercase();
    let has = |word: &str| lower.contains(word);
    if has("unresolvable cdi devices") {
        return Meaning::Devices(after(stderr, "unresolvable CDI devices "));
    }
    if has("cannot connect to the docker daemon") || has("permission denied while trying to connect to the docker") {
        return Meaning::NoDaemon;
    }
    if let Some(id) = name_taken_by(stderr) {
        return Meaning::NameTaken(id);
    }
    if has("address already in use") || has("port is already allocated") {
        return Meaning::PortTaken(address(stderr));
    }
    if has("container not known") {
        return Meaning::Damaged;
    }
    if has("no such container") || has("no such object") || has("no container with name or id") {
        return Meaning::NoContainer;
    }
    if has("did not resolve to an alias") || has("short-name resolution") {
        return Meaning::ShortName;
    }
    if has("image not known") || has("no such image") {
        return Meaning::NoImage;
    }
    if has("image is in use by a container") || has("image is being used by") || has("image used by") {
        return Meaning::ImageInUse;
    }
    if has("cannot be removed without force") || has("container state improper") {
        return Meaning::Running;
    }
    Meaning::Other
}

/// The last error that is reported, in one line and without its prefix; the last line where none is.
pub(crate) fn last_error(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    // podman lists several causes in lines of their own.
    let from = lines.iter().rposition(|line| line.starts_with("Error: ")).unwrap_or(lines.len().saturating_sub(1));
    let text = lines.get(from..).unwrap_or_default().join(" ");
    let text = text.strip_prefix("Error: ").unwrap_or(&text);
    let text = text.strip_prefix("Error response from daemon: ").unwrap_or(text);
    text.chars().filter(|c| !c.is_control()).take(600).collect()
}

/// The words after `mark` on its line.
fn after(text: &str, mark: &str) -> String {
    let rest = text.split_once(mark).map(|(_, rest)| rest).unwrap_or_default();
    rest.lines().next().unwrap_or_default().trim_end_matches(['.', '"']).trim().to_owned()
}

/// The id in `the container name "x" is already in use by ID.` (podman) or `… by container "ID".` (docker).
fn name_taken_by(stderr: &str) -> Option<String> {
    let (_, rest) = stderr.split_once("is already in use by ")?;
    let rest = rest.strip_prefix("container ").unwrap_or(rest).trim_start_matches('"');
    let id: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    (id.len() >= 12).then_some(id)
}

/// The address in `listen tcp4 127.0.0.1:18003: bind: address already in use` or `Bind for 127.0.0.1:80 failed`.
fn address(stderr: &str) -> String {
    let mut words = stderr.split([' ', '"', '\n']).map(|word| word.trim_end_matches(':'));
    let is_address = |word: &&str| {
        word.rsplit_once(':').is_some_and(|(host, port)| {
            port.parse::<u16>().is_ok() && host.contains(['.', ':', '[']) && !host.contains('/')
        })
    };
    words.rfind(is_address).unwrap_or_default().to_owned()
}

impl Meaning {
    /// The error for a command about `subject` that failed with this meaning.
    pub(crate) fn into_error(self, program: Kind, subject: &str, stderr: &str, command: String) -> ContainerError {
        let subject = subject.to_owned();
        match self {
            Self::NoContainer => ContainerError::Absent { container: subject },
            Self::NoImage => ContainerError::ImageMissing { program, image: subject },
            Self::ShortName => ContainerError::ImageUnqualified { image: subject },
            Self::NameTaken(id) => {
                ContainerError::Foreign { name: subject, id, why: "it has been created meanwhile".to_owned() }
            }
            Self::Devices(devices) => ContainerError::DevicesUnresolved { program, devices },
            Self::PortTaken(address) => ContainerError::PortTaken { container: subject, address },
            Self::ImageInUse => ContainerError::ImageInUse { image: subject },
            Self::NoDaemon => ContainerError::NoDaemon { why: last_error(stderr) },
            Self::Damaged | Self::Running | Self::Other => {
                ContainerError::Failed { subject, why: last_error(stderr), command }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stderr: &str, expected: &Meaning) {
        assert_eq!(&meaning(stderr), expected, "{stderr}");
    }

    #[test]
    fn podman_is_understood() {
        check("Error: inspecting object: no such object: \"nosuch\"\n", &Meaning::NoContainer);
        check("Error: no such container 6d04\n", &Meaning::NoContainer);
        check("Error: getting container from store \"21\": container not known\n", &Meaning::Damaged);
        check("Error: localhost/nope:1: image not known\n", &Meaning::NoImage);
        check(
            "Error: short-name \"nope:1\" did not resolve to an alias and no unqualified-search registries are defined\n",
            &Meaning::ShortName,
        );
        let id = "4a55558b2d93f3534bf1bffe297cef62538d426e7af8f0952531206dd8eb39e4";
        check(
            &format!(
                "Error: creating container storage: the container name \"dup\" is already in use by {id}. You have to remove that container to be able to reuse that name: that name is already in use\n"
            ),
            &Meaning::NameTaken(id.into()),
        );
        check(
            "Error: setting up CDI devices: unresolvable CDI devices nvidia.com/gpu=7\n",
            &Meaning::Devices("nvidia.com/gpu=7".into()),
        );
        check(
            "Error: cannot listen on the TCP port: listen tcp4 127.0.0.1:18003: bind: address already in use\n",
            &Meaning::PortTaken("127.0.0.1:18003".into()),
        );
        check(
            "ERRO[0003] failed to expose ports via rootlessport: \"listen tcp 0.0.0.0:9080: bind: address already in use\n",
            &Meaning::PortTaken("0.0.0.0:9080".into()),
        );
        check(
            "Error: cannot remove container 7b as it is running - running or paused containers cannot be removed without force: container state improper\n",
            &Meaning::Running,
        );
        check("Error: stat nvidia.com/gpu=0: no such file or directory\n", &Meaning::Other);
    }

    #[test]
    fn docker_is_understood() {
        check(
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n",
            &Meaning::NoDaemon,
        );
        check("Error response from daemon: No such container: x\n", &Meaning::NoContainer);
        check("Error response from daemon: No such image: a/b@sha256:1a\n", &Meaning::NoImage);
        check(
            "Error response from daemon: Conflict. The container name \"/x\" is already in use by container \"f1e2d3c4b5a69788\". You have to remove (or rename) that container to be able to reuse that name.\n",
            &Meaning::NameTaken("f1e2d3c4b5a69788".into()),
        );
        check(
            "Error response from daemon: driver failed programming external connectivity on endpoint x (5c): Bind for 127.0.0.1:8080 failed: port is already allocated\n",
            &Meaning::PortTaken("127.0.0.1:8080".into()),
        );
        check(
            "Error response from daemon: CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=0\n",
            &Meaning::Devices("nvidia.com/gpu=0".into()),
        );
    }

    #[test]
    fn the_error_is_quoted_without_what_came_before_it() {
        assert_eq!(last_error("time=\"x\" level=warning msg=\"y\"\nError: boom\n"), "boom");
        assert_eq!(last_error("bind: Address already in use\n\n"), "bind: Address already in use");
        assert_eq!(last_error("Error response from daemon: no \u{1b}[1mway\n"), "no [1mway");
        assert_eq!(
            last_error("Error: removing root: 1 error occurred:\n\t* busy\n\n\n"),
            "removing root: 1 error occurred: * busy"
        );
        assert_eq!(last_error(""), "");
    }
}
