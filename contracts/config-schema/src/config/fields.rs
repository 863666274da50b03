//! How the fields whose rule is not that of their type are read: each with the rule in one place.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    marker::PhantomData,
    net::IpAddr,
    path::PathBuf,
};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};

use crate::{EnvName, Invalid, PortRange, RepositoryPattern, TrustedKeyConfig};

const NUL: Invalid = Invalid::new("the text holds a NUL byte, which no program can be given", "leave the NUL byte out");
const NO_PATH: Invalid = Invalid::new("the path is empty", "write a path, or leave the key out to take the default");
const HOME: Invalid = Invalid::new(
    "`~` is not expanded",
    "write the path absolute, or relative to the folder of this configuration file",
);
const HOST: Invalid = Invalid::new(
    "the host is not an IP address",
    "write an address such as `127.0.0.1`, `0.0.0.0` or `::1`; names are not looked up",
);
const SHARE: Invalid =
    Invalid::new("a share is a finite number that is not negative", "write one share for each GPU, as in `[3, 1]`");
const NO_PORTS: Invalid = Invalid::new(
    "the list of ports is empty, so the engine could listen on none",
    "name a port, or leave `ports` out and the first free one from 8080 to 8179 is taken",
);
const NO_POOLS: Invalid =
    Invalid::new("there is no pool", "describe at least one pool, with `id`, `engine` and `model`");
const SAME_KEY: Invalid = Invalid::new(
    "two keys have the same `id`",
    "give each key an id of its own; a key that was replaced keeps its id, and its successor gets another",
);
const NO_REPOSITORY: Invalid = Invalid::new(
    "the key may vouch for nothing, because its list of repositories is empty",
    "name at least one, as in `[\"ghcr.io/acme/*\"]`, or leave the key out",
);
const SECRET: Invalid = Invalid::new(
    "the name of this variable looks secret, and `env` holds open values",
    "name it in `secret_env` and export it before starting, or name a file that holds it in `secret_file`",
);
const TWICE: Invalid =
    Invalid::new("a variable stands in `env` twice", "keep one of the two; which one is meant cannot be known");

const TWICE_FILE: Invalid =
    Invalid::new("a variable stands in `secret_file` twice", "keep one of the two; which one is meant cannot be known");

/// Text without NUL.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Text(String);

impl TryFrom<String> for Text {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.contains('\0') {
            return Err(NUL);
        }
        Ok(Self(text))
    }
}

/// A path that is not empty, holds no NUL and does not count on a shell to expand `~`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct PathText(PathBuf);

impl TryFrom<String> for PathText {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let Text(text) = Text::try_from(text)?;
        if text.is_empty() {
            return Err(NO_PATH);
        }
        if text == "~" || text.starts_with("~/") {
            return Err(HOME);
        }
        Ok(Self(text.into()))
    }
}

/// A share of a model: finite, not negative.
#[derive(Deserialize)]
#[serde(try_from = "f32")]
struct Share(f32);

impl TryFrom<f32> for Share {
    type Error = Invalid;

    fn try_from(share: f32) -> Result<Self, Invalid> {
        if share.is_finite() && share >= 0.0 { Ok(Self(share)) } else { Err(SHARE) }
    }
}

/// A host, by address.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Host(IpAddr);

impl TryFrom<String> for Host {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse().map(Self).map_err(|_text_in_it| HOST)
    }
}

/// A variable's name that does not look secret.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct OpenName(EnvName);

impl TryFrom<String> for OpenName {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let name: EnvName = text.parse()?;
        if name.looks_secret() {
            return Err(SECRET);
        }
        Ok(Self(name))
    }
}

pub(crate) fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Text>::deserialize(deserializer)?.map(|text| text.0))
}

pub(crate) fn optional_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    Ok(Option::<PathText>::deserialize(deserializer)?.map(|path| path.0))
}

pub(crate) fn flags<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let flags = Option::<Vec<Text>>::deserialize(deserializer)?;
    Ok(flags.map(|flags| flags.into_iter().map(|flag| flag.0).collect()))
}

pub(crate) fn tensor_split<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<f32>>, D::Error> {
    let shares = Option::<Vec<Share>>::deserialize(deserializer)?;
    Ok(shares.map(|shares| shares.into_iter().map(|share| share.0).collect()))
}

pub(crate) fn host<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpAddr, D::Error> {
    Ok(Host::deserialize(deserializer)?.0)
}

pub(crate) fn ports<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<PortRange>>, D::Error> {
    match Option::<Vec<PortRange>>::deserialize(deserializer)? {
        Some(ports) if ports.is_empty() => Err(D::Error::custom(NO_PORTS)),
        ports => Ok(ports),
    }
}

/// Keys whose names differ.
pub(crate) fn trusted_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TrustedKeyConfig>, D::Error> {
    let keys = Vec::<TrustedKeyConfig>::deserialize(deserializer)?;
    let mut ids = BTreeSet::new();
    if keys.iter().all(|key| ids.insert(key.id.as_str())) { Ok(keys) } else { Err(D::Error::custom(SAME_KEY)) }
}

/// At least one pattern.
pub(crate) fn repositories<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RepositoryPattern>, D::Error> {
    let patterns = Vec::deserialize(deserializer)?;
    if patterns.is_empty() { Err(D::Error::custom(NO_REPOSITORY)) } else { Ok(patterns) }
}

/// At least one pool, of whatever type describes one.
pub(crate) fn pools<'de, D: Deserializer<'de>, P: Deserialize<'de>>(deserializer: D) -> Result<Vec<P>, D::Error> {
    let pools = Vec::deserialize(deserializer)?;
    if pools.is_empty() {
        return Err(D::Error::custom(NO_POOLS));
    }
    Ok(pools)
}

pub(crate) fn env<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<EnvName, String>, D::Error> {
    let open = |OpenName(name): OpenName, Text(value): Text| (name, value);
    deserializer.deserialize_map(Variables(open, TWICE, PhantomData))
}

pub(crate) fn secret_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<EnvName, PathBuf>, D::Error> {
    let file = |name: EnvName, PathText(path): PathText| (name, path);
    deserializer.deserialize_map(Variables(file, TWICE_FILE, PhantomData))
}

/// Variables by name: how an entry is read, and what is said where a name comes twice.
struct Variables<F, K, V>(F, Invalid, PhantomData<(K, V)>);

impl<'de, F, K, V, T> Visitor<'de> for Variables<F, K, V>
where
    F: Fn(K, V) -> (EnvName, T),
    K: Deserialize<'de>,
    V: Deserialize<'de>,
{
    type Value = BTreeMap<EnvName, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Self(read, twice, _) = self;
        let mut variables = BTreeMap::new();
        while let Some((key, value)) = map.next_entry()? {
            let (name, value) = read(key, value);
            if variables.insert(name, value).is_some() {
                return Err(A::Error::custom(twice));
            }
        }
        Ok(variables)
    }
}
