//! How an input stands for several texts: they are separated by the byte FF, which no text in UTF-8
//! has, so that an input can be read and written with any editor that leaves bytes alone.

/// Exactly so many fields; the last one has all that is left, those that are missing are empty.
pub fn fields<const COUNT: usize>(bytes: &[u8]) -> [&[u8]; COUNT] {
    let mut fields = bytes.splitn(COUNT, |byte| *byte == 0xff);
    std::array::from_fn(|_| fields.next().unwrap_or_default())
}

/// The same as texts.
pub fn texts<const COUNT: usize>(bytes: &[u8]) -> [String; COUNT] {
    fields(bytes).map(|field| String::from_utf8_lossy(field).into_owned())
}
