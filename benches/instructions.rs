//! Does one of the operations so many times: `benches/instructions` has Valgrind count the processor's instructions.

mod operations;

use std::env;
use std::hint::black_box;

use self::operations::{Document, Rules, Webhook};

fn main() {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let times: u32 = arguments.next().and_then(|times| times.parse().ok()).unwrap_or_default();
    match name.as_str() {
        "webhook" => {
            let webhook = Webhook::new();
            for _ in 0..times {
                black_box(webhook.turn());
            }
        }
        "document" => {
            let document = Document::new();
            for _ in 0..times {
                black_box(document.turn());
            }
        }
        "decide" => {
            let mut rules = Rules::new();
            for _ in 0..times {
                black_box(rules.turn());
            }
        }
        _ => eprintln!("run benches/instructions, which runs this"),
    }
}
