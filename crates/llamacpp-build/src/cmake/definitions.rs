//! The definitions a build is configured with, merged from ours, the accelerator's and the operator's.
//!
//! The operator's win over ours, with two exceptions that would break a promise and are errors: the accelerator, and
//! the server. Deprecated spellings are replaced by what llama.cpp replaced them with, so that they neither stop a
//! new tree nor lose the GPU.

use std::collections::BTreeMap;

use crate::cmake::definition::is_on;
use crate::cmake::renames::RENAMED;
use crate::cmake::tree::TreeOptions;
use crate::{BuildError, Definition};

/// What every build gets unless the operator says otherwise.
/// What would otherwise follow from what happens to be installed (npm, OpenSSL's headers) is off: it is not in the key, and a
/// wish for it has to be written out.
const DEFAULTS: [(&str, &str); 13] = [
    ("BUILD_SHARED_LIBS", "OFF"),           // one relocatable file
    ("CMAKE_BUILD_RPATH_USE_ORIGIN", "ON"), // and relocatable ones where libraries are shared
    ("CMAKE_BUILD_TYPE", "Release"),
    ("CMAKE_FIND_USE_PACKAGE_REGISTRY", "OFF"), // nothing from the user's home decides
    ("GGML_CCACHE", "OFF"),                     // a compiler launcher that is not in the key
    ("LLAMA_BUILD_SERVER", "ON"),               // EP-11
    ("LLAMA_BUILD_UI", "OFF"),                  // runs `npm ci`, which downloads, where there is an npm
    ("LLAMA_BUILD_WEBUI", "OFF"),               // its first name
    ("LLAMA_BUILD_TESTS", "OFF"),
    ("LLAMA_CURL", "OFF"), // models are staged before the start; left out for trees without the option
    ("LLAMA_OPENSSL", "OFF"),
    ("LLAMA_USE_PREBUILT_UI", "OFF"), // a build fetches nothing that is not in its key
    ("LLAMA_USE_PREBUILT_WEBUI", "OFF"),
];

/// Lists of compiler and linker flags: what the accelerator needs and what the operator asks for both count.
const FLAGS: [&str; 6] = [
    "CMAKE_C_FLAGS",
    "CMAKE_CUDA_FLAGS",
    "CMAKE_CXX_FLAGS",
    "CMAKE_EXE_LINKER_FLAGS",
    "CMAKE_MODULE_LINKER_FLAGS",
    "CMAKE_SHARED_LINKER_FLAGS",
];

/// Merged definitions, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definitions {
    all: BTreeMap<String, String>,
    asked: Vec<String>,
    notes: Vec<String>,
}

impl Definitions {
    /// Merges the defaults, the accelerator's definitions and the operator's, in this order.
    pub fn merge(accelerator: &[(String, String)], asked: &[Definition], cuda: bool) -> Result<Self, BuildError> {
        let mut all: BTreeMap<String, String> = DEFAULTS.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        all.extend(accelerator.iter().cloned());
        let mut own: BTreeMap<String, &Definition> = BTreeMap::new();
        for definition in asked {
            let name = renamed(&definition.name);
            if let Some(earlier) = own.get(name).filter(|earlier| !same(name, &earlier.value, &definition.value)) {
                return Err(BuildError::Contradiction { first: earlier.to_string(), second: definition.to_string() });
            }
            own.insert(name.into(), definition);
        }
        if let Some(definition) = own.get("GGML_CUDA").filter(|d| d.is_on() != cuda) {
            return Err(BuildError::AcceleratorContradiction { definition: definition.to_string(), cuda });
        }
        if let Some(definition) = own.get("LLAMA_BUILD_SERVER").filter(|d| !d.is_on()) {
            return Err(BuildError::NoServer { definition: definition.to_string() });
        }
        if let Some(definition) = own
            .get("CMAKE_CUDA_ARCHITECTURES")
            .filter(|d| matches!(d.value.as_str(), "native" | "all" | "all-major" | ""))
        {
            return Err(BuildError::VagueArchitectures { definition: definition.to_string() });
        }
        let asked = own.keys().cloned().collect();
        for (name, definition) in own {
            let value = match all.get(&name).filter(|_| FLAGS.contains(&name.as_str())) {
                // The accelerator's first, so that of two that exclude each other the operator's wins.
                Some(needed) => format!("{needed} {}", definition.value).trim().to_owned(),
                None => definition.value.clone(),
            };
            all.insert(name, value);
        }
        all.insert("GGML_CUDA".into(), if cuda { "ON" } else { "OFF" }.into());
        all.insert("LLAMA_BUILD_SERVER".into(), "ON".into());
        Ok(Self { all, asked, notes: Vec::new() })
    }

    /// The value of a definition.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all.get(name).map(String::as_str)
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether the operator gave this one (in this or its old spelling).
    pub fn asked_for(&self, name: &str) -> bool {
        self.asked.iter().any(|asked| asked == name)
    }

    /// What was decided for this host against the tree's own default, and why: a sentence each, for the operator.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Decides what the operator left open, and says so.
    pub(crate) fn decide(&mut self, name: &str, value: &str, note: String) {
        if !self.asked_for(name) {
            self.all.insert(name.into(), value.into());
            self.notes.push(note);
        }
    }

    /// Leaves out one of our defaults, for a tree that does not have the option.
    pub(crate) fn drop_default(&mut self, name: &str) {
        if !self.asked_for(name) {
            self.all.remove(name);
        }
    }

    /// Takes one of our own flags out of a list that may hold the operator's too.
    pub(crate) fn strike_out(&mut self, name: &str, flag: &str) {
        let kept =
            self.get(name).map(|flags| flags.split(' ').filter(|word| *word != flag).collect::<Vec<_>>().join(" "));
        match kept {
            Some(kept) if kept.is_empty() => drop(self.all.remove(name)),
            Some(kept) => drop(self.all.insert(name.to_owned(), kept)),
            None => {}
        }
    }

    /// What these come to in this tree: an option that it deprecates becomes the one that replaced it, and one that it
    /// ignores is left out, with a note. Two that then contradict each other are an error.
    pub(crate) fn in_tree(&self, tree: &TreeOptions, cuda: bool) -> Result<Self, BuildError> {
        let mut here = self.clone();
        for old in &self.asked {
            let Some(new) = tree.deprecated(old) else { continue };
            here.asked.retain(|asked| asked != old);
            let Some(value) = here.all.remove(old) else { continue };
            let Some(new) = new else {
                here.notes.push(format!("this release ignores {old}: `-D{old}={value}` is left out"));
                continue;
            };
            if new == "GGML_CUDA" && is_on(&value) != cuda {
                return Err(BuildError::AcceleratorContradiction { definition: format!("-D{old}={value}"), cuda });
            }
            if let Some(other) = here.get(new).filter(|other| here.asked_for(new) && !same(new, other, &value)) {
                let (first, second) = (format!("-D{old}={value}"), format!("-D{new}={other}"));
                return Err(BuildError::Contradiction { first, second });
            }
            here.asked.push(new.to_owned());
            here.all.insert(new.to_owned(), value);
        }
        here.all.insert("GGML_CUDA".into(), if cuda { "ON" } else { "OFF" }.into());
        Ok(here)
    }

    /// The arguments that the tree or the host may still change: options of the tree, and what needs a working helper.
    pub(crate) fn late(&self) -> Vec<String> {
        self.all.iter().filter(|(name, _)| self.is_late(name)).map(argument).collect()
    }

    /// As CMake arguments: by name, those that the tree or the host may still change at the end, so that a plan can show
    /// the others as they are.
    pub fn arguments(&self) -> impl Iterator<Item = String> {
        self.fixed().into_iter().chain(self.late())
    }

    /// The arguments that neither the tree nor the host changes.
    pub(crate) fn fixed(&self) -> Vec<String> {
        self.all.iter().filter(|(name, _)| !self.is_late(name)).map(argument).collect()
    }

    /// By the name alone: a value that is changed changes no place in the line.
    fn is_late(&self, name: &str) -> bool {
        (is_of_the_tree(name) && !matches!(name, "GGML_CUDA" | "LLAMA_BUILD_SERVER"))
            || (name.ends_with("_COMPILER_LAUNCHER") && !self.asked_for(name))
            || FLAGS.contains(&name)
    }
}

fn argument((name, value): (&String, &String)) -> String {
    format!("-D{name}={value}")
}

/// Whether a name is llama.cpp's own, not CMake's.
pub(crate) fn is_of_the_tree(name: &str) -> bool {
    name.starts_with("LLAMA_") || name.starts_with("GGML_")
}

fn renamed(name: &str) -> &str {
    RENAMED.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| new)
}

/// Two spellings of one wish: compared as switches where the option is one.
fn same(name: &str, a: &str, b: &str) -> bool {
    a == b
        || ((name.starts_with("GGML_") || name.starts_with("LLAMA_"))
            && is_switch(a)
            && is_switch(b)
            && is_on(a) == is_on(b))
}

fn is_switch(value: &str) -> bool {
    is_on(value)
        || matches!(
            value.to_ascii_uppercase().as_str(),
            "" | "OFF" | "NO" | "FALSE" | "N" | "0" | "IGNORE" | "NOTFOUND"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(asked: &[&str], cuda: bool) -> Result<Definitions, BuildError> {
        let asked: Vec<_> = asked.iter().map(|d| Definition::parse(d).unwrap()).collect();
        Definitions::merge(&[("CMAKE_CUDA_ARCHITECTURES".into(), "90".into())], &asked, cuda)
    }

    /// EP-12: an old spelling is a wish for the new option; `OFF` is no wish for CUDA.
    #[test]
    fn deprecated_names_mean_what_they_say() {
        for asked in ["-DLLAMA_CUBLAS=ON", "-DLLAMA_CUDA:BOOL=1", "-DGGML_CUDA=yes"] {
            let merged = merge(&[asked], true).unwrap();
            assert_eq!(
                (merged.get("GGML_CUDA"), merged.get("LLAMA_CUBLAS"), merged.get("LLAMA_CUDA")),
                (Some("ON"), None, None)
            );
            assert!(
                matches!(merge(&[asked], false), Err(BuildError::AcceleratorContradiction { cuda: false, .. })),
                "{asked}"
            );
        }
        assert!(matches!(
            merge(&["-DLLAMA_CUBLAS=OFF"], true),
            Err(BuildError::AcceleratorContradiction { cuda: true, .. })
        ));
        assert_eq!(merge(&["-DLLAMA_CUBLAS=OFF"], false).unwrap().get("GGML_CUDA"), Some("OFF"));
        assert!(merge(&["-DLLAMA_CUBLAS=ON", "-DGGML_CUDA=1"], true).is_ok());
        assert!(matches!(
            merge(&["-DLLAMA_CUBLAS=ON", "-DGGML_CUDA=OFF"], true),
            Err(BuildError::Contradiction { .. })
        ));
        assert_eq!(merge(&["-DLLAMA_NATIVE=OFF"], false).unwrap().get("GGML_NATIVE"), Some("OFF"));
    }

    /// EP-12: what the built-in names do not know, the tree does: a replaced option keeps its value, one that is ignored
    /// is said to be, and the accelerator is not to be changed by a name that nobody expected.
    #[test]
    fn the_tree_has_the_last_word() {
        let tree = TreeOptions::parse(
            "option(GGML_FOO x)\noption(GGML_CUDA x)\nx_option_depr(W LLAMA_FOO GGML_FOO)\n\
             x_option_depr(W LLAMA_CURL)\nx_option_depr(W LLAMA_GPU GGML_CUDA)\n",
        );
        let here = |asked: &[&str], cuda| merge(asked, cuda).unwrap().in_tree(&tree, cuda);
        let kept = here(&["-DLLAMA_FOO=7", "-DLLAMA_CURL=ON"], false).unwrap();
        assert_eq!((kept.get("GGML_FOO"), kept.get("LLAMA_FOO"), kept.get("LLAMA_CURL")), (Some("7"), None, None));
        assert!(kept.asked_for("GGML_FOO") && !kept.asked_for("LLAMA_FOO"));
        assert!(kept.notes().len() == 1 && kept.notes().iter().all(|note| note.contains("-DLLAMA_CURL=ON")));
        assert!(here(&["-DLLAMA_FOO=ON", "-DGGML_FOO=1"], false).is_ok());
        assert!(matches!(here(&["-DLLAMA_FOO=ON", "-DGGML_FOO=OFF"], false), Err(BuildError::Contradiction { .. })));
        let other = |result| matches!(result, Err(BuildError::AcceleratorContradiction { .. }));
        assert!(other(here(&["-DLLAMA_GPU=1"], false)) && other(here(&["-DLLAMA_GPU=0"], true)));
        assert_eq!(here(&["-DLLAMA_GPU=1"], true).unwrap().get("GGML_CUDA"), Some("ON"));
    }

    /// Flags that make CUDA link are not lost to the operator's own.
    #[test]
    fn lists_of_flags_are_joined() {
        for name in FLAGS {
            let needed = [(name.to_owned(), "-Wl,-rpath-link,/cuda".to_owned()), ("X".to_owned(), "1".to_owned())];
            let asked: Vec<Definition> =
                [format!("-D{name}=-O1 -g"), "-DX=2".into()].iter().map(|t| Definition::parse(t).unwrap()).collect();
            let merged = Definitions::merge(&needed, &asked, true).unwrap();
            assert_eq!(merged.get(name), Some("-Wl,-rpath-link,/cuda -O1 -g"));
            assert_eq!(merged.get("X"), Some("2"), "anything else is the operator's");
            let alone = Definitions::merge(&[], &asked, true).unwrap();
            assert_eq!(alone.get(name), Some("-O1 -g"));
        }
    }

    #[test]
    fn the_operator_wins_except_over_a_promise() {
        let merged = merge(&["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CUDA_ARCHITECTURES=86"], true).unwrap();
        assert_eq!(
            (merged.get("CMAKE_BUILD_TYPE"), merged.get("CMAKE_CUDA_ARCHITECTURES")),
            (Some("Debug"), Some("86"))
        );
        assert!(matches!(merge(&["-DLLAMA_BUILD_SERVER=OFF"], false), Err(BuildError::NoServer { .. })));
        assert!(matches!(
            merge(&["-DCMAKE_CUDA_ARCHITECTURES=native"], true),
            Err(BuildError::VagueArchitectures { .. })
        ));
        assert!(matches!(merge(&["-DX=1", "-DX=2"], true), Err(BuildError::Contradiction { .. })));
    }
}
