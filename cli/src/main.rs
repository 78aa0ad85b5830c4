//! `cuewright`: renders, lists and describes cues from a shell, with the same bits the plugin plays.
//!
//! Exit codes: 0 done, 1 a file or the machine stood in the way, 2 the command line is wrong,
//! 130 stopped by the user.

mod args;
mod describe;
mod failure;
mod input;
mod list;
mod render;

use args::{Arguments, Command};
use clap::{CommandFactory, Parser};
use failure::Failure;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "cuewright: {failure}");
            failure.exit_code()
        }
    }
}

fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Render(arguments) => render::run(arguments),
        Command::List { what, json } => list::run(*what, *json),
        Command::Describe { cue, instead } => describe::run(cue, instead),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "cuewright", &mut script);
            print(&script)
        }
        Command::Man => {
            let mut page = Vec::new();
            man(&mut page).map_err(|error| Failure::machine("man page", &error))?;
            print(&page)
        }
    }
}

/// One page for the program, with a section for every command.
fn man(page: &mut Vec<u8>) -> io::Result<()> {
    let mut program = Arguments::command();
    program.build();
    clap_mangen::Man::new(program.clone()).render(page)?;
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        let part = clap_mangen::Man::new(command.clone());
        writeln!(page, ".SH \"{}\"", command.get_name().to_uppercase())?;
        part.render_synopsis_section(page)?;
        part.render_options_section(page)?;
    }
    Ok(())
}

/// Writes to standard output; a reader that has gone away is no error.
fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| Failure::machine("standard output", &error))
}
