//! Forms: the same pairs as a decoder written by somebody else finds, and the same again when they
//! are encoded anew.

use std::borrow::Cow;

use sharedphone::twilio::form::Form;

/// Names whose values are read with a type.
const READ: [&str; 7] = ["CallSid", "AccountSid", "CallStatus", "AnsweredBy", "Digits", "ErrorCode", "SipResponseCode"];

/// Reads the bytes as a form.
pub fn check(bytes: &[u8]) {
    let form = Form::parse(bytes);
    let ours: Vec<_> = form.pairs().map(|(name, value)| [name, value].map(String::from_utf8_lossy)).collect();
    let theirs: Vec<[Cow<'_, str>; 2]> =
        url::form_urlencoded::parse(bytes).map(|(name, value)| [name, value]).collect();
    assert_eq!(ours, theirs, "another decoder");

    let encoded: Vec<u8> = form
        .pairs()
        .flat_map(|(name, value)| [&encode(name), "=", &encode(value), "&"].concat().into_bytes())
        .collect();
    assert!(Form::parse(&encoded) == form, "encoded anew");

    first_values(&form);
    typed_values(&form);
}

/// A name has its first value, whether that can be read or not.
fn first_values(form: &Form) {
    for (name, _) in form.pairs() {
        let Ok(readable) = std::str::from_utf8(name) else { continue };
        let first = form.pairs().find(|(other, _)| *other == name).map(|(_, value)| std::str::from_utf8(value).ok());
        assert_eq!(Some(form.get(readable).unwrap_or_default()), first, "{readable}");
    }
}

/// What has a type is what the text says, and no number is shown by accident.
fn typed_values(form: &Form) {
    let text = |name: &str| form.get(name).ok().flatten().unwrap_or_default();
    let read = [
        form.call_sid().map(|sid| sid.to_string()),
        form.account_sid().map(|sid| sid.to_string()),
        form.call_status().map(|status| status.to_string()),
        form.answered_by().map(|_| text("AnsweredBy").to_owned()),
        form.digits().map(str::to_owned),
        form.error_code().map(|code| code.to_string()),
        form.sip_response_code().map(|code| code.to_string()),
    ];
    for (name, value) in READ.into_iter().zip(read) {
        let Some(value) = value else { continue };
        // A number may be written with zeros or a plus before it.
        let bare = |text: &str| text.trim().trim_start_matches('+').trim_start_matches('0').to_owned();
        assert!(text(name).trim() == value.trim() || bare(text(name)) == bare(&value), "{name}: {value:?}");
    }
    assert_eq!(format!("{form:?}"), format!("Form({} pairs)", form.pairs().count()));
}

/// Every byte as an escape.
fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}
