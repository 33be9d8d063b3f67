//! One form of a secret, searched for through any escapes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::reading::readings;

/// Positions that one step of a match follows at a time. An escape gives at most four; more come of fillers only.
const WIDTH: usize = 16;

/// The bytes of a form, each in its two spellings.
pub(super) struct Pattern {
    units: Zeroizing<Vec<[u8; 2]>>,
    /// Bytes that may stand between the others and mean nothing.
    fillers: &'static [u8],
    /// Whether the character before, and the one behind, hold bits of the secret too.
    shared: (bool, bool),
}

/// More work than one answer is worth: it is made of what the secret is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Pattern {
    /// Every form of a secret.
    pub(super) fn all(secret: &[u8]) -> Vec<Self> {
        let case = |byte: &u8| [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()];
        // Of UTF-16 and UTF-32, ASCII leaves zeros.
        let raw = Self { units: Zeroizing::new(secret.iter().map(case).collect()), fillers: b"\0", shared: (false, false) };
        let hex = Zeroizing::new(hex::encode(secret));
        let hex =
            Self { units: Zeroizing::new(hex.as_bytes().iter().map(case).collect()), fillers: b"\0", shared: (false, false) };
        let mut all = vec![raw, hex];
        all.extend((0..3).map(|before| Self::base64(secret, before)));
        all
    }

    /// The characters that the secret alone decides, behind `before` bytes of something else.
    fn base64(secret: &[u8], before: usize) -> Self {
        let mut bytes = Zeroizing::new(vec![0; before.saturating_add(secret.len())]);
        bytes.iter_mut().skip(before).zip(secret).for_each(|(to, from)| *to = *from);
        let text = Zeroizing::new(STANDARD_NO_PAD.encode(bytes.as_slice()));
        // 6 bits a character: the first that begins behind what precedes, the last that ends with the secret.
        let first = before.saturating_mul(8).div_ceil(6);
        let whole = bytes.len().saturating_mul(8).checked_div(6).unwrap_or_default();
        let spellings = |byte: &u8| match byte {
            b'+' | b'-' => [b'+', b'-'],
            b'/' | b'_' => [b'/', b'_'],
            other => [*other; 2],
        };
        let units = text.as_bytes().get(first..whole).unwrap_or_default().iter().map(spellings).collect();
        Self { units: Zeroizing::new(units), fillers: b"\0\r\n", shared: (before > 0, bytes.len().checked_rem(3) != Some(0)) }
    }

    pub(super) fn units(&self) -> &[[u8; 2]] {
        &self.units
    }

    pub(super) const fn fillers(&self) -> &'static [u8] {
        self.fillers
    }

    /// Whether the form begins with these characters, written as they are.
    pub(super) fn begins_with(&self, written: &[u8]) -> bool {
        written.len() <= self.units.len() && written.iter().zip(self.units.iter()).all(|(byte, unit)| unit.contains(byte))
    }

    /// The place of the form, if it stands at `start`.
    pub(super) fn place(&self, text: &[u8], start: usize, effort: &mut u64) -> Result<Option<(usize, usize)>, Exhausted> {
        Ok(self.match_at(text, start, effort)?.map(|end| self.widen(text, start, end)))
    }

    /// The farthest end of a match that begins at `start`.
    fn match_at(&self, text: &[u8], start: usize, effort: &mut u64) -> Result<Option<usize>, Exhausted> {
        let mut here = vec![start];
        let mut next = Vec::new();
        for (index, unit) in self.units.iter().enumerate() {
            let mut visited = 0;
            while let Some(at) = here.get(visited).copied() {
                visited = visited.saturating_add(1);
                *effort = effort.checked_sub(1).ok_or(Exhausted)?;
                for (byte, length) in readings(text, at) {
                    let to = at.saturating_add(length);
                    if unit.contains(&byte) {
                        push(&mut next, to);
                    } else if index > 0 && self.fillers.contains(&byte) {
                        push(&mut here, to);
                    }
                }
            }
            if next.is_empty() {
                return Ok(None);
            }
            core::mem::swap(&mut here, &mut next);
            next.clear();
        }
        Ok(here.into_iter().max())
    }

    fn widen(&self, text: &[u8], start: usize, end: usize) -> (usize, usize) {
        let is_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'+' | b'/' | b'-' | b'_');
        let before = start.checked_sub(1).filter(|at| self.shared.0 && text.get(*at).as_ref().is_some_and(is_base64));
        let after = text.get(end).filter(|_| self.shared.1).filter(is_base64).map_or(end, |_| end.saturating_add(1));
        let padding = text.iter().skip(after).take(2).take_while(|byte| self.shared.1 && **byte == b'=').count();
        (before.unwrap_or(start), after.saturating_add(padding))
    }
}

fn push(positions: &mut Vec<usize>, position: usize) {
    if positions.len() < WIDTH && !positions.contains(&position) {
        positions.push(position);
    }
}
