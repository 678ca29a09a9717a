//! Which counts of a report may be printed. In a small number somebody may recognise themselves, so
//! counts from 1 to N - 1 are "fewer than N"; and what is left out must not come back by subtraction.
//!
//! The rule, with the total of all calls known and every table of the report adding up to it:
//!
//! - A total below N is printed as "fewer than N" and nothing else is: a table would only narrow it.
//! - In each table a nought stays a nought (nobody is in it), a count below N becomes [`Shown::Fewer`].
//! - Then a reader subtracts: what is left of the total, less the least and the most that the other
//!   hidden counts can be, bounds each hidden one. While these bounds leave fewer than three numbers for
//!   one of them (or not all, where N - 1 is less than three), the smallest printed count of the table
//!   is [`Shown::Withheld`] as well. Readers may know this order, so that a withheld count is taken to
//!   be at least N and at most the smallest that is still printed.
//! - A table in which that does not help is not printed at all.
//!
//! This guards one report. Two reports of periods that differ by a day can still be subtracted from
//! one another; publish periods that do not overlap.

/// What is printed for one count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// The count.
    Count(u64),
    /// That it is from 1 to N - 1.
    Fewer,
    /// Nothing. It is N or more, and would give away another one.
    Withheld,
}

/// What is printed for a total below `least` calls, or else the total.
pub(super) fn total(calls: u64, least: u64) -> Shown {
    if calls == 0 || calls >= least { Shown::Count(calls) } else { Shown::Fewer }
}

/// What is printed for the counts of one table, which add up to a total that is printed; nothing if it
/// can't be printed.
pub(super) fn table(counts: &[u64], least: u64) -> Option<Vec<Shown>> {
    let all: u64 = counts.iter().sum();
    if total(all, least) == Shown::Fewer {
        return None;
    }
    let mut shown: Vec<Shown> = counts.iter().map(|count| total(*count, least)).collect();
    while !is_safe(&shown, all, least) {
        let smallest = shown.iter().enumerate().filter_map(|(at, shown)| Some((printed(*shown)?, at))).min();
        let (_, at) = smallest?;
        shown[at] = Shown::Withheld;
    }
    Some(shown)
}

/// A count that is printed and not nought.
fn printed(shown: Shown) -> Option<u64> {
    match shown {
        Shown::Count(count) if count > 0 => Some(count),
        Shown::Count(_) | Shown::Fewer | Shown::Withheld => None,
    }
}

/// Between how many numbers a hidden small count stays open, at least.
const OPEN: u64 = 3;

/// Whether each count that is fewer than `least` stays open for a reader who knows the total and all
/// that is printed.
fn is_safe(shown: &[Shown], all: u64, least: u64) -> bool {
    let among = |wanted: Shown| shown.iter().filter(|shown| **shown == wanted).count() as u64;
    let (fewer, withheld) = (among(Shown::Fewer), among(Shown::Withheld));
    if fewer == 0 {
        return true;
    }
    let smallest_printed = shown.iter().filter_map(|shown| printed(*shown)).min();
    let most_withheld = match (withheld, smallest_printed) {
        (0, _) => Some(0),
        (_, smallest) => smallest,
    };
    let sum: u64 = shown.iter().filter_map(|shown| printed(*shown)).sum();
    // What all the others come to at least, and at most.
    let least_others = sum + (fewer - 1) + withheld * least;
    let most_others = most_withheld.map(|most| sum + (fewer - 1) * (least - 1) + withheld * most);
    let lowest = most_others.map_or(1, |most| all.saturating_sub(most).max(1));
    let highest = (least - 1).min(all.saturating_sub(least_others));
    highest + 1 >= lowest + OPEN.min(least - 1)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::Shown::{Count, Fewer, Withheld};
    use super::*;

    #[test]
    fn small_counts_are_hidden_and_noughts_are_not() {
        assert_eq!(table(&[20, 0, 30], 5), Some(vec![Count(20), Count(0), Count(30)]));
        assert_eq!(table(&[20, 4, 3, 1], 5), Some(vec![Count(20), Fewer, Fewer, Fewer]));
    }

    #[test]
    fn a_single_small_count_takes_another_one_with_it() {
        assert_eq!(table(&[20, 3, 30], 5), Some(vec![Withheld, Fewer, Count(30)]));
        assert_eq!(table(&[9, 3], 5), Some(vec![Withheld, Fewer]));
        assert_eq!(table(&[12, 7, 1, 0], 5), Some(vec![Count(12), Withheld, Fewer, Count(0)]));
    }

    #[test]
    fn two_small_counts_that_add_up_to_little_are_not_enough() {
        // 1 + 1: whoever knows that two calls are left knows both counts.
        assert_eq!(table(&[20, 1, 1, 30], 5), Some(vec![Withheld, Fewer, Fewer, Count(30)]));
    }

    #[test]
    fn a_table_that_can_not_be_guarded_is_not_printed() {
        assert_eq!(table(&[5, 1], 5), None);
        assert_eq!(table(&[2, 1], 5), None, "its total is fewer than 5 already");
    }

    #[test]
    fn totals_below_the_least_are_hidden() {
        assert_eq!([0, 1, 4, 5].map(|calls| total(calls, 5)), [Count(0), Fewer, Fewer, Count(5)]);
    }

    #[test]
    fn without_suppression_everything_is_printed() {
        assert_eq!(table(&[1, 0, 2], 1), Some(vec![Count(1), Count(0), Count(2)]));
        assert_eq!(table(&[1, 0, 2], 0), Some(vec![Count(1), Count(0), Count(2)]));
    }

    /// All tables of that many counts, none above `most`.
    fn tables(counts: u32, most: u64) -> impl Iterator<Item = Vec<u64>> {
        let base = most + 1;
        (0..base.pow(counts)).map(move |code| (0..counts).map(|place| code / base.pow(place) % base).collect())
    }

    /// Whether a reader could think that `counts` are behind what is printed.
    fn may_be(counts: &[u64], shown: &[Shown], least: u64) -> bool {
        let smallest = shown.iter().filter_map(|shown| printed(*shown)).min().unwrap_or(u64::MAX);
        counts.iter().zip(shown).all(|(count, shown)| match shown {
            Count(printed) => printed == count,
            Fewer => (1..least).contains(count),
            Withheld => (least..=smallest).contains(count),
        })
    }

    /// The numbers that each hidden small count may be, over these tables.
    fn possible(tables: &[&Vec<u64>], shown: &[Shown]) -> Vec<BTreeSet<u64>> {
        let hidden = shown.iter().enumerate().filter(|(_, shown)| **shown == Fewer);
        hidden.map(|(at, _)| tables.iter().map(|counts| counts[at]).collect()).collect()
    }

    #[test]
    fn whoever_reckons_with_all_that_is_printed_is_left_with_three_numbers() {
        for (least, counts, most) in [(2, 3, 8), (3, 3, 12), (3, 4, 9), (5, 2, 20), (5, 3, 18)] {
            let all: Vec<Vec<u64>> = tables(counts, most).filter(|counts| counts.iter().sum::<u64>() <= most).collect();
            let mut by_total: BTreeMap<u64, Vec<&Vec<u64>>> = BTreeMap::new();
            for counts in &all {
                by_total.entry(counts.iter().sum()).or_default().push(counts);
            }
            for counts in &all {
                let Some(shown) = table(counts, least) else { continue };
                let thinkable: Vec<&Vec<u64>> = by_total[&counts.iter().sum::<u64>()]
                    .iter()
                    .filter(|other| may_be(other, &shown, least))
                    .copied()
                    .collect();
                assert!(thinkable.contains(&counts), "{counts:?} {shown:?}");
                let open = OPEN.min(least - 1) as usize;
                assert!(possible(&thinkable, &shown).iter().all(|may_be| may_be.len() >= open), "{counts:?} {shown:?}");
            }
        }
    }

    #[test]
    fn at_five_even_who_tries_out_this_program_is_left_with_two_numbers() {
        let all: Vec<Vec<u64>> = tables(3, 20).filter(|counts| counts.iter().sum::<u64>() <= 20).collect();
        let mut printed_alike: BTreeMap<String, (Vec<Shown>, Vec<&Vec<u64>>)> = BTreeMap::new();
        for counts in &all {
            let Some(shown) = table(counts, 5) else { continue };
            let key = format!("{} {shown:?}", counts.iter().sum::<u64>());
            printed_alike.entry(key).or_insert_with(|| (shown, Vec::new())).1.push(counts);
        }
        for (printed, (shown, tables)) in &printed_alike {
            assert!(possible(tables, shown).iter().all(|numbers| numbers.len() >= 2), "{printed}");
        }
    }
}
