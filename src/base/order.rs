//! Work spread over a few threads with answers in the order of the questions. At most as many are under way or waiting as there are threads.

use std::collections::VecDeque;
use std::thread;

/// As many as the machine has cores, within reason.
pub fn threads() -> usize {
    const THREADS_MAX: usize = 16;
    thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX)
}

/// `work` runs on other threads, `answer` on this one, in order; `Err(())` stands for a panic in `work`. The first failure of `answer` ends it all.
pub fn in_order<Q: Sync, A: Send, E>(
    questions: &[Q],
    threads: usize,
    work: impl Fn(&Q) -> A + Sync,
    mut answer: impl FnMut(&Q, Result<A, ()>) -> Result<(), E>,
) -> Result<(), E> {
    thread::scope(|scope| {
        let work = &work;
        let mut next = questions.iter();
        let mut under_way = VecDeque::new();
        loop {
            while under_way.len() < threads.max(1) {
                let Some(question) = next.next() else { break };
                under_way.push_back((question, scope.spawn(move || work(question))));
            }
            let Some((question, handle)) = under_way.pop_front() else { return Ok(()) };
            answer(question, handle.join().map_err(|_| ()))?;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_order_and_a_panic_is_an_answer() {
        let questions: Vec<u32> = (0..40).collect();
        let mut seen = Vec::new();
        let work = |question: &u32| {
            assert!(*question != 13, "thirteen");
            question * 2
        };
        let done: Result<(), ()> = in_order(&questions, 3, work, |question, answer| {
            seen.push((*question, answer));
            Ok(())
        });
        assert_eq!(done, Ok(()));
        let wanted: Vec<(u32, Result<u32, ()>)> =
            (0..40).map(|n| (n, if n == 13 { Err(()) } else { Ok(n * 2) })).collect();
        assert_eq!(seen, wanted);
    }

    #[test]
    fn the_first_failure_ends_it() {
        let questions: Vec<u32> = (0..1000).collect();
        let mut count = 0;
        let done = in_order(
            &questions,
            2,
            |question| *question,
            |question, _| {
                count += 1;
                if *question == 4 { Err("stop") } else { Ok(()) }
            },
        );
        assert_eq!((done, count), (Err("stop"), 5));
    }
}
