//! Deleting what Twilio keeps of a person: records of calls, recordings, texts. What is gone already
//! counts as deleted, so that each method may be called again whatever came of it before. Must not
//! decide whose data is erased, or delete a record on the word of a list's filter alone.

use http::Method;
use serde::Deserialize;

use super::error::TwilioError;
use super::{Listed, TwilioClient};
use crate::domain::ids::CallSid;
use crate::domain::phone::PhoneNumber;

/// "Cannot delete this resource before it is complete"
/// (<https://www.twilio.com/docs/api/errors/20009>).
const NOT_COMPLETE: u32 = 20009;

/// Most records that are deleted in one go, one after another: more would take longer than a
/// command may be on its way.
const AT_A_GO: usize = 50;

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// Twilio has nothing of it, or nothing any more.
    Done,
    /// Some of it is still there, and it is right to ask again later: a call in progress or a text
    /// on its way can't be deleted yet, or there is more than one go takes.
    NotYet,
}

impl TwilioClient {
    /// Deletes the record of a call. Its recordings are records of their own, and nobody says
    /// whether they are still found by a call that is gone: delete those first.
    pub async fn delete_call(&self, sid: &CallSid) -> Result<Deleted, TwilioError> {
        self.delete(&self.call_path(sid)).await
    }

    /// Deletes the recordings of a call, whether or not its record is still there.
    pub async fn delete_recordings(&self, sid: &CallSid) -> Result<Deleted, TwilioError> {
        let listed: Listed<Recording> = self.listed("Recordings", [("CallSid", sid.as_str())]).await?;
        let theirs = listed.records.iter().filter(|recording| recording.call_sid.as_ref() == Some(sid));
        let paths = theirs.map(|recording| self.record_path("Recordings", &recording.sid.0)).collect();
        self.delete_all(paths, listed.is_whole).await
    }

    /// Deletes the texts that went between `with`, who may be anything that a caller's phone shows,
    /// and the hotline, in both directions. Only what is a number can have sent one.
    pub async fn delete_messages(&self, with: &str, hotline: &PhoneNumber) -> Result<Deleted, TwilioError> {
        if !can_text(with) {
            return Ok(Deleted::Done);
        }
        let (mut paths, mut is_whole) = (Vec::new(), true);
        for (from, to) in [(with, hotline.as_str()), (hotline.as_str(), with)] {
            let listed: Listed<Message> = self.listed("Messages", [("From", from), ("To", to)]).await?;
            let theirs = listed.records.iter().filter(|message| message.went(from, to));
            paths.extend(theirs.map(|message| self.record_path("Messages", &message.sid.0)));
            is_whole &= listed.is_whole;
        }
        self.delete_all(paths, is_whole).await
    }

    /// Deletes each of these. One that is refused keeps no other from being deleted, and is told of
    /// when nothing else is left.
    async fn delete_all(&self, paths: Vec<String>, is_whole: bool) -> Result<Deleted, TwilioError> {
        let (mut gone, mut all_gone, mut refusal) = (0, is_whole, None);
        for path in paths {
            if gone == AT_A_GO {
                all_gone = false;
                break;
            }
            match self.delete(&path).await {
                Ok(Deleted::Done) => gone += 1,
                Ok(Deleted::NotYet) => all_gone = false,
                Err(error @ TwilioError::Rejected { .. }) => refusal = refusal.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        if !all_gone {
            return Ok(Deleted::NotYet);
        }
        refusal.map_or(Ok(Deleted::Done), Err)
    }

    async fn delete(&self, path: &str) -> Result<Deleted, TwilioError> {
        match self.send(Method::DELETE, path, None).await {
            Ok(body) if body.is_empty() => Ok(Deleted::Done),
            // Twilio's 204 has no body: somebody else has answered.
            Ok(_) => Err(TwilioError::unclear("an answer that no deletion has")),
            Err(error) if error.is_not_found() => Ok(Deleted::Done),
            Err(error) if error.code() == Some(NOT_COMPLETE) => Ok(Deleted::NotYet),
            Err(error) => Err(error),
        }
    }
}

/// Whether a caller id is a number or a short code. A filter that is empty, or that Twilio does not
/// take for one, could let everybody's texts through.
fn can_text(caller: &str) -> bool {
    let digits = caller.strip_prefix('+').unwrap_or(caller);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What is needed of a recording.
#[derive(Deserialize)]
struct Recording {
    sid: RecordSid,
    call_sid: Option<CallSid>,
}

/// What is needed of a text.
#[derive(Deserialize)]
struct Message {
    sid: RecordSid,
    from: Option<String>,
    to: Option<String>,
}

impl Message {
    /// Whether it is what was asked for; nothing is deleted on a filter's word alone.
    fn went(&self, from: &str, to: &str) -> bool {
        self.from.as_deref() == Some(from) && self.to.as_deref() == Some(to)
    }
}

/// An id of Twilio's: two capital letters and 32 hex digits. Becomes a part of a path, so that it
/// must be nothing else.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct RecordSid(String);

impl TryFrom<String> for RecordSid {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (kind, hex) = text.split_at_checked(2).ok_or("not a SID")?;
        let good = kind.bytes().all(|byte| byte.is_ascii_uppercase())
            && hex.len() == 32
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        if good { Ok(Self(text)) } else { Err("not a SID") }
    }
}
