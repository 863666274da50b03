//! Stages a model and prints what there is of it: a local GGUF file, or a file of a hub repository.
//!
//! `cargo run -p model-provisioner --example stage -- /path/to/model.gguf`
//! `cargo run -p model-provisioner --example stage -- OWNER/NAME FILE.gguf [FOLDER]`
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Instant;

use model_provisioner::gguf::KvCache;
use model_provisioner::{ModelProvisioner, ModelRequest, Presence, Watch};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (request, folder) = match args.as_slice() {
        [path] => (ModelRequest::local_gguf(path), None),
        [repo, file, rest @ ..] => (ModelRequest::hub_gguf(repo, None, file)?, rest.first()),
        [] => return Err("usage: stage FILE | OWNER/NAME FILE [FOLDER]".into()),
    };
    let folder = folder.map_or_else(|| std::env::temp_dir().join("models"), Into::into);
    let models = ModelProvisioner::new(folder, exec::Env::current());
    let started = Instant::now();
    let presence = models.inspect(&request);
    println!("looked in {:.1} ms", started.elapsed().as_secs_f64() * 1000.0);
    if let Presence::Fetchable(plan) = presence {
        println!("to fetch into {}: {} files", plan.folder.display(), plan.files.len());
        let asked = Instant::now();
        let announced = models.ask_hub(&request, &|| false)?;
        println!(
            "asked in {:.2} s: {:?} bytes at {:?}",
            asked.elapsed().as_secs_f64(),
            announced.size,
            announced.commit
        );
        let fetching = Instant::now();
        models.fetch(&request, &announced, &mut Watch::default().progress(|at| println!("{at:?}")))?;
        println!("fetched in {:.2} s", fetching.elapsed().as_secs_f64());
    }
    let found = models.ensure_present(&request)?;
    println!("{} ({} bytes)", found.staged.path.display(), found.staged.size());
    for header in &found.headers {
        println!("{:?} {:?} {:?}", header.architecture, header.types, header.memory(&KvCache::of(0)));
    }
    Ok(())
}
