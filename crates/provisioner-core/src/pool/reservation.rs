//! What the pools of one call are going to take from the host, so that no two of them are promised the same.
//!
//! The rules: a pool's engine that runs is no reservation, its port and memory are in use already; pools reserve in the
//! order in which they are planned; a port that is reserved blocks another pool as one that is taken, memory is a warning.

use config_schema::PoolId;

/// What one pool is going to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The pool.
    pub pool: PoolId,
    /// The port that its engine will listen on; none where it has none.
    pub port: Option<u16>,
    /// The memory that its engine will need at least; none where it runs already, or where that is not known.
    pub memory: Option<Demand>,
}

/// Memory that an engine needs at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// In bytes.
    pub bytes: u64,
    /// The UUIDs of the GPUs that hold it together; empty for the host's RAM.
    pub gpus: Vec<String>,
}

impl Demand {
    /// Which part of this demand is for memory that `other` needs, too, in bytes: an equal share on each GPU.
    fn shared_with(&self, other: &Self) -> u64 {
        if self.gpus.is_empty() || other.gpus.is_empty() {
            return if self.gpus.is_empty() && other.gpus.is_empty() { self.bytes } else { 0 };
        }
        let common = self.gpus.iter().filter(|gpu| other.gpus.contains(gpu)).count() as u64;
        u64::try_from(u128::from(self.bytes) * u128::from(common) / self.gpus.len().max(1) as u128).unwrap_or(u64::MAX)
    }
}

/// What pools that reserved before this one need of the memory that it needs: the bytes, and the pools by name.
pub(crate) fn needed_before(own: &PoolId, demand: &Demand, reserved: &[Reservation]) -> (u64, Vec<String>) {
    let others = reserved.iter().filter(|other| other.pool != *own);
    let shared = others.filter_map(|other| {
        let bytes = other.memory.as_ref()?.shared_with(demand);
        (bytes > 0).then(|| (bytes, other.pool.to_string()))
    });
    shared.fold((0, Vec::new()), |(sum, mut pools), (bytes, pool)| {
        pools.push(pool);
        (u64::saturating_add(sum, bytes), pools)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reserved(pool: &str, bytes: u64, gpus: &[&str]) -> Reservation {
        let gpus = gpus.iter().map(|gpu| (*gpu).to_owned()).collect();
        Reservation { pool: pool.parse().unwrap(), port: None, memory: Some(Demand { bytes, gpus }) }
    }

    /// One GPU's memory is promised to two pools, another GPU's is not.
    #[test]
    fn memory_is_shared_where_it_is_the_same() {
        let all = [
            reserved("ram", 7, &[]),
            reserved("one", 10, &["a"]),
            reserved("two", 8, &["a", "b"]),
            reserved("other", 3, &["c"]),
            reserved("own", 100, &["a"]),
        ];
        let own: PoolId = "own".parse().unwrap();
        let needs = |gpus: &[&str]| needed_before(&own, reserved("x", 1, gpus).memory.as_ref().unwrap(), &all);
        assert_eq!(needs(&["a"]), (14, vec!["one".to_owned(), "two".to_owned()]));
        assert_eq!(needs(&["b"]), (4, vec!["two".to_owned()]));
        assert_eq!(needs(&[]), (7, vec!["ram".to_owned()]));
        assert_eq!(needs(&["d"]), (0, Vec::new()));
    }
}
