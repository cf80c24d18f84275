//! Independent work on all cores: each worker takes the next piece that nobody has taken, so none waits for another. Answers come as they are
//! done; whoever needs an order has the index.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Runs `work` on every index of the list; `take` hears each answer on this thread, and ends it all by answering false. A piece that panics
/// makes the whole panic, after the others are done.
pub fn each<A: Send>(
    indices: &[usize],
    threads: usize,
    work: impl Fn(usize) -> A + Sync,
    mut take: impl FnMut(usize, A) -> bool,
) {
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (tell, answers) = mpsc::sync_channel(threads.max(1) * 4);
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, indices.len().max(1)) {
            let (tell, next, is_over, work) = (tell.clone(), &next, &is_over, &work);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let Some(index) = indices.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                    if tell.send((*index, work(*index))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(tell);
        for (index, answer) in &answers {
            if !take(index, answer) {
                is_over.store(true, Ordering::Relaxed);
                break;
            }
        }
        // Workers that have an answer in their hands must not wait for somebody to take it.
        drop(answers);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_done_once() {
        let indices: Vec<usize> = (0..1000).rev().collect();
        let mut seen = vec![0; 1000];
        each(
            &indices,
            4,
            |index| index * 2,
            |index, answer| {
                assert_eq!(answer, index * 2);
                seen[index] += 1;
                true
            },
        );
        assert!(seen.iter().all(|count| *count == 1));
    }

    #[test]
    fn whoever_takes_may_end_it() {
        let (indices, mut count) = ((0..100_000).collect::<Vec<usize>>(), 0);
        each(
            &indices,
            3,
            |index| index,
            |_, _| {
                count += 1;
                count < 10
            },
        );
        assert_eq!(count, 10);
    }
}
