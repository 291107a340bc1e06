//! Audio in the pure half: the jitter buffer, the playout account and the session's audio clock.
