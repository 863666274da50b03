//! `fetch FOLDER URL [DIGEST] [CA]`: downloads a file and prints its path, size and SHA-256.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use std::error::Error;

use download::{Digest, Downloads, Notice, Source, Want};
use http::{Options, Plain};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (folder, url) = (args.next().ok_or("no folder")?, args.next().ok_or("no URL")?);
    let digest = args.next().filter(|text| !text.is_empty());
    let digest = digest.map(|text| Digest::parse(&text).ok_or("no digest")).transpose()?;
    let added_authorities = args.next().map(Into::into);
    let want = Want { digest, ..Want::new(Source::parse(&url)?) };
    let options = Options { plain: Plain::Loopback, added_authorities, ..Options::default() };
    let tell = |notice: Notice| eprintln!("{notice:?}");
    let fetched = Downloads::new(folder.as_ref()).fetch(&want, &options, &tell)?;
    println!("{} {} {}", fetched.path().display(), fetched.size(), fetched.sha256());
    Ok(())
}
