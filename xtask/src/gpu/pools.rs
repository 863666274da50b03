//! The pool files of the parts: one pool, and what a proof changes in it.

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::failure::Result;
use crate::pool::toml_string;

/// A pool that wants a GPU.
#[derive(Clone, Debug)]
pub(super) struct GpuPool {
    pub(super) id: &'static str,
    pub(super) repo: String,
    pub(super) reference: String,
    pub(super) model: String,
    /// Tokens of context.
    pub(super) ctx: u64,
    /// Flags beside those that all have.
    pub(super) flags: Vec<String>,
    /// Open variables of the engine.
    pub(super) env: Vec<(&'static str, &'static str)>,
}

impl Default for GpuPool {
    fn default() -> Self {
        let [repo, reference, model] = [const { String::new() }; 3];
        Self { id: "gpu", repo, reference, model, ctx: 2048, flags: Vec::new(), env: Vec::new() }
    }
}

impl GpuPool {
    /// Writes the file below `work`.
    pub(super) fn write(&self, work: &Path) -> Result<PathBuf> {
        let folder = work.join("pools");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}.toml", self.id));
        File::create(&path)?.write_all(self.to_string().as_bytes())?;
        Ok(path)
    }
}

impl fmt::Display for GpuPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Releases since 2026 print the number of offloaded layers at this level only.
        let flags =
            ["--parallel", "1", "--log-verbosity", "4"].into_iter().chain(self.flags.iter().map(String::as_str));
        let flags = flags.map(toml_string).collect::<Vec<_>>().join(", ");
        let [id, repo, reference, model] = [self.id, &self.repo, &self.reference, &self.model].map(toml_string);
        write!(
            f,
            "[[pools]]\nid = {id}\nengine = \"llamacpp\"\nmodel = \"model\"\nctx = {}\n\n[pools.provisioning]\n\
             mode = \"source\"\naccelerator = \"cuda\"\nports = [\"8137-8199\"]\nflags = [{flags}]\n",
            self.ctx
        )?;
        for (name, value) in &self.env {
            writeln!(f, "env.{name} = {}", toml_string(value))?;
        }
        write!(
            f,
            "\n[pools.provisioning.source]\nrepo = {repo}\nref = {reference}\n\n[pools.provisioning.model]\nref = {model}\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use config_schema::{Config, Format};

    use super::*;

    #[test]
    fn the_file_is_one_that_the_product_reads() {
        let pool = GpuPool {
            id: "two",
            repo: "/k/source.bundle".into(),
            reference: "de3ff815ea7d559ee917f063901b8986f038abc6".into(),
            model: "/k/model.gguf".into(),
            flags: vec!["--cache-type-k".into(), "f32".into()],
            env: vec![("OMP_NUM_THREADS", "4")],
            ..GpuPool::default()
        };
        let config = Config::parse(&pool.to_string(), Format::Toml, "pool.toml").unwrap();
        let read = config.pool(None).unwrap();
        assert_eq!((read.id.as_str(), read.ctx), ("two", Some(2048)));
        assert_eq!(read.provisioning.flags.as_deref().unwrap().last().unwrap(), "f32");
        assert_eq!(read.provisioning.env.len(), 1);
    }
}
