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

    /// `why` is what the catalogue says, as the beginning of a sentence, which is true before the engine is built.
    pub(crate) fn unverified(&mut self, flag: &str, why: &str) {
        let decides = "it is passed on as written, and the engine's own help decides after the build";
        self.passed_on(flag, format!("{why}; {decides}"));
    }

    /// A flag that the engine alone can judge.
    pub(crate) fn passed_on(&mut self, flag: &str, note: String) {
        self.all.push(note);
        if !self.unverified.iter().any(|f| f == flag) {
            self.unverified.push(flag.to_owned());
        }
    }
}
