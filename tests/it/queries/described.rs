//! config/datasette.yaml is held to its word: its questions are those of docs/QUERIES.md, and it
//! describes every column of every view, and no other.

use std::collections::BTreeMap;

use super::{Record, lines, questions};

const FILE: &str = include_str!("../../../config/datasette.yaml");

/// The file's values by their paths, such as `title` or `databases/sharedphone/tables/cases/description`.
fn values() -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let mut path: Vec<(usize, &str)> = Vec::new();
    let mut text_from = None;
    for line in FILE.lines() {
        let indent = line.len() - line.trim_start().len();
        if let Some(at) = text_from {
            if indent >= at || line.is_empty() {
                let text: &mut String = values.entry(joined(&path)).or_default();
                text.push_str(line.get(at..).unwrap_or_default());
                text.push('\n');
                continue;
            }
            text_from = None;
        }
        if line.trim_start().starts_with('#') {
            continue;
        }
        let (key, value) = line.trim_start().split_once(':').unwrap_or_else(|| panic!("no key in {line:?}"));
        path.retain(|(outer, _)| *outer < indent);
        path.push((indent, key));
        match value.trim() {
            "" => {}
            "|-" => text_from = Some(indent + 2),
            value => {
                values.insert(joined(&path), unquoted(value));
            }
        }
    }
    values
}

fn joined(path: &[(usize, &str)]) -> String {
    path.iter().map(|(_, key)| *key).collect::<Vec<_>>().join("/")
}

fn unquoted(value: &str) -> String {
    match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').expect("a closing quote").replace("\\\"", "\""),
        None => {
            assert!(!value.contains(": ") && !value.contains(" #"), "needs quotes: {value}");
            value.to_owned()
        }
    }
}

/// The values below a path, by the one name that stands between it and `leaf`.
fn below(values: &BTreeMap<String, String>, path: &str, leaf: &str) -> BTreeMap<String, String> {
    let named = |(at, value): (&String, &String)| {
        let name = at.strip_prefix(path)?.strip_prefix('/')?.strip_suffix(leaf)?.strip_suffix('/')?;
        (!name.contains('/')).then(|| (name.to_owned(), value.clone()))
    };
    values.iter().filter_map(named).collect()
}

const DATABASE: &str = "databases/sharedphone";

#[test]
fn its_questions_are_those_of_the_page() {
    let values = values();
    let titles = below(&values, &format!("{DATABASE}/queries"), "title");
    let queries = below(&values, &format!("{DATABASE}/queries"), "sql");
    assert_eq!(titles.len(), queries.len());
    let mut of_file: Vec<(&str, &str)> =
        titles.iter().map(|(name, title)| (title.as_str(), queries[name].trim())).collect();
    let mut of_page: Vec<(&str, &str)> = questions().iter().map(|question| (question.title, question.sql)).collect();
    of_file.sort_unstable();
    of_page.sort_unstable();
    assert_eq!(of_file, of_page);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_describes_every_column_of_every_view_and_no_other() {
    let record = Record::seeded().await;
    let columns = "SELECT sqlite_schema.name || '.' || column.name
        FROM sqlite_schema, pragma_table_info(sqlite_schema.name) AS column
       WHERE sqlite_schema.type = 'view' ORDER BY 1";
    let views = "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY 1";
    let values = values();
    let tables = format!("{DATABASE}/tables/");
    let mut described: Vec<String> = values
        .keys()
        .filter_map(|path| path.strip_prefix(&tables)?.split_once("/columns/"))
        .map(|(view, column)| format!("{view}.{column}"))
        .collect();
    described.sort_unstable();
    assert_eq!(described, lines(&record.ask(columns, &[])));
    let with_words: Vec<String> = below(&values, tables.trim_end_matches('/'), "description").into_keys().collect();
    assert_eq!(with_words, lines(&record.ask(views, &[])));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_hides_the_tables_and_shuts_the_keys_away() {
    let record = Record::seeded().await;
    let values = values();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1";
    let hidden: Vec<String> = below(&values, &format!("{DATABASE}/tables"), "hidden").into_keys().collect();
    assert_eq!(hidden, lines(&record.ask(tables, &[])));
    let shut: Vec<String> = below(&values, &format!("{DATABASE}/tables"), "allow").into_keys().collect();
    assert_eq!(shut, ["_sqlx_migrations", "identity", "outbox_numbers", "salts"]);
}
