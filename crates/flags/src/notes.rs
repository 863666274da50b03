//! What is told to the operator.

/// Sentences, and the flags that only the engine itself can judge.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) all: Vec<String>,
    pub(crate) unverified: Vec<String>,
}

impl Notes {
    pub(crate) fn push(&mut self, note: String) {
        self.all.push(note);
    }

    /// `why` is what the catalogue says, as the beginning of a sentence.
    pub(crate) fn unverified(&mut self, flag: &str, why: &str) {
        self.all.push(format!("{why}; it is passed on as written, and the engine's own help decides after the build"));
        if !self.unverified.iter().any(|f| f == flag) {
            self.unverified.push(flag.to_owned());
        }
    }
}
