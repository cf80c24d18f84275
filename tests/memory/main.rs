//! How much memory a run takes, told by an allocator that counts: bytes for a request in flight, and that playing on allocates nothing
//! for a request. A process of its own, because the allocator counts for all threads; no clock is read.

use firedrill::compile::{self, Request};
use firedrill::plan::Plan;
use firedrill::scenario::{Diagnostics, load_text, render};
use firedrill::sim::Simulation;
use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

static CALLS: AtomicU64 = AtomicU64::new(0);
static LIVE_BYTES: AtomicU64 = AtomicU64::new(0);

/// The counters are of the whole process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator with the caller's own arguments; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        LIVE_BYTES.fetch_add(layout.size() as u64, Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE_BYTES.fetch_sub(layout.size() as u64, Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        LIVE_BYTES.fetch_add(size as u64, Relaxed);
        LIVE_BYTES.fetch_sub(layout.size() as u64, Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(at, layout, size) }
    }
}

fn simulation(text: &str) -> Simulation {
    let diags = Diagnostics::new();
    let mut loaded = load_text("memory", text, Path::new("."), &diags);
    let plan: Option<Plan> = compile::compile(&mut loaded, &Request::default(), &diags);
    Simulation::new(Arc::new(plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)))))
}

#[test]
fn a_request_in_flight_takes_few_bytes() {
    let _alone = ALONE.lock();
    // As many as just fill the tables, which grow by doubling: what is measured is what a request needs.
    let in_flight = 1u64 << 18;
    let text = "
name: in-flight
length: 100s
window: 100s
clients: {users: {calls: {to: s, timeout: 90s}, rate: 5000/s, arrivals: constant}}
services: {s: {work: 80s}}
";
    let mut simulation = simulation(text);
    let before = LIVE_BYTES.load(Relaxed);
    simulation.run_to_share(in_flight as f64 / 5000.0 / 100.0);
    let each = (LIVE_BYTES.load(Relaxed) - before) as f64 / in_flight as f64;
    assert!(each > 50.0, "{each} bytes: nothing was in flight");
    // Measured: 252 (call, frame, timer and event).
    assert!(each < 265.0, "{each} bytes for a request in flight");
}

#[test]
fn playing_on_allocates_nothing_for_a_request() {
    let _alone = ALONE.lock();
    // What is allocated in the second half belongs to the histograms of its cells, however many requests they count.
    let allocations = |rate: u32| {
        let text = format!(
            "
name: steady
length: 40s
window: 10s
clients: {{users: {{calls: {{to: web, timeout: 1s, retries: 2}}, rate: {rate}/s}}}}
services:
  web: {{workers: 32, work: exp(4ms), calls: app}}
  app: {{workers: 64, work: exp(10ms), calls: db}}
  db: {{workers: 16, work: exp(5ms)}}
"
        );
        let mut simulation = simulation(&text);
        simulation.run_to_share(0.5);
        let before = CALLS.load(Relaxed);
        simulation.run_to_end();
        let requests: u64 = simulation.finish().clients[0].cells.iter().map(|cell| cell.sent).sum();
        (CALLS.load(Relaxed) - before, requests / 2)
    };
    let (few, few_requests) = allocations(300);
    let (many, many_requests) = allocations(1200);
    assert!(many_requests > 3 * few_requests);
    assert!(many < few + 200, "{few} allocations for {few_requests} requests, {many} for {many_requests}");
}
