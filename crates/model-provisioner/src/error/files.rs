//! What is wrong with the files of a model.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::gguf::GgufFault;

/// Files that are not a whole model.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum FilesError {
    /// The header of a GGUF file is wrong, or the file is shorter than its header says.
    #[error("the model `{}` is not a whole GGUF file: {fault}", path.display())]
    #[diagnostic(
        code(model::gguf),
        help(
            "remove it and fetch it again; if it is the same afterwards, take another file or an earlier revision of it"
        )
    )]
    Gguf {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: GgufFault,
    },
    /// Some shards of a model are missing.
    #[error("the model has {count} shards, and {} of them are missing in `{}`: {}", missing.len(), folder.display(), list(missing))]
    #[diagnostic(
        code(model::shards_missing),
        help("fetch the missing shards into the same folder; llama.cpp loads all of them from the first")
    )]
    ShardsMissing {
        /// Where they must be.
        folder: PathBuf,
        /// How many there must be.
        count: u32,
        /// The names of those that are not there.
        missing: Vec<String>,
    },
    /// A shard other than the first was configured.
    #[error("`{}` is shard {number} of {count}; a model is loaded from its first shard", path.display())]
    #[diagnostic(code(model::not_first_shard), help("name the first shard: {first}"))]
    NotFirstShard {
        /// What was named.
        path: PathBuf,
        /// Its number, from 1.
        number: u32,
        /// How many there are.
        count: u32,
        /// The name of the first.
        first: String,
    },
    /// The file is several shards that were joined with `cat`.
    #[error("`{}` is {count} shards in one file: it was joined by hand", path.display())]
    #[diagnostic(
        code(model::shards_joined),
        help(
            "keep the shards as they were published and name the first, or join them with: llama-gguf-split --merge FIRST-SHARD OUTPUT"
        )
    )]
    ShardsJoined {
        /// The file.
        path: PathBuf,
        /// How many shards its first header speaks of.
        count: u64,
    },
    /// The file is a shard, and its name does not say which one.
    #[error("`{}` is shard {number} of {count} by its header, and its name does not say so", path.display())]
    #[diagnostic(
        code(model::shard_renamed),
        help(
            "llama.cpp finds the other shards by name: call it NAME-{number:05}-of-{count:05}.gguf again, beside the others"
        )
    )]
    ShardRenamed {
        /// The file.
        path: PathBuf,
        /// Its number, from 1.
        number: u64,
        /// How many there are.
        count: u64,
    },
    /// The header of a shard contradicts its name, or the other shards.
    #[error("`{}` does not belong to its neighbours: {why}", path.display())]
    #[diagnostic(
        code(model::shard_mismatch),
        help(
            "shards of different downloads were mixed, or one was renamed; fetch all of them again from one revision"
        )
    )]
    ShardMismatch {
        /// The file.
        path: PathBuf,
        /// The difference.
        why: String,
    },
    /// Files of a model are missing, or have another size than the hub announced.
    #[error("the model in `{}` is not whole: {}", folder.display(), list(what))]
    #[diagnostic(
        code(model::incomplete),
        help(
            "fetch the files again, or correct the reference; a local folder must hold every file that its index and the engine need"
        )
    )]
    Incomplete {
        /// The folder.
        folder: PathBuf,
        /// Each problem with its file.
        what: Vec<String>,
    },
    /// A link leads out of the model's folder.
    #[error("`{}` is a link to `{}`, outside of the model's folder", path.display(), target.display())]
    #[diagnostic(
        code(model::link_leaves),
        help(
            "a container sees the folder alone: give it plain files (cp -rL FOLDER COPY, or: hf download REPO --local-dir COPY)"
        )
    )]
    LinkLeaves {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A model's folder holds a pipe, socket or device.
    #[error("`{}` is {what}; a model's folder holds plain files and folders", path.display())]
    #[diagnostic(code(model::not_plain), help("remove it, or name another folder"))]
    NotPlain {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A folder or repository has more files than any model.
    #[error("`{place}` has more than {most} files")]
    #[diagnostic(
        code(model::too_many_files),
        help("name the folder of one model, or narrow the patterns of its files")
    )]
    TooMany {
        /// The folder or repository.
        place: String,
        /// The cap.
        most: usize,
    },
    /// The folder is not a Triton model repository.
    #[error("`{}` is not a Triton model repository: {why}", path.display())]
    #[diagnostic(
        code(model::triton_layout),
        help("the layout is REPOSITORY/MODEL/config.pbtxt and REPOSITORY/MODEL/1/…; name REPOSITORY")
    )]
    Triton {
        /// The folder that is wrong.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A downloaded file has another checksum than the hub announced.
    #[error("`{}` has the checksum sha256:{actual}; the hub announced sha256:{expected}", path.display())]
    #[diagnostic(
        code(model::damaged),
        help("it was removed; fetch it again. If that happens twice, a proxy or mirror changes what it hands on")
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// As announced.
        expected: String,
        /// As computed.
        actual: String,
    },
}

/// At most five of them, and how many more.
fn list(names: &[String]) -> String {
    let more = names.len().saturating_sub(5);
    let shown = names.get(..names.len() - more).unwrap_or_default().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
