//! From a file or a text to a configuration: read, parse, type, check, in this order.

pub(crate) mod format;
mod tree;

use std::{fs::File, io, io::Read, path::Path};

use crate::{Config, ConfigError, Format, Place, Position, config::resolve, error::shown::shown};
use tree::{MAX_BYTES, Node, Problem, ReadError, TreeError, TreeProblem, Value};

const TOO_LARGE: &str = "the file is larger than 1 MiB";

impl Config {
    /// Reads the configuration from a file whose name ends in `.toml`, `.yaml`, `.yml` or `.json`.
    ///
    /// Relative paths of models, caches and install folders become absolute, from the file's folder.
    ///
    /// # Errors
    /// Any [`ConfigError`] but `config::no_such_pool`.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let format = Format::of(path)?;
        let file = path.display().to_string();
        let io_error = |source| ConfigError::Io { file: file.clone(), source };
        let bytes = read_bounded(path).map_err(io_error)?;
        if bytes.len() > MAX_BYTES {
            return Err(too_large(&file));
        }
        let text = std::str::from_utf8(&bytes).map_err(|error| not_utf8(&file, &bytes, error))?;
        let mut config = Self::parse(text, format, &file)?;
        let path = std::path::absolute(path).map_err(io_error)?;
        if let Some(folder) = path.parent() {
            resolve::against(&mut config, folder).map_err(io_error)?;
        }
        Ok(config)
    }

    /// Reads the configuration from a text. `source_name` stands for the file in messages.
    ///
    /// Relative paths stay as they are. A byte order mark and Windows line ends are accepted.
    ///
    /// ```
    /// use config_schema::{Config, Format};
    /// let text = "pools: [{ id: a, engine: llamacpp, modle: x.gguf }]";
    /// let error = Config::parse(text, Format::Yaml, "pools.yaml").unwrap_err();
    /// assert_eq!(error.to_string(), "pools.yaml:1:36: `pools[0]`: unknown key `modle`");
    /// ```
    ///
    /// # Errors
    /// Any [`ConfigError`] but `config::io`, `config::format` and `config::no_such_pool`.
    pub fn parse(text: &str, format: Format, source_name: &str) -> Result<Self, ConfigError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() > MAX_BYTES {
            return Err(too_large(source_name));
        }
        let source = Source { text, name: source_name };
        let tree = match format {
            Format::Toml => tree::from_toml::tree(text),
            Format::Yaml => tree::from_yaml::tree(text),
            Format::Json => tree::from_json::tree(text),
        };
        let mut tree = tree.map_err(|error| source.tree_error(error, format))?;
        if is_nothing(&tree.value) {
            tree.value = Value::Table(Vec::new());
        }
        let config: Self = tree::read(&tree).map_err(|error| source.read_error(error))?;
        source.distinct_ids(&config, &tree)?;
        Ok(config)
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    // Room for a usual file, so that one read brings it.
    let mut bytes = Vec::with_capacity(8 << 10);
    // One byte more than allowed is enough to know that there are too many.
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn too_large(file: &str) -> ConfigError {
    ConfigError::TooLarge { place: Place::file(file), limit: TOO_LARGE }
}

fn not_utf8(file: &str, bytes: &[u8], error: std::str::Utf8Error) -> ConfigError {
    let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
    let valid = String::from_utf8_lossy(valid);
    let place = Place { position: Some(Position::of(&valid, valid.len())), ..Place::file(file) };
    let reason = "the file is not UTF-8".to_owned();
    ConfigError::Syntax { place, reason }
}

/// An empty YAML document, or one of comments only.
fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::Null) || matches!(value, Value::Plain(text) if text == "~" || text.is_empty())
}

/// A text and its name, to say where in it something is wrong.
struct Source<'a> {
    text: &'a str,
    name: &'a str,
}

impl Source<'_> {
    fn place(&self, at: Option<usize>, keys: String) -> Place {
        Place { file: self.name.to_owned(), position: at.map(|at| Position::of(self.text, at)), keys }
    }

    fn tree_error(&self, error: TreeError, format: Format) -> ConfigError {
        let place = self.place(Some(error.at), String::new());
        match error.problem {
            TreeProblem::Syntax(reason) => {
                ConfigError::Syntax { place, reason: format!("this is not valid {format}: {reason}") }
            }
            TreeProblem::TooLarge(limit) => ConfigError::TooLarge { place, limit },
            TreeProblem::DuplicateKey(span) => {
                ConfigError::DuplicateKey { place, key: shown(self.text.get(span).unwrap_or_default()) }
            }
        }
    }

    fn read_error(&self, error: ReadError) -> ConfigError {
        let place = self.place(error.at, error.path());
        match error.problem {
            Problem::UnknownKey { key, nearest, valid } => {
                ConfigError::UnknownKey { place, key, help: did_you_mean(nearest, "keys", valid) }
            }
            Problem::UnknownVariant { variant, nearest, valid } => {
                ConfigError::UnknownVariant { place, variant, help: did_you_mean(nearest, "values", valid) }
            }
            Problem::MissingKey(key) => ConfigError::MissingKey { place, key },
            Problem::DuplicateKey(key) => ConfigError::DuplicateKey { place, key },
            Problem::Invalid { reason, help } => ConfigError::InvalidValue { place, reason, help },
        }
    }

    fn distinct_ids(&self, config: &Config, tree: &Node) -> Result<(), ConfigError> {
        let mut seen = std::collections::HashMap::new();
        for (second, pool) in config.pools.iter().enumerate() {
            if let Some(first) = seen.insert(&pool.id, second) {
                let at = id_of_pool(tree, second);
                return Err(ConfigError::DuplicatePool {
                    place: self.place(at, format!("pools[{second}].id")),
                    id: pool.id.clone(),
                    first,
                    second,
                });
            }
        }
        Ok(())
    }
}

fn did_you_mean(nearest: Option<&str>, what: &str, valid: &[&str]) -> String {
    let known: Vec<String> = valid.iter().map(|name| format!("`{name}`")).collect();
    let known = format!("the {what} known here are {}", known.join(", "));
    match nearest {
        Some(near) => format!("did you mean `{near}`? ({known})"),
        None => known,
    }
}

/// The byte at which the id of the pool at `index` stands.
fn id_of_pool(tree: &Node, index: usize) -> Option<usize> {
    let Value::List(pools) = &tree.get("pools")?.value else {
        return None;
    };
    Some(pools.get(index)?.get("id")?.at)
}
