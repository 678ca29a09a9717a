//! How long what is done for each webhook takes, apart from the database: `cargo bench --bench webhook`.

mod operations;

use criterion::{Criterion, criterion_group, criterion_main};

use self::operations::{Document, Rules, Webhook};

fn webhook(criterion: &mut Criterion) {
    let (webhook, document, mut rules) = (Webhook::new(), Document::new(), Rules::new());
    criterion.bench_function("form and signature", |bencher| bencher.iter(|| webhook.turn()));
    criterion.bench_function("document", |bencher| bencher.iter(|| document.turn()));
    criterion.bench_function("decide, 64 calls ring", |bencher| bencher.iter(|| rules.turn()));
}

criterion_group!(benches, webhook);
criterion_main!(benches);
