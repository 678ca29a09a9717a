//! How a line is written: one JSON object on one line, its fields in a fixed order. What can't be
//! understood to the last field is no line: a field that is not signed must not look as if it were.

use std::fmt;

use ed25519_dalek::Signature;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use super::hex;
use super::line::{Line, Statement, What, words};
use crate::domain::erased::{Erased, ErasedData};

/// Why there is no line where one is expected.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadLine {
    /// It stops half-way: the machine stopped or the disk was full while it was written, and nobody
    /// was told that it was durable. It says nothing, and nothing is wrong.
    #[error("it stops half-way")]
    Torn,
    /// It is longer than any line of ours.
    #[error("it is far too long")]
    TooLong,
    /// It is something else.
    #[error("it can't be understood ({0})")]
    Unreadable(String),
}

/// A line's fields, those that only some kinds have at the end.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    kind: Kind,
    log: String,
    seq: i64,
    hash: String,
    at: String,
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call_sid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    classes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organiser_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    erased_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lost_from: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lost_to: Option<i64>,
    signature: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Key,
    Checkpoint,
    Erasure,
    Restored,
}

impl fmt::Display for Line {
    /// The line as it is in the file, without the line break.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&Fields::from(self)).map_err(|_| fmt::Error)?)
    }
}

impl From<&Line> for Fields {
    fn from(line: &Line) -> Self {
        let Statement { log, seq, hash, at, what } = &line.statement;
        let mut fields = Self {
            kind: Kind::Checkpoint,
            log: log.to_string(),
            seq: *seq,
            hash: hash.to_string(),
            at: at.to_string(),
            key: line.key.to_string(),
            public_key: None,
            call_sid: None,
            classes: None,
            organiser_id: None,
            erased_at: None,
            lost_from: None,
            lost_to: None,
            signature: hex::encode(&line.signature.to_bytes()),
        };
        match what {
            What::Checkpoint => {}
            What::Key { public_key } => {
                fields.kind = Kind::Key;
                fields.public_key = Some(public_key.to_string());
            }
            What::Erasure(Erased { data, at }) => {
                fields.kind = Kind::Erasure;
                fields.erased_at = Some(at.to_string());
                match data {
                    ErasedData::Call { call_sid, classes } => {
                        fields.call_sid = Some(call_sid.to_string());
                        fields.classes = Some(words(classes).into_iter().map(str::to_owned).collect());
                    }
                    ErasedData::Organiser { organiser_id } => fields.organiser_id = Some(organiser_id.to_string()),
                }
            }
            What::Restored { lost_from, lost_to } => {
                fields.kind = Kind::Restored;
                fields.lost_from = Some(*lost_from);
                fields.lost_to = Some(*lost_to);
            }
        }
        fields
    }
}

/// Reads one line, without its line break.
pub fn parse(bytes: &[u8]) -> Result<Line, BadLine> {
    // After a loss of power, a file may end in zeros that stand for what was never written; and a
    // copy that came by mail may have another kind of line break.
    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | b'\r')).map_or(0, |last| last + 1);
    let bytes = &bytes[..end];
    let fields: Fields = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Eof => BadLine::Torn,
        Category::Io | Category::Syntax => unreadable("it is not JSON"),
        Category::Data => unreadable("a field is missing, unknown or of the wrong kind"),
    })?;
    let line = understood(fields)?;
    // What is signed are the fields, not these bytes: another way to write them is not let pass.
    if line.to_string().as_bytes() == bytes {
        Ok(line)
    } else {
        Err(unreadable("it is not written the way it was signed"))
    }
}

fn understood(fields: Fields) -> Result<Line, BadLine> {
    if fields.seq < 1 {
        return Err(unreadable("its seq is none"));
    }
    let what = what(&fields)?;
    let Fields { log, seq, hash, at, key, signature, .. } = fields;
    let statement =
        Statement { log: field("log", &log)?, seq, hash: field("hash", &hash)?, at: field("at", &at)?, what };
    let signature = hex::decode(&signature).ok_or_else(|| unreadable("its signature is none"))?;
    Ok(Line { statement, key: field("key", &key)?, signature: Signature::from_bytes(&signature) })
}

/// What it says; every field that this kind does not have must be missing.
fn what(fields: &Fields) -> Result<What, BadLine> {
    let Fields { public_key, call_sid, classes, organiser_id, erased_at, lost_from, lost_to, .. } = fields;
    let key = public_key.as_ref();
    let erased = (call_sid.as_ref(), classes.as_ref(), organiser_id.as_ref(), erased_at.as_ref());
    match (fields.kind, key, erased, (*lost_from, *lost_to)) {
        (Kind::Checkpoint, None, (None, None, None, None), (None, None)) => Ok(What::Checkpoint),
        (Kind::Key, Some(key), (None, None, None, None), (None, None)) => {
            Ok(What::Key { public_key: field("public_key", key)? })
        }
        (Kind::Restored, None, (None, None, None, None), (Some(lost_from), Some(lost_to))) => {
            Ok(What::Restored { lost_from, lost_to })
        }
        (Kind::Erasure, None, (call_sid, classes, organiser_id, Some(at)), (None, None)) => {
            let data = match (call_sid, classes, organiser_id) {
                (Some(call_sid), Some(classes), None) => ErasedData::Call {
                    call_sid: field("call_sid", call_sid)?,
                    classes: classes.iter().map(|class| field("classes", class)).collect::<Result<_, _>>()?,
                },
                (None, None, Some(id)) => ErasedData::Organiser { organiser_id: field("organiser_id", id)? },
                _ => return Err(unreadable("it has the fields of another kind")),
            };
            Ok(What::Erasure(Erased { data, at: field("erased_at", at)? }))
        }
        (Kind::Checkpoint | Kind::Key | Kind::Restored | Kind::Erasure, ..) => {
            Err(unreadable("it has the fields of another kind"))
        }
    }
}

fn field<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, BadLine> {
    text.parse().map_err(|_| unreadable(&format!("its {name} is none")))
}

fn unreadable(what: &str) -> BadLine {
    BadLine::Unreadable(what.to_owned())
}
