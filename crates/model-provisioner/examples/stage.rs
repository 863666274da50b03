//! Checks that a GGUF model file is there and says its size.
//!
//! `cargo run -p model-provisioner --example stage -- /path/to/model.gguf`
#![expect(clippy::print_stdout, reason = "an example prints")]

use model_provisioner::{ModelProvisioner, ModelSource, Want};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: stage FILE")?;
    let models = ModelProvisioner::new(std::env::temp_dir().join("models"), exec::Env::current());
    let staged =
        models.ensure_present(&ModelSource::File(path.into()), &Want { sha256: None, magic: Some(b"GGUF") })?;
    println!("{} ({} bytes)", staged.path.display(), staged.size);
    Ok(())
}
