//! Mistakes in a grammar that every release of llama.cpp refuses. Pure.
//!
//! The rule: a mistake is named only where all releases that were read (b6673, b10361, v0.5.0) refuse it and no later one
//! could have given it a meaning; whatever else is not understood ends the search without a word.
//! <https://github.com/ggml-org/llama.cpp/blob/master/src/llama-grammar.cpp> (`llama_grammar_parser`)

use std::collections::BTreeMap;

use super::Mistake;

/// No grammar is nested deeper.
const DEEPEST: usize = 500;

/// The first mistake of a grammar.
pub(super) fn mistake(text: &str) -> Option<Mistake> {
    let mut parser = Parser { text, at: 0, depth: 0, defined: BTreeMap::new(), used: BTreeMap::new() };
    match parser.grammar() {
        Ok(()) | Err(Stop::NotUnderstood) => None,
        Err(Stop::Mistake(at, what)) => Some(Mistake::at(text, at, what)),
    }
}

/// Why reading ends before the text does.
enum Stop {
    /// A mistake, at this byte.
    Mistake(usize, String),
    /// Something that a release may take.
    NotUnderstood,
}

type Step = Result<(), Stop>;

fn refuse(at: usize, what: &str) -> Step {
    Err(Stop::Mistake(at, what.to_owned()))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// The names of rules, and where the first of each is.
    defined: BTreeMap<&'a str, usize>,
    used: BTreeMap<&'a str, usize>,
}

impl<'a> Parser<'a> {
    fn grammar(&mut self) -> Step {
        self.spaces(true);
        while self.next().is_some() {
            self.rule()?;
        }
        if let Some((name, at)) = self.used.iter().find(|(name, _)| !self.defined.contains_key(*name)) {
            return Err(Stop::Mistake(*at, format!("the rule `{name}` is used and not defined")));
        }
        if !self.defined.is_empty() && !self.defined.contains_key("root") {
            return Err(Stop::Mistake(0, "there is no rule `root`, with which every text begins".to_owned()));
        }
        Ok(())
    }

    fn rule(&mut self) -> Step {
        let at = self.at;
        let Some(name) = self.name() else { return Err(Stop::NotUnderstood) };
        if self.next().is_some_and(|c| !(c.is_ascii_whitespace() || matches!(c, ':' | '='))) {
            return Err(Stop::NotUnderstood);
        }
        self.spaces(false);
        if !self.rest().starts_with("::=") {
            return refuse(self.at, &format!("`::=` is missing after `{name}`"));
        }
        self.at += 3;
        self.defined.entry(name).or_insert(at);
        self.spaces(true);
        self.alternates(false)?;
        match self.next() {
            None => Ok(()),
            Some('\n' | '\r') => {
                self.spaces(true);
                Ok(())
            }
            Some(')') => refuse(self.at, "`)` has no `(`"),
            Some(_) => Err(Stop::NotUnderstood),
        }
    }

    fn alternates(&mut self, nested: bool) -> Step {
        self.sequence(nested)?;
        while self.next() == Some('|') {
            self.at += 1;
            self.spaces(true);
            self.sequence(nested)?;
        }
        Ok(())
    }

    fn sequence(&mut self, nested: bool) -> Step {
        let mut has_item = false;
        while let Some(c) = self.next() {
            let at = self.at;
            match c {
                '"' => self.closed_by('"')?,
                '[' => {
                    self.at += usize::from(self.rest().starts_with("[^"));
                    self.closed_by(']')?;
                }
                '(' => self.group()?,
                '.' => self.at += 1,
                '*' | '+' | '?' if has_item => self.at += 1,
                '{' if has_item => self.repetition()?,
                '*' | '+' | '?' | '{' => return refuse(at, &format!("`{c}` has nothing before it to repeat")),
                '<' | '!' => return Err(Stop::NotUnderstood),
                _ => match self.name() {
                    Some(name) => {
                        self.used.entry(name).or_insert(at);
                    }
                    None => return Ok(()),
                },
            }
            has_item = true;
            self.spaces(nested);
        }
        Ok(())
    }

    fn group(&mut self) -> Step {
        let at = self.at;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Stop::NotUnderstood);
        }
        self.at += 1;
        self.spaces(true);
        self.alternates(true)?;
        self.depth -= 1;
        match self.next() {
            Some(')') => {
                self.at += 1;
                Ok(())
            }
            None => refuse(at, "`(` is not closed"),
            Some(_) => Err(Stop::NotUnderstood),
        }
    }

    /// `{3}`, `{3,}` or `{3,5}`.
    fn repetition(&mut self) -> Step {
        let at = self.at;
        let Some((inside, _)) = self.rest().split_once('}') else { return refuse(at, "`{` is not closed") };
        let plain = |c: char| c.is_ascii_digit() || matches!(c, ',' | ' ' | '\t');
        if !inside.trim_start_matches('{').chars().all(plain) {
            return Err(Stop::NotUnderstood);
        }
        self.at += inside.len() + 1;
        Ok(())
    }

    /// From an opening quote or bracket to its end, over escapes.
    fn closed_by(&mut self, end: char) -> Step {
        let at = self.at;
        self.at += 1;
        while let Some(c) = self.next() {
            self.at += c.len_utf8();
            if c == end {
                return Ok(());
            }
            if c == '\\' {
                self.escape()?;
            }
        }
        refuse(at, if end == '"' { "a text is not closed with `\"`" } else { "`[` is not closed with `]`" })
    }

    fn escape(&mut self) -> Step {
        let Some(c) = self.next() else { return Ok(()) };
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            't' | 'r' | 'n' | '\\' | '"' | '[' | ']' => 0,
            c if c.is_ascii_alphanumeric() => return refuse(self.at - 1, &format!("`\\{c}` is no escape")),
            _ => return Err(Stop::NotUnderstood),
        };
        self.at += 1;
        let hex = self.rest().chars().take(digits).take_while(char::is_ascii_hexdigit).count();
        if hex < digits {
            return refuse(self.at, &format!("`\\{c}` needs {digits} hexadecimal digits"));
        }
        self.at += digits;
        Ok(())
    }

    fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).filter(|name| !name.is_empty())
    }

    /// Passes over spaces and comments, and over ends of lines where those do not count.
    fn spaces(&mut self, lines: bool) {
        while let Some(c) = self.next() {
            match c {
                ' ' | '\t' => self.at += 1,
                '\r' | '\n' if lines => self.at += 1,
                '#' => self.at += self.rest().find(['\r', '\n']).unwrap_or(self.rest().len()),
                _ => return,
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mistakes_that_every_release_refuses() {
        for (text, expected) in [
            ("root ::= \"a\" [a-z]* # c\n", None),
            ("root ::= (\n  item\n  | \"b\" )+ item{2,3}\nitem ::= [^\\x41\\]] . \"\\\"\"\n", None),
            ("# only this\n", None),
            ("", None),
            ("root ::= <think> !<[42]>\n", None),
            ("root ::= \"a\" & \"b\"\nx\n", None),
            ("root ::= \"\\-\"\n", None),
            ("root ::= \"a\" |\n  ((\"b\"\n", Some("line 2: `(` is not closed")),
            ("root ::= \"a\n", Some("line 1: a text is not closed")),
            ("root ::= [a-z\n", Some("line 1: `[` is not closed")),
            ("x ::= \"a\"\n", Some("line 1: there is no rule `root`")),
            ("root ::= foo \"a\"\n", Some("line 1: the rule `foo` is used and not defined")),
            ("\n\nroot ::= [\\d]\n", Some("line 3: `\\d` is no escape")),
            ("root ::= \"\\xZZ\"\n", Some("line 1: `\\x` needs 2 hexadecimal digits")),
            ("root ::= * \"a\"\n", Some("line 1: `*` has nothing before it to repeat")),
            ("root ::= \"a\")\n", Some("line 1: `)` has no `(`")),
            ("root = \"a\"\n", Some("line 1: `::=` is missing after `root`")),
            ("root ::= \"a\"{2\n", Some("line 1: `{` is not closed")),
        ] {
            let found = mistake(text).map(|mistake| mistake.to_string());
            let fits = match (&found, expected) {
                (Some(found), Some(expected)) => found.starts_with(expected),
                (found, expected) => found.is_none() && expected.is_none(),
            };
            assert!(fits, "{text:?}: {found:?}");
        }
        assert!(mistake(&format!("root ::= {}", "(".repeat(100_000))).is_none(), "deeper than anybody nests");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "([\"\\[\\](){}*+?|.<!\\\\:=# \na-z0-9é]|::=|root){0,60}") {
            mistake(&text);
        }
    }
}
