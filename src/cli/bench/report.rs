//! What was measured, in figures and in words: the medians of all rounds, and how they compare with the machine.

use std::fmt;

use serde::Serialize;

use super::Scale;
use super::load::{Calls, Memory, Webhooks};
use super::pages::Pages;
use super::seen::{Spread, median};

/// Every round, and what they come to.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    version: &'static str,
    calls_in_flight: usize,
    organisers: usize,
    pub(super) calls: Vec<Calls>,
    /// The same calls through another program.
    pub(super) beside: Vec<Calls>,
    pub(super) webhooks: Vec<Webhooks>,
    /// Webhooks a second that SQLite alone writes.
    pub(super) sqlite: Vec<f64>,
    /// One webhook after the other.
    pub(super) alone: Vec<Spread>,
    /// A block appended to a file and on disk.
    pub(super) disk: Vec<Spread>,
    /// A start after a crash until the first answer, in milliseconds.
    pub(super) start: Vec<f64>,
    /// What it has in memory.
    pub(super) memory: Vec<Memory>,
    /// What people read.
    pub(super) pages: Vec<Pages>,
    /// Answers a second of an HTTP server that does nothing.
    pub(super) http: Vec<f64>,
    /// Whole calls at other loads.
    #[serde(skip)]
    pub(super) curve: Vec<(usize, Calls)>,
}

impl Report {
    pub(super) fn new(scale: Scale) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            calls_in_flight: scale.calls,
            organisers: scale.organisers,
            calls: Vec::new(),
            beside: Vec::new(),
            webhooks: Vec::new(),
            sqlite: Vec::new(),
            alone: Vec::new(),
            disk: Vec::new(),
            start: Vec::new(),
            memory: Vec::new(),
            pages: Vec::new(),
            http: Vec::new(),
            curve: Vec::new(),
        }
    }

    fn of_webhooks(&self, figure: impl Fn(&Webhooks) -> f64) -> f64 {
        median(self.webhooks.iter().map(figure).collect())
    }

    /// The median of a round's figure over that of the same round's limit.
    fn ratio<T, L>(rounds: &[T], limits: &[L], figure: impl Fn(&T) -> f64, limit: impl Fn(&L) -> f64) -> f64 {
        median(rounds.iter().zip(limits).map(|(round, most)| figure(round) / limit(most)).collect())
    }
}

impl Calls {
    pub(super) fn a_second(&self) -> f64 {
        self.calls as f64 / self.seconds
    }

    fn cpu_millis(&self) -> f64 {
        self.a_call(self.cpu_seconds.unwrap_or(f64::NAN) * 1000.0)
    }

    fn a_call(&self, figure: f64) -> f64 {
        figure / (self.calls as f64).max(1.0)
    }
}

impl Webhooks {
    fn a_second(&self) -> f64 {
        self.webhooks as f64 / self.seconds
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls_in_flight, organisers, .. } = self;
        writeln!(f, "\nMedians of {} rounds on this machine.\n", self.calls.len())?;
        writeln!(f, "Whole calls, {calls_in_flight} in flight, {organisers} organisers rung for each")?;
        calls(f, &self.calls)?;
        if !self.beside.is_empty() {
            writeln!(f, "\nThe same through the other program")?;
            calls(f, &self.beside)?;
        }
        writeln!(f, "\nStatus webhooks over 256 connections, signed, each on disk before it is answered")?;
        writeln!(f, "  webhooks a second                  {:10.0}", self.of_webhooks(Webhooks::a_second))?;
        spread(f, "  a webhook", |part| self.of_webhooks(|w| part(&w.latency)))?;
        let cpu = self.of_webhooks(|w| w.cpu_seconds.unwrap_or(f64::NAN) * 1e6 / w.webhooks as f64);
        writeln!(f, "  processor time a webhook           {cpu:10.1} µs")?;
        let refused: u64 = self.webhooks.iter().map(|w| w.refused).sum();
        writeln!(f, "  not answered well                  {refused:10}")?;
        spread(f, "  one after the other", |part| median(self.alone.iter().map(part).collect()))?;
        writeln!(f, "\nBeside that")?;
        writeln!(f, "  start after a crash, first answer  {:10.1} ms", median(self.start.clone()))?;
        let memory = |figure: fn(&Memory) -> Option<u64>| {
            median(self.memory.iter().map(|m| figure(m).map_or(f64::NAN, |figure| figure as f64 / 1024.0)).collect())
        };
        writeln!(f, "  memory before the first call       {:10.1} MiB", memory(|m| m.idle_kib))?;
        writeln!(f, "  memory for a caller who waits      {:10.1} KiB", memory(|m| m.waiting_bytes))?;
        let pages = |figure: fn(&Pages) -> f64| median(self.pages.iter().map(figure).collect());
        writeln!(f, "  the list of the newest 50 calls    {:10.2} ms", pages(|pages| pages.list.median))?;
        writeln!(f, "  the page of a call                 {:10.2} ms", pages(|pages| pages.call.median))?;
        writeln!(f, "\nThis machine's limits")?;
        writeln!(f, "  the same rows by SQLite alone      {:10.0} webhooks a second", median(self.sqlite.clone()))?;
        spread(f, "  4 KiB appended and on disk", |part| median(self.disk.iter().map(part).collect()))?;
        writeln!(f, "  an HTTP server that does nothing   {:10.0} answers a second", median(self.http.clone()))?;
        writeln!(f, "\nOurs over the limit, median of the rounds")?;
        let raw = Self::ratio(&self.webhooks, &self.sqlite, Webhooks::a_second, |most| *most);
        writeln!(f, "  webhooks over SQLite alone         {raw:10.2}")?;
        let http = Self::ratio(&self.webhooks, &self.http, Webhooks::a_second, |most| *most);
        writeln!(f, "  webhooks over HTTP alone           {http:10.2}")?;
        let disk = Self::ratio(&self.alone, &self.disk, |alone| alone.median, |disk| disk.median);
        writeln!(f, "  one webhook over one append        {disk:10.2}")?;
        if !self.beside.is_empty() {
            writeln!(f, "\nOurs over the other program, median of the rounds")?;
            let rate = Self::ratio(&self.calls, &self.beside, Calls::a_second, Calls::a_second);
            writeln!(f, "  calls a second                     {rate:10.2}")?;
            let cpu = Self::ratio(&self.calls, &self.beside, Calls::cpu_millis, Calls::cpu_millis);
            writeln!(f, "  processor time a call              {cpu:10.2}")?;
        }
        Ok(())
    }
}

fn calls(f: &mut fmt::Formatter<'_>, rounds: &[Calls]) -> fmt::Result {
    let of = |figure: &dyn Fn(&Calls) -> f64| median(rounds.iter().map(figure).collect());
    writeln!(f, "  calls a second                     {:10.1}", of(&Calls::a_second))?;
    writeln!(f, "  webhooks a call                    {:10.1}", of(&|c| c.a_call(c.webhooks as f64)))?;
    writeln!(f, "  requests to Twilio a call          {:10.1}", of(&|c| c.a_call(c.requests as f64)))?;
    spread(f, "  key to both connected", |part| of(&|c| part(&c.together)))?;
    spread(f, "  a webhook", |part| of(&|c| part(&c.latency)))?;
    writeln!(f, "  processor time a call              {:10.2} ms", of(&Calls::cpu_millis))?;
    let peak = of(&|c| c.peak_kib.map_or(f64::NAN, |kib| kib as f64 / 1024.0));
    writeln!(f, "  most memory                        {peak:10.1} MiB")?;
    if rounds.iter().any(|c| c.database_bytes.is_some()) {
        let bytes = of(&|c| c.database_bytes.unwrap_or_default() as f64 / (c.made as f64).max(1.0));
        writeln!(f, "  database a call                    {bytes:10.0} bytes")?;
        let shared = of(&|c| c.webhooks_a_commit.unwrap_or_default());
        writeln!(f, "  webhooks a commit                  {shared:10.1}")?;
    }
    let sum = |figure: fn(&Calls) -> u64| rounds.iter().map(figure).sum::<u64>();
    writeln!(f, "  callers to whom nobody came        {:10}", sum(|c| c.stranded))?;
    writeln!(f, "  webhooks that went wrong           {:10}", sum(|c| c.wrong))
}

fn spread(f: &mut fmt::Formatter<'_>, name: &str, of: impl Fn(fn(&Spread) -> f64) -> f64) -> fmt::Result {
    let (middle, late, most) = (of(|s| s.median), of(|s| s.p99), of(|s| s.most));
    writeln!(f, "{name:<36} {middle:9.2} ms, p99 {late:.2} ms, most {most:.2} ms")
}
