//! A source without its comments and texts, and words in it. As much of Rust's grammar as the
//! house rules need.

/// The text with comments and the insides of strings and characters blanked out, line by line.
pub fn code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            'r' if raw_string(rest).is_some() => raw_string(rest).unwrap_or_default(),
            '"' => closed(rest, '"'),
            '\'' if rest.starts_with("'\\") || rest.chars().nth(2) == Some('\'') => closed(rest, '\''),
            _ => 0,
        };
        if skipped == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            code.push_str("\"\"");
            code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
            rest = &rest[skipped..];
        }
    }
    code
}

/// The length of the raw string that the text begins with.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
    let inside = text[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(inside.find(&end)? + 2 + hashes + end.len())
}

/// The length of the string or character that the text begins with.
fn closed(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let found = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        found
    });
    end.map_or(text.len(), |(at, _)| at + quote.len_utf8())
}

/// What follows each `word` that stands by itself.
pub fn behind<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    let part_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).filter_map(move |(at, _)| {
        let (before, after) = (&code[..at], &code[at + word.len()..]);
        let alone = !before.ends_with(part_of_a_name) && !after.starts_with(part_of_a_name);
        alone.then_some(after)
    })
}

#[test]
fn comments_and_texts_are_blanked_and_words_stand_alone() {
    assert_eq!(code("a /* { */ r#\"{\"# 'x' \"\\\"{\" b'\\n' &'a // {"), "a \"\" \"\" \"\" \"\" b\"\" &'a \"\"");
    assert_eq!(
        behind("crate a_crate crates crate::x", "crate").collect::<Vec<_>>(),
        [" a_crate crates crate::x", "::x"]
    );
}
