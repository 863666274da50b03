//! What an archive holds, in the words of every format.

use std::io::Read;

use crate::UnpackError;

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A plain file, and whether it may be executed.
    File {
        /// By anyone at all.
        executable: bool,
        /// Bytes that are announced.
        size: u64,
    },
    /// A folder.
    Folder,
    /// A symbolic link to this target.
    Link(Vec<u8>),
    /// Another name of a file that stands earlier in the archive, by that file's name.
    SameAs(Vec<u8>),
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// As it stands in the archive.
    pub(crate) name: Vec<u8>,
    pub(crate) kind: Kind,
}

/// Takes the entries of an archive, one after another. `content` is that of a file; what is left of it is skipped.
pub(crate) type Sink<'a> = dyn FnMut(&Entry, &mut dyn Read) -> Result<(), UnpackError> + 'a;
