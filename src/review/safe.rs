//! Text from outside made fit to be looked at: whatever can't be seen, or turns what can be seen
//! around, is shown as an escape. A name or a note can then neither move the cursor, nor hide
//! words, nor look like other words.

use std::ops::RangeInclusive;

/// What is not seen: controls are asked for separately. These are joiners, marks of direction,
/// fillers, separators of lines, tags, variation selectors (but for U+FE0F, by which an emoji is
/// one) and what is no character at all.
const INVISIBLE: [RangeInclusive<char>; 19] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0e}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{fffe}'..='\u{ffff}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Marks that stand above or below the character before.
const COMBINING: [RangeInclusive<char>; 12] = [
    '\u{300}'..='\u{36f}',
    '\u{483}'..='\u{489}',
    '\u{591}'..='\u{5bd}',
    '\u{610}'..='\u{61a}',
    '\u{64b}'..='\u{65f}',
    '\u{e31}'..='\u{e31}',
    '\u{e34}'..='\u{e3a}',
    '\u{1ab0}'..='\u{1aff}',
    '\u{1dc0}'..='\u{1dff}',
    '\u{20d0}'..='\u{20ff}',
    '\u{fe0f}'..='\u{fe0f}',
    '\u{fe20}'..='\u{fe2f}',
];

/// Characters that take two columns.
const WIDE: [RangeInclusive<char>; 9] = [
    '\u{1100}'..='\u{115e}',
    '\u{2e80}'..='\u{303e}',
    '\u{3041}'..='\u{a4cf}',
    '\u{ac00}'..='\u{d7a3}',
    '\u{f900}'..='\u{faff}',
    '\u{fe30}'..='\u{fe6f}',
    '\u{ff00}'..='\u{ff60}',
    '\u{1f300}'..='\u{1faff}',
    '\u{20000}'..='\u{3fffd}',
];

/// How many marks on one character are shown as such; more would reach into the lines around.
const MARKS: usize = 4;

/// Whether a character can't be seen, or changes how others are seen.
pub fn is_invisible(c: char) -> bool {
    c.is_control() || (!c.is_ascii() && is_in(&INVISIBLE, c))
}

/// The text on one line, with everything invisible as an escape such as `\n` or `\u{202e}`.
pub fn safe(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        marks = if !c.is_ascii() && is_in(&COMBINING, c) { marks + 1 } else { 0 };
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if is_invisible(c) || marks > MARKS => shown.extend(c.escape_unicode()),
            _ => shown.push(c),
        }
    }
    shown
}

/// The lines of a longer text, each made safe.
pub fn safe_lines(text: &str) -> Vec<String> {
    text.lines().map(safe).collect()
}

/// How many columns a safe text takes in a terminal, near enough.
pub fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

fn columns(c: char) -> usize {
    if c.is_ascii() {
        1
    } else if is_in(&COMBINING, c) {
        0
    } else {
        1 + usize::from(is_in(&WIDE, c))
    }
}

/// The text made safe and exactly `wanted` columns wide: filled up with spaces, or cut off with `…`.
pub fn fit(text: &str, wanted: usize) -> String {
    let mut shown = safe(text);
    if width(&shown) > wanted {
        let mut used = 0;
        let kept = shown.chars().take_while(|c| {
            used += columns(*c);
            used < wanted
        });
        shown = kept.chain(['…']).collect();
    }
    let missing = wanted.saturating_sub(width(&shown));
    shown + &" ".repeat(missing)
}

fn is_in(ranges: &[RangeInclusive<char>], c: char) -> bool {
    ranges.iter().any(|range| range.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown() {
        for (text, shown) in [
            ("Ada", "Ada"),
            ("Zoë Müller, 山田, 🙂, ❤\u{fe0f}", "Zoë Müller, 山田, 🙂, ❤\u{fe0f}"),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\u{9b}31mb\u{7f}", "a\\u{9b}31mb\\u{7f}"),
            ("a\r\nb\tc\0", "a\\r\\nb\\tc\\u{0}"),
            ("abc\u{202e}fed", "abc\\u{202e}fed"),
            ("\u{feff}a\u{200b}b\u{2066}c\u{2028}", "\\u{feff}a\\u{200b}b\\u{2066}c\\u{2028}"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
        ] {
            assert_eq!(safe(text), shown);
        }
        assert_eq!(safe_lines("a\r\nb\n\nc"), ["a", "b", "", "c"]);
    }

    #[test]
    fn a_tower_of_marks_does_not_reach_into_other_lines() {
        let tower = format!("a{}b", "\u{301}".repeat(50));
        assert_eq!(safe(&tower).matches('\u{301}').count(), MARKS);
    }

    #[test]
    fn a_cell_has_its_width_whatever_is_in_it() {
        for text in
            ["", "Ada", "a name that is much too long", "山田太郎と花子", "Zoe\u{308}", "a\u{1b}b", "🙂🙂🙂🙂🙂🙂"]
        {
            for wanted in [1, 2, 5, 12] {
                assert_eq!(width(&fit(text, wanted)), wanted, "{text:?} in {wanted}");
            }
        }
        assert_eq!(fit("a name that is too long", 8), "a name …");
    }
}
