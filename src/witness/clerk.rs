//! Where lines are asked for, and the thread that writes them one after the other. A thread of its
//! own, since the file may be on a disk far away: one that hangs must take no thread from the
//! calls, and must not keep the process from ending.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::{mpsc, oneshot};
use url::Url;

use super::book::{Book, Entry, Wish};
use super::error::WitnessError;
use super::file::WitnessFile;
use super::ids::LogId;
use super::post::Post;
use crate::clock::Clock;
use crate::domain::erased::Erased;
use crate::domain::event::Head;
use crate::domain::ids::InvalidId;

/// How many lines may wait for the disk.
const QUEUE: usize = 64;

type Answer = Result<(), WitnessError>;

/// Writes witnesses of one record. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Witness {
    queue: mpsc::Sender<(Entry, oneshot::Sender<Answer>)>,
    witnessed: Arc<AtomicI64>,
}

impl Witness {
    /// Starts the thread, which ends when nobody can ask for a line any more. Touches the file, and
    /// the key's, with the first line only. Must be called within a runtime if there is a `url`, where each line is
    /// sent as well: in the background, so that the end of the process may cut off the last.
    pub fn start(
        log: LogId,
        key_path: PathBuf,
        path: PathBuf,
        url: Option<Url>,
        clock: Clock,
    ) -> Result<Self, WitnessError> {
        let post = url.map(Post::start).transpose()?;
        let book = Book::new(log, key_path, WitnessFile::new(path), clock, post);
        let witnessed = book.witnessed();
        let (queue, waiting) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new().name("witness".to_owned());
        thread.spawn(move || write(book, waiting)).map_err(WitnessError::NoThread)?;
        Ok(Self { queue, witnessed })
    }

    /// Vouches for this event, if none as new is vouched for; durable when it returns.
    pub async fn witness_now(&self, head: &Head) -> Result<(), WitnessError> {
        self.enter(head, Wish::Checkpoint).await
    }

    /// Notes an erasure; durable when it returns. `head` is the event that says so, or any later one.
    pub async fn erased(&self, head: &Head, erased: Erased) -> Result<(), WitnessError> {
        self.enter(head, Wish::Erasure(erased)).await
    }

    /// Notes that an older copy of the record was accepted; durable when it returns. `head` is
    /// exactly the event that says so, the first after the copy's last; `lost_from` is the first event
    /// that copy and former record do not share, `lost_to` the newest of the former that was witnessed.
    pub async fn restored(&self, head: &Head, lost_from: i64, lost_to: i64) -> Result<(), WitnessError> {
        self.enter(head, Wish::Restored { lost_from, lost_to }).await
    }

    /// The number of the newest event that this process has vouched for durably; 0 before the first.
    pub fn witnessed(&self) -> i64 {
        self.witnessed.load(Ordering::Relaxed)
    }

    /// How many events nobody vouches for yet.
    pub fn unwitnessed(&self, head: &Head) -> i64 {
        (head.seq - self.witnessed()).max(0)
    }

    async fn enter(&self, head: &Head, wish: Wish) -> Result<(), WitnessError> {
        if head.seq < 1 {
            return Err(WitnessError::NoEvent(InvalidId("number of an event")));
        }
        let hash = head.hash.parse().map_err(WitnessError::NoEvent)?;
        let (answer, answered) = oneshot::channel();
        let asked = self.queue.send((Entry { seq: head.seq, hash, wish }, answer)).await;
        asked.map_err(|_| WitnessError::Stopped)?;
        answered.await.map_err(|_| WitnessError::Stopped)?
    }
}

fn write(mut book: Book, mut waiting: mpsc::Receiver<(Entry, oneshot::Sender<Answer>)>) {
    while let Some((entry, answer)) = waiting.blocking_recv() {
        if let Err(Err(error)) = answer.send(book.enter(entry)) {
            tracing::error!(%error, "a witness was not written, and nobody waited for the answer");
        }
    }
}
