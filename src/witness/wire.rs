//! How a line is written: one JSON object on one line, its fields in a fixed order. What can't be
//! understood to the last field is no line: a field that is not signed must not look as if it were.

use std::fmt;

use ed25519_dalek::Signature;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use super::hex;
use super::line::{Line, Statement, What, words};

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
            lost_to: None,
            signature: hex::encode(&line.signature.to_bytes()),
        };
        match what {
            What::Checkpoint => {}
            What::Key { public_key } => {
                fields.kind = Kind::Key;
                fields.public_key = Some(public_key.to_string());
            }
            What::Erasure { call_sid, classes } => {
                fields.kind = Kind::Erasure;
                fields.call_sid = Some(call_sid.to_string());
                fields.classes = Some(words(classes).into_iter().map(str::to_owned).collect());
            }
            What::Restored { lost_to } => {
                fields.kind = Kind::Restored;
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
    let Fields { kind, log, seq, hash, at, key, public_key, call_sid, classes, lost_to, signature } = fields;
    let what = match (kind, public_key, call_sid, classes, lost_to) {
        (Kind::Checkpoint, None, None, None, None) => What::Checkpoint,
        (Kind::Key, Some(public_key), None, None, None) => What::Key { public_key: field("public_key", &public_key)? },
        (Kind::Restored, None, None, None, Some(lost_to)) => What::Restored { lost_to },
        (Kind::Erasure, None, Some(call_sid), Some(classes), None) => What::Erasure {
            call_sid: field("call_sid", &call_sid)?,
            classes: classes.iter().map(|class| field("classes", class)).collect::<Result<_, _>>()?,
        },
        (Kind::Checkpoint | Kind::Key | Kind::Restored | Kind::Erasure, ..) => {
            return Err(unreadable("it has the fields of another kind"));
        }
    };
    let statement =
        Statement { log: field("log", &log)?, seq, hash: field("hash", &hash)?, at: field("at", &at)?, what };
    let signature = hex::decode(&signature).ok_or_else(|| unreadable("its signature is none"))?;
    Ok(Line { statement, key: field("key", &key)?, signature: Signature::from_bytes(&signature) })
}

fn field<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, BadLine> {
    text.parse().map_err(|_| unreadable(&format!("its {name} is none")))
}

fn unreadable(what: &str) -> BadLine {
    BadLine::Unreadable(what.to_owned())
}
