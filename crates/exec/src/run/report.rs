//! What a child reports over a pipe: why its program could not be executed, and, by a reporter, how it ended.

use std::io::{PipeReader, Read};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Exit;

/// One message, written at once.
pub(crate) const SIZE: usize = 5;

/// A child's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// The program was not executed, for this error of the system.
    NotStarted(i32),
    /// How it ended.
    Ended(Exit),
    /// Everyone who could report is gone.
    Closed,
}

impl Report {
    /// As bytes. Allocates nothing: it is called between fork and exec.
    pub(crate) fn to_bytes(self) -> [u8; SIZE] {
        let (kind, value) = match self {
            Self::NotStarted(errno) => (b'e', errno),
            Self::Ended(Exit::Code(code)) => (b'c', code),
            Self::Ended(Exit::Signal(signal)) => (b's', signal),
            Self::Ended(Exit::Unknown) | Self::Closed => (b'u', 0),
        };
        let [a, b, c, d] = value.to_ne_bytes();
        [kind, a, b, c, d]
    }

    fn from_bytes([kind, a, b, c, d]: [u8; SIZE]) -> Self {
        let value = i32::from_ne_bytes([a, b, c, d]);
        match kind {
            b'e' => Self::NotStarted(value),
            b'c' => Self::Ended(Exit::Code(value)),
            b's' => Self::Ended(Exit::Signal(value)),
            _ => Self::Ended(Exit::Unknown),
        }
    }
}

/// The next report, if there is one; does not wait.
pub(crate) fn read(mut pipe: &PipeReader) -> Option<Report> {
    let fd = pipe.as_fd();
    let ready = poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&Timespec::default()));
    if ready.unwrap_or(0) == 0 {
        return None;
    }
    let mut bytes = [0; SIZE];
    // A message is far below `PIPE_BUF`, so it comes as a whole.
    match pipe.read(&mut bytes) {
        Ok(SIZE) => Some(Report::from_bytes(bytes)),
        Ok(_) => Some(Report::Closed),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn reports_survive_the_pipe() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        assert_eq!(read(&reader), None);
        let reports = [
            Report::NotStarted(8),
            Report::Ended(Exit::Code(255)),
            Report::Ended(Exit::Signal(9)),
            Report::Ended(Exit::Unknown),
        ];
        for report in reports {
            writer.write_all(&report.to_bytes()).unwrap();
            assert_eq!(read(&reader), Some(report));
        }
        drop(writer);
        assert_eq!(read(&reader), Some(Report::Closed));
    }
}
