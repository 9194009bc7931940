//! `viva avatar`: avatars of others, and faces in motion to and from other programs.

mod arguments;
mod capture;
mod clip;
mod import;
mod play;
mod take;
mod vmc;

use anyhow::Result;

pub(crate) use arguments::AvatarCommand;

pub(crate) fn run(command: &AvatarCommand) -> Result<()> {
    match command {
        AvatarCommand::Import(args) => import::import(args),
        AvatarCommand::Render(args) => import::render(args),
        AvatarCommand::Export(args) => import::export(args),
        AvatarCommand::Person(args) => import::person(args),
        AvatarCommand::Capture(args) => capture::run(args),
        AvatarCommand::Curves(args) => take::curves(args),
        AvatarCommand::Play(args) => play::run(args),
        AvatarCommand::Clip(args) => clip::run(args),
        AvatarCommand::Vmc(command) => vmc::run(command),
    }
}
