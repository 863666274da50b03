//! YAML into a tree. Aliases are copied in, but may not make the document larger than a file may be.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::{Entry, MAX_BYTES, MAX_DEPTH, Node, TOO_DEEP, TreeError, Value};

const TOO_MANY_COPIES: &str = "aliases make the document larger than 1 MiB";

pub(crate) fn tree(text: &str) -> Result<Node, TreeError> {
    let mut composer = Composer::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| scan_error(text, &error))?;
        composer.event(event, offset(&span))?;
    }
    // A file of comments only is a document without keys.
    Ok(composer.root.unwrap_or(Node { at: 0, value: Value::Null }))
}

fn offset(span: &Span) -> usize {
    span.start.byte_offset().unwrap_or_default()
}

/// The parser's own words, which name no more of the text than one unexpected character.
fn scan_error(text: &str, error: &ScanError) -> TreeError {
    let at = error.marker().byte_offset().unwrap_or(text.len());
    if matches!(error.kind(), granit_parser::ErrorKind::RecursionLimitExceeded) {
        return TreeError::too_large(at, TOO_DEEP);
    }
    TreeError::syntax(at, error.info())
}

/// A list or table that is not finished.
struct Open {
    node: Node,
    /// The key read last, which waits for its value.
    key: Option<(usize, String)>,
    anchor: usize,
}

#[derive(Default)]
struct Composer {
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, Node>,
    copied: usize,
}

impl Composer {
    fn event(&mut self, event: Event<'_>, at: usize) -> Result<(), TreeError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = only_str_tag(tag.as_deref(), at)? || style != ScalarStyle::Plain;
                let text = text.into_owned();
                let value = if is_text { Value::Text(text) } else { Value::Plain(text) };
                self.finish(Node { at, value }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => self.begin(at, Value::List(Vec::new()), anchor, tag.as_deref()),
            Event::MappingStart(_, anchor, tag) => self.begin(at, Value::Table(Vec::new()), anchor, tag.as_deref()),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { node, anchor, .. }) => self.finish(node, anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(TreeError::syntax(at, "an alias stands inside what it names"));
                };
                if self.open.len() + height(&node) > MAX_DEPTH {
                    return Err(TreeError::too_large(at, TOO_DEEP));
                }
                self.count_copy(&node, at)?;
                self.finish(node, 0)
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(TreeError::syntax(at, "a second document begins here, and a configuration is one document"))
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, at: usize, value: Value, anchor: usize, tag: Option<&Tag>) -> Result<(), TreeError> {
        if only_str_tag(tag, at)? {
            return Err(TreeError::syntax(at, "`!!str` stands before a list or table"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(TreeError::too_large(at, TOO_DEEP));
        }
        self.open.push(Open { node: Node { at, value }, key: None, anchor });
        Ok(())
    }

    /// Puts a finished node where it belongs: a key or value of the innermost open one, or the root.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), TreeError> {
        if anchor != 0 {
            self.count_copy(&node, node.at)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.node.value {
            Value::List(items) => items.push(node),
            Value::Table(entries) => match open.key.take() {
                Some((at, key)) => entries.push(Entry { at, key, node }),
                None => open.key = Some(key_text(node)?),
            },
            _ => {}
        }
        Ok(())
    }

    fn count_copy(&mut self, node: &Node, at: usize) -> Result<(), TreeError> {
        self.copied = self.copied.saturating_add(weight(node));
        if self.copied > MAX_BYTES {
            return Err(TreeError::too_large(at, TOO_MANY_COPIES));
        }
        Ok(())
    }
}

/// Whether the node is tagged `!!str`; any other tag is refused.
fn only_str_tag(tag: Option<&Tag>, at: usize) -> Result<bool, TreeError> {
    match tag {
        None => Ok(false),
        Some(tag) if tag.is_yaml_core_schema_tag("str") => Ok(true),
        Some(_) => Err(TreeError::syntax(at, "tags other than `!!str` have no meaning here")),
    }
}

fn key_text(node: Node) -> Result<(usize, String), TreeError> {
    match node.value {
        Value::Text(text) | Value::Plain(text) => Ok((node.at, text)),
        _ => Err(TreeError::syntax(node.at, "a key is a text, not a list or table")),
    }
}

/// What a copy of the node costs: its text, and a lump sum for each value.
fn weight(node: &Node) -> usize {
    let inner: usize = match &node.value {
        Value::Text(text) | Value::Plain(text) => text.len(),
        Value::List(items) => items.iter().map(weight).sum(),
        Value::Table(entries) => entries.iter().map(|entry| entry.key.len() + weight(&entry.node)).sum(),
        _ => 0,
    };
    inner + 16
}

/// How many levels of lists and tables the node has.
fn height(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Value::Table(entries) => {
            let deepest = entries.iter().map(|entry| height(&entry.node)).max();
            1 + deepest.unwrap_or(0)
        }
        _ => 0,
    }
}
