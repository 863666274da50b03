//! Whether a drafter has the vocabulary of its model, by llama.cpp's rule.

use std::io::Cursor;

use model_provisioner::gguf::{VocabularyDifference, vocabulary_difference};

use crate::support::fixtures::{self, Writer};

/// A file with a tokenizer and these tokens, behind other pairs and before one.
fn file(tokenizer: &str, tokens: &[String]) -> Vec<u8> {
    let list = |tokens: &[String]| {
        let texts: Vec<u8> = tokens.iter().flat_map(|token| Writer::text(token)).collect();
        [&8_u32.to_le_bytes()[..], &(tokens.len() as u64).to_le_bytes(), &texts].concat()
    };
    let pairs = [
        Writer::pair("general.architecture", 8, &Writer::text("llama")),
        Writer::pair("tokenizer.ggml.model", 8, &Writer::text(tokenizer)),
        Writer::pair("tokenizer.ggml.tokens", 9, &list(tokens)),
        Writer::pair("tokenizer.ggml.merges", 9, &list(&["a b".to_owned()])),
    ];
    [Writer::start(0, 4), pairs.concat()].concat()
}

fn tokens(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("t{number}")).collect()
}

fn differ(model: &[u8], drafter: &[u8]) -> Option<VocabularyDifference> {
    vocabulary_difference((Cursor::new(model), model.len() as u64), (Cursor::new(drafter), drafter.len() as u64))
}

#[test]
fn the_same_number_is_the_same_token() {
    let model = file("gpt2", &tokens(300));
    assert_eq!(differ(&model, &model), None);
    assert_eq!(differ(&model, &file("gpt2", &tokens(428))), None, "128 more");
    let more = differ(&model, &file("gpt2", &tokens(429)));
    assert_eq!(more, Some(VocabularyDifference::Size(300, 429)));
    let other = |at: usize, text: &str| {
        let mut tokens = tokens(300);
        tokens[at] = text.to_owned();
        differ(&model, &file("gpt2", &tokens))
    };
    assert_eq!(other(4, "<s>"), None, "control tokens may differ");
    assert_eq!(other(5, "<s>"), Some(VocabularyDifference::Token(5, "t5".into(), "<s>".into())));
    assert_eq!(other(299, "t299\0x"), None, "as the engine compares texts");
    assert_eq!(other(7, ""), None, "the engine names an empty token");
    let difference = other(299, "\u{1b}[0m").unwrap().to_string();
    assert_eq!(difference, r#"its token 299 is "\u{1b}[0m", and the model's is "t299""#);
}

#[test]
fn tokenizers_of_known_types_are_compared() {
    let model = file("gpt2", &tokens(9));
    let llama = differ(&model, &file("llama", &tokens(9)));
    assert_eq!(llama, Some(VocabularyDifference::Tokenizer("gpt2".into(), "llama".into())));
    assert_eq!(differ(&model, &file("newer", &tokens(9))), None, "it may be of the same type");
}

/// What cannot be read is no difference.
#[test]
fn unreadable_files_do_not_differ() {
    let model = file("gpt2", &tokens(300));
    for other in [Vec::new(), b"{{ template }}".to_vec(), Writer::model(64), model[..model.len() / 2].to_vec()] {
        assert_eq!(differ(&model, &other), None);
        assert_eq!(differ(&other, &model), None);
    }
    for (name, bytes) in fixtures::all() {
        assert_eq!(differ(&bytes, &bytes), None, "{name}");
    }
}
