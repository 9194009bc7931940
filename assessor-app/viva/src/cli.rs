//! The command line: names, help texts and defaults.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// Record a human decision; an award writes the credential
    Review(ReviewArgs),
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
    /// Draw the assessor's face into a PNG picture
    Render(RenderArgs),
    /// Check, begin, explain an exam package
    #[command(subcommand)]
    Exam(ExamCommand),
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
    /// A person at this machine's microphone, camera and loudspeaker; headphones keep the assessor from hearing itself
    #[arg(long)]
    pub(crate) live: bool,
    /// GStreamer elements in place of the system's microphone, for example 'pulsesrc device=headset'
    #[arg(long, value_name = "ELEMENTS", requires = "live")]
    pub(crate) microphone: Option<String>,
    /// GStreamer elements in place of the system's camera, or off
    #[arg(long, value_name = "ELEMENTS|off", requires = "live")]
    pub(crate) camera: Option<String>,
    /// GStreamer elements in place of the system's loudspeaker, or off
    #[arg(long, value_name = "ELEMENTS|off")]
    pub(crate) loudspeaker: Option<String>,
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
    /// Keep neither sound nor pictures in the record
    #[arg(long)]
    pub(crate) no_media: bool,
    /// What computes the forecasts of who speaks next
    ///
    /// auto is the CPU, whose sessions replay bit for bit; with --no-media, where no sound is kept to replay from, it is the
    /// fastest of those that this machine has, as `viva doctor` measures them.
    /// Another choice stands in the record, and a replay follows it.
    #[arg(long, value_enum, default_value_t = ForecastOn::Auto)]
    pub(crate) forecast_on: ForecastOn,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What computes the forecasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ForecastOn {
    /// The CPU, or the fastest where nothing must replay
    #[default]
    Auto,
    /// The processor
    Cpu,
    /// Computing passes on the graphics device
    Wgsl,
    /// An NVIDIA device, in programs built with the feature `cuda`
    Cuda,
}

#[derive(Debug, Args)]
pub(crate) struct FloorArgs {
    /// Folder with labels.jsonl and the audio that it lists
    #[arg(long)]
    pub(crate) cases: PathBuf,
    /// File for the decisions: a header, then one JSON line each
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Try many settings of the policy instead of the frozen ones
    #[arg(long, conflicts_with = "policy")]
    pub(crate) sweep: bool,
    /// Try one frozen setting
    #[arg(long, value_name = "NAME")]
    pub(crate) policy: Option<String>,
    /// Hide streams from the network
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) without: Vec<Stream>,
    /// Remember each speaker's pauses from case to case: another system, to be reported beside the plain one
    #[arg(long)]
    pub(crate) keep_pace: bool,
}

/// A stream that can be hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stream {
    /// Kind and expected length of the question
    Question,
    /// The assessor's own voice
    Own,
    /// The turn so far and the speaker's pauses
    Turn,
    /// Movements of the face
    Face,
}

impl Stream {
    pub(crate) fn group(self) -> viva_perception::fusion::FeatureGroup {
        use viva_perception::fusion::FeatureGroup;
        match self {
            Self::Question => FeatureGroup::Question,
            Self::Own => FeatureGroup::Own,
            Self::Turn => FeatureGroup::Turn,
            Self::Face => FeatureGroup::Face,
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

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DecisionArg {
    /// The credential is awarded
    Award,
    /// The credential is denied
    Deny,
}

#[derive(Debug, Args)]
pub(crate) struct ReviewArgs {
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
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
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
    /// Voice: `examiner`, `character`, `candidate_a` or `candidate_b`
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
pub(crate) struct RenderArgs {
    /// PNG file to write
    #[arg(long, default_value = "face.png")]
    pub(crate) out: PathBuf,
    /// Look: `examiner`, `character`, `candidate_a` or `candidate_b`
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
    /// Show it in a window that follows the behaviour engine instead
    #[arg(long)]
    pub(crate) window: bool,
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
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrainCommand {
    /// The short-answer scorer, on graded answers
    Scorer(TrainScorerArgs),
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
    /// Seed of everything that is drawn at random
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
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
