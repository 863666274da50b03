//! The pool file of demo and measurements, as a person would write it.

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::failure::Result;

/// What differs between two of them.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) repo: String,
    pub(crate) reference: String,
    pub(crate) model: String,
    pub(crate) accelerator: &'static str,
}

impl Pool {
    /// Writes the file; the same contents twice leave the same file.
    pub(crate) fn write(&self, home: &Path) -> Result<PathBuf> {
        let path = home.join("demo/pool.toml");
        fs::create_dir_all(home.join("demo"))?;
        File::create(&path)?.write_all(self.to_string().as_bytes())?;
        Ok(path)
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Path::new(&self.model).file_stem().unwrap_or_default().to_string_lossy();
        let [name, accelerator, repo, reference, model] =
            [&name, self.accelerator, &self.repo, &self.reference, &self.model].map(toml_string);
        write!(
            f,
            "\
[[pools]]
id = \"demo\"
engine = \"llamacpp\"
model = {name}
ctx = 2048

[pools.provisioning]
mode = \"source\"
accelerator = {accelerator}
ports = [8137, 8138, 8139]
flags = [\"--parallel\", \"1\"]

[pools.provisioning.source]
repo = {repo}
ref = {reference}

[pools.provisioning.model]
ref = {model}
"
        )
    }
}

/// A basic string of TOML.
fn toml_string(text: &str) -> String {
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
            let text = Pool { repo: repo.clone(), reference, model, accelerator: "cpu" }.to_string();
            let config = Config::parse(&text, Format::Toml, "pool.toml").unwrap();
            let pool = config.pool(None).unwrap();
            assert_eq!((pool.model.as_str(), pool.provisioning.accelerator), ("tiny", Accelerator::Cpu));
            let source = pool.provisioning.source.as_ref().unwrap();
            assert_eq!((source.repo.to_string(), source.git_ref.to_string()), (repo, commit.to_owned()));
        }
    }
}
