//! Who may speak again, and when. Knows nothing of the server.

use std::collections::HashMap;

/// When each user spoke last, in milliseconds of a clock that only advances.
pub struct Pace {
    last: HashMap<String, u64>,
    limit: usize,
}

impl Pace {
    pub fn new() -> Pace {
        Pace { last: HashMap::new(), limit: usize::MAX }
    }

    pub fn set_limit(&mut self, users: usize) {
        self.limit = users;
    }

    /// Milliseconds until the user may speak; 0: now.
    pub fn wait_ms(&self, user: &str, now: u64, pause: u64) -> u64 {
        match self.last.get(user) {
            Some(last) => (last + pause).saturating_sub(now),
            None => 0,
        }
    }

    /// The user speaks now. Of users who are not known yet, and for whom there
    /// is no room, nothing is remembered.
    pub fn spoke(&mut self, user: &str, now: u64, pause: u64) {
        if let Some(last) = self.last.get_mut(user) {
            *last = now;
            return;
        }
        if self.last.len() >= self.limit {
            self.last.retain(|_, last| *last + pause > now);
        }
        if self.last.len() < self.limit {
            self.last.insert(user.to_owned(), now);
        }
    }

    pub fn each(&self) -> impl Iterator<Item = (&String, &u64)> {
        self.last.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_each_user_speak_once_in_a_pause() {
        let mut pace = Pace::new();
        assert_eq!(pace.wait_ms("alice", 1000, 500), 0);
        pace.spoke("alice", 1000, 500);
        assert_eq!(pace.wait_ms("alice", 1200, 500), 300);
        assert_eq!(pace.wait_ms("bob", 1200, 500), 0);
        assert_eq!(pace.wait_ms("alice", 1500, 500), 0);
    }

    #[test]
    fn forgets_those_who_may_speak_when_it_is_full() {
        let mut pace = Pace::new();
        pace.set_limit(2);
        pace.spoke("alice", 0, 500);
        pace.spoke("bob", 400, 500);
        pace.spoke("carol", 600, 500);
        assert_eq!(pace.each().count(), 2);
        assert_eq!(pace.wait_ms("bob", 600, 500), 300);
        pace.spoke("dave", 700, 500);
        assert_eq!(pace.wait_ms("dave", 700, 500), 0);
    }
}
