//! Arguments of `viva kb`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use viva_knowledge::LanguageChoice;

#[derive(Debug, Subcommand)]
pub(crate) enum KbCommand {
    /// Add documents: PDF, DOCX, HTML, Markdown, plain text
    ///
    /// A file that is in already is left alone, a changed one takes the place of its old version, and a copy of another file is
    /// not added twice. What is refused is told with the mend, and the rest is added. Run it again after an interruption: it
    /// goes on where it was.
    Add(AddArgs),
    /// List the documents with their hashes
    List {
        /// Folder of the base
        #[arg(long, value_name = "FOLDER")]
        kb: PathBuf,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Take documents out
    Remove {
        /// Path, name or the first 8 or more digits of the hash
        #[arg(required = true)]
        which: Vec<String>,
        /// Folder of the base
        #[arg(long, value_name = "FOLDER")]
        kb: PathBuf,
    },
    /// Compare every document, and what was read from it, with the recorded hashes
    Verify {
        /// Folder of the base
        #[arg(long, value_name = "FOLDER")]
        kb: PathBuf,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Find the passages that answer a question, each with its citation
    ///
    /// Exit code 3 and no passage when the documents do not speak of it.
    Search {
        /// The question
        query: String,
        /// Folder of the base
        #[arg(long, value_name = "FOLDER")]
        kb: PathBuf,
        /// How many passages at most
        #[arg(long, default_value_t = 5, value_name = "N")]
        top: usize,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Measure how well labelled questions find their passages, and how fast
    Eval(EvalArgs),
    /// Read one document and print it as JSON
    #[command(hide = true)]
    Read {
        /// The file
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Files, or folders whose documents are all added
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub(crate) sources: Vec<PathBuf>,
    /// Folder of the base; made when it is not there
    #[arg(long, value_name = "FOLDER")]
    pub(crate) kb: PathBuf,
    /// By whose rules words are reduced to stems
    #[arg(long, value_enum, default_value_t = LanguageArg::Auto)]
    pub(crate) language: LanguageArg,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LanguageArg {
    /// English
    En,
    /// German
    De,
    /// Told by the frequent words of each document
    Auto,
}

impl From<LanguageArg> for LanguageChoice {
    fn from(language: LanguageArg) -> Self {
        match language {
            LanguageArg::En => Self::En,
            LanguageArg::De => Self::De,
            LanguageArg::Auto => Self::Auto,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// Folder of the base
    #[arg(long, value_name = "FOLDER")]
    pub(crate) kb: PathBuf,
    /// JSON lines: `query`, and `relevant` (a list of `document` with `heading`, `page` or `contains`) or `off_scope: true`
    #[arg(long, value_name = "FILE")]
    pub(crate) questions: PathBuf,
    /// How often each query is timed
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) repeat: usize,
    /// Print JSON instead of text, with a line for each question
    #[arg(long)]
    pub(crate) json: bool,
}
