//! One question to an engine that speaks OpenAI's chat API.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::failure::{Failure, Result};

/// What is asked.
pub(crate) const QUESTION: &str = "What is the capital of France?";
/// A question with its answer that goes before: a very small model then answers alike in every build, however its numbers
/// are rounded.
const EXAMPLE: [&str; 2] = ["What is the capital of Italy?", "The capital of Italy is Rome."];

/// What the engine said, and how fast when it tells.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) tokens_per_second: Option<f64>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        match self.tokens_per_second {
            Some(speed) => write!(f, "\n({speed:.1} tokens/s)"),
            None => Ok(()),
        }
    }
}

/// Asks; an empty answer is a failure.
pub(crate) fn ask(host: &str, port: u16) -> Result<Answer> {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    ask_at(&format!("http://{host}:{port}"), None)
}

/// The same at an address, with the API key that the engine there asks for.
pub(crate) fn ask_at(url: &str, key: Option<&str>) -> Result<Answer> {
    let [before, answered] = EXAMPLE;
    let messages = json!([
        {"role": "user", "content": before}, {"role": "assistant", "content": answered}, {"role": "user", "content": QUESTION},
    ]);
    let body = json!({"messages": messages, "max_tokens": 64, "temperature": 0});
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(Duration::from_mins(2))).build().into();
    let request = agent.post(format!("{url}/v1/chat/completions")).header("Content-Type", "application/json");
    let request = match key {
        Some(key) => request.header("Authorization", format!("Bearer {key}")),
        None => request,
    };
    let reply = request
        .send(body.to_string())
        .map_err(|error| Failure::from(error).while_doing("asking the engine"))?
        .body_mut()
        .read_to_string()?;
    let reply: Value = serde_json::from_str(&reply)?;
    answer_in(&reply).ok_or_else(|| Failure::new(format!("the engine's reply holds no answer: {reply}")))
}

fn answer_in(reply: &Value) -> Option<Answer> {
    let text = reply.pointer("/choices/0/message/content")?.as_str()?.trim();
    let tokens_per_second = reply.pointer("/timings/predicted_per_second").and_then(Value::as_f64);
    (!text.is_empty()).then(|| Answer { text: text.to_owned(), tokens_per_second })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read() {
        let reply =
            json!({"choices": [{"message": {"content": " Paris.\n"}}], "timings": {"predicted_per_second": 108.25}});
        assert_eq!(answer_in(&reply).unwrap().to_string(), "Paris.\n(108.2 tokens/s)");
        let other_engine = json!({"choices": [{"message": {"content": "Paris."}}]});
        assert_eq!(answer_in(&other_engine).unwrap().to_string(), "Paris.");
        assert_eq!(answer_in(&json!({"choices": [{"message": {"content": " "}}]})), None);
        assert_eq!(answer_in(&json!({"error": {"message": "Loading model"}})), None);
    }
}
