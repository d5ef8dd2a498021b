//! QR codes: drawing one, reading those of a picture, and telling what a text is. Nothing here opens, sends or keeps
//! anything: what was read is shown to the person first.

mod draw;
mod payload;
mod read;

pub use draw::{Drawing, TooLong};
pub use payload::{Pairing, Payload};
pub use read::{NotRead, read, read_pixels};
