//! The grammar of `NVIDIA_REQUIRE_*`.
//!
//! As NVIDIA's container toolkit reads it
//! ([constraints](https://github.com/NVIDIA/nvidia-container-toolkit/tree/main/internal/config/image)): a space separates
//! alternatives, a comma conditions that hold together; a condition on an unknown property is left out; a word without an
//! operator is an error; where no condition is left, the requirement is met.

use crate::Version;

/// What a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Property {
    Cuda,
    Driver,
    Arch,
    Brand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The longer operators come first.
const OPERATORS: [(&str, Operator); 6] = [
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    Number(Property, Operator, Version),
    Brand { is: bool, brand: String },
}

/// The values of a host's properties; `None` for what is not known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) cuda: Option<Version>,
    pub(crate) driver: Option<Version>,
    pub(crate) arch: Option<Version>,
    pub(crate) brand: &'a str,
}

/// Alternatives, each of conditions that hold together. Never an empty alternative.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requirement(Vec<Vec<Condition>>);

/// A word that is not a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

impl Requirement {
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut alternatives = Vec::new();
        for term in text.split(' ') {
            let words = term.split(',').filter(|word| !word.trim().is_empty());
            let conditions = words.filter_map(|word| condition(word).transpose()).collect::<Result<Vec<_>, _>>()?;
            if !conditions.is_empty() {
                alternatives.push(conditions);
            }
        }
        Ok(Self(alternatives))
    }

    /// Whether no condition is left of it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is one condition, `cuda>=…`.
    pub(crate) fn is_only_a_cuda_floor(&self) -> bool {
        matches!(&self.0[..], [conditions] if matches!(&conditions[..],
            [Condition::Number(Property::Cuda, Operator::GreaterOrEqual, _)]))
    }

    /// The lowest CUDA version that one of its alternatives asks for.
    pub(crate) fn cuda_floor(&self) -> Option<Version> {
        let floor = |condition: &Condition| match condition {
            Condition::Number(
                Property::Cuda,
                Operator::GreaterOrEqual | Operator::Greater | Operator::Equal,
                version,
            ) => Some(version.release()),
            _ => None,
        };
        self.0.iter().flatten().filter_map(floor).min()
    }

    /// Whether it is met; `None` where that hangs on a fact that is not known. `without` leaves conditions on one
    /// property out.
    pub(crate) fn is_met(&self, facts: &Facts<'_>, without: Option<Property>) -> Option<bool> {
        if self.0.is_empty() {
            return Some(true);
        }
        let alternatives = self.0.iter().map(|conditions| {
            let left = conditions.iter().filter(|condition| Some(condition.property()) != without);
            all(left.map(|condition| condition.is_met(facts)))
        });
        // One that is met decides, also beside unknown ones.
        all(alternatives.map(|met| met.map(|met| !met))).map(|none_is_met| !none_is_met)
    }
}

/// AND of what may be unknown.
pub(crate) fn all(values: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut met = Some(true);
    for value in values {
        match value {
            Some(false) => return Some(false),
            Some(true) => {}
            None => met = None,
        }
    }
    met
}

impl Condition {
    fn property(&self) -> Property {
        match self {
            Self::Number(property, ..) => *property,
            Self::Brand { .. } => Property::Brand,
        }
    }

    fn is_met(&self, facts: &Facts<'_>) -> Option<bool> {
        let (property, operator, wanted) = match self {
            Self::Brand { is, brand } => return Some((facts.brand == brand) == *is),
            Self::Number(property, operator, wanted) => (property, operator, wanted),
        };
        let fact = match property {
            Property::Cuda => facts.cuda,
            Property::Driver => facts.driver,
            Property::Arch => facts.arch,
            Property::Brand => None,
        }?;
        Some(match operator {
            Operator::Equal => fact == *wanted,
            Operator::NotEqual => fact != *wanted,
            Operator::Less => fact < *wanted,
            Operator::LessOrEqual => fact <= *wanted,
            Operator::Greater => fact > *wanted,
            Operator::GreaterOrEqual => fact >= *wanted,
        })
    }
}

fn condition(word: &str) -> Result<Option<Condition>, Malformed> {
    let malformed = || Malformed(word.chars().take(60).collect());
    let at = word.find(['<', '>', '=', '!']).ok_or_else(malformed)?;
    let (name, rest) = word.split_at(at);
    let property = match name {
        "cuda" => Property::Cuda,
        "driver" => Property::Driver,
        "arch" => Property::Arch,
        "brand" => Property::Brand,
        _ => return Ok(None),
    };
    let (sign, operator) = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign)).copied().ok_or_else(malformed)?;
    let value = rest.strip_prefix(sign).unwrap_or_default();
    match (property, operator) {
        (Property::Brand, Operator::Equal | Operator::NotEqual) if !value.is_empty() => {
            Ok(Some(Condition::Brand { is: operator == Operator::Equal, brand: value.to_owned() }))
        }
        (Property::Brand, _) => Err(malformed()),
        _ => Ok(Some(Condition::Number(property, operator, value.parse().map_err(|_no| malformed())?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts<'static> {
        Facts {
            cuda: Some(Version::new(12, 2)),
            driver: Some("535.104.05".parse().unwrap()),
            arch: None,
            brand: "tesla",
        }
    }

    #[test]
    fn alternatives_and_conditions() {
        for (text, met) in [
            ("cuda>=12.2", Some(true)),
            ("cuda>=12.4", Some(false)),
            ("cuda>=12.4 brand=tesla,driver>=535,driver<536", Some(true)),
            ("cuda>=12.4 brand=tesla,driver>=545,driver<546", Some(false)),
            ("cuda>=12.4 brand=geforce,driver>=535,driver<536", Some(false)),
            ("brand!=geforce", Some(true)),
            ("cuda<12.3,cuda!=12.1", Some(true)),
            ("  cuda>=12.2,  ", Some(true)),
            // What is unknown to the toolkit is left out of its alternative, and with it an alternative of nothing else.
            ("CUDA>=99", Some(true)),
            ("cuda>=12.4 CUDA>=1", Some(false)),
            ("cuda>=12.2,vendor=x", Some(true)),
            ("", Some(true)),
            // The host's compute capability is not known.
            ("arch>=8.0", None),
            ("arch>=8.0 cuda>=12.0", Some(true)),
            ("arch>=8.0,cuda>=12.4", Some(false)),
        ] {
            assert_eq!(Requirement::parse(text).unwrap().is_met(&facts(), None), met, "{text:?}");
        }
        let arch = Requirement::parse("cuda>=12.0,arch>=8.0").unwrap();
        assert_eq!(arch.is_met(&facts(), Some(Property::Arch)), Some(true));
    }

    #[test]
    fn what_is_no_condition_is_named() {
        for (text, word) in [
            ("cuda>=12.4 tesla", "tesla"),
            ("cuda>=x", "cuda>=x"),
            ("cuda!12", "cuda!12"),
            ("brand>tesla", "brand>tesla"),
            ("brand=", "brand="),
        ] {
            assert_eq!(Requirement::parse(text), Err(Malformed(word.into())), "{text:?}");
        }
    }

    #[test]
    fn the_floor_is_the_lowest_of_the_alternatives() {
        let floor = |text: &str| Requirement::parse(text).unwrap().cuda_floor();
        assert_eq!(floor("cuda>=12.9 brand=tesla,driver>=535"), Some(Version::new(12, 9)));
        assert_eq!(floor("cuda>=12.9 cuda>=12.4,brand=tesla"), Some(Version::new(12, 4)));
        assert_eq!(floor("driver>=535 cuda<13"), None);
        assert!(Requirement::parse("cuda>=9.0").unwrap().is_only_a_cuda_floor());
        assert!(!Requirement::parse("cuda>=9.0 driver>=1").unwrap().is_only_a_cuda_floor());
    }
}
