//! The greatest number of sessions in real time: steps up to the first failure, then bisects.

use super::{Bench, BenchError, Measurement};

/// Where the search goes on: between what held and what did not.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub from: usize,
    pub to: usize,
}

/// Measures until the limit is known to 4 %, or one session. Every measurement is returned, in order.
///
/// # Errors
/// [`BenchError`] of the first measurement that could not be made.
pub async fn ramp(bench: &Bench, bounds: Bounds) -> Result<(Option<usize>, Vec<Measurement>), BenchError> {
    let mut made = Vec::new();
    let greatest = search(bounds, async |sessions| {
        let measurement = bench.measure(sessions).await?;
        let holds = measurement.real_time.holds;
        tracing::info!(sessions, holds, "measured");
        made.push(measurement);
        Ok(holds)
    })
    .await?;
    Ok((greatest, made))
}

async fn search(
    bounds: Bounds,
    mut holds: impl AsyncFnMut(usize) -> Result<bool, BenchError>,
) -> Result<Option<usize>, BenchError> {
    let (mut good, mut next, mut bad) = (None, bounds.from.max(1), None);
    loop {
        if holds(next).await? {
            good = Some(next);
        } else {
            bad = Some(next);
        }
        next = match (good, bad) {
            (_, None) if next >= bounds.to => return Ok(good),
            (_, None) => (next + next.div_ceil(2)).min(bounds.to),
            (None, Some(1)) => return Ok(None),
            (None, Some(bad)) => bad / 2,
            (Some(good), Some(bad)) if bad - good <= (good / 25).max(1) => return Ok(Some(good)),
            (Some(good), Some(bad)) => good + (bad - good) / 2,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn limit(of: usize, bounds: Bounds) -> (Option<usize>, usize) {
        let mut steps = 0;
        let found = search(bounds, async |sessions| {
            steps += 1;
            Ok(sessions <= of)
        });
        let found = found.await.expect("no measurement failed");
        (found, steps)
    }

    #[tokio::test]
    async fn the_limit_is_found_in_few_steps() {
        let bounds = Bounds { from: 10, to: 400 };
        for of in [1, 7, 10, 23, 117, 200, 399] {
            let (found, steps) = limit(of, bounds).await;
            let found = found.expect("some number holds");
            assert!(found <= of && of - found <= (of / 25).max(1), "{of}: {found}");
            assert!(steps <= 14, "{of}: {steps} steps");
        }
        assert_eq!(limit(0, bounds).await.0, None);
        assert_eq!(limit(1_000, bounds).await.0, Some(400));
    }
}
