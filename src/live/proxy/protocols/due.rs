//! What a session remembers of the exchanges under way: who answers each request, and what becomes of it. Data only.

use super::Tag;
use crate::base::Time;
use crate::live::proxy::lane::End;
use crate::live::proxy::stages::Delays;

/// Who answers a request.
#[derive(Debug)]
pub enum Due {
    /// `marks`: the rules that want the answer. `error`: what becomes of the error that it must be. `asked`: for rules that are newer than it.
    Server { tag: Tag, marks: Vec<u64>, error: Option<Vec<u8>>, asked: Asked },
    /// A fault. `ready`: all of the request is here, or need not be.
    Ours { answer: Vec<u8>, end: Option<End>, late: Delays, asked: Time, ready: bool },
}

/// A request as it came.
#[derive(Debug)]
pub struct Asked {
    /// Empty if it was too long to be kept.
    pub head: Box<[u8]>,
    /// The newest rule that has judged it.
    pub judged: u64,
}

/// What becomes of the body of the answer under way.
#[derive(Debug)]
pub enum Answering {
    Pass,
    Swallow,
    /// So many bytes of it pass; for this rule.
    Cut {
        left: u64,
        stamp: u64,
    },
}

/// What becomes of a request.
pub enum Verdict {
    Goes { late: Delays, head: Option<Vec<u8>> },
    Stays,
}
