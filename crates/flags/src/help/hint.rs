//! What the help says about a value, turned into [`Values`].

use crate::catalogue::values::Values;
use crate::help::brackets;

/// From the hint behind the flag (`N`, `{none,layer,row}`, `[on|off|auto]`), the lines of its description and its
/// default.
pub(crate) fn values(hint: Option<&str>, lines: &[&str], default: Option<&str>) -> Values {
    let Some(hint) = hint else {
        return Values::text();
    };
    let possible = || all_words(brackets::one(lines, "possible values: ")?.split(','));
    let form = choices(hint).or_else(|| allowed(lines)).or_else(possible).or_else(|| bullets(hint, lines, default));
    let form = form.or_else(|| number(hint, lines, default)).unwrap_or_else(|| "text".to_owned());
    let separated = lines.iter().any(|l| l.contains("comma-separated")) && form == "text";
    Values::parse(&if separated { format!("{form},...") } else { form })
}

/// `{a,b}`, `[a|b]`, `(a|b)`, `<0|1>`, `<0...100>`, `a,b,c`.
fn choices(hint: &str) -> Option<String> {
    let inside = |open, close| hint.strip_prefix(open)?.strip_suffix(close);
    if let Some((low, high)) = inside('<', '>').and_then(|range| range.split_once("..")) {
        let (low, high): (i64, i64) = (low.parse().ok()?, high.trim_start_matches('.').parse().ok()?);
        return Some(format!("{low}..{high}"));
    }
    if let Some(words) = inside('{', '}') {
        return all_words(words.split([',', '|']));
    }
    let one_of = || inside('[', ']').or_else(|| inside('<', '>')).or_else(|| inside('(', ')'));
    if let Some(words) = one_of().filter(|w| w.contains('|')) {
        return all_words(words.split('|'));
    }
    let items = || hint.split(',');
    let lower = |w: &str| w.starts_with(|c: char| c.is_ascii_lowercase());
    // `dev1,dev2` counts examples.
    let stems = || items().map(|w| w.trim_end_matches(|c: char| c.is_ascii_digit()));
    if items().count() < 2 || !items().all(lower) || stems().all(|stem| Some(stem) == stems().next()) {
        return None;
    }
    all_words(items()).map(|w| format!("{w},..."))
}

/// `auto|on|off`; in `N|auto` the capitals stand for a number, and other capitals among small words for any text.
fn all_words<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    let words: Vec<&str> = words.map(|word| word.trim().trim_matches(['\'', '"'])).collect();
    if !words.iter().all(|w| is_word(w)) {
        return None;
    }
    let capitals =
        |w: &str| w.contains(|c: char| c.is_ascii_uppercase()) && !w.contains(|c: char| c.is_ascii_lowercase());
    let mixed = words.iter().any(|w| w.contains(|c: char| c.is_ascii_lowercase()));
    let number = |w: &str| matches!(w, "N" | "NUM" | "INT" | "INTEGER");
    if mixed && words.iter().any(|w| capitals(w) && !number(w)) {
        return Some("text".to_owned());
    }
    let forms: Vec<&str> = words.into_iter().map(|w| if number(w) { "number" } else { w }).collect();
    Some(forms.join("|"))
}

/// `allowed values: f32, f16`, which may go on in the next lines.
fn allowed(lines: &[&str]) -> Option<String> {
    let text = lines.join(" ");
    let (_, list) = text.split_once("allowed values: ")?;
    let list = list.split(['(', '\n']).next().unwrap_or(list);
    all_words(list.trim().trim_end_matches('.').split(','))
}

/// `- none: …` lines under a `TYPE`, `MODE` or `FORMAT`, or behind `one of:`; the default may be one more.
fn bullets(hint: &str, lines: &[&str], default: Option<&str>) -> Option<String> {
    let announced = |line: &str| line.eq_ignore_ascii_case("possible values:") || line.ends_with("one of:");
    let listed = || lines.iter().any(|line| announced(line.trim()));
    if !matches!(hint, "TYPE" | "MODE" | "FORMAT") && !listed() {
        return None;
    }
    let word = |line: &&str| {
        let (name, _) = line.trim_start().strip_prefix("- ")?.split_once(':')?;
        name.split_whitespace().next().map(str::to_owned)
    };
    let mut words: Vec<String> = lines.iter().filter_map(word).collect();
    if words.len() < 2 || !words.iter().all(|w| is_word(w)) {
        return None;
    }
    if let Some(default) = default.filter(|d| is_word(d) && !words.iter().any(|w| w == d)) {
        words.push(default.to_owned());
    }
    Some(words.join("|"))
}

/// A number, and the quoted words that may stand for one (`either an exact number, 'auto', or 'all'`).
fn number(hint: &str, lines: &[&str], default: Option<&str>) -> Option<String> {
    let text = lines.join(" ");
    let whole = default.is_some_and(|d| d.parse::<i32>().is_ok()) || text.contains("exact number");
    let fraction = default.is_some_and(|d| d.contains('.') && d.parse::<f64>().is_ok());
    let form = match hint {
        "N" if enumerated(&text).is_some() => return enumerated(&text),
        "N" if whole => "int",
        "INDEX" | "PORT" | "INTEGER" => "int",
        "FLOAT" | "<float>" => "float",
        "N" | "P" | "SECONDS" | "SIMILARITY" if fraction => "float",
        "N" | "P" | "SECONDS" | "SIMILARITY" => "number",
        // clap prints the name of the field, and a default of the type that it reads; so does a single letter.
        _ if (hint.starts_with('<') || hint.len() == 1) && default.is_some_and(|d| d.parse::<f64>().is_ok()) => {
            if fraction {
                "float"
            } else {
                "number"
            }
        }
        "<integer>" => "number",
        "<boolean>" => "true|false|on|off|1|0|True|False",
        _ => return None,
    };
    let words = text.split_once("exact number").map_or("", |(_, rest)| rest);
    let words = words.split('\'').skip(1).step_by(2).filter(|w| is_word(w));
    Some(words.fold(form.to_owned(), |all, word| format!("{all}|{word}")))
}

/// `low(-1), normal(0), medium(1)` or `0-normal, 1-medium, 2-high`.
fn enumerated(text: &str) -> Option<String> {
    let number = |word: &&str| {
        let word = word.trim_end_matches(',');
        let named = word.strip_suffix(')').and_then(|w| w.split_once('(')).map(|(_, number)| number);
        let number = named.or_else(|| word.split_once('-').map(|(number, _)| number))?;
        number.parse::<i8>().ok().map(|n| n.to_string())
    };
    let numbers: Vec<String> = text.split_whitespace().filter_map(|w| number(&w)).collect();
    (numbers.len() > 2).then(|| numbers.join("|"))
}

/// The scalar after `default:`, up to what ends it outside of brackets.
pub(crate) fn default(description: &str) -> Option<String> {
    let (_, rest) = description.split_once("default: ")?;
    // `'auto' (detect from template)`
    let quoted = |quote| rest.strip_prefix(quote)?.split_once(quote).map(|(value, _)| value.to_owned());
    if let Some(value) = quoted('\'').or_else(|| quoted('"')) {
        return (!value.is_empty()).then_some(value);
    }
    let mut depth = 0_i32;
    let end = rest.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth < 0 || (depth == 0 && matches!(c, ',' | ';' | ']'))
    });
    let value = rest.get(..end.unwrap_or(rest.len()))?.trim().trim_matches(['\'', '"', '`']);
    // `0 = training size`, `1=disabled`
    let explained = |(value, _): &(&str, &str)| value.ends_with(' ') || value.parse::<f64>().is_ok();
    let value = value.split_once('=').filter(explained).map_or(value, |(value, _)| value.trim_end());
    (!value.is_empty() && !value.contains(['\t', '\n'])).then(|| value.to_owned())
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(hint: &str, description: &str, expected: &str) {
        let lines: Vec<&str> = description.split('\n').collect();
        let default = default(&lines.join(" "));
        assert_eq!(values(Some(hint), &lines, default.as_deref()).to_string(), expected);
    }

    #[test]
    fn what_helps_have_said() {
        check("{none,layer,row}", "- none: x", "none|layer|row");
        check("[on|off|auto]", "", "on|off|auto");
        check("<0|1>", "", "0|1");
        check("<0...100>", "", "0..100");
        check("none,ngram-cache,ngram-mod", "", "none|ngram-cache|ngram-mod,...");
        check("[none|ngram-cache]", "", "none|ngram-cache");
        check("TYPE", "KV type\nallowed values: f32, f16,\nq8_0\n(default: f16)", "f32|f16|q8_0");
        check("TYPE", "KV type (default: f16)", "text");
        check("MODE", "loading\n- auto (default): x\n- mmap+mlock: y", "auto|mmap+mlock");
        check("FORMAT", "one of:\n- none: x\n- deepseek: y\n(default: auto)", "none|deepseek|auto");
        check("N", "threads (default: -1)", "int");
        check("N", "temperature (default: 0.80)", "float");
        check("N", "RoPE base (default: loaded from model)", "number");
        check("N", "layers, either an exact number, 'auto', or 'all' (default: auto)", "int|auto|all");
        check("N", "priority : low(-1), normal(0), medium(1), high(2) (default: 0)", "-1|0|1|2");
        check("N", "priority : 0-normal, 1-medium, 2-high, 3-realtime (default: 0)", "0|1|2|3");
        check("N|auto", "", "text");
        check("<N|auto|all>", "", "number|auto|all");
        check("[DEBUG|INFO]", "", "DEBUG|INFO");
        check("{f32,TYPE}", "", "text");
        check("<QUANTIZE>", "how\nPossible values:\n- awq: 4 bit\n- fp8: 8 bit", "awq|fp8");
        check("<WORKERS>", "how many\n[default: 2]", "number");
        check("<integer>", "how many", "number");
        check("<dev1,dev2,..>", "comma-separated list of devices", "text,...");
        check("dev1,dev2", "list of devices (default: none)", "text");
        check("(auto|on|off|0|1)", "flash attention (default: on)", "auto|on|off|0|1");
        check("SPLIT_MODE", "how to split, one of:\n- none: x\n- layer (default): y\n- row: z", "none|layer|row");
        check("t", "threshold (default: 1.0)", "float");
        check("M", "mask (default: \"\")", "text");
        check("FNAME", "a file", "text");
        check("lo-hi", "range", "text");
        check("N0,N1,N2,...", "fractions", "text");
        check("[<repo>/]<model>[:quant]", "repo", "text");
    }

    #[test]
    fn defaults() {
        assert_eq!(default("threads (default: -1)").as_deref(), Some("-1"));
        assert_eq!(default("ctx (default: 0, 0 = model)").as_deref(), Some("0"));
        assert_eq!(default("use ('on', default: 'auto')").as_deref(), Some("auto"));
        assert_eq!(default("yarn (default: 0 = training size)").as_deref(), Some("0"));
        assert_eq!(default("group factor (default: 1=disabled)").as_deref(), Some("1"));
        assert_eq!(
            default("threads (default: max(cores - 1, slots + 2))").as_deref(),
            Some("max(cores - 1, slots + 2)")
        );
        assert_eq!(default("(default: a=b)").as_deref(), Some("a=b"));
        assert_eq!(default("(default: 'auto' (as the template))").as_deref(), Some("auto"));
        assert_eq!(default("nothing"), None);
        assert_eq!(default("mask (default: \"\")"), None);
    }
}
