//! What stood in the way, in words, and the exit code that says which kind it was.

use std::fmt::{self, Display};
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// Why the program ends without having done what it was asked.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
    closed_pipe: bool,
}

impl Failure {
    /// The command line is wrong.
    pub fn usage(message: impl Display) -> Failure {
        Failure { code: 2, message: message.to_string(), closed_pipe: false }
    }

    /// A file says something wrong.
    pub fn file(path: &Path, message: impl Display) -> Failure {
        Failure { code: 1, message: format!("{}: {message}", path.display()), closed_pipe: false }
    }

    /// The machine did not let us.
    pub fn machine(what: impl Display, error: &io::Error) -> Failure {
        let closed_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Failure { code: 1, message: format!("{what}: {error}"), closed_pipe }
    }

    /// The user has stopped it; 130 as shells count it (128 and the number of the signal).
    pub fn stopped() -> Failure {
        Failure { code: 130, message: "stopped, nothing was written".into(), closed_pipe: false }
    }

    /// Anything else.
    pub fn other(message: impl Display) -> Failure {
        Failure { code: 1, message: message.to_string(), closed_pipe: false }
    }

    /// True where the reader of our output has left.
    pub fn is_closed_pipe(&self) -> bool {
        self.closed_pipe
    }

    /// 1, 2 or 130.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
