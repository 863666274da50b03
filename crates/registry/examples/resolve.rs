//! `resolve IMAGE [ARCHITECTURE]`: prints what an image's name means now, and its configuration; reads no layer.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;

use cancel::Cancel;
use exec::Env;
use registry::{Credentials, Options, Platform, Reference, Registry};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let image: Reference = args.next().ok_or("no image")?.parse()?;
    let architecture = args.next().unwrap_or_else(|| "amd64".to_owned());
    let env = Env::current();
    let http = http::Options::from_env(|name| env.get_str(name).map(str::to_owned))?;
    let credentials = Credentials::of_user(&env, Cancel::new());
    let registry = Registry::new(image.repository().clone(), Options { http, ..Options::default() }, credentials)?;
    let resolved = registry.resolve(&image, &Platform::linux(&architecture))?;
    println!("{image} is {}", resolved.digest);
    println!("{} bytes in {} layers", resolved.layer_bytes(), resolved.manifest.layers.len());
    println!("{}", String::from_utf8_lossy(&registry.bytes(&resolved.manifest.config, 8 << 20)?));
    Ok(())
}
