//! The pool file of demo and measurements, as a person would write it.

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::failure::Result;

/// What differs between two of them.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) id: String,
    pub(crate) repo: String,
    pub(crate) reference: String,
    pub(crate) model: String,
    pub(crate) accelerator: &'static str,
    /// Flags beside those that all of them have.
    pub(crate) flags: &'static [&'static str],
    /// CMake definitions beside ours.
    pub(crate) cmake_flags: &'static [&'static str],
}

impl Pool {
    /// Writes the file; the same contents twice leave the same file.
    pub(crate) fn write(&self, home: &Path) -> Result<PathBuf> {
        self.put(home, &self.to_string())
    }

    /// The same for an engine that is not built: `mode` has the lines of that mode, `section` what it says of the engine.
    pub(crate) fn write_finished(&self, home: &Path, mode: &str, section: &str) -> Result<PathBuf> {
        self.put(home, &self.text(mode, section))
    }

    fn put(&self, home: &Path, text: &str) -> Result<PathBuf> {
        let path = file(home, &self.id);
        fs::create_dir_all(path.parent().unwrap_or(home))?;
        File::create(&path)?.write_all(text.as_bytes())?;
        Ok(path)
    }

    /// The file with these lines for its mode and this section for its engine.
    pub(crate) fn text(&self, mode: &str, section: &str) -> String {
        let name = Path::new(&self.model).file_stem().unwrap_or_default().to_string_lossy();
        let [id, name, accelerator, model] = [self.id.as_str(), &name, self.accelerator, &self.model].map(toml_string);
        let flags = list(["--parallel", "1"].iter().chain(self.flags));
        format!(
            "\
[[pools]]
id = {id}
engine = \"llamacpp\"
model = {name}
ctx = 2048

[pools.provisioning]
{mode}
accelerator = {accelerator}
ports = [8137, 8138, 8139]
flags = [{flags}]

{section}
[pools.provisioning.model]
ref = {model}
"
        )
    }
}

/// Where the file of a pool is.
pub(crate) fn file(home: &Path, id: &str) -> PathBuf {
    home.join(id).join("pool.toml")
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [repo, reference] = [&self.repo, &self.reference].map(|text| toml_string(text));
        let build = match self.cmake_flags {
            [] => String::new(),
            some => format!("build.cmake_flags = [{}]\n", list(some.iter())),
        };
        let section = format!("[pools.provisioning.source]\nrepo = {repo}\nref = {reference}\n{build}");
        f.write_str(&self.text("mode = \"source\"", &section))
    }
}

fn list<'a>(flags: impl Iterator<Item = &'a &'a str>) -> String {
    flags.map(|flag| toml_string(flag)).collect::<Vec<_>>().join(", ")
}

/// A basic string of TOML.
pub(crate) fn toml_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use config_schema::{Accelerator, Config, Format};

    use super::*;

    #[test]
    fn the_file_is_one_that_our_program_reads() {
        let commit = "de3ff815ea7d559ee917f063901b8986f038abc6";
        for repo in ["/a \"b\"/c\\d.bundle", "https://example.com/llama.cpp.git"] {
            let (repo, reference, model) = (repo.to_owned(), commit.to_owned(), "/m/tiny.gguf".to_owned());
            let (flags, cmake_flags) = (&["--log-verbosity", "4"], &["-DGGML_RPC=ON"]);
            let text =
                Pool { id: "p".into(), repo: repo.clone(), reference, model, accelerator: "cpu", flags, cmake_flags }
                    .to_string();
            let config = Config::parse(&text, Format::Toml, "pool.toml").unwrap();
            let pool = config.pool(None).unwrap();
            assert_eq!((pool.id.as_str(), pool.model.as_str()), ("p", "tiny"));
            assert_eq!(pool.provisioning.accelerator, Accelerator::Cpu);
            let flags = pool.provisioning.flags.as_deref().unwrap();
            assert_eq!(flags, ["--parallel", "1", "--log-verbosity", "4"]);
            let source = pool.provisioning.source.as_ref().unwrap();
            assert_eq!((source.repo.to_string(), source.git_ref.to_string()), (repo, commit.to_owned()));
            assert_eq!(source.build.cmake_flags.iter().flatten().count(), 1);
        }
    }
}
