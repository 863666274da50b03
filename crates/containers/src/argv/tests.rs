//! Command lines beside golden files, and what no value can do to them.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::{
    CdiName, ContainerName, EnvVar, HostPath, ImageRef, InnerPath, Label, Mount, Owner, Published, RunId, Scratch, User,
};

const IMAGE: &str =
    "ghcr.io/ggml-org/llama.cpp@sha256:4d8cc3e1436c8d09d264fb92cdb439fc4fbb3f2b1e0eebd509a9816f00807feb";

fn spec(network: Network) -> RunSpec {
    let owner = Owner {
        pool: Label::new("chat").unwrap(),
        run: RunId::new("00112233445566778899aabbccddeeff").unwrap(),
        key: Label::new("76ffaea3bf6e3dfa").unwrap(),
    };
    RunSpec::new(ContainerName::new("engine-chat").unwrap(), owner, ImageRef::new(IMAGE).unwrap(), network)
}

fn mount(source: &str, target: &str) -> Mount {
    Mount::read_only(HostPath::new(source).unwrap(), InnerPath::new(target).unwrap())
}

/// An engine on a GPU with everything that can be set.
fn full() -> RunSpec {
    let published = Published { address: [127, 0, 0, 1].into(), port: 8081, inner: 8080 };
    let mut spec = spec(Network::Published(vec![published]));
    spec.entrypoint = Some("/app/llama-server".into());
    spec.args = ["--model", "/models/m.gguf", "--host", "0.0.0.0", "--privileged"].map(String::from).to_vec();
    spec.env = vec![EnvVar::new("HOME", "/cache").unwrap()];
    spec.devices = vec![CdiName::new("nvidia.com/gpu=GPU-4d1a0b5c").unwrap()];
    spec.mounts = vec![mount("/srv/models, \"old\":1/m.gguf", "/models/m.gguf")];
    spec.secrets = vec![mount("/run/engine-provisioner/chat/secrets/key", "/run/secrets/key")];
    spec.scratch = vec![Scratch::new(InnerPath::new("/cache").unwrap(), NonZeroU64::new(1 << 30).unwrap()).unwrap()];
    spec.shm_bytes = NonZeroU64::new(1 << 30);
    spec.memory_bytes = NonZeroU64::new(8 << 30);
    spec.pids = NonZeroU32::new(4096);
    spec.unlimited_memlock = true;
    spec.user = Some(User::new("2000:0").unwrap());
    spec
}

#[track_caller]
fn golden(name: &str, kind: Kind, spec: &RunSpec) {
    let argv = create_argv(kind, spec, Path::new("/run/engine-provisioner/chat/container.id")).unwrap();
    let text = argv.join("\n") + "\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        durable::replace(&file, text.as_bytes()).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&file).unwrap_or_default(), "UPDATE_GOLDEN=1 writes {name}");
}

#[test]
fn command_lines_are_as_agreed() {
    let labelled = RunSpec { selinux: true, ..full() };
    let labelled = RunSpec { mounts: vec![mount("/srv/m.gguf", "/models/m.gguf")], ..labelled };
    for kind in [Kind::Podman, Kind::Docker] {
        golden(&format!("{kind}-host.txt"), kind, &spec(Network::Host));
        golden(&format!("{kind}-full.txt"), kind, &full());
        golden(&format!("{kind}-selinux.txt"), kind, &labelled);
    }
}

#[test]
fn docker_cannot_label_a_path_with_a_colon() {
    let spec = RunSpec { selinux: true, ..full() };
    assert!(create_argv(Kind::Docker, &spec, Path::new("/i")).is_err());
    assert!(create_argv(Kind::Podman, &spec, Path::new("/i")).is_ok());
}

#[test]
fn what_contradicts_itself_is_refused() {
    let refused = |spec: RunSpec| create_argv(Kind::Podman, &spec, Path::new("/i")).is_err();
    for entrypoint in ["", "[\"sh\"]", "-x", "a\n"] {
        assert!(refused(RunSpec { entrypoint: Some(entrypoint.into()), ..full() }), "{entrypoint}");
    }
    assert!(refused(RunSpec { args: vec!["a\0b".into()], ..full() }));
    assert!(refused(RunSpec { mounts: vec![mount("/a", "/cache")], ..full() }), "a mount over a scratch folder");
    assert!(create_argv(Kind::Podman, &full(), Path::new("i")).is_err(), "a relative path of the id file");
}

proptest! {
    /// No path and no argument adds an option: each value is in one word, and options end at the image.
    #[test]
    fn values_stay_in_their_word(source in "/[a-z,:\"= '-]{0,20}", args in proptest::collection::vec("[-a-z= ,]{0,12}", 0..4)) {
        let mut spec = spec(Network::Host);
        let Ok(path) = HostPath::new(source.clone()) else { return Ok(()) };
        spec.mounts = vec![Mount::read_only(path, InnerPath::new("/m").unwrap())];
        spec.args.clone_from(&args);
        let bare = create_argv(Kind::Podman, &RunSpec { mounts: vec![], args: vec![], ..spec.clone() }, Path::new("/i")).unwrap();
        let argv = create_argv(Kind::Podman, &spec, Path::new("/i")).unwrap();
        prop_assert_eq!(argv.len(), bare.len() + 1 + args.len());
        let image = argv.iter().position(|word| word == IMAGE).unwrap();
        prop_assert_eq!(&argv[image + 1..], &args[..]);
        let option = argv.iter().find(|word| word.starts_with("--mount=")).unwrap();
        let record = option.trim_start_matches("--mount=");
        prop_assert_eq!(fields(record), ["type=bind".to_owned(), format!("source={source}"), "target=/m".to_owned(), "readonly".to_owned()]);
    }
}

/// The fields of a record of CSV, read as Go's encoding/csv reads them.
fn fields(record: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = record.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            _ => field.push(letter),
        }
    }
    fields.push(field);
    fields
}
