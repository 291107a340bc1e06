//! `/v1/realtime` over real sockets: the contract's own client, a GA client, the built-in engine and a provider.

mod access;
mod builtin;
mod provider;
pub(crate) mod rig;
