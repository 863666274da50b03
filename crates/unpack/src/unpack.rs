//! The work itself: entry after entry into the folder.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use cancel::Cancel;

use crate::budget::Budget;
use crate::entry::{Entry, Kind};
use crate::links::{Links, Pending};
use crate::place::{Made, Place};
use crate::{Limits, UnpackError, format, name};

/// How an archive is unpacked.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How many leading parts of each name are left out; an entry with no more than those is left out itself.
    pub strip: u32,
    /// Makes another name of its file from each symbolic link, so that only files and folders remain. A link to
    /// nothing is then an error. Otherwise links are made as they are.
    pub no_links: bool,
    /// What the archive may hold.
    pub limits: Limits,
    /// Ends the work between two blocks.
    pub cancel: Cancel,
}

/// What was unpacked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Every file, by its path below the folder, sorted.
    pub files: Vec<String>,
    /// Every symbolic link, in the same way.
    pub links: Vec<String>,
}

/// Unpacks an archive, or a lone program that is called `name`, into a folder that is made or empty.
///
/// # Errors
/// Every [`UnpackError`]. The folder is left as it is then.
pub fn unpack(archive: &File, name: &str, into: &Path, options: &Options) -> Result<Unpacked, UnpackError> {
    let mut place = Place::open(into)?;
    let mut budget = Budget::new(options.limits, options.cancel.clone());
    let mut links = Pending::default();
    let mut buffer = vec![0; 128 << 10];
    let mut sink =
        |entry: &Entry, content: &mut dyn Read| one(entry, content, options.strip, &mut place, &mut links, &mut buffer);
    format::read(archive, name, &mut budget, &mut sink)?;
    links.make(&mut place, if options.no_links { Links::Names } else { Links::Kept }, &mut budget)?;
    let files = place.names(Made::File);
    if files.is_empty() {
        return Err(match options.strip {
            0 => UnpackError::malformed("it holds no file"),
            strip => UnpackError::NothingLeft { strip },
        });
    }
    Ok(Unpacked { files, links: place.names(Made::Link) })
}

fn one(
    entry: &Entry,
    content: &mut dyn Read,
    strip: u32,
    place: &mut Place,
    links: &mut Pending,
    buffer: &mut [u8],
) -> Result<(), UnpackError> {
    let strip = usize::try_from(strip).unwrap_or(usize::MAX);
    let all = name::parts(&entry.name)?;
    let Some(parts) = all.get(strip..).filter(|parts| !parts.is_empty()) else {
        // The folder itself, or a folder above what is wanted.
        return match entry.kind {
            Kind::Folder => Ok(()),
            _ if all.is_empty() => Err(UnpackError::entry(&entry.name, "has no name")),
            _ => Ok(()),
        };
    };
    if links.contains(parts) && !matches!(entry.kind, Kind::Link(_)) {
        return Err(UnpackError::entry(&entry.name, "stands there twice, as two different things"));
    }
    match &entry.kind {
        Kind::File { executable, .. } => place.file(&entry.name, parts, *executable, content, buffer),
        Kind::Folder => match place.made(parts) {
            Some(Made::File | Made::Link) => {
                Err(UnpackError::entry(&entry.name, "stands there twice, as two different things"))
            }
            _ => place.folder(&entry.name, parts),
        },
        Kind::Link(target) => {
            if place.made(parts).is_some() {
                return Err(UnpackError::entry(&entry.name, "stands there twice, as two different things"));
            }
            links.push(&entry.name, parts, target)
        }
        Kind::SameAs(of) => {
            let of = name::parts(of)?;
            let of = of.get(strip..).unwrap_or_default();
            if of.is_empty() {
                return Err(UnpackError::entry(&entry.name, "is another name of no file that stands before it"));
            }
            place.same(&entry.name, parts, of)
        }
    }
}
