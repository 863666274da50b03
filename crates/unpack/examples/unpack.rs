//! `unpack ARCHIVE FOLDER [STRIP]`: unpacks an archive and prints the names of its files.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::fs::File;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (archive, folder) = (args.next().ok_or("no archive")?, args.next().ok_or("no folder")?);
    let strip = args.next().map_or(Ok(0), |strip| strip.parse())?;
    let name = Path::new(&archive).file_name().unwrap_or_default().to_string_lossy();
    let options = unpack::Options { strip, ..unpack::Options::default() };
    let unpacked = unpack::unpack(&File::open(&archive)?, &name, folder.as_ref(), &options)?;
    for file in unpacked.files.iter().chain(&unpacked.links) {
        println!("{file}");
    }
    Ok(())
}
