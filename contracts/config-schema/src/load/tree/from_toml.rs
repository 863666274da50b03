//! TOML into a tree. The parser itself bounds how deep tables, arrays and dotted keys go.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Entry, Node, TOO_DEEP, TreeError, TreeProblem, Value};

pub(crate) fn tree(text: &str) -> Result<Node, TreeError> {
    let table = DeTable::parse(text).map_err(|error| tree_error(&error))?;
    let at = table.span().start;
    Ok(Node { at, value: entries(table.into_inner()) })
}

fn tree_error(error: &toml::de::Error) -> TreeError {
    let span = error.span().unwrap_or_default();
    match error.message() {
        "recursion limit" | "cannot recurse further; max recursion depth met" => {
            TreeError::too_large(span.start, TOO_DEEP)
        }
        "duplicate key" => TreeError { at: span.start, problem: TreeProblem::DuplicateKey(span) },
        reason => TreeError::syntax(span.start, reason),
    }
}

/// The table's entries in the order of the file, so that the first mistake is the one reported.
fn entries(table: DeTable<'_>) -> Value {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| Entry { at: key.span().start, key: key.into_inner().into_owned(), node: node(value) })
        .collect();
    entries.sort_by_key(|entry| entry.at);
    Value::Table(entries)
}

fn node(value: Spanned<DeValue<'_>>) -> Node {
    let at = value.span().start;
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => {
            i128::from_str_radix(number.as_str(), number.radix()).map_or(Value::Float(f64::INFINITY), Value::Integer)
        }
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(items) => Value::List(items.into_iter().map(node).collect()),
        DeValue::Table(table) => entries(table),
    };
    Node { at, value }
}
