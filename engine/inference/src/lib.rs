//! Under construction.

pub mod face;
