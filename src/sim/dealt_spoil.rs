//! Random faults on single messages for random Plans.

use super::conservation::Maker;
use crate::base::Which;
use crate::plan::spoil::{Answer, Does, Glob, Wanted};
use crate::plan::{Effect, Spoil};

impl Maker {
    pub(super) fn spoil(&mut self, share: f64) -> Effect {
        let error = || Answer::Redis { error: "LOADING".into() };
        let page = Answer::Http { status: 200, body: String::new() };
        let does = self.pick(&[
            Does::Hold,
            Does::Answer(error()),
            Does::Answer(page),
            Does::Reset,
            Does::Drop,
            Does::HoldAnswer,
            Does::CutShort { bytes: 100 },
        ]);
        let of = self.pick(&[
            Wanted::Http { method: None, path: None, header: None },
            Wanted::Redis { commands: Vec::new(), key: Some(Glob("*1".into())) },
            Wanted::PostgresStart,
        ]);
        let which = Which { share, first: self.maybe(0.3, |_| 20), every: self.pick(&[1, 3]) };
        let late = self.maybe(0.5, |maker| maker.dist());
        Effect::Spoil(Box::new(Spoil { of, which, late, does }))
    }
}
