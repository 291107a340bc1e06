//! The whole server over real sockets.

mod media;
