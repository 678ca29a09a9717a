//! Owns pictures of what happened, for people who read a failed test or watch a demo: a lane for
//! each party, time going down.

use super::observation::Observation;
use std::fmt::Write as _;

/// Width of a lane in characters.
const LANE: usize = 22;

/// The whole story, a lane for each party in order of appearance.
pub fn ladder(observations: &[Observation]) -> String {
    let mut parties: Vec<&str> = Vec::new();
    for o in observations {
        if !parties.contains(&o.party.as_str()) {
            parties.push(&o.party);
        }
    }
    let mut picture = String::from("  seconds  ");
    for party in &parties {
        let name: String = party.chars().take(LANE - 2).collect();
        push(&mut picture, format_args!("{name:<LANE$}"));
    }
    picture.push('\n');
    for o in observations {
        let lane = parties.iter().position(|p| *p == o.party).unwrap_or(0);
        push(&mut picture, format_args!("{:>9.2}  ", o.at.as_secs_f64()));
        for _ in 0..lane {
            push(&mut picture, format_args!("{:<LANE$}", "|"));
        }
        push(&mut picture, format_args!("{}\n", o.what));
    }
    picture
}

/// What happened to one party.
pub fn timeline(observations: &[Observation], party: &str) -> String {
    let mut lines = String::new();
    for o in observations.iter().filter(|o| o.party == party) {
        push(&mut lines, format_args!("{:>9.2}  {}\n", o.at.as_secs_f64(), o.what));
    }
    lines
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a String can't fail");
}
