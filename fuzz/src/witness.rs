//! Lines of the file of witnesses: there is one way to write what a line says, and this is it.

use sharedphone::witness::{BadLine, parse};

/// Reads the bytes as one line.
pub fn check(bytes: &[u8]) {
    match parse(bytes) {
        Ok(line) => {
            let written = line.to_string();
            assert!(bytes.starts_with(written.as_bytes()), "it was not written so: {written}");
            // Zeros and carriage returns at the end are what a loss of power and the post leave behind.
            assert!(bytes[written.len()..].iter().all(|byte| matches!(byte, 0 | b'\r')), "something behind {written}");
            assert_eq!(parse(written.as_bytes()), Ok(line.clone()), "the same again");
            let half = &written.as_bytes()[..written.len() / 2];
            assert_eq!(parse(half), Err(BadLine::Torn), "half of {written}");
            assert!(line.statement.seq > 0);
        }
        Err(bad) => assert!(!bad.to_string().is_empty()),
    }
}
