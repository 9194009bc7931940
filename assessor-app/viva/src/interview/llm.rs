//! The optional language model: it words what the examiner has decided to ask.

