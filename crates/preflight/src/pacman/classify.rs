//! What pacman's words mean. Its exit status is 1 whatever happened; only the text differs, in the C locale always.
//!
//! One failure prints several lines, and the last of them is the least telling. The rules are therefore tried in the
//! order of their force as a cause, each on the whole text: a full disk explains a corrupt package, and not the other
//! way round. The phrases are those of pacman 5.2 to 7.1 (`lib/libalpm`, `src/pacman`), of libarchive and curl where it
//! repeats them, and of sudo and sudo-rs; `tests/pacman-outputs/messages.tsv` has the messages with the code of each.

use exec::Exit;

use super::trouble::Trouble;

/// A rule: any of these phrases (with all their parts in one line, in order) means this.
type Rule = (Trouble, &'static [&'static [&'static str]]);

const RULES: &[Rule] = &[
    (Trouble::Interrupted, &[&["nterrupt signal"], &["Hangup signal"], &["segmentation fault"]]),
    (
        Trouble::Broken,
        // Programs of packages and hooks can fail like this, too, and are not the cause then.
        &[
            &["pacman: ", "error while loading shared libraries"],
            &["pacman: ", "symbol lookup error"],
            &["pacman: ", "version `", "' not found"],
        ],
    ),
    // pacman calls it "not enough free disk space", too, where it cannot tell how much there is, or must not write.
    (
        Trouble::NoMountPoint,
        &[
            &["could not determine ", " mount point"],
            &["could not get filesystem information for "],
            &["could not get file information for "],
        ],
    ),
    (Trouble::ReadOnly, &[&["Read-only file system"], &["is mounted read only"]]),
    (
        Trouble::NoSpace,
        &[
            &["not enough free disk space"],
            &["artition ", " too full"],
            &["No space left on device"],
            &["Disk quota exceeded"],
            &["File too large"],
            // All that libarchive and curl tell of a full disk while they write.
            &["could not extract ", "(Write failed)"],
            &["failed retrieving file", "Failed writing "],
            &["failed retrieving file", "Failure writing "],
            &["failed retrieving file", "client returned ERROR on write"],
        ],
    ),
    (
        Trouble::SudoRefused,
        &[
            &["sudo", "password is required"],
            &["sudo", "terminal is required"],
            &["sudo", "must have a tty"],
            &["sudo", "nteractive authentication is required"],
            &["sudo", "no new privileges"],
            &["sudo", "account validation failure"],
            &["sudo", "I'm afraid I can't do that"],
            &["sudo", "setuid bit"],
            &["sudo", "effective uid is not 0"],
            &["is not in the sudoers file"],
            &["user ", " is not allowed to "],
            &["user ", " may not run sudo"],
        ],
    ),
    (
        Trouble::NotRoot,
        &[
            &["unless you are root"],
            &["could not lock database: Permission denied"],
            &["could not lock database: Operation not permitted"],
            &["permission denied)"],
        ],
    ),
    (
        Trouble::Config,
        &[
            &["config file ", " could not be read"],
            &["config file ", ", line "],
            &["failed to initialize alpm library"],
            &["no usable package repositories configured"],
            &["no servers configured for repository"],
            &["could not register '", "' database"],
            &["could not add ", "server URL to database"],
            &["url '", "' is invalid"],
            &["problem setting "],
            &["problem adding hookdir "],
            &["error setting sysroot "],
            &["no '", "' configured"],
            &["database path is undefined"],
            &["variable, but no '", "is defined"],
            &["does not have a valid architecture"],
            &["package architecture is not valid"],
            &["config parsing exceeded"],
            &["could not lock database: No such file"],
            &["could not lock database: Not a directory"],
        ],
    ),
    (Trouble::Locked, &[&["unable to lock database"], &["could not lock database"]]),
    (
        Trouble::Sandbox,
        &[
            &["switching to sandbox user"],
            &["restricting filesystem access failed"],
            &["restricting syscalls"],
            &["sandbox user", "does not exist"],
            &["temporary download directory"],
            &["could not find download user"],
        ],
    ),
    (
        Trouble::Signature,
        &[
            &["PGP signature"],
            &["missing required signature"],
            &["signature from \""],
            &["required key missing from keyring"],
            &["keyring is not writable"],
            &["GPGME error"],
            &["gpgme error"],
            &["have you run 'pacman-key --init'"],
            &["key \"", "\" is unknown"],
            &["key \"", "\" is disabled"],
            &["key \"", "\" could not be"],
            &["could not be locally signed"],
            &["gpg error:"],
            &["signature format"],
            &["compiled without signature support"],
        ],
    ),
    (
        Trouble::CorruptDatabase,
        &[
            &["invalid or corrupted database"],
            &["could not open database"],
            &["error parsing database file"],
            &["database is inconsistent"],
            &["corrupted database entry"],
            &["duplicated database entry"],
            &["database is incorrect version"],
            &["pacman-db-upgrade"],
            &["could not read db '"],
            &[".db: Unrecognized archive format"],
            &["could not parse package description file"],
            &["could not open file ", "/local/"],
            &["could not open local database directory"],
            &["could not access database directory"],
        ],
    ),
    (
        Trouble::FileConflict,
        &[&[" exists in filesystem"], &[" exists in both '"], &["failed to commit transaction (conflicting files)"]],
    ),
    (
        Trouble::Conflict,
        &[
            &["removing ", " breaks dependency '"],
            &["are in conflict"],
            &["unresolvable package conflicts"],
            &["conflicting dependencies"],
        ],
    ),
    (Trouble::PartialUpgrade, &[&[" breaks dependency '"]]),
    (
        Trouble::Hook,
        &[
            &["failed to run transaction hooks"],
            &["unable to run hook"],
            &["error while reading hook"],
            &["hook ", " line "],
        ],
    ),
    (
        Trouble::Dependency,
        &[
            &["unable to satisfy dependency"],
            &["could not satisfy dependencies"],
            &["cannot resolve \""],
            &["could not be upgraded due to unresolvable dependencies"],
            &["cannot be upgraded due to unresolvable dependencies"],
            &["operation cancelled due to ignorepkg"],
        ],
    ),
    (
        Trouble::CorruptPackage,
        &[
            &["invalid or corrupted package"],
            &[" is invalid or corrupted"],
            &["is corrupted ("],
            &["cannot open package file"],
            &["could not find or read package"],
            &["error while reading package"],
            &["missing package metadata"],
            &["missing package name in"],
            &["package filename is not valid"],
            &["invalid package metadata"],
            &["invalid metadata for package "],
            &["missing package version in"],
            &["invalid package version in"],
            &["error parsing package descfile"],
            &["file not found in file list for package "],
            &["path too long"],
            &["could not find package in cache"],
            &["no file in the cache"],
            &["libarchive error"],
            &["could not extract ", "Truncated"],
            &["could not extract ", "truncated"],
            &["could not extract ", "decompression"],
            &["could not extract ", "data error"],
            &["could not extract ", "orrupt"],
            &["could not extract ", "CRC"],
        ],
    ),
    (
        Trouble::StaleDatabase,
        &[
            &["failed retrieving file '", ".pkg.", "' from ", "error: 404"],
            &["failed retrieving file '", ".pkg.", "' from ", "error: 410"],
            &["failed retrieving file '", ".pkg.", "' from ", "Couldn't open file"],
            &["failed retrieving file '", ".pkg.", "' from ", "Could not open file"],
            &["failed retrieving file '", ".pkg.", "' from ", "aximum file size exceeded"],
            &["failed retrieving file '", ".pkg.", "' from ", "expected download size exceeded"],
            &["XferCommand", "404"],
        ],
    ),
    (
        Trouble::MirrorUnreachable,
        &[
            &["failed retrieving file"],
            &["failed to retrieve some files"],
            &["download library error"],
            &["error invoking external downloader"],
            &["XferCommand"],
            &["invalid url for server"],
            &["Could not resolve host"],
            &["appears to be truncated"],
            &["too many errors from"],
            &["fatal error from ", "skipping"],
            &["failed to setup a download payload"],
            &["curl returned error"],
            &["curl transfer error"],
        ],
    ),
    (
        Trouble::UnknownPackage,
        &[
            &["target not found:"],
            &["package '", "' was not found"],
            &["could not find database"],
            &["database not found:"],
        ],
    ),
    // What is left of writing that failed, whatever the reason.
    (
        Trouble::ReadOnly,
        &[
            &["could not extract "],
            &["could not rename "],
            &["cannot remove "],
            &["could not remove "],
            &["could not create directory "],
            &["could not create temp directory"],
            &["could not copy tempfile to "],
            &["could not create database"],
            &["could not update database"],
            &["failed to create temporary file"],
            &["could not open file ", ".part"],
            &["could not change directory"],
            &["could not chdir"],
        ],
    ),
    (
        Trouble::Interrupted,
        &[&["problem occurred while "], &["transaction aborted"], &["lock file missing"], &["database is not locked"]],
    ),
    (Trouble::Broken, &[&["error while loading shared libraries"], &["symbol lookup error"]]),
    // Warnings of sudo (`unable to resolve host`) stand beside other errors; alone, they are its refusal.
    (Trouble::SudoRefused, &[&["sudo:"], &["sudo-rs:"]]),
    (Trouble::OutOfMemory, &[&["out of memory"], &["malloc failure"], &["annot allocate memory"]]),
];

/// What a failed run of pacman means, and the lines that say so.
pub(crate) fn classify(exit: Exit, text: &str) -> (Trouble, String) {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    // What pacman and sudo only warn of is there on good days, too: a warning is the cause where no other line is.
    let warns = |line: &str| line.starts_with("warning:") || line.contains("unable to resolve host");
    let verdict = verdict(&lines, |line| !warns(line)).or_else(|| verdict(&lines, |_| true));
    let never_fetched = lines.iter().find(|line| says(line, &["database file for '", "does not exist"]));
    match (verdict, never_fetched) {
        _ if ended_by_signal(exit) => (Trouble::Interrupted, format!("it was ended by {exit}")),
        // An unknown package is the consequence where a database is missing.
        (Some((Trouble::UnknownPackage, line)), Some(cause)) => (Trouble::NoDatabase, detail(&lines, &[cause, line])),
        (Some((trouble, line)), _) => (trouble, detail(&lines, &[line])),
        (None, _) => (Trouble::Other, detail(&lines, &[])),
    }
}

/// The first rule that one of these lines fulfils, and that line.
fn verdict<'a>(lines: &[&'a str], counts: impl Fn(&str) -> bool) -> Option<(Trouble, &'a str)> {
    RULES.iter().find_map(|(trouble, phrases)| {
        let says = |line: &&&str| counts(line) && phrases.iter().any(|phrase| says(line, phrase));
        Some((*trouble, *lines.iter().find(says)?))
    })
}

/// pacman and sudo tell a signal also as a status above 128.
fn ended_by_signal(exit: Exit) -> bool {
    matches!(exit, Exit::Signal(_) | Exit::Code(129..=165))
}

/// Whether the line holds all parts of the phrase, in order.
fn says(line: &str, phrase: &[&str]) -> bool {
    let mut rest = line;
    phrase.iter().all(|part| match rest.find(part) {
        Some(at) => {
            rest = rest.get(at + part.len()..).unwrap_or_default();
            true
        }
        None => false,
    })
}

/// The telling lines, then pacman's other errors; where there is none of these, the end of what it said.
fn detail(lines: &[&str], telling: &[&str]) -> String {
    const MOST: usize = 8;
    let others = lines.iter().filter(|line| line.starts_with("error:") && !telling.contains(line));
    let chosen: Vec<&str> = telling.iter().chain(others).take(MOST).copied().collect();
    let chosen =
        if chosen.is_empty() { lines.get(lines.len().saturating_sub(4)..).unwrap_or_default() } else { &chosen };
    chosen.join("\n")
}
