//! Chance from a seed.

/// SplitMix64 (Steele, Lea and Flood 2014): every seed is a good one, and neighbours have nothing in common.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

/// The variance of a Pareto distribution with exponent 3 from 1 on is 3/4, its mean 3/2.
const PARETO_MEAN: f64 = 1.5;
const PARETO_DEVIATION: f64 = 0.866_025_403_784_438_6;
/// The tail ends here, as that of the table in `tc netem` does, which others measured with.
const PARETO_DEVIATIONS_MAX: f64 = 4.0;

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// From 0 on, below 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something with this chance happens.
    pub(super) fn happens(&mut self, chance: f64) -> bool {
        self.unit() < chance
    }

    /// With mean 0 and deviation 1, before its tail is cut: from −0.58 on.
    pub(super) fn pareto(&mut self) -> f64 {
        let drawn = (1.0 - self.unit()).powf(-1.0 / 3.0);
        ((drawn - PARETO_MEAN) / PARETO_DEVIATION).min(PARETO_DEVIATIONS_MAX)
    }

    /// With mean 0 and deviation 1: from −1.73 to 1.73.
    pub(super) fn uniform(&mut self) -> f64 {
        (2.0 * self.unit() - 1.0) * 3.0_f64.sqrt()
    }
}
