//! Owns the step from bytes to a tree of elements, with Twilio's strictness about what comes
//! before the declaration. Knows no verb.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesDecl, BytesStart, Event};

/// One element with its text and children.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Attributes in their order.
    pub attributes: Vec<(String, String)>,
    /// Its own text, entities resolved.
    pub text: String,
    /// Its children in their order.
    pub children: Vec<Element>,
}

/// Reads a whole document.
///
/// # Errors
/// A description for Twilio's error 12100.
pub fn parse(text: &str) -> Result<Element, String> {
    if !text.starts_with('<') {
        return Err("something stands before the first element or declaration".to_owned());
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().enable_all_checks(true);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event().map_err(|e| e.to_string())?;
        match event {
            Event::Eof => break,
            Event::Start(_) if root.is_some() => return Err("a second root element".to_owned()),
            Event::Start(start) => open.push(element(&start)?),
            Event::End(_) => {
                let done = open.pop().ok_or("an end without a beginning")?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => root = Some(done),
                }
            }
            Event::Text(text) => add_text(&mut open, &text.xml10_content())?,
            Event::CData(text) => add_text(&mut open, &text.xml10_content())?,
            Event::GeneralRef(name) => {
                let text =
                    quick_xml::escape::unescape(&format!("&{};", &*name)).map_err(|e| e.to_string())?.into_owned();
                add_text(&mut open, &text)?;
            }
            Event::Decl(_) if at > 0 => return Err("a declaration not at the beginning".to_owned()),
            Event::Decl(decl) => check_version(&decl)?,
            Event::DocType(_) => return Err("a document type".to_owned()),
            _ => {}
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root),
        _ => Err("the document breaks off".to_owned()),
    }
}

fn check_version(decl: &BytesDecl<'_>) -> Result<(), String> {
    match decl.version().as_deref() {
        Ok("1.0" | "1.1") => Ok(()),
        other => Err(format!("the declaration's version is {other:?} (12101)")),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| e.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| e.to_string())?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name: start.name().as_ref().to_owned(), attributes, ..Element::default() })
}

fn add_text(open: &mut [Element], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("text outside the root element".to_owned()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_text_and_attributes() {
        let root = parse("<?xml version=\"1.0\"?><R a='1 &amp; 2'>x &lt; &#65;<C/></R>").expect("good");
        assert_eq!(root.attributes, [("a".to_owned(), "1 & 2".to_owned())]);
        assert_eq!(root.text, "x < A");
        assert_eq!(root.children[0].name, "C");
    }

    #[test]
    fn what_twilio_refuses() {
        for bad in [
            " <?xml version=\"1.0\"?><R/>",
            "\u{feff}<R/>",
            "<R>a & b</R>",
            "<R><A></R>",
            "<R/><R/>",
            "<?xml version='7'?><R/>",
            "<R",
            "",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
