//! The worker threads of the engine: few, off the async threads, with a short queue in front of them.

use super::error::EngineError;
use rten::{RunOptions, ThreadPool};
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};
use tokio::sync::oneshot;

/// How urgent a job is; the order of the variants is the order in which they are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Short, and somebody waits for it this very moment: words to be heard, whether a turn is over.
    Speak,
    /// Somebody's words.
    Listen,
    /// Words that will be said later, captions that are not settled.
    Ahead,
    /// What nobody waits for: short slices of long work, after everything else.
    Background,
}

const LANES: usize = 4;
/// Jobs that may wait in each lane. One that listens holds up to 15 s of audio (1 MB) and takes half a second, so more
/// would be of no use to anyone.
const LANE_JOBS_MAX: [usize; LANES] = [256, 64, 256, 16];

/// What a job may use: the options with which its networks run, on the worker's own single thread.
pub struct Worker {
    pub(super) options: RunOptions,
}

impl Worker {
    pub(super) fn new() -> Self {
        let threads = Arc::new(ThreadPool::with_num_threads(1));
        Self { options: RunOptions::default().with_thread_pool(Some(threads)) }
    }
}

type Job = Box<dyn FnOnce(&Worker) + Send>;

#[derive(Default)]
struct Queue {
    lanes: [VecDeque<Job>; LANES],
    /// Background work left out.
    running: usize,
    begun: u64,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

impl Shared {
    /// Jobs run outside the lock, so a poisoned queue is still a whole one.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fixed number of workers. They start with the first job and end when the pool is dropped.
pub struct Pool {
    shared: Arc<Shared>,
    workers: usize,
    started: std::sync::Once,
}

impl Pool {
    /// `workers`: how many jobs may run at once, at least 1.
    pub fn new(workers: usize) -> Self {
        Self { shared: Arc::default(), workers: workers.max(1), started: std::sync::Once::new() }
    }

    /// Whether nothing runs and nothing waits, beside the background: time for work that nobody asked for.
    pub fn is_idle(&self) -> bool {
        let queue = self.shared.lock();
        queue.running == 0 && queue.lanes[..Lane::Background as usize].iter().all(VecDeque::is_empty)
    }

    /// Jobs that were begun so far.
    pub fn begun(&self) -> u64 {
        self.shared.lock().begun
    }

    /// Queues `job` for a worker now; the future is its answer. Dropping the future before the job has begun takes the
    /// job back.
    ///
    /// # Errors
    /// [`EngineError::Overloaded`] at once when the lane is full, [`EngineError::Panicked`] when the job panicked, and
    /// what the job itself returns.
    pub fn run<T, F>(&self, lane: Lane, job: F) -> impl Future<Output = Result<T, EngineError>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&Worker) -> Result<T, EngineError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |worker| {
            if answer.is_closed() {
                return;
            }
            // A network that is half way through a panic is not used again: every run builds its state anew.
            let result = catch_unwind(AssertUnwindSafe(|| job(worker))).unwrap_or(Err(EngineError::Panicked));
            let _ = answer.send(result);
        });
        let submitted = self.submit(lane, job);
        async move {
            submitted?;
            answered.await.unwrap_or(Err(EngineError::Closed))
        }
    }

    /// Queues `job` for a worker; nobody waits for an answer.
    ///
    /// # Errors
    /// [`EngineError::Overloaded`] when the lane is full.
    pub fn spawn(&self, lane: Lane, job: impl FnOnce() + Send + 'static) -> Result<(), EngineError> {
        self.submit(
            lane,
            Box::new(move |_| {
                if catch_unwind(AssertUnwindSafe(job)).is_err() {
                    tracing::error!("a job that nobody waits for panicked");
                }
            }),
        )
    }

    fn submit(&self, lane: Lane, job: Job) -> Result<(), EngineError> {
        self.started.call_once(|| self.start());
        let mut queue = self.shared.lock();
        if queue.closed {
            return Err(EngineError::Closed);
        }
        let waiting = &mut queue.lanes[lane as usize];
        if waiting.len() >= LANE_JOBS_MAX[lane as usize] {
            metrics::counter!("viva_engine_jobs_refused_total").increment(1);
            return Err(EngineError::Overloaded);
        }
        waiting.push_back(job);
        drop(queue);
        // All: a worker that leaves `Ahead` alone must not swallow the wake-up of one that takes it.
        self.shared.wake.notify_all();
        Ok(())
    }

    fn start(&self) {
        for index in 0..self.workers {
            let shared = self.shared.clone();
            // The last worker keeps away from what nobody waits for, unless it is the only one.
            let lanes = if index > 0 && index + 1 == self.workers { Lane::Ahead as usize } else { LANES };
            let body = move || work(&shared, lanes);
            if let Err(error) = thread::Builder::new().name(format!("engine-{index}")).spawn(body) {
                tracing::error!(%error, "speech worker cannot start");
                if index == 0 {
                    self.shared.lock().closed = true;
                }
                break;
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.closed = true;
        queue.lanes.iter_mut().for_each(VecDeque::clear);
        drop(queue);
        self.shared.wake.notify_all();
    }
}

/// Life of one worker: the most urgent job of the first `lanes` lanes, until the pool is closed.
fn work(shared: &Shared, lanes: usize) {
    let worker = Worker::new();
    let mut queue = shared.lock();
    loop {
        if queue.closed {
            return;
        }
        let mut waiting = queue.lanes[..lanes].iter_mut().enumerate();
        let Some((lane, job)) = waiting.find_map(|(lane, jobs)| Some((lane, jobs.pop_front()?))) else {
            queue = shared.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let counts = usize::from(lane != Lane::Background as usize);
        queue.running += counts;
        queue.begun += 1;
        drop(queue);
        job(&worker);
        queue = shared.lock();
        queue.running -= counts;
    }
}

#[cfg(test)]
mod tests {
    use super::{EngineError, LANE_JOBS_MAX, Lane, Pool};
    use std::sync::mpsc::sync_channel;

    #[tokio::test]
    async fn urgent_jobs_go_first_and_a_full_lane_refuses() {
        let pool = Pool::new(1);
        let (started, has_started) = sync_channel(1);
        let (release, held) = sync_channel::<()>(1);
        let (log, logged) = sync_channel(1_000);
        let blocker = pool.run(Lane::Ahead, move |_| {
            started.send(()).unwrap();
            held.recv().map_err(|_| EngineError::Closed)
        });
        has_started.recv().unwrap();
        let job = |name: &'static str| {
            let log = log.clone();
            move |_: &_| log.send(name).map_err(|_| EngineError::Closed)
        };
        let ahead = pool.run(Lane::Ahead, job("ahead"));
        let taken_back = pool.run(Lane::Listen, job("taken back"));
        let listen: Vec<_> = (1..LANE_JOBS_MAX[1]).map(|_| pool.run(Lane::Listen, job("listen"))).collect();
        assert_eq!(pool.run(Lane::Listen, job("too many")).await, Err(EngineError::Overloaded));
        let speak = pool.run(Lane::Speak, job("speak"));
        drop(taken_back);
        release.send(()).unwrap();
        assert_eq!(blocker.await, Ok(()));
        assert_eq!((speak.await, ahead.await), (Ok(()), Ok(())));
        for job in listen {
            assert_eq!(job.await, Ok(()));
        }
        let order: Vec<_> = logged.try_iter().collect();
        assert_eq!((order[0], order[1], order[order.len() - 1]), ("speak", "listen", "ahead"));
        assert!(!order.contains(&"taken back"));
    }

    #[tokio::test]
    async fn a_job_that_panics_harms_nobody() {
        let pool = Pool::new(1);
        let panicked = pool.run(Lane::Speak, |_| -> Result<(), EngineError> { panic!("a planted panic") });
        assert_eq!(panicked.await, Err(EngineError::Panicked));
        assert_eq!(pool.run(Lane::Speak, |_| Ok(7)).await, Ok(7));
        assert!(pool.begun() >= 2);
    }
}
