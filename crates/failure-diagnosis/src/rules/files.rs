//! Files and folders that cannot be used.

use super::{ALWAYS, BUILDING, Rule};
use crate::pattern::said;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "build::read_only",
        phases: ALWAYS,
        any: &[said("{path}: Read-only file system"), said("Read-only file system")],
        cause: "a file system is read-only[: `{path}`]",
        remedy: "put the cache folder (and TMPDIR) where it can be written: `findmnt -T .` shows how it is mounted; a disk with \
                 errors turns read-only: `dmesg | tail`",
    },
    Rule {
        code: "build::io_error",
        phases: ALWAYS,
        any: &[
            said("{path}: Input/output error"),
            said("Input/output error"),
            said("Stale file handle"),
            said("Bus error"),
        ],
        cause: "the disk or network file system failed[: `{path}`]",
        remedy: "look at `dmesg | tail`, and put the cache folder on a local disk",
    },
    Rule {
        code: "build::path_too_long",
        phases: ALWAYS,
        any: &[
            said("{path}: File name too long"),
            said("File name too long"),
            said("Filename too long"),
            said("ENAMETOOLONG"),
        ],
        cause: "a path is longer than the file system takes[: `{path}`]",
        remedy: "use a cache folder with a short path",
    },
    Rule {
        code: "build::arguments_too_long",
        phases: BUILDING,
        any: &[said("Argument list too long")],
        cause: "a command is longer than the kernel takes",
        remedy: "use a cache folder with a short path, and ninja in place of make",
    },
    Rule {
        code: "build::folder_gone",
        phases: BUILDING,
        any: &[
            said("can't create {path}: No such file or directory"),
            said("cannot open output file {path}: No such file or directory"),
            said("unable to open output file '{path}': 'No such file or directory'"),
            said("opening dependency file {path}: No such file or directory"),
            said("error retrieving current directory: getcwd: {why*}"),
            said("Unable to read current working directory: {why*}"),
            said("The current working directory {why*}"),
        ],
        cause: "a folder that the build works in was removed while it ran[: of `{path}`]",
        remedy: "start again, and let nothing clean the cache folder and the temporary folder (TMPDIR) while something is built",
    },
    Rule {
        code: "build::permission_denied",
        phases: ALWAYS,
        any: &[
            said("Unable to (re)create the private pkgRedirects directory: {path*}"),
            said("Cannot open file for write: {path}"),
            said("Unable to open cache file for save. {path}"),
            said("Unable to create directory {path*}"),
            said("failed to create directory: {path*}"),
            said("cannot create directory '{path}'"),
            said("can't create {path}: Permission denied"),
            said("cannot open output file {path}: Permission denied"),
            said("error: unable to open output file '{path}'"),
            said("fatal : Could not open output file '{path}'"),
            said("fatal : Could not open output file {path}"),
            said("{path}: Permission denied"),
            said("Permission denied"),
            said("Operation not permitted"),
        ],
        cause: "a file or folder may not be written or run[: `{path}`]",
        remedy: "give the folder to the user who builds (`sudo chown -R \"$USER\" FOLDER`), or choose another cache folder; \
                 `findmnt -T FOLDER` must not show noexec",
    },
];
