//! Arguments of `viva learner`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum LearnerCommand {
    /// Add sealed records, of practice or of exams, to a learner's folder
    Add {
        /// Folder of the learner; made where there is none
        #[arg(long, value_name = "FOLDER")]
        learner: PathBuf,
        /// Folders of records
        #[arg(required = true, value_name = "RECORD")]
        records: Vec<PathBuf>,
    },
    /// How far each skill has come, L0 to L2, with the words it rests on
    Profile {
        #[command(flatten)]
        of: LearnerArgs,
        /// Write the profile as a page
        #[arg(long, value_name = "FILE", conflicts_with = "json")]
        html: Option<PathBuf>,
    },
    /// What to practise next, and why
    Recommend(LearnerArgs),
    /// Guided practice: a task of an exam package, step by step, that ends in a document to be used at work
    Practise {
        /// Folder of the exam package
        #[arg(long, value_name = "FOLDER")]
        exam: PathBuf,
        /// Task of the package, the name of a file in tasks/
        #[arg(long, value_name = "NAME")]
        task: String,
        /// Folder of the learner; made where there is none
        #[arg(long, value_name = "FOLDER")]
        learner: PathBuf,
        /// Markdown file to write; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Take over a colleague's way of working, written down in markdown, as a task of an exam package
    ImportWorkflow {
        /// Markdown file: `# Title`, then `## Step` for every step
        file: PathBuf,
        /// The colleague whose way it is
        #[arg(long)]
        by: String,
        /// Folder of the exam package; it gains a file, and so another hash
        #[arg(long, value_name = "FOLDER")]
        exam: PathBuf,
        /// Name of the task
        #[arg(long, value_name = "NAME")]
        task: String,
    },
    /// Tell what became of a document of guided practice: did it save time, was it good enough, where did it break
    CloseLoop {
        /// Name, for example d1
        id: String,
        /// Folder of the learner
        #[arg(long, value_name = "FOLDER")]
        learner: PathBuf,
        /// Minutes saved against the way before; below 0 where it cost some; asked for where absent
        #[arg(long, value_name = "MINUTES", allow_hyphen_values = true)]
        saved_minutes: Option<i32>,
        /// Whether it was good enough to be used; asked for where absent
        #[arg(long, value_enum)]
        good_enough: Option<GoodEnoughArg>,
        /// Where it broke
        #[arg(long, default_value = "")]
        broke: String,
        /// What you would do differently
        #[arg(long, default_value = "")]
        differently: String,
        /// Let colleagues use the way you worked
        #[arg(long)]
        share: bool,
    },
    /// The coach's view of a learner as a page: what to talk about next; quotes only where the learner shows them
    Coach {
        #[command(flatten)]
        of: CoachArgs,
        /// Page to write
        #[arg(long, value_name = "FILE")]
        html: PathBuf,
    },
    /// Figures over a folder of learners: adoption, quality, time, sharing, progression; no person is named
    Cohort {
        /// Folder of learners' folders
        folder: PathBuf,
        /// Write the figures as CSV
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
        /// Write them as Parquet, with the columns of the CSV file
        #[arg(long, value_name = "FILE")]
        parquet: Option<PathBuf>,
        /// Write the figures with plots as a page
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Whether a coach sees the words of the evidence or the levels alone
    Share {
        /// Folder of the learner
        #[arg(long, value_name = "FOLDER")]
        learner: PathBuf,
        /// The words of the evidence
        #[arg(long, value_enum)]
        quotes: Quotes,
    },
}

#[derive(Debug, Args)]
pub(crate) struct LearnerArgs {
    /// Folder of the learner
    #[arg(long, value_name = "FOLDER")]
    pub(crate) learner: PathBuf,
    /// Exam packages to choose practice from; repeatable
    #[arg(long, value_name = "FOLDER")]
    pub(crate) exam: Vec<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// As [`LearnerArgs`], for what is only a page.
#[derive(Debug, Args)]
pub(crate) struct CoachArgs {
    /// Folder of the learner
    #[arg(long, value_name = "FOLDER")]
    pub(crate) learner: PathBuf,
    /// Exam packages to choose practice from; repeatable
    #[arg(long, value_name = "FOLDER")]
    pub(crate) exam: Vec<PathBuf>,
}

/// Whether quotes are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Quotes {
    /// Levels and quotes
    Shown,
    /// Levels alone
    Hidden,
}

/// Whether something could be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GoodEnoughArg {
    /// As it was
    Yes,
    /// After changes
    Partly,
    /// Not at all
    No,
}
