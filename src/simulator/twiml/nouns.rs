//! Owns the reading of `<Dial>` and its nouns `<Conference>` and `<Number>` (Twilio docs: Dial,
//! Conference, Number).

use super::attributes::{Reading, get};
use super::xml::Element;
use super::{Dial, Dialled, Number, Room, Waiting};
use crate::simulator::problem::ProblemKind;

/// Reads a `<Dial>`; `None` if it dials nothing that can be played.
pub fn dial(r: &mut Reading<'_>, e: &Element) -> Option<Dial> {
    r.only(
        e,
        "action method answerOnBridge callerId callReason hangupOnStar record \
         recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent \
         recordingTrack referUrl referMethod ringTone timeLimit timeout trim sequential",
    );
    let to = dialled(r, e)?;
    Some(Dial {
        action: r.hook(e, "action", "method"),
        answer_on_bridge: r.truth(e, "answerOnBridge", false),
        timeout: r.seconds(e, "timeout", 30, 5),
        time_limit: r.seconds(e, "timeLimit", 14_400, 1),
        caller_id: get(e, "callerId").map(str::to_owned),
        hangup_on_star: r.truth(e, "hangupOnStar", false),
        to,
    })
}

fn dialled(r: &mut Reading<'_>, e: &Element) -> Option<Dialled> {
    let text = e.text.trim();
    if !text.is_empty() && e.children.is_empty() {
        return Some(Dialled::Numbers(vec![plain(text)]));
    }
    let mut numbers = Vec::new();
    let mut rooms = Vec::new();
    for child in &e.children {
        match child.name.as_str() {
            "Number" => numbers.push(number(r, child)),
            "Conference" => rooms.push(room(r, child)),
            "Client" | "Sip" | "Queue" | "Sim" | "Application" | "WhatsApp" => {
                r.complain(ProblemKind::Unsupported, format!("<{}> isn't dialled here", child.name));
            }
            other => r.complain(ProblemKind::BadTwiml, format!("<{other}> may not stand in <Dial>")),
        }
    }
    if rooms.len() > 1 || (!rooms.is_empty() && !numbers.is_empty()) || numbers.len() > 10 {
        let text = "<Dial> takes one <Conference>, or up to ten <Number>s".to_owned();
        r.complain(ProblemKind::BadTwiml, text);
    }
    match rooms.pop() {
        Some(room) => Some(Dialled::Room(Box::new(room))),
        None if numbers.is_empty() => {
            r.complain(ProblemKind::BadTwiml, "<Dial> dials nothing".to_owned());
            None
        }
        None => Some(Dialled::Numbers(numbers)),
    }
}

fn plain(number: &str) -> Number {
    Number { number: number.to_owned(), whisper: None, status_callback: None, status_events: vec![] }
}

fn number(r: &mut Reading<'_>, e: &Element) -> Number {
    r.only(
        e,
        "url method sendDigits statusCallback statusCallbackEvent statusCallbackMethod byoc \
         machineDetection machineDetectionTimeout amdStatusCallback amdStatusCallbackMethod",
    );
    r.no_children(e);
    Number {
        whisper: r.hook(e, "url", "method"),
        status_callback: r.hook(e, "statusCallback", "statusCallbackMethod"),
        status_events: words(e, "statusCallbackEvent"),
        ..plain(e.text.trim())
    }
}

fn room(r: &mut Reading<'_>, e: &Element) -> Room {
    r.only(
        e,
        "startConferenceOnEnter endConferenceOnExit maxParticipants beep muted waitUrl waitMethod \
         participantLabel statusCallback statusCallbackEvent statusCallbackMethod record \
         recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent trim \
         recordingConfigurationId eventCallbackUrl region coach jitterBufferSize",
    );
    r.no_children(e);
    let name = e.text.trim().to_owned();
    if name.is_empty() || name.chars().count() > 128 {
        r.complain(ProblemKind::BadTwiml, format!("not a conference name (13237): {name:?}"));
    }
    let label = get(e, "participantLabel").map(str::to_owned);
    if label.as_deref().is_some_and(|l| l.is_empty() || l.len() > 128 || l.contains(['/', '%'])) {
        r.complain(ProblemKind::BadTwiml, format!("not a participant label (16023): {label:?}"));
    }
    let most = r.number(e, "maxParticipants", 250, 2).min(250);
    Room {
        name,
        start_on_enter: r.truth(e, "startConferenceOnEnter", true),
        end_on_exit: r.truth(e, "endConferenceOnExit", false),
        max_participants: usize::try_from(most).unwrap_or(250),
        beep: get(e, "beep").unwrap_or("true").to_owned(),
        muted: r.truth(e, "muted", false),
        wait: waiting(r, e),
        label,
        status_callback: r.hook(e, "statusCallback", "statusCallbackMethod"),
        status_events: checked_events(r, e),
    }
}

fn waiting(r: &mut Reading<'_>, e: &Element) -> Waiting {
    match get(e, "waitUrl") {
        None => Waiting::Music,
        Some("") => Waiting::Silence,
        Some(_) => r.hook(e, "waitUrl", "waitMethod").map_or(Waiting::Music, Waiting::At),
    }
}

fn checked_events(r: &mut Reading<'_>, e: &Element) -> Vec<String> {
    let known = ["start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"];
    let events = words(e, "statusCallbackEvent");
    for event in events.iter().filter(|event| !known.contains(&event.as_str())) {
        r.complain(ProblemKind::BadTwiml, format!("no conference event {event:?} (16002)"));
    }
    events
}

fn words(e: &Element, name: &str) -> Vec<String> {
    get(e, name).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}
