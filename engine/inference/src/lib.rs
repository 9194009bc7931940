//! Under construction.

pub mod synthesis;
