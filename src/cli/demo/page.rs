//! What is written to the terminal: colours where they are wanted, and 80 columns. Owns the only
//! way in which the demo writes; must not know what it writes about.

use std::io::{IsTerminal, Write};

/// The width that every terminal has.
pub(super) const WIDTH: usize = 80;

/// How a text stands out. What it means is always said in words too.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tone {
    /// A headline, or a name.
    Bold,
    /// What is there for reference.
    Dim,
    /// As it should be.
    Good,
    /// As it should not be.
    Bad,
    /// A party of the call, by the order of their first words.
    Party(usize),
}

/// The colours of the parties: cyan, yellow, magenta, blue, green.
const PARTIES: [&str; 5] = ["36", "33", "35", "34", "32"];

/// A sheet to write on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    colours: bool,
}

impl Page {
    /// The terminal, or whatever else reads us.
    pub fn stdout() -> Self {
        let unwanted = std::env::vars_os().any(|(name, value)| name == "NO_COLOR" && !value.is_empty());
        Self { colours: std::io::stdout().is_terminal() && !unwanted }
    }

    /// The text in this tone, if there are colours at all.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colours || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Bold => "1",
            Tone::Dim => "2",
            Tone::Good => "1;32",
            Tone::Bad => "1;31",
            Tone::Party(index) => PARTIES[index % PARTIES.len()],
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// Writes a line.
    pub fn line(self, text: &str) {
        // Who reads us may have stopped to; the story goes on.
        writeln!(std::io::stdout().lock(), "{text}").ok();
    }

    /// Writes a headline.
    pub fn title(self, text: &str) {
        let rule = "\u{2500}".repeat(WIDTH.saturating_sub(text.chars().count() + 4));
        self.line("");
        let (left, right) = (self.paint(Tone::Dim, "\u{2500}\u{2500}"), self.paint(Tone::Dim, &rule));
        self.line(&format!("{left} {} {right}", self.paint(Tone::Bold, text)));
        self.line("");
    }

    /// Writes a text as wide as the page, a little indented.
    pub fn paragraph(self, text: &str) {
        for line in wrapped(text, WIDTH - 4) {
            self.line(&format!("  {line}"));
        }
    }
}

/// The text in lines of at most `width` characters, broken between words.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let length = lines[last].chars().count();
        if length > 0 && length + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            let space = if length > 0 { " " } else { "" };
            lines[last] += &format!("{space}{word}");
        }
    }
    lines
}
