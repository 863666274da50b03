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
        let path = file(home, &self.id);
        fs::create_dir_all(path.parent().unwrap_or(home))?;
        File::create(&path)?.write_all(self.to_string().as_bytes())?;
        Ok(path)
    }
}

/// Where the file of a pool is.
pub(crate) fn file(home: &Path, id: &str) -> PathBuf {
    home.join(id).join("pool.toml")
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Path::new(&self.model).file_stem().unwrap_or_default().to_string_lossy();
        let [id, name, accelerator, repo, reference, model] =
            [self.id.as_str(), &name, self.accelerator, &self.repo, &self.reference, &self.model].map(toml_string);
        let list =
            |flags: &mut dyn Iterator<Item = &&str>| flags.map(|flag| toml_string(flag)).collect::<Vec<_>>().join(", ");
        let flags = list(&mut ["--parallel", "1"].iter().chain(self.flags));
        let build = match self.cmake_flags {
            [] => String::new(),
            some => format!("build.cmake_flags = [{}]\n", list(&mut some.iter())),
        };
        write!(
            f,
            "\
[[pools]]
id = {id}
engine = \"llamacpp\"
model = {name}
ctx = 2048

[pools.provisioning]
mode = \"source\"
accelerator = {accelerator}
ports = [8137, 8138, 8139]
flags = [{flags}]

[pools.provisioning.source]
repo = {repo}
ref = {reference}
{build}
[pools.provisioning.model]
ref = {model}
"
        )
    }
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
