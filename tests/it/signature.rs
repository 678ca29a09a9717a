//! Twilio's signature against every published vector, and against everything that must not pass.
//! The vectors are those of Twilio's own libraries and pages; the last two are ours.

mod differential;

use secrecy::SecretString;
use sharedphone::twilio::form::Form;
use sharedphone::twilio::signature::{Verifier, body_hash_matches, signature};

const TOKEN: &str = "12345";
const QUERY: &str = "/myapp.php?foo=1&bar=2";
const FORM: &str = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
const OTHER_CALLER: &str =
    "CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212";
const SIGNED: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
const BODY: &str = r#"{"property": "value", "boolean": true}"#;
const BODY_HASH: &str = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
const EMPTY_HASH: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// What Twilio's libraries compute for that URL and form.
fn signed(url: &str, form: &str) -> String {
    let form = Form::parse(form.as_bytes());
    signature(TOKEN, url, &form.pairs().collect::<Vec<_>>())
}

fn verifier(base: &str) -> Verifier {
    Verifier::new([&SecretString::from(TOKEN)], base)
}

/// Whether a POST to that base and target passes.
fn posted(base: &str, target: &str, form: &str, header: &str) -> bool {
    verifier(base).verify(target, Some(&Form::parse(form.as_bytes())), header)
}

#[test]
fn vectors_1_to_7_ports_and_credentials() {
    for (base, wanted) in [
        ("https://mycompany.com", SIGNED),
        ("https://mycompany.com:443", "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http://mycompany.com:1234", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        ("http://mycompany.com:80", "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("https://user:pass@mycompany.com", "CukzLTc1tT5dXEDIHm/tKBanW10="),
        ("https://user@mycompany.com", "2YRLlVAflCqxaNicjMpJcSTgzSs="),
        ("https://user:pass@mycompany.com:443", "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
    ] {
        assert_eq!(signed(&format!("{base}{QUERY}"), FORM), wanted, "{base}");
        assert!(posted(base, QUERY, FORM, wanted), "{base}");
    }
}

#[test]
fn vectors_8_to_10_encodings_and_repeated_names() {
    let base = "https://mycompany.com";
    let target = format!("{QUERY}&Body=It%27s+amazing");
    let addresses = "MessagingBinding.Address=%2B1325xxxxxxx&MessagingBinding.Address=%2B1415xxxxxxx";
    let turned = "MessagingBinding.Address=%2B1415xxxxxxx&MessagingBinding.Address=%2B1325xxxxxxx";
    let doubled = "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234";
    for (target, form, wanted) in [
        (target.as_str(), FORM, "TfZzewPq8wqrGlMfyAud8+/IvJ0="),
        (QUERY, addresses, "83O6e2vORAoJHUNzJjDWN1jz+BA="),
        (QUERY, turned, "83O6e2vORAoJHUNzJjDWN1jz+BA="),
        (QUERY, doubled, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    ] {
        assert_eq!(signed(&format!("{base}{target}"), form), wanted, "{form}");
        assert!(posted(base, target, form, wanted), "{form}");
    }
}

#[test]
fn vectors_11_to_13_bodies_that_are_no_forms() {
    let verifier = verifier("https://mycompany.com");
    for (target, body, wanted) in [
        (format!("{QUERY}&bodySHA256={BODY_HASH}"), BODY, "a9nBmqA0ju/hNViExpshrM61xv4="),
        (format!("{QUERY}&bodySHA256={EMPTY_HASH}"), "{}", "Ldidvp12m26NI7eqEvxnEpkd9Hc="),
        (format!("/myapp.php?bodySHA256={BODY_HASH}"), BODY, "y77kIzt2vzLz71DgmJGsen2scGs="),
    ] {
        assert!(verifier.verify_body(&target, body.as_bytes(), wanted), "{target}");
        assert!(!verifier.verify_body(&target, b"{\"other\": 1}", wanted), "another body");
        assert!(!verifier.verify_body(&target, body.as_bytes(), SIGNED), "another signature");
    }
    assert!(!body_hash_matches(QUERY, BODY.as_bytes()), "a body without its hash");
    assert!(!verifier.verify_body(QUERY, BODY.as_bytes(), &signed("https://mycompany.com/myapp.php?foo=1&bar=2", "")));
}

#[test]
fn vectors_14_and_15_another_caller() {
    for (base, wanted) in [
        ("https://example.com", "L/OH5YylLD5NRKLltdqwSvS0BnU="),
        ("https://mycompany.com", "GvWf1cFY/Q7PnoempGyD5oXAezc="),
    ] {
        assert_eq!(signed(&format!("{base}{QUERY}"), OTHER_CALLER), wanted);
        assert!(posted(base, QUERY, OTHER_CALLER, wanted));
    }
}

#[test]
fn our_own_vector_a_get_signs_its_query_alone() {
    let target = "/voice?AccountSid=ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&CallSid=CA1234567890ABCDE&CallStatus=ringing\
        &From=%2B14158675309&To=%2B18005551212";
    let wanted = "xPp+OO1M2A8mssYB2GWhCncEJoc=";
    assert_eq!(signed(&format!("https://example.com{target}"), ""), wanted);
    assert!(verifier("https://example.com").verify(target, None, wanted));
    let query_as_form = target.split_once('?').expect("a query").1;
    assert!(!posted("https://example.com", target, query_as_form, wanted), "a form that was not signed");
}

#[test]
fn our_own_vector_case_empty_values_and_spaces_count() {
    let form = "CallSid=CA1&ForwardedFrom=&caller=x&Caller=y&Digits=+1+";
    let wanted = "GwfJ09RZ75zXmaHUaTfUf2D4vis=";
    assert_eq!(signed("https://example.com/voice", form), wanted);
    assert!(posted("https://example.com", "/voice", form, wanted));
    assert!(!posted("https://example.com", "/voice", &form.replace("+1+", "1"), wanted), "trimmed");
}

#[test]
fn twilio_may_sign_with_the_port_or_without_it() {
    for base in
        ["https://mycompany.com", "https://mycompany.com:1234", "https://mycompany.com:443", "https://mycompany.com/"]
    {
        assert!(posted(base, QUERY, FORM, SIGNED), "{base}");
    }
    assert!(posted("https://mycompany.com", QUERY, FORM, "kvajT1Ptam85bY51eRf/AJRuM3w="), "signed with :443");
    assert!(posted("http://mycompany.com", QUERY, FORM, "0ZXoZLH/DfblKGATFgpif+LLRf4="), "signed with :80");
}

#[test]
fn what_was_altered_does_not_pass() {
    let base = "https://mycompany.com";
    assert!(posted(base, QUERY, FORM, SIGNED), "unaltered");
    for (what, base, target, form, header) in [
        ("no header", base, QUERY, FORM, ""),
        ("a wrong header", base, QUERY, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B9="),
        ("the start of the header", base, QUERY, FORM, "RSOYDt4T1cU="),
        ("no base64", base, QUERY, FORM, "!"),
        ("an altered parameter", base, QUERY, OTHER_CALLER, SIGNED),
        ("one parameter more", base, QUERY, &format!("{FORM}&a="), SIGNED),
        ("one query parameter more", base, &format!("{QUERY}&a=1"), FORM, SIGNED),
        ("another order in the query", base, "/myapp.php?bar=2&foo=1", FORM, SIGNED),
        ("another path", base, "/other.php?foo=1&bar=2", FORM, SIGNED),
        ("another case in the path", base, "/MyApp.php?foo=1&bar=2", FORM, SIGNED),
        ("another scheme", "http://mycompany.com", QUERY, FORM, SIGNED),
        ("another host", "https://mycompany.org", QUERY, FORM, SIGNED),
        ("no form", base, QUERY, "", SIGNED),
    ] {
        assert!(!posted(base, target, form, header), "{what}");
    }
}

#[test]
fn either_of_two_tokens_signs_and_no_third() {
    let (old, new) = (SecretString::from("old"), SecretString::from("new"));
    let verifier = Verifier::new([&old, &new], "https://h.example");
    for (token, passes) in [("old", true), ("new", true), ("", false), ("other", false)] {
        let header = signature(token, "https://h.example/join", &[]);
        assert_eq!(verifier.verify("/join", None, &header), passes, "{token}");
    }
    let header = signature("", "https://h.example/join", &[]);
    assert!(!Verifier::new([], "https://h.example").verify("/join", None, &header), "no token at all");
}

#[test]
fn a_path_before_ours_is_part_of_what_is_signed() {
    let header = signature(TOKEN, "https://h.example/phone/join?leg=1", &[]);
    assert!(verifier("https://h.example/phone/").verify("/join?leg=1", None, &header));
    assert!(!verifier("https://h.example").verify("/join?leg=1", None, &header));
}

#[test]
fn ten_thousand_parameters_and_odd_bytes_are_verified_like_any_other() {
    let form: String = (0..10_000).map(|n| format!("p{}=%ff%00{n}&", n % 7)).collect();
    let header = signed("https://h.example/", &form);
    assert!(posted("https://h.example", "/", &form, &header));
    assert!(!posted("https://h.example", "/", &form.replace("%0042&", "%0043&"), &header));
}
