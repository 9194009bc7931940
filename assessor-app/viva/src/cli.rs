//! The command line: names, help texts and defaults.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use viva_render::Tier;

use crate::commands::avatar::AvatarCommand;
use crate::commands::credential::CredentialCommand;
use crate::commands::evidence::EvidenceCommand;
use crate::commands::issuer::{IssuerChoice, IssuerCommand};
use crate::commands::kb::KbCommand;
use crate::commands::learner::LearnerCommand;
use crate::commands::memory::MemoryCommand;
use crate::commands::review::arguments::ReviewArgs;

/// An on-device assessor: it holds a live spoken conversation, scores it against a rubric with quotes, and leaves a record that can be checked.
///
/// Everything runs on this machine. Nothing is sent anywhere unless --llm names an endpoint.
#[derive(Debug, Parser)]
#[command(name = "viva", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what this machine has and what is missing
    Doctor(Json),
    /// List, fetch and check the models and assets
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Hold an interview and write its record
    Interview(InterviewArgs),
    /// Check a record offline and name the first thing that is wrong
    Verify(VerifyArgs),
    /// Record a human decision; an award writes the credential. Or serve the review pages, or appeal
    Review(ReviewArgs),
    /// Publish the status of credentials as files, and check a credential against them
    #[command(subcommand)]
    Credential(CredentialCommand),
    /// Make or show an issuer: who seals records and issues credentials, with a key of its own
    #[command(subcommand)]
    Issuer(IssuerCommand),
    /// Compare the machine with human raters: agreement, severity, drift, gates of release
    Calibrate(CalibrateArgs),
    /// Compare groups: outcomes, criteria at equal standing, machine against humans
    Fairness(FairnessArgs),
    /// Write records as statements of the Experience API (xAPI), for a learning record store
    Xapi(XapiArgs),
    /// Run a recorded session again and compare decisions, poses and scores
    Replay(BundleArg),
    /// Write down what is said in an audio or video file
    Transcribe(TranscribeArgs),
    /// Speak a text into a WAV file
    Say(SayArgs),
    /// Track the face in a video: one JSON line per frame
    Face(FaceArgs),
    /// Try who-speaks-next decisions on labelled cases
    Floor(FloorArgs),
    /// Time the whole loop: end of a recorded answer -> first sample of the reply, in real time
    Loop(LoopArgs),
    /// Draw the assessor's face into a PNG picture
    Render(RenderArgs),
    /// Import, draw and export avatars; exchange faces in motion with other programs
    #[command(subcommand)]
    Avatar(AvatarCommand),
    /// Tune the face: sliders, profiles, shaders and a timeline of its behaviour around a live head
    Studio(StudioArgs),
    /// Check, begin, explain an exam package
    #[command(subcommand)]
    Exam(ExamCommand),
    /// Build, search and measure a knowledge base of documents
    #[command(subcommand)]
    Kb(KbCommand),
    /// How far a learner has come, session by session, and what to practise next
    #[command(subcommand)]
    Learner(LearnerCommand),
    /// Read and alter what practice remembers of a learner
    #[command(subcommand)]
    Memory(MemoryCommand),
    /// Keep work samples of a learner and find the signs of a rubric in them, with quotes
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Score written answers against reference answers
    Score(ScoreArgs),
    /// Fit the models that are our own
    #[command(subcommand)]
    Train(TrainCommand),
    /// Run the example interviews with both simulated candidates and lay out their results
    Demo(DemoArgs),
}

#[derive(Debug, Args)]
pub(crate) struct Json {
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Show every model and asset with its licence and whether it is here
    List(Json),
    /// Fetch what is missing
    Fetch {
        /// Names from `viva models list`; without any, all that is required
        ids: Vec<String>,
        /// Test media too
        #[arg(long)]
        test_media: bool,
    },
    /// Check every file against its recorded hash
    Verify(Json),
}

#[derive(Debug, Args)]
pub(crate) struct InterviewArgs {
    /// Folder of the exam package
    #[arg(long)]
    pub(crate) exam: PathBuf,
    /// Who answers: sim:NAME (a simulated candidate of the exam) or text (you type)
    #[arg(long, value_name = "sim:NAME|text", conflicts_with_all = ["media", "live"], required_unless_present_any = ["media", "live"])]
    pub(crate) candidate: Option<String>,
    /// Analyse a recording instead of asking questions
    #[arg(long, value_name = "FILE", conflicts_with = "live")]
    pub(crate) media: Option<PathBuf>,
    /// A person at this machine's microphone, camera and loudspeaker
    #[arg(long)]
    pub(crate) live: bool,
    /// Leave what the loudspeaker plays in what the microphone hears, as with headphones or a microphone that cancels echo itself
    #[arg(long, requires = "live")]
    pub(crate) no_echo_canceller: bool,
    /// GStreamer elements in place of the system's microphone, for example 'pulsesrc device=headset'
    #[arg(long, value_name = "ELEMENTS", requires = "live")]
    pub(crate) microphone: Option<String>,
    /// GStreamer elements in place of the system's camera, or off
    #[arg(long, value_name = "ELEMENTS|off", requires = "live")]
    pub(crate) camera: Option<String>,
    /// GStreamer elements in place of the system's loudspeaker, or off
    #[arg(long, value_name = "ELEMENTS|off")]
    pub(crate) loudspeaker: Option<String>,
    /// The candidate's name, as record, letter and credential give it; only for a person at this machine
    #[arg(long, value_name = "NAME", conflicts_with = "media")]
    pub(crate) name: Option<String>,
    /// What the session may count for
    ///
    /// Practice comes back to what the learner left open last time and ends with feedback; nobody can decide on it.
    /// In certify nothing of a learner's folder is read.
    #[arg(long, value_enum, default_value_t = ModeArg::Certify)]
    pub(crate) mode: ModeArg,
    /// Folder of the learner: the session is added to it; made where there is none
    #[arg(long, value_name = "FOLDER")]
    pub(crate) learner: Option<PathBuf>,
    /// Knowledge base from which a candidate who asks is told, beside the handouts of the exam package
    ///
    /// Nothing is read out that the exam's scorer would take for a sign of an answer.
    #[arg(long, value_name = "FOLDER", conflicts_with = "media")]
    pub(crate) kb: Option<PathBuf>,
    /// Folder for the record; it must not exist or be empty
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Open no window
    ///
    /// With a display, a window shows the assessor, and a simulated candidate is watched in real time, with sound.
    /// Headless, or without a display, a simulated candidate's session runs as fast as this machine can.
    /// A recording and typed answers never open a window.
    #[arg(long)]
    pub(crate) headless: bool,
    /// Write no pictures: conversation, voice and record only
    #[arg(long)]
    pub(crate) no_video: bool,
    #[command(flatten)]
    pub(crate) quality: QualityChoice,
    /// The examiner's face: a .glb, .gltf or .vrm file, or a person file (.toml); without one, one of our own people
    ///
    /// `viva avatar import` tells what of the face an avatar can show. A role-play's character keeps a face of ours.
    #[arg(long, value_name = "FILE")]
    pub(crate) avatar: Option<PathBuf>,
    /// Seed of everything that is drawn at random
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// An OpenAI-compatible endpoint that words the follow-ups, or off
    ///
    /// For example <http://127.0.0.1:8080/v1>. `VIVA_LLM_KEY` in the environment may hold its key.
    /// Where it gives no usable answer, the exam's own words are said, and the record says why.
    #[arg(long, default_value = "off", value_name = "URL|off")]
    pub(crate) llm: String,
    /// Model name sent to the endpoint
    #[arg(long, default_value = "default", requires = "llm")]
    pub(crate) llm_model: String,
    /// After a whole session, ask the endpoint for a second opinion on each level; needs --llm-model
    ///
    /// The candidate is told before consent, and the record names the model.
    /// It never sets a level: where it differs, the interval grows, and the result may go to a human.
    /// Each of its quotes must stand in the transcript; after a second unusable answer it has no opinion.
    #[arg(long, requires = "llm")]
    pub(crate) llm_judge: bool,
    /// Keep neither sound nor pictures in the record
    #[arg(long)]
    pub(crate) no_media: bool,
    /// Begin no work on a reply before the candidate's turn is over: replies come later, and no work is wasted
    #[arg(long)]
    pub(crate) no_speculation: bool,
    /// Accommodation: how many times as long as the exam asks the assessor waits for the candidate, 1 to 4
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = extra_time)]
    pub(crate) extra_time: f32,
    /// Accommodation: leave pauses, latencies and repairs out of everything but turn-taking
    #[arg(long)]
    pub(crate) mask_timing: bool,
    #[command(flatten)]
    pub(crate) issuer: IssuerChoice,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a session may count for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeArg {
    /// A human decides on it, and it can lead to a credential
    Certify,
    /// For the learner alone
    Practice,
}

/// A factor on patience.
fn extra_time(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(factor) if (1.0..=4.0).contains(&factor) => Ok(factor),
        _ => Err("it is a factor from 1 (as the exam asks) to 4".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct FloorArgs {
    /// Folder with labels.jsonl and the audio that it lists; else `$VIVA_DATA`, or its folder dev
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cases: Option<PathBuf>,
    /// File for the decisions: a header, then one JSON line each
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Try many settings of the policy instead of the frozen ones
    #[arg(long, conflicts_with = "policy")]
    pub(crate) sweep: bool,
    /// Try one frozen setting
    #[arg(long, value_name = "NAME")]
    pub(crate) policy: Option<String>,
    /// Hide streams from the network and the policy
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) without: Vec<Stream>,
    /// Remember each speaker's pauses from case to case: another system, to be reported beside the plain one
    #[arg(long)]
    pub(crate) keep_pace: bool,
    /// File for the forecasts and opinions of every turn: what the constants of the policy are fitted on
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// Repeat the end-of-turn network's opinions of an earlier --trace of the same cases, to save its time
    #[arg(long, value_name = "FILE")]
    pub(crate) opinions: Option<PathBuf>,
    /// Draw cut-ins against mean latency of what was tried (SVG)
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    /// Decisions of other systems on the same cases, drawn beside
    #[arg(long, value_name = "FILE", requires = "plot")]
    pub(crate) beside: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct LoopArgs {
    /// WAV files of one answer each, with silence after it
    #[arg(long, value_name = "FILE", num_args = 1.., required_unless_present = "turns")]
    pub(crate) wav: Vec<PathBuf>,
    /// True end of the speech in each of them, in seconds
    #[arg(long, value_name = "SECONDS", num_args = 1.., required_unless_present = "turns")]
    pub(crate) end: Vec<f64>,
    /// A JSON file `{"NAME": {"end_s": SECONDS}, ...}` with NAME.wav beside it, in place of --wav and --end
    #[arg(long, value_name = "FILE", conflicts_with_all = ["wav", "end"])]
    pub(crate) turns: Option<PathBuf>,
    /// The floor's policy: a frozen setting of `viva floor`, `session` for the one that interviews have, or a JSON file
    #[arg(long, default_value = "session", value_name = "NAME|FILE")]
    pub(crate) policy: String,
    /// Patience of the question that is answered, in milliseconds
    #[arg(long, default_value_t = 1000, value_name = "MS")]
    pub(crate) patience: u32,
    /// Kind of that question: the floor expects a longer answer to an open one. One for all files, or one for each, in order
    #[arg(long, default_values = ["open"], value_parser = ["yesno", "closed", "open", "statement"], num_args = 1..)]
    pub(crate) kind: Vec<String>,
    /// Expected length of the answer, in seconds; one for all files, or one for each, in order
    #[arg(long, default_values_t = [5.0], value_name = "SECONDS", num_args = 1..)]
    pub(crate) expected: Vec<f32>,
    /// How often each file is heard
    #[arg(long, default_value_t = 3)]
    pub(crate) runs: u32,
    /// Begin no work on a reply before the turn is over, so that nothing is acknowledged either
    #[arg(long)]
    pub(crate) no_speculation: bool,
    /// Let the examiner be silent until the reply, as with a persona that lists no acknowledgements
    #[arg(long)]
    pub(crate) no_acknowledgement: bool,
    /// Tell when each step of each run was done
    #[arg(long)]
    pub(crate) timeline: bool,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// A stream that can be hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stream {
    /// Spectrum, activity, level and pitch of the candidate's voice, from the network only
    Voice,
    /// Kind and expected length of the question
    Question,
    /// The assessor's own voice
    Own,
    /// The turn so far and the speaker's pauses
    Turn,
    /// Movements of the face
    Face,
    /// Words of the turn so far
    Words,
    /// The end-of-turn network's opinion on pauses
    Opinion,
    /// The second look at a forecast in the course of a pause, with the opinion
    SecondLook,
}

impl Stream {
    /// Its features; `None` where it is not an input of the network.
    pub(crate) fn group(self) -> Option<viva_perception::fusion::FeatureGroup> {
        use viva_perception::fusion::FeatureGroup;
        match self {
            Self::Voice => Some(FeatureGroup::Voice),
            Self::Question => Some(FeatureGroup::Question),
            Self::Own => Some(FeatureGroup::Own),
            Self::Turn => Some(FeatureGroup::Turn),
            Self::Face => Some(FeatureGroup::Face),
            Self::Words => Some(FeatureGroup::Words),
            Self::Opinion | Self::SecondLook => None,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct BundleArg {
    /// Folder of the record
    pub(crate) bundle: PathBuf,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Folder of the record
    pub(crate) bundle: PathBuf,
    /// The signer that is expected, as did:key
    #[arg(long, value_name = "DID")]
    pub(crate) signer: Option<String>,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct XapiArgs {
    /// A record, or a folder of records
    pub(crate) records: PathBuf,
    /// File to write: a JSON array, as a learning record store takes it at `/statements`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Address under which your organisation names its exams and candidates, for example `https://assess.example.org`
    #[arg(long, value_name = "URL")]
    pub(crate) home: String,
}

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Ratings as .csv or .jsonl (session, criterion, rater, level; optional candidate, passed; other columns are groups), or a folder of reviewed records
    pub(crate) ratings: PathBuf,
    /// The rater that is the machine
    #[arg(long, default_value = "machine")]
    pub(crate) machine: String,
    /// Exam package that the ratings are about: where every gate is passed, its calibration.json is written, and only then does its rubric count as calibrated
    #[arg(long, value_name = "FOLDER")]
    pub(crate) exam: Option<PathBuf>,
    /// An earlier version of the machine, as a rater, to find drift on the sessions that both rated
    #[arg(long, value_name = "RATER")]
    pub(crate) drift_from: Option<String>,
    /// Score the recorded answers again with this version, for drift from the levels as they were recorded; for a folder of records
    #[arg(long, conflicts_with = "drift_from")]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) issuer: IssuerChoice,
    #[command(flatten)]
    pub(crate) output: StatisticsOutput,
}

#[derive(Debug, Args)]
pub(crate) struct FairnessArgs {
    /// As for `viva calibrate`; outcomes come from a column `passed`, or from the records
    pub(crate) ratings: PathBuf,
    /// Table with a column `session` or `candidate` and one column per group; voluntary data, kept apart from the records
    #[arg(long, value_name = "CSV")]
    pub(crate) groups: Option<PathBuf>,
    /// The group to compare; without one, all of them
    #[arg(long, value_name = "COLUMN")]
    pub(crate) by: Option<String>,
    /// The value that others are compared with; the most frequent where none is given
    #[arg(long, requires = "by")]
    pub(crate) reference: Option<String>,
    /// A criterion counts as met from this level
    #[arg(long, default_value_t = 3)]
    pub(crate) met_from: u8,
    /// The rater that is looked at
    #[arg(long, default_value = "machine")]
    pub(crate) machine: String,
    #[command(flatten)]
    pub(crate) output: StatisticsOutput,
}

#[derive(Debug, Args)]
pub(crate) struct StatisticsOutput {
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the figures with plots as a page too; with several groups the group's name is added to the file's
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// How often candidates are drawn again for the intervals
    #[arg(long, default_value_t = 1000)]
    pub(crate) resamples: u32,
    /// Seed of these draws
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct TranscribeArgs {
    /// Audio or video file
    pub(crate) file: PathBuf,
    /// Print words with times as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SayArgs {
    /// What to say; {pause 1.2} is 1.2 s of silence, {um} a filled pause
    pub(crate) text: String,
    /// WAV file to write (16 kHz, mono)
    #[arg(long, default_value = "say.wav")]
    pub(crate) out: PathBuf,
    /// Voice: `examiner`, `character`, `character_b`, `candidate_a` or `candidate_b`
    #[arg(long, default_value = "examiner")]
    pub(crate) voice: String,
    /// Affect of the speaker, for example angry
    #[arg(long, default_value = "neutral")]
    pub(crate) affect: String,
    /// Strength of the affect, 0 to 1
    #[arg(long, default_value_t = 0.0)]
    pub(crate) level: f32,
}

#[derive(Debug, Args)]
pub(crate) struct FaceArgs {
    /// Video file
    #[arg(long)]
    pub(crate) video: PathBuf,
    /// JSON lines to write
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Compare the mouth with the sound and print the best lag
    #[arg(long)]
    pub(crate) sync: bool,
    /// Look only at this part of the picture: x,y,width,height in pixels
    #[arg(long, value_name = "X,Y,W,H")]
    pub(crate) crop: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct StudioArgs {
    /// Behaviour profile A, a TOML file; without one, the examiner's numbers
    #[arg(value_name = "PROFILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Behaviour profile B, to compare with
    #[arg(long, value_name = "PROFILE")]
    pub(crate) against: Option<PathBuf>,
    /// Record of a session, the folder that `viva interview` left: its face again, frame by frame, beside its film
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) session: Option<PathBuf>,
    /// GStreamer elements in place of the system's loudspeaker, or off
    #[arg(long, value_name = "ELEMENTS|off")]
    pub(crate) loudspeaker: Option<String>,
    /// Whose face: examiner, character, `candidate_a` or `candidate_b`, or a person file (.toml)
    #[arg(long, default_value = "examiner")]
    pub(crate) look: String,
    /// An avatar in its place, glTF 2.0 or VRM: live, with the report of its import
    #[arg(long, value_name = "FILE")]
    pub(crate) avatar: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) quality: QualityChoice,
    /// Folder of edited shader passes, laid out like shaders/wgsl; saved files are drawn at once
    #[arg(long, value_name = "FOLDER")]
    pub(crate) shaders: Option<PathBuf>,
    /// Seed of the behaviour
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Draw without a window and write the last picture here
    #[arg(long, value_name = "PNG")]
    pub(crate) screenshot: Option<PathBuf>,
    /// A file of actions to play, for tests and pictures; see docs/studio.md
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) script: Option<PathBuf>,
    /// Play the script without a window
    #[arg(long, hide = true)]
    pub(crate) offscreen: bool,
    /// Width and height of the window or picture
    #[arg(long, num_args = 2, value_names = ["WIDTH", "HEIGHT"], default_values_t = [1400, 900])]
    pub(crate) size: Vec<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    /// PNG file to write
    #[arg(long, default_value = "face.png")]
    pub(crate) out: PathBuf,
    /// Look: `examiner`, `character`, `candidate_a` or `candidate_b`, or a person file (.toml)
    #[arg(long, default_value = "examiner")]
    pub(crate) look: String,
    /// Blendshape weights, for example jawOpen=0.5; repeatable
    #[arg(long = "set", value_name = "SHAPE=WEIGHT")]
    pub(crate) weights: Vec<String>,
    /// Width in pixels
    #[arg(long, default_value_t = 640)]
    pub(crate) width: u32,
    /// Height in pixels
    #[arg(long, default_value_t = 360)]
    pub(crate) height: u32,
    #[command(flatten)]
    pub(crate) quality: QualityChoice,
    /// Show it in a window that follows the behaviour engine instead
    #[arg(long)]
    pub(crate) window: bool,
}

#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct QualityChoice {
    /// How finely a face is drawn; without it, what a short measurement finds in time (`viva doctor` shows it)
    #[arg(long, value_enum)]
    pub(crate) quality: Option<Quality>,
}

/// How finely a face is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Quality {
    /// One light, no glints, hard edges: large pictures on a slow processor
    Plain,
    /// For a processor
    Software,
    /// For a graphics card
    Full,
}

impl QualityChoice {
    /// The tier that was asked for.
    pub(crate) fn tier(self) -> Option<Tier> {
        self.quality.map(|quality| match quality {
            Quality::Plain => Tier::Plain,
            Quality::Software => Tier::Software,
            Quality::Full => Tier::Full,
        })
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExamCommand {
    /// Name every fault of a package with file, line and column
    Check {
        /// Folder of the package
        folder: PathBuf,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Begin a package: a small whole one to be rewritten
    New {
        /// Folder to make; its name becomes the exam's id
        folder: PathBuf,
        /// Title as shown
        #[arg(long, default_value = "A new exam")]
        title: String,
    },
    /// Tell in words what is asked, judged and decided
    Explain {
        /// Folder of the package
        folder: PathBuf,
        /// Write it as a page for a browser, with every question, follow-up, scene and level
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// Show who the examiner is: voice, manner, patience, and what is disclosed
    Persona {
        /// Folder of the package
        folder: PathBuf,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Show what a session must reach; with a record, what was reached and in which words
    Objectives {
        /// Folder of the package
        folder: PathBuf,
        /// A sealed record of this package
        #[arg(long, value_name = "RECORD")]
        record: Option<PathBuf>,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Show the rules outside the questions, or what a sentence would set off
    Guardrails {
        /// Folder of the package
        folder: PathBuf,
        /// A sentence to try; repeatable
        #[arg(long = "try", value_name = "SENTENCE")]
        tried: Vec<String>,
        /// How well what is no answer is told by meaning, on labelled sentences (JSON lines: half, topic, text, exam)
        #[arg(long, value_name = "FILE", conflicts_with = "tried")]
        measure: Option<PathBuf>,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Write the JSON Schema of each file of a package
    Schema {
        /// Folder to write to
        #[arg(long, default_value = "assessor-app/exams/schema")]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ScoreArgs {
    /// Files of JSON lines: `id`, `question`, `reference_answers`, `answer` and, where known, `set`; may end in .gz
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub(crate) items: Vec<PathBuf>,
    /// JSON lines to write: score, label, intervals, confidence, flags
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Keep sentence vectors in this file, so that scoring the same texts again is quick
    #[arg(long, value_name = "FILE")]
    pub(crate) vectors: Option<PathBuf>,
    /// Another scorer than the one of this program
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// Another entailment network than the one of this program
    #[arg(long, value_name = "FILE")]
    pub(crate) network: Option<PathBuf>,
    /// Score without the entailment network
    #[arg(long, conflicts_with = "network")]
    pub(crate) without_network: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrainCommand {
    /// The short-answer scorer, on graded answers
    Scorer(TrainScorerArgs),
    /// The entailment network beside it, on the same answers; takes about half an hour
    Entailment(TrainEntailmentArgs),
    /// The flow-net, which forecasts who speaks next, on composed cases
    Floor(viva_train::floor::Arguments),
}

#[derive(Debug, Args)]
pub(crate) struct TrainScorerArgs {
    /// Folder of the graded answers, *.train.jsonl or *.train.jsonl.gz; else `$VIVA_DATA`
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// File to write
    #[arg(long, default_value = "models/weights/scorer-short-answer.safetensors", value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Network from `viva train entailment`: on the answers that were left out of its training the scorer learns how far it may be
    /// trusted
    #[arg(long, default_value = "models/weights/entailment.safetensors", value_name = "FILE")]
    pub(crate) network: PathBuf,
    /// Fit without the entailment network
    #[arg(long, conflicts_with = "network")]
    pub(crate) without_network: bool,
    /// JSON lines to write: what the trees say of every training answer when its question is left out of their fit
    ///
    /// Words of that question still take part in measuring answers, and the factors of the labels were chosen on these rows.
    #[arg(long, value_name = "FILE")]
    pub(crate) left_out: Option<PathBuf>,
    /// Seed of everything that is drawn at random
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct TrainEntailmentArgs {
    /// Folder of the graded answers, *.train.jsonl or *.train.jsonl.gz; else `$VIVA_DATA`
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// File to write
    #[arg(long, default_value = "models/weights/entailment.safetensors", value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Seed of everything that is drawn at random
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Greatest learning rate of the layers
    #[arg(long, default_value_t = 1e-4)]
    pub(crate) rate: f32,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Folder for the results
    #[arg(long, default_value = "target/demo")]
    pub(crate) out: PathBuf,
    /// Folder of the exam package
    #[arg(long, default_value = "assessor-app/exams/nursing-de-escalation")]
    pub(crate) exam: PathBuf,
    /// Seed of everything that is drawn at random
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write no pictures
    #[arg(long)]
    pub(crate) no_video: bool,
}
