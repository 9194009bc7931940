//! `viva issuer`: who seals records and issues credentials.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{printable, say, say_json};
use crate::issuer::{DEFAULT_STATUS_URL, Issuer};

/// In whose name a command seals.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct IssuerChoice {
    /// Folder of the issuer in whose name this is sealed (`viva issuer new`); without one it is a demonstration
    #[arg(long, value_name = "FOLDER", env = "VIVA_ISSUER")]
    issuer: Option<PathBuf>,
}

impl IssuerChoice {
    pub(crate) fn open(&self) -> Result<Issuer> {
        Issuer::open(self.issuer.as_deref().filter(|folder| !folder.as_os_str().is_empty()))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum IssuerCommand {
    /// Make an issuer: a name and a signing key of its own
    New {
        /// Folder for issuer.toml and issuer.key
        folder: PathBuf,
        /// Name, as letters and credentials give it
        #[arg(long)]
        name: String,
        /// Address under which the issuer will publish `revocation` and `suspension`
        #[arg(long, value_name = "URL")]
        status_url: Option<String>,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Show name, public key and whose calibrations count
    Show {
        /// Folder of the issuer
        folder: PathBuf,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(command: &IssuerCommand) -> Result<()> {
    match command {
        IssuerCommand::New { folder, name, status_url, json } => {
            let issuer = Issuer::create(folder, name, status_url.as_deref())?;
            if *json {
                return tell_json(&issuer);
            }
            tell(&issuer);
            say(format!(
                "keep {} secret and a copy of it in a safe place: who has it signs in your name, and who lost it signs nothing more",
                folder.join("issuer.key").display()
            ));
            say(format!("use it: --issuer {0}, or VIVA_ISSUER={0} for all commands", folder.display()));
            Ok(())
        }
        IssuerCommand::Show { folder, json } => show(folder, *json),
    }
}

fn show(folder: &Path, json: bool) -> Result<()> {
    let issuer = Issuer::open(Some(folder))?;
    if json {
        return tell_json(&issuer);
    }
    tell(&issuer);
    for did in issuer.trusted() {
        say(format!("trusts the calibrations of {did}"));
    }
    Ok(())
}

fn tell(issuer: &Issuer) {
    say(printable(&issuer.name));
    say(format!("public key: {}", issuer.did()));
    if issuer.status_url == DEFAULT_STATUS_URL {
        say("status lists: no address; with `status_url` in issuer.toml verifiers can fetch them");
    } else {
        say(format!("status lists: {}", printable(&issuer.status_url)));
    }
}

fn tell_json(issuer: &Issuer) -> Result<()> {
    say_json(&json!({
        "name": issuer.name, "did": issuer.did(), "status_url": issuer.status_url, "trusts": issuer.trusted(),
    }))
}
