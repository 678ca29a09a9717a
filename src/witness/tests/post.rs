//! Lines that somebody else gets as well.

use std::fs;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::clock::Clock;
use crate::domain::event::Head;
use crate::witness::Witness;

fn head(seq: i64) -> Head {
    Head { seq, hash: hash_in(1, seq).to_string(), urgent: 0 }
}

#[tokio::test]
async fn each_line_is_sent_in_order_and_a_refusal_stops_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("witnesses");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/hotline?of=ours", listener.local_addr().expect("an address"));
    let witness = Witness::start(log(), key_file(folder.path(), 1), path.clone(), url.parse().ok(), Clock::system())
        .expect("a thread");
    for seq in [3, 8, 9] {
        witness.witness_now(&head(seq)).await.expect("a line");
    }
    let lines = fs::read_to_string(&path).expect("a file");
    assert_eq!(lines.lines().count(), 3);
    for (line, answer) in lines.lines().zip(["204 No Content", "500 Internal Server Error", "204 No Content"]) {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(line.as_bytes()) {
            assert_ne!(stream.read_buf(&mut request).await.expect("a request"), 0, "it ended without {line}");
        }
        let request = String::from_utf8(request).expect("a text");
        assert!(request.starts_with("POST /hotline?of=ours HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("content-type: application/json\r\n"), "{request}");
        let answer = format!("HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.expect("a client that reads");
    }
}

#[tokio::test]
async fn an_address_that_never_answers_delays_no_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("witnesses");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let clock = Clock::system();
    let witness = Witness::start(log(), key_file(folder.path(), 1), path.clone(), url.parse().ok(), clock.clone())
        .expect("a thread");
    let hundred = async {
        for seq in 1..=100 {
            witness.witness_now(&head(seq)).await.expect("a line");
        }
    };
    clock.timeout(Duration::from_secs(5), hundred).await.expect("nobody waits for the address");
    assert_eq!(fs::read_to_string(&path).expect("a file").lines().count(), 100);
}
