//! Which file of an unpacked archive is the program.

use std::fmt;

/// Why no program was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgramError {
    /// None of the files has its name.
    Absent {
        /// The name that was looked for.
        name: String,
    },
    /// Several files have its name; all of them.
    Several(Vec<String>),
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { name } => write!(f, "the archive holds no `{name}`"),
            Self::Several(paths) => {
                let listed: Vec<_> = paths.iter().take(5).map(|path| format!("`{path}`")).collect();
                write!(f, "the archive holds {} of them: {}", paths.len(), listed.join(", "))
            }
        }
    }
}

impl std::error::Error for ProgramError {}

/// The program among `files`: the one at `path` where that is given, else the only one whose name is one of `names`, the
/// first name first. A lone file is the program whatever it is called.
///
/// # Errors
/// Where there is none or more than one.
pub fn find_program(files: &[String], path: Option<&str>, names: &[&str]) -> Result<String, ProgramError> {
    if let Some(path) = path {
        let path = path.trim_start_matches("./");
        return files
            .iter()
            .find(|file| *file == path)
            .cloned()
            .ok_or_else(|| ProgramError::Absent { name: path.into() });
    }
    if let [only] = files {
        return Ok(only.clone());
    }
    for name in names {
        let found: Vec<&String> = files.iter().filter(|file| file.rsplit('/').next() == Some(name)).collect();
        match &found[..] {
            [] => {}
            [only] => return Ok((*only).clone()),
            several => return Err(ProgramError::Several(several.iter().map(|path| (*path).clone()).collect())),
        }
    }
    Err(ProgramError::Absent { name: names.first().copied().unwrap_or_default().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_or_its_absence_is_told() {
        let files = |list: &[&str]| list.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>();
        let release = files(&["LICENSE", "bin/llama-cli", "bin/llama-server", "bin/libllama.so"]);
        assert_eq!(find_program(&release, None, &["llama-server"]).unwrap(), "bin/llama-server");
        assert_eq!(find_program(&release, Some("./bin/llama-cli"), &[]).unwrap(), "bin/llama-cli");
        assert!(find_program(&release, Some("llama-cli"), &[]).is_err());
        assert_eq!(find_program(&files(&["llama-server-b1"]), None, &["llama-server"]).unwrap(), "llama-server-b1");
        let twice = files(&["a/llama-server", "b/llama-server"]);
        let error = find_program(&twice, None, &["llama-server"]).unwrap_err().to_string();
        assert!(error.contains("`a/llama-server`, `b/llama-server`"), "{error}");
    }
}
