//! How long it takes to load, decide and save: `cargo bench --bench record`. Calls go through the switchboard in waves,
//! each wave's inputs in as few transactions as it takes. What a record of years changes, and how long it takes to read
//! it, is measured by `sharedphone bench --history`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sharedphone::cli::bench::history::Past;
use tokio::runtime::Runtime;

/// What one call is: so many inputs.
const INPUTS: u64 = 11;

fn waves(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("calls at the same time, from the first ring to the end");
    group.sample_size(20);
    for calls in [1, 8, 32, 128, 256] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut past = runtime.block_on(Past::begin(folder.path())).expect("a record");
        group.throughput(Throughput::Elements(u64::from(calls) * INPUTS));
        group.bench_function(BenchmarkId::from_parameter(calls), |bencher| {
            bencher.iter(|| runtime.block_on(past.wave(calls)).expect("calls"));
        });
        runtime.block_on(past.end()).expect("closed");
    }
    group.finish();
}

criterion_group!(benches, waves);
criterion_main!(benches);
