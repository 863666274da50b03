//! Refusals of the hub by their facts, without a hub.

use super::*;

fn refusal(status: Option<u16>, kinds: &[&str], message: &str) -> Refusal {
    let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    Refusal { stage: "info".into(), kinds, status, message: Some(message.into()), ..Refusal::default() }
}

#[track_caller]
fn check(refusal: &Refusal, token: bool, mirror: bool, expected: &str) {
    use miette::Diagnostic;

    let repo = RepoId::parse("o/r").unwrap();
    let about =
        About { command: "hf", url: "https://h", mirror, repo: &repo, revision: None, token_from: "from HF_TOKEN" };
    let answer = Answer { token, ..Answer::default() };
    assert_eq!(meaning(refusal, &answer, &about).code().unwrap().to_string(), expected, "{refusal:?}");
}

#[test]
fn each_refusal_has_a_meaning() {
    let invalid = "Invalid credentials in Authorization header";
    check(&refusal(Some(401), &["HfHubHTTPError"], invalid), true, false, "model::bad_token");
    check(
        &refusal(Some(401), &["RepositoryNotFoundError"], "Invalid username or password."),
        false,
        false,
        "model::no_repository",
    );
    check(&refusal(Some(403), &["HfHubHTTPError"], "Forbidden"), true, false, "model::gated");
    check(&refusal(Some(403), &["GatedRepoError"], "You are not in the authorized list"), false, false, "model::gated");
    check(&refusal(Some(407), &[], ""), false, false, "model::proxy");
    check(&refusal(Some(404), &["HfHubHTTPError"], ""), false, true, "model::mirror");
    check(&refusal(Some(404), &["HfHubHTTPError"], ""), false, false, "model::hub_failed");
    check(&refusal(None, &["ConnectTimeout", "TimeoutException"], ""), false, false, "model::no_network");
    check(&refusal(None, &["ProxyError"], ""), false, false, "model::proxy");
    check(&refusal(None, &["JSONDecodeError", "ValueError"], ""), false, false, "model::mirror");
    let mut tls = refusal(None, &["ConnectError"], "");
    tls.text = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate".into();
    check(&tls, false, false, "model::certificate");
    let mut import = refusal(None, &["ImportError"], "");
    import.stage = "import".into();
    check(&import, false, false, "model::broken_command");
    import.text = "cannot import name 'get_token' from 'huggingface_hub'".into();
    check(&import, false, false, "model::old_command");
}

#[test]
fn waits_are_read_from_both_headers() {
    assert_eq!(seconds("30"), Some(30));
    assert_eq!(seconds("\"resolvers\";r=0;t=55"), Some(55));
    assert_eq!(seconds("Wed, 21 Oct 2026 07:28:00 GMT"), None);
}
