//! `viva review serve`

use anyhow::{Result, bail};
use viva_record::oversight::routing::RoutingConfig;
use viva_serve::{Now, ReviewConfig, ReviewServer};

use super::arguments::ReviewServeArgs;
use super::credentials::Credentials;
use crate::commands::{rfc3339, say, unix_now};

pub(super) fn run(args: &ReviewServeArgs) -> Result<()> {
    for (name, share) in [("--sample", args.sample), ("--near-cut", args.near_cut)] {
        if !(0.0..=1.0).contains(&share) {
            bail!("{name} must be from 0 to 1");
        }
    }
    let credentials = Credentials::new(args.issuer.open()?, args.status_url.as_deref());
    // Better now than when somebody has given levels and decides.
    credentials.check_url()?;
    let config = ReviewConfig {
        folder: args.folder.clone(),
        key: credentials.issuer.key.clone(),
        routing: RoutingConfig {
            sample_share: args.sample,
            sample_seed: args.sample_seed,
            near_cut: args.near_cut,
            ..RoutingConfig::default()
        },
        clock: Box::new(|| {
            let unix_secs = unix_now();
            Now { unix_secs, rfc3339: rfc3339(unix_secs) }
        }),
        consequences: Box::new(credentials),
    };
    let server = ReviewServer::bind(config, args.port)?;
    say(format!("open {}", server.url()));
    say("only this machine can reach it; whoever has the address can review. Ctrl-C ends it");
    Ok(server.run()?)
}
