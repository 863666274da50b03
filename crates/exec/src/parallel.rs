//! Several questions at once, on as many threads as the system grants.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Applies `work` to every item, each on a thread of its own as far as the system starts threads, and returns the results
/// in the order of the items. Where no thread can be started, the calling one does all the work.
pub fn parallel_map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let helpers = items.len().saturating_sub(1);
    let results = Mutex::new(items.iter().map(|_| None).collect::<Vec<Option<R>>>());
    let queue = Mutex::new(items.into_iter().enumerate());
    let serve = || {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((index, item)) = next else { return };
            let result = work(item);
            if let Some(slot) = results.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
                *slot = Some(result);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, serve) {
                tracing::debug!(%error, "no more threads: the others do the work");
                break;
            }
        }
        serve();
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn items_are_worked_on_at_once_and_stay_in_order() {
        let all = Barrier::new(4);
        let work = |n: u32| {
            all.wait();
            n * n
        };
        assert_eq!(parallel_map(vec![1, 2, 3, 4], work), [1, 4, 9, 16]);
        assert_eq!(parallel_map(Vec::<u32>::new(), |n| n), Vec::<u32>::new());
    }
}
