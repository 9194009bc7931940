//! `viva studio`

mod session;
mod sockets;

use anyhow::{Result, ensure};
use viva_devices::Choice;
use viva_exchange::Affect;
use viva_speech::{Synthesiser, VoiceProfile};
use viva_studio::{Config, Voice};

use super::say;
use crate::cli::StudioArgs;
use crate::interview::{Models, head, identity, named_device, read_avatar, tier_choice};

pub(crate) fn run(args: StudioArgs) -> Result<()> {
    let [width, height] = args.size[..] else { anyhow::bail!("--size takes a width and a height") };
    ensure!(
        (1..=4096).contains(&width) && (1..=4096).contains(&height),
        "--size takes 1 to 4096 pixels each"
    );
    let avatar = args.avatar.map(|path| read_avatar(&path).map(|imported| (path, imported))).transpose()?;
    let models = Models::open()?;
    let person = identity(&args.look)?;
    let own = person.head(|name| head(&models, name))?;
    let others = Models::open()?;
    let is_offscreen = args.offscreen || args.screenshot.is_some();
    let screenshot = args.screenshot.clone();
    // The time of a script is not that of a clock: only who asks for it hears that.
    let is_scripted = is_offscreen || args.script.is_some();
    let loudspeaker = match args.loudspeaker {
        None if is_scripted => Choice::Nothing,
        named => named_device(named.as_deref()),
    };
    let config = Config {
        head: own,
        person,
        heads: Some(Box::new(move |name| head(&others, name).map_err(|error| format!("{error:#}")))),
        avatar,
        avatars: Some(Box::new(|path| read_avatar(path).map_err(|error| format!("{error:#}")))),
        choice: tier_choice(args.quality.tier()),
        profiles: [args.profile, args.against],
        seed: args.seed,
        voice: Some(voice(models)),
        session: args.session,
        sessions: Some(Box::new(|bundle| session::open(bundle).map_err(|error| format!("{error:#}")))),
        loudspeaker,
        sockets: Some(Box::new(sockets::Udp)),
        shaders: args.shaders,
        script: args.script,
        screenshot: args.screenshot,
        size: (width, height),
    };
    if !is_offscreen {
        return viva_studio::run_window(config);
    }
    viva_studio::run_offscreen(config)?;
    if let Some(path) = screenshot {
        say(format!("{}: {width}x{height}", path.display()));
    }
    Ok(())
}

/// The examiner's voice, loaded when the first line is spoken.
fn voice(models: Models) -> Voice {
    let mut loaded: Option<Synthesiser> = None;
    Box::new(move |text| {
        let synthesiser = match &mut loaded {
            Some(synthesiser) => synthesiser,
            None => loaded.insert(models.synthesiser().map_err(|error| format!("{error:#}"))?),
        };
        let profile = VoiceProfile::built_in("examiner").ok_or("the examiner has no voice")?;
        let spoken =
            synthesiser.speak(text, &profile, Affect::Neutral, 0.0, 1).map_err(|error| error.to_string())?;
        Ok(spoken.visemes)
    })
}
