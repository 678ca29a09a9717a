//! Where one statement of SQL ends and the next begins. Knows as much of SQL as that takes: texts,
//! names in quotes, and comments, in which a semicolon is none.

/// Where the first statement ends, behind its semicolon; nothing while it has none.
pub(super) fn first_end(text: &str) -> Option<usize> {
    pieces(text).find(|(_, piece)| *piece == ";").map(|(at, piece)| at + piece.len())
}

/// Whether there is nothing to be asked in it.
pub(super) fn is_blank(text: &str) -> bool {
    pieces(text).all(|(_, piece)| piece == ";" || piece.trim().is_empty() || is_comment(piece))
}

fn is_comment(piece: &str) -> bool {
    piece.starts_with("--") || piece.starts_with("/*")
}

/// The text in pieces, each with its place: comments and quoted texts as a whole, else single characters.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &text[at..];
        let first = rest.chars().next()?;
        let whole = |end: Option<usize>| end.unwrap_or(rest.len());
        let length = match first {
            '-' if rest.starts_with("--") => whole(rest.find('\n')),
            '/' if rest.starts_with("/*") => whole(rest[2..].find("*/").map(|end| end + 4)),
            '\'' | '"' | '`' => whole(rest[1..].find(first).map(|end| end + 2)),
            '[' => whole(rest.find(']').map(|end| end + 1)),
            other => other.len_utf8(),
        };
        let piece = (at, &rest[..length]);
        at += length;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        let mut rest = text;
        let mut statements = Vec::new();
        while let Some(end) = first_end(rest) {
            statements.push(&rest[..end]);
            rest = &rest[end..];
        }
        statements.push(rest);
        statements
    }

    #[test]
    fn a_semicolon_ends_a_statement_unless_it_is_quoted() {
        assert_eq!(split("SELECT 1; SELECT 2"), ["SELECT 1;", " SELECT 2"]);
        assert_eq!(split("SELECT 'a;''b;';"), ["SELECT 'a;''b;';", ""]);
        assert_eq!(split("SELECT \"a;\" -- b;\n;"), ["SELECT \"a;\" -- b;\n;", ""]);
        assert_eq!(split("/* ; */ SELECT [;], `;`"), ["/* ; */ SELECT [;], `;`"]);
        assert_eq!(split("SELECT 'ends nowhere;"), ["SELECT 'ends nowhere;"]);
        assert_eq!(split("SELECT 'ü;';é"), ["SELECT 'ü;';", "é"]);
    }

    #[test]
    fn comments_alone_ask_nothing() {
        assert!(is_blank(" -- SELECT 1;\n ; /* SELECT */ \n"));
        assert!(!is_blank("-- a\nSELECT 1"));
        assert!(!is_blank("'--'"));
    }
}
