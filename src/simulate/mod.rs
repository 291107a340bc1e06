//! A candidate without a browser: what `viva simulate` and the tests use to hold an interview.

pub mod peer;
