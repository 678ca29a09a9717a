//! All SQL. Owns the database: its opening, the one writing connection, the rows as they are
//! loaded and saved, and the views. Knows no rules: what a row may become is decided in `domain/`,
//! and the schema in `migrations/` refuses what must never be.
//!
//! Start reading at [`Writer::begin`]: a batch is loaded, saved and committed through what it
//! returns.

pub mod ask;
pub mod audit;
pub mod backup;
mod chain;
pub mod count;
mod error;
mod load;
mod lock;
mod open;
pub mod overdue;
mod recent;
mod rewrite;
mod rows;
mod save;
pub mod standing;
pub mod story;
pub mod views;

pub use chain::{ChainLink, EventHash, EventHasher, GENESIS, NotAHash, event_hash};
pub use error::StoreError;
pub use load::{ChainEnd, Named};
pub use lock::Lock;
pub use open::{Reader, Writer, open, open_reader};
pub use save::Batch;
