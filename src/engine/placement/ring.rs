//! A consistent-hash ring: points of the replicas on a circle of hashes; a key belongs to the first point at or after its own hash
//! (Karger et al., STOC 1997; many points a server as in ketama, 2007). It knows nothing of failures.

/// Points in the order of the circle.
#[derive(Clone, Debug, Default)]
pub struct Ring {
    points: Vec<(u32, u32)>,
}

/// What stands on the ring: a replica, the number that its points are computed from, and how many of them there are.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    pub replica: u32,
    pub identity: u64,
    pub points: u32,
}

impl Ring {
    pub fn new(members: impl Iterator<Item = Member>) -> Ring {
        let place = |identity: u64, point: u32| (mix(mix(identity) ^ u64::from(point)) >> 32) as u32;
        let mut points: Vec<(u32, u32)> = members
            .flat_map(|member| (0..member.points).map(move |point| (place(member.identity, point), member.replica)))
            .collect();
        points.sort_unstable();
        Ring { points }
    }

    /// The replicas met from this hash onwards, once around; most are met more than once.
    pub fn walk(&self, hash: u32) -> impl Iterator<Item = u32> + '_ {
        let start = self.points.partition_point(|(at, _)| *at < hash);
        let (before, after) = self.points.split_at(start);
        after.iter().chain(before).map(|(_, replica)| *replica)
    }

    /// The replica that a hash belongs to; 0 on an empty ring.
    pub fn owner(&self, hash: u32) -> u32 {
        self.walk(hash).next().unwrap_or(0)
    }
}

/// The finalizer of splitmix64 (Steele, Lea and Flood, OOPSLA 2014): every bit of the number reaches every bit of the hash.
pub fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
