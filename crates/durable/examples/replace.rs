//! Replaces the file named first with each of the further arguments in turn.
//!
//! `cargo run -p durable --example replace -- /tmp/file first second`

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1);
    let path = PathBuf::from(args.next().ok_or("usage: replace FILE TEXT...")?);
    for text in args {
        durable::replace(&path, text.as_encoded_bytes())?;
    }
    Ok(())
}
