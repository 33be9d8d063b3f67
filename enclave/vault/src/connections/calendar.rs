//! When connections are due, in order, so that finding the next one takes no look at the others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Unix milliseconds at which a connection is due, and which it is.
type Due = (u64, [u8; 32]);

/// Connections that are due at some time. Those of one app stand together: the provider counts their requests together.
#[derive(Debug, Default)]
pub(crate) struct Calendar {
    by_app: BTreeMap<Option<[u8; 32]>, BTreeSet<Due>>,
    /// Where each stands.
    at: HashMap<[u8; 32], (Option<[u8; 32]>, u64)>,
}

impl Calendar {
    /// Puts a connection in its place, in the place of the one that it had. `None`: it is never due.
    pub(crate) fn put(&mut self, id: [u8; 32], app: Option<[u8; 32]>, due: Option<u64>) {
        let before = match due {
            Some(due) => self.at.insert(id, (app, due)),
            None => self.at.remove(&id),
        };
        if let Some((app, due)) = before
            && let Some(of_app) = self.by_app.get_mut(&app)
        {
            of_app.remove(&(due, id));
        }
        if let Some(due) = due {
            self.by_app.entry(app).or_default().insert((due, id));
        }
    }

    /// The one that has been due the longest, of those that `free` lets through and whose app is not `full`.
    pub(crate) fn first(&self, now: u64, full: impl Fn(&[u8; 32]) -> bool, free: impl Fn(&[u8; 32]) -> bool) -> Option<[u8; 32]> {
        let open = self.by_app.iter().filter(|(app, _)| !app.as_ref().is_some_and(&full));
        let firsts = open.filter_map(|(_, of_app)| until(of_app, now).find(|(_, id)| free(id)));
        firsts.min().map(|(_, id)| *id)
    }

    /// How many are due.
    pub(crate) fn count(&self, now: u64) -> u64 {
        self.by_app.values().flat_map(|of_app| until(of_app, now)).fold(0, |count, _| count.saturating_add(1))
    }
}

fn until(of_app: &BTreeSet<Due>, now: u64) -> impl Iterator<Item = &Due> {
    of_app.range(..=(now, [u8::MAX; 32]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: fn(&[u8; 32]) -> bool = |_| false;
    const ANYBODY: fn(&[u8; 32]) -> bool = |_| true;

    #[test]
    fn the_longest_due_comes_first_and_has_one_place() {
        let mut calendar = Calendar::default();
        calendar.put([1; 32], None, Some(30));
        calendar.put([2; 32], Some([9; 32]), Some(20));
        assert_eq!(calendar.first(19, NOBODY, ANYBODY), None);
        assert_eq!(calendar.first(30, NOBODY, ANYBODY), Some([2; 32]));
        calendar.put([2; 32], Some([8; 32]), Some(40));
        assert_eq!((calendar.first(50, NOBODY, ANYBODY), calendar.count(50)), (Some([1; 32]), 2));
        calendar.put([1; 32], None, None);
        assert_eq!((calendar.first(50, NOBODY, ANYBODY), calendar.count(50)), (Some([2; 32]), 1));
    }

    #[test]
    fn a_full_app_holds_up_no_other_and_nobody_waits_behind_one_in_flight() {
        let mut calendar = Calendar::default();
        calendar.put([1; 32], Some([9; 32]), Some(1));
        calendar.put([2; 32], Some([9; 32]), Some(2));
        calendar.put([3; 32], Some([8; 32]), Some(3));
        assert_eq!(calendar.first(9, |app| *app == [9; 32], ANYBODY), Some([3; 32]));
        assert_eq!(calendar.first(9, NOBODY, |id| *id != [1; 32]), Some([2; 32]));
    }
}
