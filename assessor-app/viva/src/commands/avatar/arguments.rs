//! The command line of `viva avatar`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use viva_avatar::vmc::Naming;

use crate::cli::QualityChoice;

#[derive(Debug, Subcommand)]
pub(crate) enum AvatarCommand {
    /// Check a glTF, GLB or VRM avatar: which of the 52 shapes it has, what was derived, what will not show, its licence
    Import(ImportArgs),
    /// Draw an avatar into a PNG picture
    Render(RenderArgs),
    /// Write one of our own heads as a GLB file with the 52 shapes, for Blender and other programs
    Export(ExportArgs),
    /// Write a person file to change: shares of four heads, skin, hair, eyes, age, garment; `--look FILE` then shows that person
    Person(PersonArgs),
    /// Track the face in a video into a take: Live Link Face CSV or JSON curves
    Capture(CaptureArgs),
    /// Write the face of a recorded session, or another take, as Live Link Face CSV or JSON curves
    Curves(CurvesArgs),
    /// Draw a take into a film or a folder of pictures
    Play(PlayArgs),
    /// Film one of our people: it hears a recorded answer, listens, takes the turn and speaks
    Clip(ClipArgs),
    /// Send a take to programs of performers, or record what they send (VMC protocol over OSC)
    #[command(subcommand)]
    Vmc(VmcCommand),
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// .glb, .gltf or .vrm file
    pub(crate) file: PathBuf,
    /// Write the avatar as GLB with all shapes under their ARKit names, derived ones included
    ///
    /// Mind the licence: an avatar that may not be changed and passed on stays yours.
    #[arg(long, value_name = "GLB")]
    pub(crate) out: Option<PathBuf>,
    /// Write the report as JSON to a file too
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PersonArgs {
    /// Who to begin with: `examiner`, `character`, `candidate_a` or `candidate_b`, or a person file (.toml)
    #[arg(long, default_value = "examiner")]
    pub(crate) look: String,
    /// TOML file to write
    #[arg(long, default_value = "person.toml")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    /// .glb, .gltf or .vrm file
    pub(crate) file: PathBuf,
    /// PNG file to write
    #[arg(long, default_value = "avatar.png")]
    pub(crate) out: PathBuf,
    /// Blendshape weights, for example jawOpen=0.5; repeatable
    #[arg(long = "set", visible_alias = "shape", value_name = "SHAPE=WEIGHT")]
    pub(crate) weights: Vec<String>,
    /// Head turned to its own left, in degrees
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true, value_name = "DEGREES")]
    pub(crate) yaw: f32,
    /// Chin lowered, in degrees
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true, value_name = "DEGREES")]
    pub(crate) pitch: f32,
    /// Head tilted to its own right shoulder, in degrees
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true, value_name = "DEGREES")]
    pub(crate) roll: f32,
    /// Eyes turned to their own left, in degrees
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true, value_name = "DEGREES")]
    pub(crate) gaze_yaw: f32,
    /// Eyes lowered, in degrees
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true, value_name = "DEGREES")]
    pub(crate) gaze_pitch: f32,
    #[command(flatten)]
    pub(crate) size: PictureSize,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct PictureSize {
    /// Width in pixels
    #[arg(long, default_value_t = 640, value_parser = clap::value_parser!(u32).range(16..=4096))]
    pub(crate) width: u32,
    /// Height in pixels
    #[arg(long, default_value_t = 360, value_parser = clap::value_parser!(u32).range(16..=4096))]
    pub(crate) height: u32,
    #[command(flatten)]
    pub(crate) quality: QualityChoice,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// GLB file to write
    #[arg(long, default_value = "head.glb")]
    pub(crate) out: PathBuf,
    /// Look: `examiner`, `character`, `candidate_a` or `candidate_b`, or a person file (.toml)
    #[arg(long, default_value = "examiner")]
    pub(crate) look: String,
}

#[derive(Debug, Args)]
pub(crate) struct CaptureArgs {
    /// Video file with a face
    #[arg(long)]
    pub(crate) video: PathBuf,
    /// Take to write: .csv for Live Link Face, .json for curves
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Look only at this part of the picture: x,y,width,height in pixels
    #[arg(long, value_name = "X,Y,W,H")]
    pub(crate) crop: Option<String>,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CurvesArgs {
    /// Folder of a record with sound: the session is run again, and its assessor's face is written
    #[arg(long, value_name = "FOLDER", conflicts_with = "take", required_unless_present = "take")]
    pub(crate) session: Option<PathBuf>,
    /// A take to convert: .csv (Live Link Face) or .json (curves)
    #[arg(long, value_name = "FILE")]
    pub(crate) take: Option<PathBuf>,
    /// Take to write: .csv for Live Link Face, .json for curves
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Poses per second of what is written; without it, as they come
    #[arg(long, value_name = "HZ", value_parser = rate)]
    pub(crate) rate: Option<f64>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a Live Link Face CSV is read.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Reading {
    /// Frames per second of a CSV's timecode; without it, found from the timecode
    #[arg(long, value_name = "HZ", value_parser = rate)]
    pub(crate) csv_rate: Option<f64>,
    /// Angles whose sign a CSV has the other way round: phones held sideways and other apps differ
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ANGLES")]
    pub(crate) flip: Vec<Angle>,
}

/// An angle of head and eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Angle {
    /// Turns to left and right
    Yaw,
    /// Nods
    Pitch,
    /// Tilts to a shoulder
    Roll,
}

#[derive(Debug, Args)]
pub(crate) struct PlayArgs {
    /// Take: .csv (Live Link Face) or .json (curves)
    pub(crate) take: PathBuf,
    /// Avatar to show it: .glb, .gltf or .vrm; without one, one of our own people
    #[arg(long, value_name = "FILE")]
    pub(crate) avatar: Option<PathBuf>,
    /// Look of our own: `examiner`, `character`, `candidate_a` or `candidate_b`, or a person file (.toml)
    #[arg(long, default_value = "examiner", conflicts_with = "avatar")]
    pub(crate) look: String,
    /// Film (.mp4) or folder for numbered PNG pictures
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Pictures per second
    #[arg(long, default_value_t = 25.0, value_name = "HZ", value_parser = rate)]
    pub(crate) rate: f64,
    #[command(flatten)]
    pub(crate) size: PictureSize,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, Args)]
pub(crate) struct ClipArgs {
    /// Recorded answer: any audio or video file with sound
    #[arg(long, value_name = "FILE")]
    pub(crate) hear: PathBuf,
    /// What is said before the answer
    #[arg(long, value_name = "TEXT")]
    pub(crate) ask: Option<String>,
    /// What is said after it, once the floor has taken the turn
    #[arg(long, value_name = "TEXT")]
    pub(crate) say: String,
    /// Film to write
    #[arg(long, value_name = "MP4")]
    pub(crate) out: PathBuf,
    /// Look: `examiner`, `character`, `candidate_a` or `candidate_b`, or a person file (.toml)
    #[arg(long, default_value = "examiner")]
    pub(crate) look: String,
    /// Voice, as in `viva say`
    #[arg(long, default_value = "examiner")]
    pub(crate) voice: String,
    /// Seed of everything that is drawn at random
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) size: PictureSize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VmcCommand {
    /// Send a take in real time to a program that shows an avatar (a marionette)
    Send(SendArgs),
    /// Record the face that a performer sends into a take
    Receive(ReceiveArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// Take: .csv (Live Link Face) or .json (curves)
    pub(crate) take: PathBuf,
    /// Where the marionette listens
    #[arg(long, default_value = "127.0.0.1:39539", value_name = "ADDRESS:PORT")]
    pub(crate) to: SocketAddr,
    /// Names of the shapes
    #[arg(long, value_enum, default_value_t = NamingArg::PerfectSync)]
    pub(crate) names: NamingArg,
    /// Poses per second
    #[arg(long, default_value_t = 60.0, value_name = "HZ", value_parser = rate)]
    pub(crate) rate: f64,
    /// Begin again at the end, until Ctrl-C
    #[arg(long = "loop")]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// Names of the shapes that are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NamingArg {
    /// `JawOpen`, as VRM avatars with perfect sync have them
    PerfectSync,
    /// `jawOpen`, as in ARKit
    Arkit,
    /// A, I, U, E, O, `Blink_L`, `Blink_R`, Joy: for VRM avatars without the 52 shapes
    Presets,
}

impl NamingArg {
    pub(crate) fn naming(self) -> Naming {
        match self {
            Self::PerfectSync => Naming::Pascal,
            Self::Arkit => Naming::Camel,
            Self::Presets => Naming::Presets,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ReceiveArgs {
    /// Where to listen; 0.0.0.0 instead of 127.0.0.1 takes from other machines too
    #[arg(long, default_value = "127.0.0.1:39539", value_name = "ADDRESS:PORT")]
    pub(crate) listen: SocketAddr,
    /// Take to write: .csv for Live Link Face, .json for curves
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Seconds to record from the first pose on; without it, until Ctrl-C
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) secs: Option<f64>,
    /// Seconds to wait for the first pose
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) patience: f64,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (1.0..=240.0).contains(&rate) => Ok(rate),
        _ => Err("it is a number from 1 to 240 per second".to_owned()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(secs) if secs > 0.0 && secs <= 7200.0 => Ok(secs),
        _ => Err("it is a number of seconds above 0, at most 7200".to_owned()),
    }
}
