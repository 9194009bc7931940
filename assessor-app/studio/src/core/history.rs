//! Undo and redo of whole states, with changes of one gesture in one step.

/// So many steps can be undone; an older one is forgotten.
const DEPTH: usize = 200;

/// Earlier and undone states of `T`, each with what was done after it.
#[derive(Clone, Debug)]
pub(crate) struct History<T> {
    past: Vec<(String, T)>,
    future: Vec<(String, T)>,
    /// What the last step was about, while more of the same joins it.
    open: Option<String>,
}

impl<T: Clone + PartialEq> History<T> {
    pub(crate) fn new() -> Self {
        Self { past: Vec::new(), future: Vec::new(), open: None }
    }

    /// Changes `now` by `change`; steps of the same `gesture` in a row are undone as one. A change that changes nothing is none.
    pub(crate) fn edit(
        &mut self,
        now: &mut T,
        label: &str,
        gesture: Option<&str>,
        change: impl FnOnce(&mut T),
    ) {
        let before = now.clone();
        change(now);
        if *now == before {
            return;
        }
        self.future.clear();
        let joins = gesture.is_some() && self.open.as_deref() == gesture;
        if !joins {
            if self.past.len() == DEPTH {
                self.past.remove(0);
            }
            self.past.push((label.to_owned(), before));
        }
        self.open = gesture.map(str::to_owned);
    }

    /// The gesture is over: what comes is another step.
    pub(crate) fn close(&mut self) {
        self.open = None;
    }

    /// Changes all states that can be had back: what is no edit holds for them, too.
    pub(crate) fn amend(&mut self, change: impl FnMut(&mut T)) {
        self.past.iter_mut().chain(&mut self.future).map(|(_, state)| state).for_each(change);
    }

    /// Takes the last step back and says what it was.
    pub(crate) fn undo(&mut self, now: &mut T) -> Option<String> {
        let (label, before) = self.past.pop()?;
        self.future.push((label.clone(), std::mem::replace(now, before)));
        self.open = None;
        Some(label)
    }

    /// Does the last undone step again.
    pub(crate) fn redo(&mut self, now: &mut T) -> Option<String> {
        let (label, after) = self.future.pop()?;
        self.past.push((label.clone(), std::mem::replace(now, after)));
        self.open = None;
        Some(label)
    }

    pub(crate) fn next_undo(&self) -> Option<&str> {
        self.past.last().map(|(label, _)| label.as_str())
    }

    pub(crate) fn next_redo(&self) -> Option<&str> {
        self.future.last().map(|(label, _)| label.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gesture_is_one_step_and_comes_back() {
        let (mut history, mut value) = (History::new(), 0);
        for to in 1..=5 {
            history.edit(&mut value, "drag", Some("jaw"), |v| *v = to);
        }
        history.close();
        history.edit(&mut value, "drag", Some("jaw"), |v| *v = 9);
        history.edit(&mut value, "nothing", None, |_| {});
        assert_eq!(history.undo(&mut value).as_deref(), Some("drag"));
        assert_eq!(value, 5);
        assert_eq!(history.undo(&mut value).as_deref(), Some("drag"));
        assert_eq!((value, history.undo(&mut value)), (0, None));
        history.redo(&mut value);
        assert_eq!((value, history.next_redo()), (5, Some("drag")));
        history.edit(&mut value, "other", None, |v| *v = 7);
        assert_eq!((history.redo(&mut value), value), (None, 7));
    }

    #[test]
    fn an_amendment_reaches_what_was_done_and_undone() {
        let (mut history, mut value) = (History::new(), 1);
        history.edit(&mut value, "two", None, |v| *v = 2);
        history.edit(&mut value, "three", None, |v| *v = 3);
        history.undo(&mut value);
        history.amend(|v| *v += 10);
        history.redo(&mut value);
        assert_eq!(value, 13);
        history.undo(&mut value);
        history.undo(&mut value);
        assert_eq!(value, 11);
    }

    #[test]
    fn the_oldest_step_is_forgotten() {
        let (mut history, mut value) = (History::new(), 0);
        for _ in 0..DEPTH + 20 {
            history.edit(&mut value, "step", None, |v| *v += 1);
        }
        while history.undo(&mut value).is_some() {}
        assert_eq!(value, 20);
    }
}
