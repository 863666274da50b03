//! A file from a web server: asked for until all of it is there.

use std::time::{Duration, Instant};

use http::{Answer, Client, Options, Request, Url};

use crate::part::{Part, Validators};
use crate::{Digest, DownloadError, Notice, Want, space};

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Progress is reported after so many bytes.
const TOLD: u64 = 4 << 20;

/// How an attempt ended that brought the file to its end.
struct Whole {
    is_page: bool,
    /// All of it came in this one answer.
    in_one: bool,
}

/// Downloads into `part`, with retries; returns SHA-256 of the whole.
pub(crate) fn fetch(
    url: &Url,
    want: &Want,
    options: &Options,
    part: &mut Part,
    until: Instant,
    tell: &dyn Fn(Notice),
) -> Result<Digest, DownloadError> {
    let client = Client::new(options.clone())?;
    let (mut failures, mut pause) = (0, want.pause);
    let mut started_over = false;
    loop {
        let before = part.len();
        let attempt = attempt(&client, url, want, part, until, tell);
        let error = match attempt {
            Ok(Whole { is_page, in_one }) => {
                let (sha256, asked) = part.digests();
                let Some(expected) = want.digest.filter(|expected| *expected != asked) else { return Ok(sha256) };
                if in_one || started_over {
                    let source_url = want.source.to_string();
                    return Err(DownloadError::Digest { source_url, expected, got: asked, is_page });
                }
                // What was there before may have been of another file, or torn by a loss of power.
                tell(Notice::StartsOver("what had arrived before does not fit"));
                part.restart()?;
                started_over = true;
                continue;
            }
            Err(error) => error,
        };
        let (error, asked_pause) = match error {
            Failure::Final(error) => return Err(error),
            Failure::Again(error, pause) => (error, pause),
        };
        if part.len() > before {
            (failures, pause) = (0, want.pause);
        }
        failures += 1;
        let pause_now = asked_pause.unwrap_or(pause).min(LONGEST_PAUSE);
        pause = (pause * 2).min(LONGEST_PAUSE);
        if failures > want.retries || Instant::now() + pause_now >= until {
            return Err(error);
        }
        tell(Notice::Retries(error.to_string(), pause_now));
        if options.cancel.wait(pause_now) {
            return Err(http::HttpError::Cancelled.into());
        }
    }
}

/// Why an attempt ended.
enum Failure {
    Final(DownloadError),
    /// It may succeed later; after which pause, where the server said so.
    Again(DownloadError, Option<Duration>),
}

impl<E: Into<DownloadError>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        if error.is_transient() { Self::Again(error, None) } else { Self::Final(error) }
    }
}

fn attempt(
    client: &Client,
    url: &Url,
    want: &Want,
    part: &mut Part,
    until: Instant,
    tell: &dyn Fn(Notice),
) -> Result<Whole, Failure> {
    if !part.is_resumable() && part.len() > 0 {
        part.restart()?;
    }
    let mut request = Request::get(url.clone()).deadline(until).header("accept-encoding", "identity");
    if part.len() > 0 {
        request = request.header("range", format!("bytes={}-", part.len()));
        if let Some(known) = part.validators.if_range() {
            request = request.header("if-range", known);
        }
    }
    let mut answer = client.send(&request)?;
    let is_page = answer.header("content-type").is_some_and(|kind| kind.trim_start().starts_with("text/html"));
    // A part of the file may end before the file does: some servers send no more than so much at once.
    let mut whole = None;
    match answer.status() {
        200 => {
            if part.len() > 0 {
                tell(Notice::StartsOver("the server sends the whole file"));
                part.restart()?;
            }
        }
        206 if part.len() > 0 => {
            let range = answer.header("content-range").and_then(content_range);
            let now = Validators { total: range.and_then(|(_, total)| total), ..validators(&answer, None) };
            if range.is_none_or(|(from, _)| from != part.len()) || part.validators.contradicts(&now) {
                return start_over(part, tell, "the server sends a part of another file");
            }
            whole = now.total.or(part.validators.total);
            tell(Notice::Resumes(part.len()));
        }
        416 if part.len() > 0 => {
            // All of it may be there already.
            let total = answer.header("content-range").and_then(|value| value.strip_prefix("bytes */")?.parse().ok());
            return if total == Some(part.len()) {
                Ok(Whole { is_page: false, in_one: false })
            } else {
                start_over(part, tell, "the file is shorter than what had arrived")
            };
        }
        status => {
            let error = DownloadError::Status { url: url.to_string(), status };
            let after = answer.header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
            return Err(if error.is_transient() { Failure::Again(error, after) } else { Failure::Final(error) });
        }
    }
    let in_one = part.len() == 0;
    let left = answer.length();
    let total = whole.or_else(|| left.map(|left| part.len().saturating_add(left)));
    let too_large = || DownloadError::TooLarge { source_url: url.to_string(), limit: want.max_bytes };
    if total.is_some_and(|total| total > want.max_bytes) {
        return Err(too_large().into());
    }
    space::check(part.dir(), left.unwrap_or_default())?;
    if part.len() == 0 {
        let known = validators(&answer, total);
        part.describe(known)?;
    }
    let (mut buffer, mut told) = (vec![0; 128 << 10], part.len());
    loop {
        let read = answer.read(&mut buffer)?;
        if read == 0 {
            tell(Notice::Bytes(part.len(), total));
            if whole.is_some_and(|whole| part.len() < whole) {
                let error = http::HttpError::Cut { host: "the server".into(), got: part.len(), expected: whole };
                return Err(Failure::Again(error.into(), Some(Duration::ZERO)));
            }
            return Ok(Whole { is_page, in_one });
        }
        part.push(buffer.get(..read).unwrap_or_default())?;
        if part.len() > want.max_bytes {
            return Err(too_large().into());
        }
        if part.len() - told >= TOLD {
            told = part.len();
            tell(Notice::Bytes(told, total));
        }
    }
}

/// Empties the file; the next attempt asks for all of it. It counts as one that brought nothing, so that a server that
/// always lies is not asked for ever.
fn start_over(part: &mut Part, tell: &dyn Fn(Notice), why: &'static str) -> Result<Whole, Failure> {
    tell(Notice::StartsOver(why));
    part.restart()?;
    let error = http::HttpError::Cut { host: "the server".into(), got: 0, expected: None };
    Err(Failure::Again(error.into(), Some(Duration::ZERO)))
}

fn validators(answer: &Answer, total: Option<u64>) -> Validators {
    // A weak one says that two files mean the same, not that they are the same bytes.
    let etag = answer.header("etag").filter(|etag| etag.starts_with('"')).map(str::to_owned);
    Validators { etag, last_modified: answer.header("last-modified").map(str::to_owned), total }
}

/// First byte and whole size of `bytes A-B/TOTAL`; the size is absent where the server does not know it.
fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (from, to) = range.split_once('-')?;
    let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    (from <= to && total.is_none_or(|total| to < total)).then_some((from, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_read_or_refused() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        for text in
            ["", "bytes", "bytes 5-4/10", "bytes 5-10/10", "bytes -5/10", "items 1-2/3", "bytes 1-2/x", "bytes */10"]
        {
            assert_eq!(content_range(text), None, "{text:?}");
        }
    }
}
