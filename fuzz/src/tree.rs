//! A document in XML as a tree of plain values, read by a parser that has nothing to do with the writer.

use roxmltree::{Document, Node, ParsingOptions};

/// An element: its name, its attributes, its texts and elements.
#[derive(Debug, PartialEq, Eq)]
pub struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    texts: Vec<String>,
    elements: Vec<Element>,
}

impl Element {
    /// The root of a document.
    pub fn read(document: &str) -> Self {
        // A page in HTML says at its head that it is one.
        let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
        let read = Document::parse_with_options(document, options);
        let read = read.unwrap_or_else(|error| panic!("not well-formed: {error}\n{document}"));
        Self::of(read.root_element())
    }

    fn of(node: Node<'_, '_>) -> Self {
        let attributes = node.attributes().map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()));
        let texts = node.children().filter(Node::is_text).filter_map(|text| text.text());
        Self {
            name: node.tag_name().name().to_owned(),
            attributes: attributes.collect(),
            texts: texts.map(str::to_owned).collect(),
            elements: node.children().filter(Node::is_element).map(Self::of).collect(),
        }
    }

    /// The same tree with every text and value replaced.
    pub fn map(self, change: &impl Fn(&str) -> String) -> Self {
        let attributes = self.attributes.into_iter().map(|(name, value)| (name, change(&value)));
        Self {
            name: self.name,
            attributes: attributes.collect(),
            texts: self.texts.iter().map(|text| change(text)).collect(),
            elements: self.elements.into_iter().map(|element| element.map(change)).collect(),
        }
    }

    /// The names of the elements and their attributes, without what is in them.
    pub fn skeleton(&self) -> Vec<String> {
        let attributes: Vec<&str> = self.attributes.iter().map(|(name, _)| name.as_str()).collect();
        let own = format!("{} {}", self.name, attributes.join(" "));
        [own].into_iter().chain(self.elements.iter().flat_map(Self::skeleton)).collect()
    }
}
