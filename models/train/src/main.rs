//! Trains Viva's own networks. One command per network, one seed, no downloads: see the cards in `models/cards`.

mod floor;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "viva-train", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The flow-net, which forecasts who speaks next.
    Floor(floor::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Floor(arguments) => floor::run(&arguments),
    }
}
