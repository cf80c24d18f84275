//! Who is asked now, in all zones or in one of them, and whose turn it is. Why somebody is not in it, it does not know.

use crate::engine::placement::Out;

#[derive(Debug, Default)]
pub struct Rotation {
    /// In the order of their numbers.
    members: Vec<u32>,
    /// Everybody else.
    out: Out,
    turn: u32,
}

impl Rotation {
    /// From now on these of so many are asked.
    pub fn set(&mut self, members: Vec<u32>, active: u32) {
        let mut asked = members.iter().copied().peekable();
        self.out = Out::of((0..active).filter(|replica| asked.next_if_eq(replica).is_none()).collect());
        self.members = members;
    }

    pub fn members(&self) -> &[u32] {
        &self.members
    }

    pub fn out(&self) -> &Out {
        &self.out
    }

    /// The next in turn; there must be one.
    pub fn next(&mut self) -> u32 {
        let after = self.members.partition_point(|replica| *replica <= self.turn);
        self.turn = self.members[if after < self.members.len() { after } else { 0 }];
        self.turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_goes_on_where_it_was_when_the_members_change() {
        let mut rotation = Rotation::default();
        rotation.set(vec![0, 2, 3], 5);
        assert_eq!((rotation.next(), rotation.next()), (2, 3));
        assert!(rotation.out().contains(1) && rotation.out().contains(4) && !rotation.out().contains(2));
        rotation.set(vec![0, 1, 2, 3, 4], 5);
        assert_eq!((rotation.next(), rotation.next(), rotation.next()), (4, 0, 1));
        assert!(rotation.out().is_empty());
    }
}
