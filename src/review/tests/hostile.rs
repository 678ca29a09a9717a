//! Texts that try to be more than texts, in every field of a story and through every output.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::visit::each_text;
use super::{bundle, outputs, sample, table_text, unpacked};
use crate::review::csv::Table;
use crate::review::safe::{is_invisible, width};
use crate::review::story::CallStory;
use crate::review::{html, terminal};

const HOSTILE: [&str; 24] = [
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1,2)",
    "\t=1+1",
    "\r\n=1+1",
    "  \"=1+1",
    "\u{feff}=1+1",
    "＝1+1",
    "'already",
    "\0\u{1}\u{7f}\u{9b}31m",
    "\u{1b}[2J\u{1b}[31mred\u{1b}]0;title\u{7}",
    "\u{1b}]8;;http://evil.example\u{1b}\\click\u{1b}]8;;\u{1b}\\",
    "abc\u{202e}fed\u{2066}x\u{2069}",
    "z\u{200b}e\u{200d}r\u{feff}o\u{e0041}\u{fe01}",
    "line one\r\nline two\rline three\u{2028}line four\u{85}five",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</style></title></svg>]]><!--",
    "{{ 7*7 }}{% raw %}&amp;&#x3c;b&#x3e;",
    "comma, \"quote\" 'apostrophe' \\ back\\nslash",
    "Zoe\u{308} 山田太郎 🙂👩‍👩‍👧 \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
    "../../etc/passwd",
];

/// The answers in a story that is full: nine in each of two revisions.
const ANSWERS: usize = 18;

/// The sample with one text in every field that holds text.
fn full_of(text: &str) -> CallStory {
    let mut story = sample::story();
    each_text(&mut story, |_, field| text.clone_into(field));
    story
}

fn all() -> Vec<String> {
    let long = "very long ".repeat(100);
    let tower = format!("a{}", "\u{301}".repeat(300));
    HOSTILE.into_iter().map(str::to_owned).chain([long, tower, String::new()]).collect()
}

#[test]
fn a_terminal_is_given_nothing_but_lines_that_can_be_seen() {
    for text in all() {
        let story = full_of(&text);
        let list = terminal::list(&[super::line(&story)], story.time_zone);
        for page in [terminal::show(&story, true), list] {
            let odd: Vec<char> = page.chars().filter(|c| is_invisible(*c) && *c != '\n').collect();
            assert!(odd.is_empty(), "{odd:?} of {text:?}");
        }
    }
}

#[test]
fn no_text_makes_a_table_wider_or_adds_lines() {
    let lines = |story: &CallStory| terminal::show(story, true).lines().count();
    let answers = |text: &str| text.lines().count() * ANSWERS;
    let plain = lines(&full_of("x")) - answers("x");
    for text in all() {
        let story = full_of(&text);
        assert_eq!(lines(&story) - answers(&text), plain, "{text:?}");
        let page = terminal::show(&story, false);
        let drawing = page.lines().skip_while(|line| !line.starts_with("      ")).take_while(|line| !line.is_empty());
        let drawing: Vec<&str> = drawing.collect();
        assert_eq!(drawing.len(), 5, "{text:?}");
        let list = terminal::list(&[super::line(&story)], story.time_zone);
        for line in drawing.into_iter().chain(list.lines()) {
            assert!(width(line) <= terminal::COLUMNS, "{line:?} of {text:?}");
        }
    }
}

#[test]
fn a_table_reads_back_and_has_no_cell_that_is_a_formula() {
    for text in all() {
        let story = full_of(&text);
        for table in Table::ALL {
            let bytes = table_text(*table, &story);
            assert!(!bytes.chars().any(|c| is_invisible(c) && !"\r\n".contains(c)), "{table} of {text:?}");
            let mut reader = csv::ReaderBuilder::new().from_reader(bytes.as_bytes());
            let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows");
            assert!(!rows.is_empty(), "{table}");
            for cell in rows.iter().flatten() {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']), "{cell:?} of {text:?}");
                assert!(!cell.contains(['\r', '\n', '\0']), "{cell:?} of {text:?}");
            }
            assert!(rows.iter().any(|row| row.iter().any(|cell| read_back(cell) == text)), "{table} of {text:?}");
        }
    }
}

/// A cell as the head of the module `csv` says that it is to be read.
fn read_back(cell: &str) -> String {
    let mut rest = cell.strip_prefix('\'').unwrap_or(cell);
    let mut text = String::new();
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let (character, length) = match rest.as_bytes().get(at + 1) {
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'\\') => ('\\', 2),
            _ => {
                let end = rest[at..].find('}').expect("an escape");
                let code = u32::from_str_radix(&rest[at + 3..at + end], 16).expect("hexadecimal");
                (char::from_u32(code).expect("a character"), end + 1)
            }
        };
        text.push(character);
        rest = &rest[at + length..];
    }
    text + rest
}

/// The names of all elements with those of their attributes, if the page is well-formed.
fn skeleton(page: &str) -> Vec<String> {
    let mut reader = Reader::from_str(page);
    let mut names = Vec::new();
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("not well-formed: {error}")) {
            Event::Eof => return names,
            Event::Start(element) | Event::Empty(element) => {
                let mut name = element.name().as_ref().to_owned();
                for attribute in element.attributes() {
                    let attribute = attribute.unwrap_or_else(|error| panic!("an attribute: {error}"));
                    name += &format!(" {}", attribute.key.as_ref());
                }
                names.push(name);
            }
            _ => {}
        }
    }
}

#[test]
fn a_page_stays_the_page_that_it_is() {
    let breaks = |text: &str| text.lines().count().saturating_sub(1);
    let plain = skeleton(&html::page(&full_of("x")).expect("a page"));
    assert!(plain.len() > 100 && plain.iter().all(|name| !name.starts_with("script")));
    for text in all() {
        let page = html::page(&full_of(&text)).expect("a page");
        assert!(!page.chars().any(|c| is_invisible(c) && c != '\n'), "{text:?}");
        let mut names = skeleton(&page);
        // Answers of several lines have line breaks.
        let mut more = breaks(&text) * ANSWERS;
        names.retain(|name| {
            name != "br" || more == 0 || {
                more -= 1;
                false
            }
        });
        assert_eq!(names, plain, "{text:?}");
    }
}

#[test]
fn the_index_and_the_names_in_an_archive_are_ours() {
    let index_of = |files: &[(String, String)]| {
        files.iter().find(|(name, _)| name == "index.html").map(|(_, text)| skeleton(text))
    };
    let plain = index_of(&unpacked(&bundle(&full_of("x"))));
    for text in all() {
        let files = unpacked(&bundle(&full_of(&text)));
        for (name, _) in &files {
            let good = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
            assert!(good && !name.contains("..") && !name.starts_with('/'), "{name:?}");
        }
        assert_eq!(index_of(&files), plain, "{text:?}");
    }
}

#[test]
fn a_page_wants_nothing_from_anywhere() {
    for (name, page) in outputs(&sample::story()).into_iter().filter(|(name, _)| name.ends_with("html")) {
        assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""), "{name}");
        for word in ["src=", "url(", "@import", "<script", "http:", "https:", "<link"] {
            let without_namespace = page.replace("http://www.w3.org/1999/xhtml", "");
            assert!(!without_namespace.contains(word), "{name} has {word}");
        }
    }
}
