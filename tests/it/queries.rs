//! docs/QUERIES.md is held to its word: each query runs on a record in which what it asks for has
//! happened, finds it, and says what is right.

mod described;
pub mod house;
pub mod seed;

use std::collections::BTreeSet;

use sharedphone::store::ask::{Cell, Shell, Table};
use tempfile::TempDir;

const PAGE: &str = include_str!("../../docs/QUERIES.md");

/// A question and its query.
struct Question {
    title: &'static str,
    sql: &'static str,
}

/// All questions of the page, in its order.
fn questions() -> Vec<Question> {
    let sections = PAGE.split("\n### ").skip(1);
    let question = |section: &'static str| {
        let (title, rest) = section.split_once('\n').expect("a heading and what follows");
        let mut blocks = rest.split("```sql\n").skip(1);
        let sql = blocks.next().and_then(|block| block.split("```").next());
        assert!(blocks.next().is_none(), "{title}: one query a question");
        Question { title, sql: sql.unwrap_or_else(|| panic!("{title}: no query")).trim() }
    };
    sections.map(question).collect()
}

/// The seeded record, and what its questions are asked with.
struct Record {
    shell: Shell,
    _folder: TempDir,
}

impl Record {
    async fn seeded() -> Self {
        let (folder, path) = seed::database().await;
        Self { shell: Shell::open(&path).expect("a shell"), _folder: folder }
    }

    fn ask(&self, sql: &str, parameters: &[(String, String)]) -> Table {
        self.shell.ask(sql, parameters, || false).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// What people call a call.
    fn case(&self, call: usize) -> String {
        let name = format!("SELECT case_name FROM cases WHERE call_sid = '{}'", house::sid(call));
        lines(&self.ask(&name, &[])).join("")
    }

    /// What the parameters stand for; the case is that of a call.
    fn parameters(&self, call: usize) -> Vec<(String, String)> {
        let parameters = [
            ("case", self.case(call).as_str()),
            ("day", "2026-11-22"),
            ("minute", "2026-11-21T02:14"),
            ("now", "2026-11-25T00:00:00Z"),
            ("shift", "+1 hours"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        parameters.to_vec()
    }

    /// The answer to a question of the page, with the names of cases as the numbers of their calls.
    fn answer(&self, title: &str, call: usize) -> Vec<String> {
        let questions = questions();
        let question = questions.iter().find(|question| question.title == title);
        let question = question.unwrap_or_else(|| panic!("there is no question {title}"));
        let mut answer = lines(&self.ask(question.sql, &self.parameters(call)));
        for call in (1..=9).chain(11..=21) {
            let name = self.case(call);
            for line in &mut answer {
                *line = line.replace(&name, &format!("case {call}"));
            }
        }
        answer
    }
}

/// Rows as text, with `|` between the columns.
fn lines(table: &Table) -> Vec<String> {
    let cell = |cell: &Cell| match cell {
        Cell::Null => String::new(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Bytes(_) => panic!("no bytes are in the record"),
    };
    table.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join("|")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_has_an_answer() {
    let record = Record::seeded().await;
    let questions = questions();
    assert!(questions.len() >= 20, "{} questions", questions.len());
    let titles: BTreeSet<&str> = questions.iter().map(|question| question.title).collect();
    assert_eq!(titles.len(), questions.len(), "a question stands there twice");
    for Question { title, sql } in &questions {
        assert!(!record.ask(sql, &record.parameters(1)).rows.is_empty(), "{title} finds nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_about_calls_are_right() {
    let record = Record::seeded().await;
    let answer = |title, call| record.answer(title, call);
    assert_eq!(
        answer("Which calls were missed, by hour of day?", 1),
        ["00|1", "03|1", "18|1", "19|1", "20|1", "21|2", "22|1"],
        "an hour later than UTC"
    );
    assert_eq!(answer("Which weekend was the busiest?", 1), ["2026-11-21|7|4"], "two of them were two at once");
    assert_eq!(answer("Who waited longest?", 1)[0], "case 8|2026-11-22T20:00:00.000Z|abandoned||60.25");
    assert_eq!(
        answer("How long do callers wait?", 1)[1..],
        ["b: 10 to 20 s|0|1", "c: 20 to 40 s|0|1", "d: 40 s and more|0|1"]
    );
    let minute = answer("What happened at 02:14?", 1);
    assert_eq!(minute[0], "02:14:05.000|case 3|caller|call.comes_in||pending||");
    assert_eq!(minute.last().expect("an end"), "02:14:17.500|case 3|Dee|twilio.canceled|ringing|canceled|caller_left|");
    assert_eq!(
        answer("Which callers asked for another round?", 1),
        [
            "case 1|1|2026-11-20T10:05:00.000Z|4|1|Ada|taken|9.25",
            "case 1|2|2026-11-20T10:06:13.500Z|4|2|Ben|taken|9.25",
        ]
    );
    assert_eq!(
        answer("Which conversations broke off?", 1),
        [
            "case 1|1|Ada|2026-11-20T10:05:09.250Z|60.25|rang again",
            "case 6|1|Ada|2026-11-22T09:00:03.250Z|15.25|hung up",
        ]
    );
    let said = answer("What was said to a caller?", 2);
    assert!(said[0].contains("|greeting|This is the PyExample hotline.") && said[1].contains("|nobody|We are sorry."));
    assert_eq!(
        answer("Which keys were pressed in a call?", 1),
        [
            "10:05:09.250|1|organiser|Ada|1|joined",
            "10:06:13.500|1|caller||1|pending",
            "10:06:22.750|2|organiser|Ben|1|joined",
        ]
    );
    assert_eq!(answer("Which keys were pressed in a call?", 6)[0], "09:00:03.250|1|organiser|Cy|other|declined");
    assert_eq!(
        answer("Which other calls are from the same caller?", 3),
        ["case 1|2026-11-20T10:05:00.000Z|connected|in_review", "case 3|2026-11-21T02:14:05.000Z|abandoned|open"]
    );
    assert!(answer("Which other calls are from the same caller?", 2).is_empty(), "their number was withheld");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_about_the_team_are_right() {
    let record = Record::seeded().await;
    let answer = |title, call| record.answer(title, call);
    assert_eq!(
        answer("Who was rung for a call, and why was somebody not?", 6),
        [
            "1|Ada|2026-11-22T09:00:00.000Z|connected|",
            "1|Ben|2026-11-22T09:00:00.000Z|not_rung|own_call",
            "1|Cy|2026-11-22T09:00:00.000Z|declined|other_key",
            "1|Dee|2026-11-22T09:00:00.000Z|stopped|taken",
        ]
    );
    let at_once = answer("Who was rung for a call, and why was somebody not?", 5);
    assert!(
        at_once.contains(&"1|Ada|2026-11-21T14:00:01.250Z|not_rung|phone occupied, taken".to_owned()),
        "{at_once:?}"
    );
    assert_eq!(answer("Who never picks up?", 1), ["Dee|1|2026-11-20T23:40:00.000Z"]);
    assert_eq!(answer("Who picks up fastest?", 1)[0], "Ada|3|3.9|2.25");
    let shared = answer("How is the work shared?", 1);
    assert_eq!(shared[0], "Ben|5|6.5|2026-11-24T16:00:07.000Z");
    assert_eq!(
        answer("How long does it take from the key to the connection?", 1)[0],
        "case 9|1|Eve|2026-11-23T08:00:07.250Z|2|1.5"
    );
    assert_eq!(answer("Which voicemails did screening catch?", 1), ["Cy|no_key|1|2026-11-20T23:40:09.250Z"]);
    assert_eq!(
        answer("Whose phone was occupied when it should have rung?", 1),
        ["case 5|1|Ada|2026-11-21T14:00:01.250Z|taken"]
    );
    let roster = answer("Who was on the roster on a day?", 1);
    assert_eq!(roster.iter().map(|row| &row[..3]).collect::<Vec<_>>(), ["Ada", "Ben", "Cy|", "Eve"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_about_twilio_and_ourselves_are_right() {
    let record = Record::seeded().await;
    let answer = |title| record.answer(title, 1);
    assert_eq!(answer("What did Twilio refuse?"), ["21211|place|1|Ada|2026-11-20T23:40:00.000Z"]);
    assert_eq!(
        answer("Which requests to Twilio had to be made again?"),
        [
            "case 7|Cy|place|1|2026-11-22T11:00:00.000Z|0.25|busy",
            "case 7|Cy|place|2|2026-11-22T11:00:01.250Z|0.25|placed",
        ]
    );
    assert_eq!(
        answer("Of which phones was it unclear whether they ring?"),
        [
            "case 7|Ada|2026-11-22T11:00:00.250Z|failed|absent|4.4",
            "case 7|Ben|2026-11-22T11:00:00.250Z|stopped|taken|6.1",
        ]
    );
    let contradictions = answer("What did Twilio say that could not be true?");
    assert!(contradictions[0].contains("|case 2|Dee|twilio.ringing|the line was already down|"));
    assert!(contradictions[1].contains("|case 7|Ben|stranger|another line claimed to be this leg's|CA00"));
    assert_eq!(
        answer("When was the service not there?"),
        [
            "2026-11-22T20:00:01.250Z|2026-11-22T20:01:00.000Z|58.75|broke off|1",
            "2026-11-24T22:00:00.000Z|2026-11-24T22:05:00.000Z|300|stopped|0",
        ]
    );
    assert_eq!(
        answer("Which calls lived through a gap?"),
        ["2026-11-22T20:00:01.250Z|2026-11-22T20:01:00.000Z|case 8|2026-11-22T20:00:00.000Z|abandoned|60.25"]
    );
    let texts = answer("What was said in those days?");
    let greeting: Vec<_> = texts.iter().filter(|row| row.starts_with("greeting|")).collect();
    assert_eq!(greeting, ["greeting|en-GB|Hello, this is the PyExample hotline.|2026-11-22T20:01:00.000Z|"]);
    let changed = answer("What was changed in the configuration, and when?");
    assert_eq!(changed[0], "2026-11-22T20:01:00.000Z|ringing.ring_seconds|20|25");
    assert!(changed[1].starts_with("2026-11-22T20:01:00.000Z|text greeting|") && changed.len() == 2, "{changed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_about_reviews_are_right() {
    let record = Record::seeded().await;
    let answer = |title| record.answer(title, 1);
    let without: Vec<_> = answer("Which calls have no note after 24 hours, or got it later?");
    assert_eq!(without[0], "case 1|connected|2026-11-20T10:08:23.000Z|2026-11-23T07:00:00.000Z");
    assert_eq!(without.len(), 8, "case 9 had its note in time, though it is erased: {without:?}");
    let notes = answer("What do the notes of a call say?");
    assert_eq!(notes[0], "1|2|2026-11-23T07:10:00.000Z|Ada||||Somebody was followed to the tram.|||Yes, by mail.||");
    assert_eq!(notes.len(), 2);
    assert_eq!(answer("How did a note change?").len(), 3);
    assert_eq!(
        answer("Which callers want to hear from us?"),
        ["case 1|in_review|Yes, by mail.|2026-11-23T07:10:00.000Z"]
    );
    let open = answer("Which cases are open, and which are kept?");
    assert!(open[0].ends_with("|2026-11-23T07:10:00.000Z|The venue asks.|"), "{}", open[0]);
    assert!(!open.iter().any(|row| row.starts_with("case 6|")), "it is closed");
    assert_eq!(answer("How often was each tag given?"), ["harassment|2", "venue, outside|1"]);
    let access = answer("Who has read the record of a call?");
    let actions: Vec<_> = access.iter().filter_map(|row| row.split('|').nth(2)).collect();
    let done = ["written", "written", "written", "tagged", "in_review", "held", "listed", "shown", "exported"];
    assert_eq!(actions, done);
    let erased = answer("What was erased, and why?");
    assert_eq!(erased[0], "2026-11-23T08:00:38.750Z|case 9|numbers, notes|request|uid:1000|11|11");
    assert!(erased[2].contains("|timeline|retention|service|11|11"), "{}", erased[2]);
    assert_eq!(answer("When was the record verified, and up to where?"), ["2026-11-23T07:10:00.000Z|uid:1000|9|1"]);
}
