//! Whether a runtime takes a spec at all: it drops one that it does not know without a word.

use std::path::Path;

use crate::Podman;
use crate::spec::{Spec, Version};

/// What a version of podman knows of CDI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knows {
    /// Nothing.
    Nothing,
    /// Specs up to this version.
    UpTo(Version),
    /// Later versions than the table has.
    Unknown,
}

/// The version of CDI of a version of podman: seen with 4.2.0 (`hostPath` is dropped), 4.3.1 (0.5.0 is taken) and 4.9.3 (`additionalGids`
/// is dropped); between them by its library's releases.
pub(crate) fn knows(podman: Option<Podman>) -> Knows {
    match podman {
        None | Some(Podman(5.., ..)) => Knows::Unknown,
        Some(Podman(..4, ..) | Podman(4, 0, _)) => Knows::Nothing,
        Some(Podman(4, 1..=2, _)) => Knows::UpTo([0, 4, 0]),
        Some(Podman(4, 3..=6, _)) => Knows::UpTo([0, 5, 0]),
        Some(Podman(4, 7.., _)) => Knows::UpTo([0, 6, 0]),
    }
}

/// Why a runtime drops this file; `None` where it takes it. A newer toolkit than the runtime knows is `is_newer`.
pub(crate) fn dropped(path: &Path, spec: &Spec, podman: Option<Podman>) -> Option<Dropped> {
    let because = |why: String, is_newer| Some(Dropped { why, is_newer });
    if !path.extension().is_some_and(|end| end == "json" || end == "yaml") {
        return because("its name ends neither in .json nor in .yaml".into(), false);
    }
    let (needs, what) = spec.needs();
    let words = |version: Version| version.map(|number| number.to_string()).join(".");
    match knows(podman) {
        Knows::Nothing => return because(format!("podman {} does not know CDI", shown(podman)), true),
        Knows::UpTo(most) if spec.version() > most || needs > most => {
            let reason = if needs > most { format!(" and uses {what}") } else { String::new() };
            let (declared, most) = (words(spec.version()), words(most));
            let why =
                format!("it declares version {declared}{reason}, and podman {} knows CDI up to {most}", shown(podman));
            return because(why, true);
        }
        Knows::UpTo(_) => {
            if let Some(field) = spec.unknown_field() {
                let field: String = field.chars().take(60).collect();
                return because(format!("podman {} does not know its field `{field}`", shown(podman)), true);
            }
        }
        Knows::Unknown => {}
    }
    if spec.version() < needs {
        let why =
            format!("it declares version {} and uses {what}, which needs {}", words(spec.version()), words(needs));
        return because(why, false);
    }
    None
}

/// Why a file is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(crate) why: String,
    /// Whether a newer runtime, or an older toolkit, would do.
    pub(crate) is_newer: bool,
}

fn shown(podman: Option<Podman>) -> String {
    podman.map_or_else(String::new, |podman| podman.to_string())
}
