//! What every type made from text has in common: one `FromStr`, reached by serde and by `TryFrom`.

/// The conversions serde uses (`try_from = "String"`, `into = "String"`), by `FromStr` and `Display`.
macro_rules! from_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = crate::Invalid;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

/// A type that keeps its text as it was written, once `$check` has let it pass.
macro_rules! checked_text {
    ($name:ident, $check:path) => {
        impl $name {
            /// The text, as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::Invalid;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        crate::value::text_type::from_text!($name);
    };
}

pub(crate) use {checked_text, from_text};
