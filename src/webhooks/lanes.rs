//! Places for deliveries under way: few for each endpoint, and few for all that failed last, so that those that hang
//! take nobody's place but each other's.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Deliveries under way, in all.
pub const PLACES: usize = 32;
/// To one endpoint.
const PLACES_PER_ENDPOINT: usize = 2;
/// To all endpoints together whose last try failed: one that fails for the first time may hold two of the other places
/// once, for as long as a try takes.
const PLACES_OF_FAILING: usize = 8;
/// Wait of the first who is turned away; the next ones wait longer, as in a queue.
const TURNED_AWAY_WAIT: Duration = Duration::from_secs(1);
const TURNED_AWAY_WAIT_MAX: Duration = Duration::from_secs(60);

/// Who is on the way where.
#[derive(Clone, Default, Debug)]
pub struct Lanes(Arc<Mutex<State>>);

#[derive(Default, Debug)]
struct State {
    /// Endpoints with a delivery under way.
    endpoints: HashMap<String, Lane>,
    failing: usize,
}

#[derive(Default, Debug)]
struct Lane {
    busy: usize,
    turned_away: u32,
}

/// One place; free again when it is dropped.
#[derive(Debug)]
pub struct Place {
    lanes: Lanes,
    webhook_id: String,
    failing: bool,
}

impl Lanes {
    /// Takes a place to an endpoint. `failing`: its last try failed.
    ///
    /// # Errors
    /// After which time to ask again.
    pub fn take(&self, webhook_id: &str, failing: bool) -> Result<Place, Duration> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all_failing = failing && state.failing >= PLACES_OF_FAILING;
        if let Some(lane) = state.endpoints.get_mut(webhook_id)
            && (all_failing || lane.busy >= PLACES_PER_ENDPOINT)
        {
            lane.turned_away = lane.turned_away.saturating_add(1);
            let wait = TURNED_AWAY_WAIT * (1 + lane.turned_away / PLACES_PER_ENDPOINT as u32).min(60);
            return Err(wait.min(TURNED_AWAY_WAIT_MAX));
        }
        if all_failing {
            return Err(TURNED_AWAY_WAIT * 5);
        }
        state.endpoints.entry(webhook_id.to_owned()).or_default().busy += 1;
        state.failing += usize::from(failing);
        Ok(Place { lanes: self.clone(), webhook_id: webhook_id.to_owned(), failing })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.lanes.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failing -= usize::from(self.failing);
        if let Some(lane) = state.endpoints.get_mut(&self.webhook_id) {
            lane.busy -= 1;
            // Two who waited come in their place.
            lane.turned_away = lane.turned_away.saturating_sub(PLACES_PER_ENDPOINT as u32);
            if lane.busy == 0 {
                state.endpoints.remove(&self.webhook_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_that_hang_leave_places_for_the_others() {
        let lanes = Lanes::default();
        let first = lanes.take("a", false).expect("free");
        let _second = lanes.take("a", false).expect("free");
        let wait = lanes.take("a", false).expect_err("taken");
        for _ in 0..200 {
            let longer = lanes.take("a", false).expect_err("taken");
            assert!(wait <= longer && longer <= TURNED_AWAY_WAIT_MAX);
        }
        drop(first);
        let _third = lanes.take("a", false).expect("free again");
        let hanging: Vec<Place> = (0..20).filter_map(|n| lanes.take(&format!("h{n}"), true).ok()).collect();
        assert_eq!(hanging.len(), PLACES_OF_FAILING);
        assert!(lanes.take("b", false).is_ok(), "who did not fail is let in");
        drop(hanging);
        assert!(lanes.take("h0", true).is_ok());
        assert_eq!(lanes.0.lock().unwrap().endpoints.len(), 1, "only who is under way is remembered");
    }
}
