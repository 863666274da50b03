//! Which engine is meant where others run it: its address and what it must show, as the pool wants it and as its record
//! keeps it.
//!
//! The rule: all that a later call needs to ask the engine again is in the record; no secret is.

use std::path::PathBuf;

use config_schema::Engine;

use crate::supply::Facts;

const URL: &str = "url";
const ENGINE: &str = "engine";
const MODEL: &str = "model";
const VERSION: &str = "version";
const CA: &str = "ca_file";
const KEY: &str = "key";

/// An engine that others run, as a pool wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Which engine it claims to be.
    pub(crate) engine: Engine,
    /// Where it answers, without a slash at the end.
    pub(crate) url: String,
    /// The model that it must serve, as clients ask for it.
    pub(crate) model: String,
    /// What its version must begin with.
    pub(crate) version: Option<String>,
    /// A file with further certificate authorities.
    pub(crate) ca_file: Option<PathBuf>,
    /// The variable that holds its API key.
    pub(crate) key: Option<String>,
}

impl Target {
    /// The facts that make it the wanted engine.
    pub(crate) fn facts(&self) -> Facts {
        let mut facts = Facts::from([
            (URL.to_owned(), self.url.clone()),
            (ENGINE.to_owned(), self.engine.to_string()),
            (MODEL.to_owned(), self.model.clone()),
        ]);
        let ca_file = self.ca_file.as_ref().map(|path| path.display().to_string());
        let more = [(VERSION, self.version.clone()), (CA, ca_file), (KEY, self.key.clone())];
        facts.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        facts
    }

    /// The engine that has these facts; `None` for facts of another kind of engine.
    pub(crate) fn of(facts: &Facts) -> Option<Self> {
        let text = |name: &str| facts.get(name).cloned();
        let engine = text(ENGINE)?;
        Some(Self {
            engine: Engine::ALL.into_iter().find(|known| known.as_str() == engine)?,
            url: text(URL)?,
            model: text(MODEL)?,
            version: text(VERSION),
            ca_file: text(CA).map(PathBuf::from),
            key: text(KEY),
        })
    }

    /// The address of one of its routes.
    pub(crate) fn at(&self, route: &str) -> String {
        format!("{}{route}", self.url)
    }

    /// Host and port of its address.
    pub(crate) fn place(&self) -> (String, u16) {
        http::Url::parse(&self.url).map_or_else(|_| (self.url.clone(), 0), |url| (url.host().to_owned(), url.port()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_say_all_of_it() {
        let bare = Target {
            engine: Engine::Vllm,
            url: "https://h:8443/p".into(),
            model: "m".into(),
            version: None,
            ca_file: None,
            key: None,
        };
        let full = Target {
            version: Some("0.11".into()),
            ca_file: Some("/ca.pem".into()),
            key: Some("VLLM_API_KEY".into()),
            ..bare.clone()
        };
        assert_eq!(Target::of(&bare.facts()).as_ref(), Some(&bare));
        assert_eq!(Target::of(&full.facts()).as_ref(), Some(&full));
        assert_eq!(Target::of(&Facts::from([("build".into(), "c0de".into())])), None);
        assert_eq!((full.at("/health"), full.place()), ("https://h:8443/p/health".into(), ("h".into(), 8443)));
    }
}
