//! The command line of `viva review`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::commands::issuer::IssuerChoice;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DecisionArg {
    /// The credential is awarded
    Award,
    /// The credential is denied
    Deny,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ReviewArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ReviewCommand>,
    #[command(flatten)]
    pub(crate) decide: Option<DecideArgs>,
    // Beside and not in them: clap cannot tell whether optional arguments are there when they hold others.
    #[command(flatten)]
    pub(crate) issuer: IssuerChoice,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReviewCommand {
    /// Serve the review pages to a browser on this machine: a queue, blind levels, comparison, decision, appeals
    Serve(ReviewServeArgs),
    /// Contest the decision on a record; another person must then decide in the review pages
    Appeal(AppealArgs),
    /// What was said and the rubric's words, without the machine's levels
    Show(ShowArgs),
    /// Seal own levels, for every criterion; only then are the machine's shown
    Score(ScoreLevelsArgs),
    /// Say whether an objective is met that only a human can confirm; own levels come first
    Confirm(ConfirmArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Folder of the record
    pub(crate) bundle: PathBuf,
    #[command(flatten)]
    pub(crate) issuer: IssuerChoice,
}

#[derive(Debug, Args)]
pub(crate) struct ScoreLevelsArgs {
    /// Folder of the record
    pub(crate) bundle: PathBuf,
    /// Who scores
    #[arg(long)]
    pub(crate) by: String,
    /// A level, once for each criterion; none where it cannot be judged
    #[arg(long, value_name = "CRITERION=LEVEL|none")]
    pub(crate) level: Vec<String>,
    /// Criteria that are not named cannot be judged
    #[arg(long)]
    pub(crate) rest_none: bool,
    /// A note for the record
    #[arg(long, default_value = "")]
    pub(crate) note: String,
    #[command(flatten)]
    pub(crate) issuer: IssuerChoice,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConfirmArgs {
    /// Folder of the record
    pub(crate) bundle: PathBuf,
    /// The objective's id
    #[arg(long)]
    pub(crate) objective: String,
    /// Who confirms
    #[arg(long)]
    pub(crate) by: String,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// It is not met
    #[arg(long)]
    pub(crate) not_met: bool,
    #[command(flatten)]
    pub(crate) issuer: IssuerChoice,
}

#[derive(Debug, Args)]
pub(crate) struct ReviewServeArgs {
    /// Folder of records, or of folders of records
    pub(crate) folder: PathBuf,
    /// Port on 127.0.0.1; 0 takes any that is free
    #[arg(long, default_value_t = viva_serve::DEFAULT_PORT)]
    pub(crate) port: u16,
    /// Share of all sessions that is drawn at random for blind scoring, 0 to 1
    #[arg(long, default_value_t = 0.15)]
    pub(crate) sample: f64,
    /// Seed of that draw
    #[arg(long, default_value_t = 1)]
    pub(crate) sample_seed: u64,
    /// Distance from the cut that counts as near, in shares of the points; at least the cut's standard error does
    #[arg(long, default_value_t = 0.05)]
    pub(crate) near_cut: f64,
    /// Address under which the issuer publishes `revocation` and `suspension`; a credential that is issued names it. Without it the issuer's
    #[arg(long, value_name = "URL")]
    pub(crate) status_url: Option<String>,
    #[command(flatten)]
    pub(crate) issuer: IssuerChoice,
}

#[derive(Debug, Args)]
pub(crate) struct AppealArgs {
    /// Folder of the record
    pub(crate) bundle: PathBuf,
    /// Who appeals
    #[arg(long)]
    pub(crate) by: String,
    /// On what grounds
    #[arg(long)]
    pub(crate) text: String,
    #[command(flatten)]
    pub(crate) issuer: IssuerChoice,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    /// Folder of the record
    pub(crate) bundle: PathBuf,
    /// What was decided
    #[arg(long)]
    pub(crate) decision: DecisionArg,
    /// Who decided
    #[arg(long)]
    pub(crate) by: String,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// Address under which the issuer publishes `revocation` and `suspension`; a credential that is issued names it. Without it the issuer's
    #[arg(long, value_name = "URL")]
    pub(crate) status_url: Option<String>,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}
