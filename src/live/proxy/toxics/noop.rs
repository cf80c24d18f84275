//! Does nothing: a place holder that clients may add, change and remove.

use super::Toxic;

#[derive(Clone, Debug)]
pub struct Noop;

impl Toxic for Noop {
    fn fresh(&self) -> Box<dyn Toxic> {
        Box::new(Noop)
    }
}
