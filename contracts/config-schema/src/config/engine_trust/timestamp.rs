//! A moment, as RFC 3339 writes it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::value::text_type::from_text;

/// A moment with its offset, as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) writes it: `2027-01-01T00:00:00Z`.
/// Fractions of a second are left out of account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("format" = "date-time", "maxLength" = 64)))]
pub struct Timestamp {
    text: String,
    unix_s: i64,
}

from_text!(Timestamp);

const SHAPE: Invalid = Invalid::new(
    "a time is a date, `T`, a time of day and an offset, as RFC 3339 writes it",
    "write it in quotes, as in `\"2027-01-01T00:00:00Z\"` or `\"2027-01-01T01:00:00+01:00\"`",
);

impl Timestamp {
    /// Seconds since 1970.
    pub fn unix_s(&self) -> i64 {
        self.unix_s
    }
}

impl FromStr for Timestamp {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let unix_s = seconds(text).ok_or(SHAPE)?;
        Ok(Self { text: text.to_owned(), unix_s })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn seconds(text: &str) -> Option<i64> {
    if text.len() > 64 || !text.is_ascii() {
        return None;
    }
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let time = rest.strip_prefix(['T', 't'])?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let (clock, rest) = (time.get(..8)?, time.get(8..)?);
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let end = fraction.find(|c: char| !c.is_ascii_digit())?;
            if end == 0 {
                return None;
            }
            fraction.get(end..)?
        }
        None => rest,
    };
    // A leap second is counted as the first of the next minute.
    let in_range = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 60;
    if !in_range {
        return None;
    }
    Some(days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset(rest)?)
}

/// Seconds by which local time is ahead of UTC.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = if let Some(rest) = text.strip_prefix('+') { (1, rest) } else { (-1, text.strip_prefix('-')?) };
    let [hours, minutes] = numbers(rest, ':', [2, 2])?;
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// Numbers of so many digits each, with a sign between them.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut found = [0; N];
    let mut parts = text.split(between);
    for (number, digits) in found.iter_mut().zip(digits) {
        let part = parts.next()?;
        if part.len() != digits || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to this date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let before = |year: i64| year * 365 + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    let months: i64 = (1..month).map(|month| days_in(year, month)).sum();
    before(year) - before(1970) + months + day - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_are_those_of_date() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2027-01-01T00:00:00Z", 1_798_761_600),
            ("2027-01-01t01:00:00+01:00", 1_798_761_600),
            ("2026-12-31T18:30:00.123456-05:30", 1_798_761_600),
            ("2038-01-19T03:14:08z", 2_147_483_648),
            ("1969-12-31T23:59:59Z", -1),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
        ] {
            assert_eq!(text.parse::<Timestamp>().map(|time| time.unix_s()), Ok(expected), "{text}");
        }
        for text in [
            "",
            "2027-01-01",
            "2027-01-01 00:00:00Z",
            "2027-01-01T00:00:00",
            "2027-1-1T00:00:00Z",
            "2027-13-01T00:00:00Z",
            "2027-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2027-00-01T00:00:00Z",
            "2027-01-00T00:00:00Z",
            "2027-01-01T24:00:00Z",
            "2027-01-01T00:60:00Z",
            "2027-01-01T00:00:00.Z",
            "2027-01-01T00:00:00+1:00",
            "2027-01-01T00:00:00+24:00",
            "2027-01-01T00:00:00Zx",
            "+027-01-01T00:00:00Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    proptest! {
        /// The next day is 86,400 seconds later, also over the ends of months and years.
        #[test]
        fn days_follow_one_another(day in 0_i64..3_652_000) {
            let (mut year, mut left) = (0, day);
            while left >= 365 + i64::from(is_leap(year)) {
                left -= 365 + i64::from(is_leap(year));
                year += 1;
            }
            let mut month = 1;
            while left >= days_in(year, month) {
                left -= days_in(year, month);
                month += 1;
            }
            prop_assert_eq!(days(year, month, left + 1), day - 719_528);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-0-9TtZz:+.]{0,40}|\\PC{0,20}") {
            if let Ok(time) = text.parse::<Timestamp>() {
                prop_assert_eq!(time.to_string(), text);
            }
        }
    }
}
