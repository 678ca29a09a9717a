//! A story as JSON, whole and exact. What can't be seen is written as `\u` escapes, which mean the
//! same to any program and can be printed anywhere.

use serde::Serialize;

use crate::review::safe::is_invisible;
use crate::review::story::CallStory;

/// Names the layout of the document; it changes when a field changes its meaning or goes.
pub const FORMAT: &str = "sharedphone-story-v1";

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    #[serde(flatten)]
    story: &'a CallStory,
}

/// The story as an indented document.
pub fn text(story: &CallStory) -> Result<String, serde_json::Error> {
    let pretty = serde_json::to_string_pretty(&Document { format: FORMAT, story })?;
    let mut visible = String::with_capacity(pretty.len() + 1);
    for c in pretty.chars() {
        // Outside of texts nothing but line breaks is invisible, and inside they are escaped.
        if is_invisible(c) && c != '\n' {
            visible.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            visible.push(c);
        }
    }
    visible.push('\n');
    Ok(visible)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::tests::sample;

    #[test]
    fn the_document_reads_back_whatever_is_in_it() {
        let mut story = sample::story();
        let odd = "a\u{202e}b\u{7f}c\u{9b}d\u{e0041}e\0\r\n\"\\ 🙂";
        story.call.caller = Some(odd.to_owned());
        let text = text(&story).expect("a document");
        assert!(!text.chars().any(|c| is_invisible(c) && c != '\n'));
        let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read["format"], FORMAT);
        assert_eq!(read["call"]["caller"], odd);
        assert_eq!(read["time_zone"], "Europe/London");
    }
}
