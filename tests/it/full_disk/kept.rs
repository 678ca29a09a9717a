//! What must not be lost once it was acknowledged, as the answers promise it, and as the database and the
//! spool have it.

use std::collections::HashSet;
use std::path::Path;

use sharedphone::domain::input::{Input, LegMoment};
use sharedphone::spool::Spool;
use sharedphone::urls;
use url::form_urlencoded;

/// The ends of a line, in Twilio's words.
const ENDS: [&str; 5] = ["completed", "busy", "no-answer", "failed", "canceled"];

/// The facts that are in the database.
const RECORDED: &str = "SELECT 'known ' || call_sid FROM calls
    UNION SELECT 'known ' || leg_sid FROM legs WHERE leg_sid IS NOT NULL
    UNION SELECT 'over ' || call_sid FROM calls WHERE ended_at IS NOT NULL
    UNION SELECT 'over ' || leg_sid FROM legs WHERE leg_sid IS NOT NULL AND ended_at IS NOT NULL
    UNION SELECT 'taken ' || leg_sid FROM legs WHERE joined_at IS NOT NULL";

/// A line is `known`, was `taken` by its organiser, or is `over`.
pub type Fact = String;

/// What the service knows for good if it gives this answer.
pub fn acknowledged(target: &str, form: &[u8], document: &str) -> Option<Fact> {
    let value = |name: &str| form_urlencoded::parse(form).find(|(known, _)| known == name).map(|(_, value)| value);
    let (sid, route) = (value("CallSid")?, target.split(['?', '#']).next()?);
    match route {
        urls::UPDATES => ENDS.contains(&value("CallStatus")?.as_ref()).then(|| format!("over {sid}")),
        urls::LEG_KEY if document.contains("<Conference") => Some(format!("taken {sid}")),
        urls::EMERGENCY_DIAL | urls::EMERGENCY_SCREEN | urls::EMERGENCY_KEY | urls::EMERGENCY_AFTER => None,
        _ => Some(format!("known {sid}")),
    }
}

/// Those of the facts that were acknowledged which are in neither the database nor the spool of this folder.
pub async fn lost(acknowledged: &[Fact], folder: &Path) -> Vec<Fact> {
    let recorded = crate::record::rows(&folder.join("sharedphone.db"), RECORDED).await;
    let mut kept: HashSet<Fact> = recorded.into_iter().collect();
    let spooled = crate::stage::spool(folder).read().await.expect("the spool");
    for entry in spooled.into_iter().flat_map(|spooled| spooled.entries) {
        kept.extend(said(&entry.input));
    }
    let mut known = HashSet::new();
    let mut lost = Vec::new();
    for fact in acknowledged {
        let (kind, sid) = fact.split_once(' ').expect("a fact");
        if kind != "over" {
            known.insert(sid);
        }
        // What was never a call for us is none by its end.
        if known.contains(sid) && !kept.contains(fact) {
            lost.push(fact.clone());
        }
    }
    lost
}

/// Whether nothing waits to be taken into the database.
pub fn is_empty(spool: &Path) -> bool {
    Spool::open(spool).is_empty()
}

fn said(input: &Input) -> Vec<Fact> {
    let over = |sid, is_over: bool| is_over.then(|| format!("over {sid}"));
    match input {
        Input::Caller(request) => vec![format!("known {}", request.call_sid)],
        Input::Leg(request) => {
            let taken = matches!(&request.moment, LegMoment::Key(key) if key == "1");
            let taken = taken.then(|| format!("taken {}", request.sid));
            [format!("known {}", request.sid)].into_iter().chain(taken).collect()
        }
        Input::CallerStatus { call_sid, line } => over(call_sid, line.is_terminal()).into_iter().collect(),
        Input::LegStatus(report) => over(&report.sid, report.line.is_terminal()).into_iter().collect(),
        _ => Vec::new(),
    }
}
