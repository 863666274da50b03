//! A file and a number: two words in older releases (`--lora-scaled FNAME SCALE`), `FNAME:SCALE,...` in newer ones.

use std::borrow::Cow;

/// Brings what was written into the form that takes `wants` words. `more` is the word behind it, if that is a number;
/// `true` where it was used.
pub(crate) fn fit(values: &mut Vec<Cow<'_, str>>, wants: usize, more: Option<&str>) -> bool {
    let Some(first) = values.first_mut() else {
        return false;
    };
    match (wants, first.rsplit_once(':')) {
        (1, None) => match more {
            Some(scale) => {
                *first = Cow::Owned(format!("{first}:{scale}"));
                true
            }
            None => false,
        },
        (2, Some((file, scale))) if scale.parse::<f32>().is_ok() && !file.contains(',') => {
            let pair = [file, scale].map(|part| Cow::Owned(part.to_owned()));
            if values.len() == 1 {
                *values = pair.into();
            }
            false
        }
        _ => false,
    }
}

/// Whether every item of such a list is a file and a number.
pub(crate) fn is_list(value: &str) -> bool {
    let pair = |item: &str| item.rsplit_once(':').is_some_and(|(_, scale)| scale.parse::<f32>().is_ok());
    value.split(',').all(pair)
}
