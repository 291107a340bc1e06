//! The peaks of a wave: what a page draws without reading the audio.

/// Samples of one peak: 20 ms at 24 kHz.
pub const PEAK_SAMPLES: usize = 480;

/// Lowest and highest sample of each 20 ms of one side, in 8 bit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peaks {
    /// `(min, max)`, −128 to 127.
    pub pairs: Vec<(i8, i8)>,
    current: (i16, i16),
    filled: usize,
}

impl Peaks {
    /// Takes the next samples.
    pub fn push(&mut self, pcm: &[i16]) {
        for &sample in pcm {
            self.current = (self.current.0.min(sample), self.current.1.max(sample));
            self.filled += 1;
            if self.filled == PEAK_SAMPLES {
                self.close();
            }
        }
    }

    /// No more samples come.
    pub fn finish(&mut self) {
        if self.filled > 0 {
            self.close();
        }
    }

    fn close(&mut self) {
        let (min, max) = self.current;
        self.pairs.push(((min >> 8) as i8, (max >> 8) as i8));
        self.current = (0, 0);
        self.filled = 0;
    }
}
