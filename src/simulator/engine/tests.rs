//! The rules of the world, without sockets and without waiting.

mod archive;
mod calls;
mod documents;
mod rooms;
mod support;
