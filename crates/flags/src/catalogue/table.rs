//! A catalogue as a file: one flag a line, columns between tabs.

use crate::catalogue::known;
use crate::catalogue::role::Role;
use crate::catalogue::spec::{Arity, FlagSpec};
use crate::catalogue::values::Values;
use crate::engine::Engine;

const COLUMNS: [&str; 11] =
    ["name", "aliases", "negations", "arity", "hint", "values", "default", "env", "repeats", "role", "removed"];

/// Writes flags as a table that [`read`] takes. `comment` says where they were read.
pub(crate) fn write(specs: &[FlagSpec], comment: &str) -> String {
    let mut text = format!("# {comment}\n#{}\n", COLUMNS.join("\t"));
    for spec in specs {
        let optional = |value: &Option<String>| value.clone().unwrap_or_default();
        let arity = match spec.value {
            Arity::Optional => "?".to_owned(),
            Arity::Many => "+".to_owned(),
            Arity::Any => "*".to_owned(),
            _ => spec.value.count().to_string(),
        };
        let values = if spec.value == Arity::None { String::new() } else { spec.values.to_string() };
        let cells = [
            spec.name.clone(),
            spec.aliases.join(" "),
            spec.negations.join(" "),
            arity,
            optional(&spec.value_hint),
            values,
            optional(&spec.default),
            optional(&spec.env),
            if spec.adds { "adds" } else { "last" }.to_owned(),
            spec.role.to_string(),
            optional(&spec.removed),
        ];
        text.push_str(&cells.map(|cell| cell.replace(['\t', '\n'], " ")).join("\t"));
        text.push('\n');
    }
    text
}

/// Reads a table; lines that are none are passed over.
pub(crate) fn read(engine: Engine, text: &'static str) -> Vec<FlagSpec> {
    text.lines().filter(|l| l.starts_with('-')).filter_map(|line| row(engine, line)).collect()
}

fn row(engine: Engine, line: &'static str) -> Option<FlagSpec> {
    let mut cells = line.split('\t');
    let mut next = || cells.next();
    let list = |cell: &str| cell.split_whitespace().map(str::to_owned).collect();
    let optional = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
    let name = next()?.to_owned();
    let (aliases, negations) = (list(next()?), list(next()?));
    let value = match next()? {
        "0" => Arity::None,
        "1" => Arity::One,
        "*" => Arity::Any,
        "?" => Arity::Optional,
        "+" => Arity::Many,
        count => Arity::Exactly(count.parse().ok()?),
    };
    let value_hint = optional(next()?);
    let values = optional(next()?).map_or_else(Values::text, |form| Values::parse(&form));
    let (default, env) = (optional(next()?), optional(next()?));
    let adds = next()? == "adds";
    let role = Role::parse(next()?).unwrap_or_default();
    let removed = optional(next()?);
    let mut spec = FlagSpec {
        name,
        aliases,
        negations,
        value,
        value_hint,
        values,
        default,
        env,
        adds,
        pair: false,
        role,
        removed,
    };
    known::complete(engine, &mut spec);
    Some(spec)
}
