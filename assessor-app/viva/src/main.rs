//! `viva`: the assessor as a program. Command line, candidate window and the wiring of all rooms.

mod cli;
mod commands;
mod interview;
mod issuer;
mod window;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Doctor(args) => commands::doctor::run(&args),
        Command::Models(command) => commands::models::run(&command),
        Command::Interview(args) => commands::interview::run(&args),
        Command::Verify(args) => commands::verify::run(&args),
        Command::Review(args) => commands::review::run(&args),
        Command::Credential(command) => commands::credential::run(&command),
        Command::Issuer(command) => commands::issuer::run(&command),
        Command::Calibrate(args) => commands::calibrate::run(&args),
        Command::Fairness(args) => commands::fairness::run(&args),
        Command::Xapi(args) => commands::xapi::run(&args),
        Command::Replay(args) => commands::replay::run(&args),
        Command::Transcribe(args) => commands::transcribe::run(&args),
        Command::Say(args) => commands::say::run(&args),
        Command::Face(args) => commands::face::run(&args),
        Command::Floor(args) => commands::floor::run(&args),
        Command::Loop(args) => commands::whole_loop::run(&args),
        Command::Render(args) => commands::render::run(&args),
        Command::Avatar(command) => commands::avatar::run(&command),
        Command::Studio(args) => commands::studio::run(args),
        Command::Exam(command) => commands::exam::run(&command),
        Command::Kb(command) => match commands::kb::run(&command) {
            Ok(code) if commands::output_written().is_ok() => return code,
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        },
        Command::Evidence(command) => commands::evidence::run(&command),
        Command::Learner(command) => commands::learner::run(&command),
        Command::Memory(command) => commands::memory::run(&command),
        Command::Score(args) => commands::score::run(&args),
        Command::Train(command) => commands::train::run(&command),
        Command::Demo(args) => commands::demo::run(&args),
    };
    match result.and_then(|()| commands::output_written()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            commands::complain(&error);
            ExitCode::FAILURE
        }
    }
}
