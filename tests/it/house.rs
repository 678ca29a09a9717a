//! The house rules, held by a test: who may use whom, what a file looks like, what the
//! documentation names. Each rule is a function over a text, and has a test in which it finds a
//! breach. In the manner of TigerBeetle's `tidy`.

mod code;

use std::fs;
use std::path::Path;

use self::code::{behind, code};

/// Which of the crate's modules a top-level module may use besides itself; `None` is all.
const EDGES: [(&str, Option<&[&str]>); 21] = [
    ("beside", Some(&[])),
    ("domain", Some(&[])),
    ("config", Some(&["beside", "domain"])),
    ("clock", Some(&["domain"])),
    ("crash", Some(&["domain"])),
    ("urls", Some(&["domain"])),
    ("store", Some(&["beside", "domain"])),
    ("spool", Some(&["beside", "domain"])),
    ("switchboard", Some(&["domain", "store", "spool", "clock", "crash"])),
    ("twilio", Some(&["domain", "urls", "clock"])),
    ("outbox", Some(&["domain", "store", "twilio", "switchboard", "clock", "crash", "urls"])),
    ("sweep", Some(&["domain", "store", "twilio", "switchboard", "clock", "crash"])),
    ("desk", Some(&["beside", "domain", "switchboard", "clock"])),
    ("witness", Some(&["beside", "domain", "clock"])),
    ("review", Some(&["domain", "store"])),
    ("http", Some(&["domain", "switchboard", "store", "twilio", "urls", "config", "clock", "crash"])),
    ("simulator", Some(&[])),
    ("app", None),
    ("cli", None),
    ("lib", None),
    ("main", None),
];

/// The only places, by the start of their path, that may name these crates.
const CRATES: [(&str, &[&str]); 10] = [
    ("sqlx", &["src/store/"]),
    ("rusqlite", &["src/store/", "src/cli/bench/"]),
    ("ed25519_dalek", &["src/witness/"]),
    ("axum", &["src/http/", "src/cli/", "src/app", "src/simulator/"]),
    ("hyper", &["src/http/"]),
    ("rustix", &["src/http/"]),
    ("reqwest", &["src/twilio/client", "src/simulator/", "src/witness/"]),
    ("quick_xml", &["src/twilio/", "src/simulator/", "src/review/tests/"]),
    ("toml", &["src/config/"]),
    ("anyhow", &["src/cli/", "src/app", "src/main.rs"]),
];

/// What the pure rules must not know.
const IMPURE: [&str; 6] = ["tokio", "std::fs", "std::net", "std::env", "SystemTime", "Instant"];

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 70;

/// All sources as path and text, in the order of their paths.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), "src", &mut found);
    found.sort();
    assert!(found.len() > 20, "the sources were not found");
    found
}

fn read(folder: &Path, name: &str, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = format!("{name}/{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            read(&path, &name, found);
        } else if name.ends_with(".rs") {
            found.push((name, fs::read_to_string(&path).expect("a text")));
        }
    }
}

/// Asks a rule about every source; fails with all breaches.
fn hold(rule: impl Fn(&str, &str) -> Vec<String>) {
    let sources = sources();
    let breaches: Vec<_> = sources
        .iter()
        .flat_map(|(path, text)| rule(path, text).into_iter().map(move |breach| format!("{path}: {breach}")))
        .collect();
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

/// The first names behind `crate::`, those in braces too.
fn used_modules(code: &str) -> Vec<&str> {
    let name = |text: &'_ str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let mut used = Vec::new();
    for path in behind(code, "crate").filter_map(|after| after.strip_prefix("::")) {
        let Some(group) = path.strip_prefix('{') else {
            used.push(&path[..name(path)]);
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                _ if start && !c.is_whitespace() => {
                    start = false;
                    used.push(&group[at..at + name(&group[at..])]);
                }
                _ => {}
            }
        }
    }
    used
}

fn top_module(path: &str) -> &str {
    let inside = path.trim_start_matches("src/");
    inside.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

fn edges(path: &str, text: &str) -> Vec<String> {
    let module = top_module(path);
    let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == module) else {
        return vec![format!("{module} is a new module; give it a line in EDGES")];
    };
    let Some(allowed) = allowed else { return Vec::new() };
    let code = code(text);
    // Only the crate's own modules count: `crate` also leads to macros and to items of lib.rs.
    let known = |used: &&&str| EDGES.iter().any(|(name, _)| name == *used);
    let used = used_modules(&code);
    let strange = used.iter().filter(known).filter(|used| **used != module && !allowed.contains(used));
    strange.map(|used| format!("{module} must not use {used}")).collect()
}

fn crates(path: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let named = |name: &str| {
        let path = behind(&code, name).any(|after| after.starts_with("::"));
        path || code.contains(&format!("use {name};"))
    };
    let outside = CRATES.iter().filter(|(_, places)| !places.iter().any(|place| path.starts_with(place)));
    let mut breaches: Vec<_> =
        outside.filter(|(name, _)| named(name)).map(|(name, _)| format!("{name} has no business here")).collect();
    if path.starts_with("src/domain/") {
        let impure = IMPURE.iter().filter(|name| behind(&code, name).next().is_some());
        breaches.extend(impure.map(|name| format!("the rules are pure and know no {name}")));
    }
    breaches
}

fn form(_: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if !text.starts_with("//!") {
        breaches.push("does not begin with //!, what it owns and what it must not touch".to_owned());
    }
    let lines = text.lines().count();
    if lines > LONGEST_FILE {
        breaches.push(format!("has {lines} lines, {LONGEST_FILE} are the most"));
    }
    for word in ["TODO", "FIXME", "XXX"] {
        if behind(text, word).next().is_some() {
            breaches.push(format!("has a {word}; do it, or write an issue"));
        }
    }
    breaches
}

fn test_branches(_: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let configured = ["cfg", "cfg_attr"].into_iter().flat_map(|word| behind(&code, word));
    let about_tests = configured.filter_map(|after| {
        let (condition, after) = after.trim_start_matches('!').strip_prefix('(')?.split_once([')', ','])?;
        behind(condition, "test").next().map(|_| after)
    });
    let elsewhere = about_tests.filter(|after| {
        let mut lines = after.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("#["));
        lines.next() != Some("]") || !lines.next().is_some_and(|line| line.starts_with("mod tests"))
    });
    elsewhere.map(|_| "is another program under test; only `mod tests` may be".to_owned()).collect()
}

/// The lines that each function takes, from `fn` to its last brace.
fn functions(code: &str) -> Vec<(&str, usize)> {
    let mut functions = Vec::new();
    for after in behind(code, "fn").filter(|after| after.starts_with(' ')) {
        let name = after.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let (mut inside, mut braces) = (0_i32, 0_i32);
        for (at, c) in after.char_indices() {
            match c {
                '(' | '[' => inside += 1,
                ')' | ']' => inside -= 1,
                '{' => braces += 1,
                '}' => braces -= 1,
                _ => {}
            }
            if braces == 0 && (c == '}' || (c == ';' && inside == 0)) {
                functions.push((name, after[..=at].lines().count()));
                break;
            }
        }
    }
    functions
}

fn long_functions(_: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let long = functions(&code).into_iter().filter(|(_, lines)| *lines > LONGEST_FUNCTION);
    long.map(|(name, lines)| format!("{name} has {lines} lines, {LONGEST_FUNCTION} are the most")).collect()
}

/// The paths in a source, tests aside: texts that begin with a slash.
fn routes(text: &str) -> Vec<&str> {
    let product = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = product.lines().filter(|line| !line.trim_start().starts_with("//"));
    let texts = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
    texts.filter(|text| text.starts_with('/') && !text.contains([' ', '?', '#'])).collect()
}

#[test]
fn modules_use_only_whom_they_may() {
    hold(edges);
    let strange = "use crate::{domain::{ids, time}, store::Store};\nfn f() -> crate::http::Reply { crate::words!() }";
    assert_eq!(used_modules(strange), ["domain", "store", "http", "words"]);
    assert_eq!(edges("src/urls.rs", strange), ["urls must not use store", "urls must not use http"]);
    assert_eq!(edges("src/http/mod.rs", "use crate::outbox::Worker;"), ["http must not use outbox"]);
    assert_eq!(edges("src/simulator/a/b.rs", "use crate::domain::x;"), ["simulator must not use domain"]);
    assert_eq!(edges("src/app.rs", strange), [""; 0]);
    assert_eq!(edges("src/http/mod.rs", "// crate::outbox\nconst A: &str = \"crate::sweep\";"), [""; 0]);
    assert_eq!(edges("src/attic.rs", ""), ["attic is a new module; give it a line in EDGES"]);
}

#[test]
fn crates_stay_where_they_belong() {
    hold(crates);
    assert_eq!(crates("src/http/a.rs", "use sqlx::Row;"), ["sqlx has no business here"]);
    assert_eq!(crates("src/store/a.rs", "use sqlx::Row; use axum;"), ["axum has no business here"]);
    assert_eq!(crates("src/outbox/a.rs", "fn f(c: reqwest::Client) {}"), ["reqwest has no business here"]);
    assert_eq!(crates("src/twilio/client/a.rs", "fn f(c: reqwest::Client) {}"), [""; 0]);
    assert_eq!(crates("src/domain/a.rs", "use tokio::spawn;"), ["the rules are pure and know no tokio"]);
}

#[test]
fn files_have_their_form() {
    hold(form);
    assert_eq!(form("", "use x;\n// TODO: more").len(), 2);
    let long = format!("//! x\n{}", "\n".repeat(LONGEST_FILE));
    assert_eq!(form("", &long), ["has 401 lines, 400 are the most"]);
}

#[test]
fn the_product_is_the_same_under_test() {
    hold(test_branches);
    let branches =
        "#[cfg(test)]\nfn f() {}\nif cfg!(test) {}\n#[cfg_attr(test, derive(Debug))]\n#[cfg(any(test, unix))]";
    assert_eq!(test_branches("", branches).len(), 4);
    assert_eq!(test_branches("", "#[cfg(test)]\n#[path = \"x\"]\nmod tests {}\n#[cfg(unix)]"), [""; 0]);
}

#[test]
fn functions_are_short() {
    hold(long_functions);
    let of = |lines: usize| {
        let body = "    f(\"{\", '{', '\\'');\n".repeat(lines - 3);
        long_functions("", &format!("fn f(a: [u8; 2])\n{{\n{body}}}\nfn next();"))
    };
    assert_eq!(of(LONGEST_FUNCTION), [""; 0]);
    assert_eq!(of(LONGEST_FUNCTION + 1), ["f has 71 lines, 70 are the most"]);
}

#[test]
fn the_architecture_names_every_route() {
    let file = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let page = file("docs/ARCHITECTURE.md");
    for source in [file("src/http/mod.rs"), file("src/urls.rs")] {
        for route in routes(&source) {
            assert!(page.contains(&format!("`{route}`")), "docs/ARCHITECTURE.md does not name `{route}`");
        }
    }
    let router = "r.route(\"/\", a)\n.route(\"/b\", c) // \"/d\"\n// \"/e\"\n#[cfg(test)]\n\"/f\"";
    assert_eq!(routes(router), ["/", "/b", "/d"]);
}
