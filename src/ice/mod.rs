//! ice.
