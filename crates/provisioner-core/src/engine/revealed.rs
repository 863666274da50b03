//! Finds secrets where a pool would pass them on in the open: values of its secret variables, and logins in URLs.
//!
//! What a pool says is kept in plans, records, manifests and logs, and every user of the host can read a command line.
//! Names are judged elsewhere; here the values are known, in each form in which a program may carry them.

use std::collections::BTreeMap;
use std::fmt;

use config_schema::PoolConfig;
use exec::{Env, Redactor};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::pool::secret_file::SecretFile;
use crate::{Result, VariableError};

/// What was found. It never holds the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revealed {
    /// A URL with a user or password.
    Login,
    /// The value of a secret variable.
    Value {
        /// The variable.
        variable: String,
    },
}

impl Revealed {
    /// What to do about it.
    pub(crate) fn help(&self) -> String {
        match self {
            Self::Login => "leave out what stands before the `@`".to_owned(),
            Self::Value { variable } => {
                format!("take it out; the engine finds the value of `{variable}` in its environment, and only there")
            }
        }
    }
}

impl fmt::Display for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login => f.write_str("a URL with a user or password in it"),
            Self::Value { variable } => write!(f, "the value of the secret variable `{variable}`"),
        }
    }
}

/// Refuses a pool that says the value of one of its secret variables, as far as `env` and `files` have them, or a login in
/// CMake's flags.
pub(crate) fn refuse(pool: &PoolConfig, env: &Env, files: &BTreeMap<String, SecretFile>) -> Result<()> {
    let names = pool.provisioning.secret_env.iter();
    let of_env = names.filter_map(|name| Some(known(name.as_ref(), env.get_str(name.as_ref())?)));
    let of_files = files.iter().filter_map(|(name, file)| Some(known(name, file.value(name).ok()?.expose_secret())));
    let secrets: Vec<_> = of_env.chain(of_files).collect();
    let document = serde_json::to_value(pool).unwrap_or_default();
    let mut found = Ok(());
    texts(&document, &mut Vec::new(), &mut |path, text| {
        let is_list_of_names = path.starts_with(&["provisioning".to_owned(), "secret_env".to_owned()]);
        let login = || path.iter().any(|key| key == "cmake_flags") && holds_login(text);
        let what = held(text, &secrets).or_else(|| login().then_some(Revealed::Login));
        if let (Some(what), false, Ok(())) = (what, is_list_of_names, &found) {
            found = Err(refusal(path, what).into());
        }
    });
    found
}

/// Refuses a command line or an open environment with the value of a secret of any origin.
pub(crate) fn refuse_line(
    args: &[String],
    open: &BTreeMap<String, String>,
    secrets: &BTreeMap<String, SecretString>,
) -> Result<()> {
    let secrets: Vec<_> = secrets.iter().map(|(name, value)| known(name, value.expose_secret())).collect();
    if let Some(what) = args.iter().find_map(|arg| held(arg, &secrets)) {
        return Err(VariableError::SecretInKey { key: "provisioning.flags".to_owned(), what }.into());
    }
    let name = open.iter().find_map(|(name, value)| Some((name, held(value, &secrets)?)));
    match name {
        Some((name, what)) => Err(VariableError::SecretInEnv { name: name.clone(), what }.into()),
        None => Ok(()),
    }
}

/// What to report of values that cannot be told from ordinary text: they are neither masked nor looked for.
pub(crate) fn unfit_notes(secrets: &BTreeMap<String, SecretString>) -> Vec<String> {
    let note = |(name, value): (&String, &SecretString)| {
        let why = exec::unfit(value.expose_secret())?;
        Some(format!("the value of `{name}` {why}: it cannot be masked in logs, and is no secret"))
    };
    secrets.iter().filter_map(note).collect()
}

/// Whether a URL in the text has something before an `@` that is not the plain user of git over ssh.
pub(crate) fn holds_login(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(|c: char| c.is_whitespace() || "/?#'\",".contains(c)).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(login, _)| login != "git")
    })
}

fn known(name: &str, value: &str) -> (String, Redactor) {
    let mut forms = Redactor::new();
    forms.add(value.trim());
    (name.to_owned(), forms)
}

fn held(text: &str, secrets: &[(String, Redactor)]) -> Option<Revealed> {
    let (variable, _) = secrets.iter().find(|(_, forms)| forms.forms().any(|form| text.contains(form)))?;
    Some(Revealed::Value { variable: variable.clone() })
}

/// Hands out every text of a document with the keys that lead to it; the place in a list is counted from 1.
fn texts(value: &Value, path: &mut Vec<String>, found: &mut impl FnMut(&[String], &str)) {
    match value {
        Value::String(text) => found(path, text),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push((at + 1).to_string());
                texts(item, path, found);
                path.pop();
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                path.push(key.clone());
                texts(field, path, found);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn refusal(path: &[String], what: Revealed) -> VariableError {
    let keys: Vec<&str> = path.iter().map(String::as_str).collect();
    match *keys {
        ["provisioning", "env", name] => VariableError::SecretInEnv { name: name.to_owned(), what },
        ["provisioning", "flags", at] => {
            VariableError::SecretInFlags { position: at.parse().unwrap_or_default(), what }
        }
        _ => VariableError::SecretInKey { key: keys.join("."), what },
    }
}

#[cfg(test)]
mod tests {
    use miette::Diagnostic;
    use serde_json::json;

    use super::*;

    const SECRET: &str = "s3cr3t/+x-9f8e7d";

    fn pool(change: &Value) -> PoolConfig {
        let mut provisioning = json!({
            "secret_env": ["MY_TOKEN"],
            "source": { "repo": "https://host/x.git", "ref": "main", "build": { "cmake_flags": ["-DA=ON"] } },
            "model": { "ref": "/m/tiny.gguf" },
        });
        for (key, value) in change.as_object().unwrap() {
            provisioning[key] = value.clone();
        }
        let pool = json!({ "id": "p", "engine": "llamacpp", "model": "tiny", "provisioning": provisioning });
        serde_json::from_value(pool).unwrap()
    }

    #[track_caller]
    fn check(change: &Value, expected: Option<(&str, &str)>) {
        let error = refuse(&pool(change), &Env::from_pairs([("MY_TOKEN", SECRET)]), &BTreeMap::new()).err();
        let told = error.map(|error| {
            let text = format!("{error} {}", error.help().unwrap());
            assert!(!text.contains(SECRET), "{text}");
            (error.code().unwrap().to_string(), text)
        });
        let fits = match (&told, expected) {
            (Some((code, text)), Some((wanted, words))) => code == wanted && text.contains(words),
            (told, expected) => told.is_none() && expected.is_none(),
        };
        assert!(fits, "{told:?} for {change}");
    }

    /// B5
    #[test]
    fn the_value_of_a_secret_variable_is_refused_wherever_the_pool_says_it() {
        let source = |repo: &str, reference: &str, flag: &str| json!({ "source": { "repo": repo, "ref": reference, "build": { "cmake_flags": [flag] } } });
        let encoded = "https://host/s3cr3t%2F%2Bx-9f8e7d.git";
        check(&json!({}), None);
        check(&json!({ "flags": ["--alias", "a fine name"] }), None);
        check(&json!({ "flags": ["--alias", SECRET] }), Some(("pool::secret_in_flags", "word 2")));
        check(&json!({ "flags": [format!("--alias=x-{SECRET}")] }), Some(("pool::secret_in_flags", "`MY_TOKEN`")));
        check(&json!({ "env": { "PLAIN": SECRET } }), Some(("pool::secret_in_env", "`PLAIN`")));
        let flag = format!("-DCMAKE_C_FLAGS=-DX={SECRET}");
        let key = "provisioning.source.build.cmake_flags.1";
        check(&source("https://host/x.git", "main", &flag), Some(("pool::secret_in_key", key)));
        check(&source(encoded, "main", "-DA=ON"), Some(("pool::secret_in_key", "provisioning.source.repo")));
        check(&json!({ "model": { "ref": format!("/m/{SECRET}") } }), Some(("pool::secret_in_key", "model.ref")));
        let login = "-DCMAKE_C_FLAGS=-DX=https://u:hunter2@h";
        check(&source("https://host/x.git", "main", login), Some(("pool::secret_in_key", "before the `@`")));
    }

    /// What cannot be told from ordinary text is not looked for, and that is reported.
    #[test]
    fn an_unfit_value_is_reported() {
        let env = Env::from_pairs([("MY_TOKEN", "server")]);
        refuse(&pool(&json!({ "flags": ["--alias", "the server"] })), &env, &BTreeMap::new()).unwrap();
        let secrets = BTreeMap::from([("MY_TOKEN".to_owned(), SecretString::from("server"))]);
        let notes = unfit_notes(&secrets);
        assert!(notes.len() == 1 && notes[0].contains("`MY_TOKEN` is an ordinary word"), "{notes:?}");
        assert!(unfit_notes(&BTreeMap::from([("A".to_owned(), SecretString::from(SECRET))])).is_empty());
    }

    /// A secret that came from a flag.
    #[test]
    fn a_command_line_with_a_secret_is_refused() {
        let secrets = BTreeMap::from([("LLAMA_API_KEY".to_owned(), SecretString::from(SECRET))]);
        let check = |arg: &str, value: &str, expected: Option<&str>| {
            let open = BTreeMap::from([("PLAIN".to_owned(), value.to_owned())]);
            let error = refuse_line(&[arg.to_owned()], &open, &secrets).err();
            assert_eq!(error.map(|error| error.code().unwrap().to_string()).as_deref(), expected);
        };
        check("x", "y", None);
        check(SECRET, "y", Some("pool::secret_in_key"));
        check("x", SECRET, Some("pool::secret_in_env"));
    }
}
