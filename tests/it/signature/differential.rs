//! Our signatures against those of Twilio's own library, over random requests: the file that
//! `tests/signatures.py` made. Equal means that we compute the same 28 letters for the same URL and form,
//! and that our verifier, knowing the base, gives the same verdict on each header as the library, knowing
//! the URL; both take the URL with its port and without.

use secrecy::SecretString;
use serde_json::Value;
use sharedphone::twilio::form::Form;
use sharedphone::twilio::signature::{Param, Verifier, signature};

/// What is different in one request; nothing, if all is well.
fn difference(request: &Value) -> Option<String> {
    let text = |name: &str| request[name].as_str().expect("a text");
    let (base, target, body) = (text("base"), text("target"), text("body"));
    let is_form = text("kind") == "POST";
    let form = Form::parse(if is_form { body.as_bytes() } else { b"" });
    let made = signature(text("token"), &format!("{base}{target}"), &form.pairs().collect::<Vec<Param<'_>>>());
    if made != text("signature") {
        return Some(format!("we sign {made}"));
    }
    let verifier = Verifier::new([&SecretString::from(text("token"))], base);
    let verdicts = request["verdicts"].as_array().expect("a list");
    verdicts.iter().find_map(|verdict| {
        let (header, theirs) = (verdict[0].as_str().expect("a header"), verdict[1].as_bool().expect("a verdict"));
        let ours = match text("kind") {
            "body" => verifier.verify_body(target, body.as_bytes(), header),
            _ => verifier.verify(target, is_form.then_some(&form), header),
        };
        (ours != theirs).then(|| format!("we say {ours} of {header}"))
    })
}

#[test]
#[ignore = "reads the file SHAREDPHONE_SIGNATURES, which tests/run makes"]
fn twilios_own_library_says_the_same() {
    #[expect(clippy::disallowed_methods, reason = "it is no key of the configuration, only of this test")]
    let file = std::env::var("SHAREDPHONE_SIGNATURES").expect("the file that tests/signatures.py made");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let (mut requests, mut accepted, mut refused, mut different) = (0, 0, 0, Vec::new());
    for line in text.lines() {
        let request: Value = serde_json::from_str(line).expect("a line of JSON");
        requests += 1;
        for verdict in request["verdicts"].as_array().expect("a list") {
            if verdict[1] == true { accepted += 1 } else { refused += 1 }
        }
        different.extend(difference(&request).map(|difference| format!("{difference}: {line}")));
    }
    println!("{requests} requests, {accepted} headers good and {refused} not; {} different", different.len());
    assert!(accepted > requests && refused > requests, "the file tells nothing");
    assert!(different.is_empty(), "{}", different.join("\n"));
}
