//! Reading every QR code of a picture.
//!
//! A picture is tried at several sizes, and each size with several ways to tell dark from light, as it is and inverted,
//! until something was found or the time is over. The cheap tries come first.

use std::time::{Duration, SystemTime};

use self::picture::Picture;
use crate::authenticator::LONGEST;
use crate::clock::Clock;
use crate::secret::Secret;

mod bits;
mod find;
mod picture;

/// Largest file, in bytes.
const LARGEST_FILE: usize = 20 * 1024 * 1024;
/// Most pixels.
const MOST_PIXELS: u64 = 40_000_000;
/// After it no further try is begun; one try takes well below half a second.
const TIME: Duration = Duration::from_millis(1_700);
/// Most codes of one picture.
const MOST_CODES: usize = 64;
/// Pixels of one try: what is larger is made smaller, and then looked at in tiles.
const AT_ONCE: usize = 1_500_000;
const TILE: usize = 1_000;
const OVERLAP: usize = 300;

/// Why nothing came of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    #[error("the file is larger than 20 MB, or the picture than 40 million pixels")]
    TooLarge,
    #[error("it is no picture of a kind that is read: PNG, JPEG, WebP, BMP, GIF")]
    NotAPicture,
    #[error("the picture is damaged or cut off")]
    Damaged,
    #[error("there is no QR code in it that can be read")]
    NothingFound,
    #[error("its code holds more than 4,096 bytes")]
    TextTooLong,
}

/// The texts of all codes in a picture's file, each once. Takes up to about two seconds: call it where waiting is allowed.
pub fn read(file: &[u8], clock: &dyn Clock) -> Result<Vec<Secret>, NotRead> {
    let begun = clock.now();
    if file.len() > LARGEST_FILE {
        return Err(NotRead::TooLarge);
    }
    search(&Picture::decode(file)?, &Budget { clock, begun })
}

/// The same of pixels in memory: 4 bytes each, red, green, blue, opacity; row by row without gaps. Errors: `Damaged`
/// where there are not as many bytes as that takes.
pub fn read_pixels(
    width: usize,
    height: usize,
    rgba: &[u8],
    clock: &dyn Clock,
) -> Result<Vec<Secret>, NotRead> {
    let begun = clock.now();
    search(&Picture::of_pixels(width, height, rgba)?, &Budget { clock, begun })
}

struct Budget<'a> {
    clock: &'a dyn Clock,
    begun: SystemTime,
}

impl Budget<'_> {
    /// A clock that was set back ends it, too.
    fn is_left(&self) -> bool {
        self.clock.now().duration_since(self.begun).is_ok_and(|since| since < TIME)
    }
}

/// What was found so far.
struct Found<'a> {
    budget: &'a Budget<'a>,
    texts: Vec<Secret>,
    too_long: bool,
}

impl Found<'_> {
    fn goes_on(&self) -> bool {
        self.texts.len() < MOST_CODES && self.budget.is_left()
    }

    fn has_some(&self) -> bool {
        self.too_long || !self.texts.is_empty()
    }

    fn add(&mut self, text: &str) {
        if text.len() > LONGEST {
            self.too_long = true;
        } else if !text.is_empty() && self.texts.iter().all(|known| known.expose() != text) {
            self.texts.push(Secret::new(text));
        }
    }

    /// One size with one way to tell dark from light, as it is and inverted.
    fn look(&mut self, picture: &Picture, way: bits::Way) {
        for inverted in [false, true] {
            if !self.goes_on() {
                return;
            }
            if let Some(bits) = bits::of(picture, way, inverted) {
                find::codes(&bits, self);
            }
        }
    }
}

fn search(picture: &Picture, budget: &Budget<'_>) -> Result<Vec<Secret>, NotRead> {
    use bits::Way::{Even, Hybrid, Near};
    let mut found = Found { budget, texts: Vec::new(), too_long: false };
    let times = shrinking(picture);
    let whole = picture.shrunk(times);
    found.look(&whole, Hybrid);
    let half = whole.shrunk(2);
    found.look(&half, Hybrid);
    found.look(&whole, Near);
    if !found.has_some() {
        found.look(&half, Near);
        found.look(&whole, Even);
        found.look(&whole.blurred(), Near);
        found.look(&whole.sharpened(), Near);
    }
    if !found.has_some() && whole.pixels() * 4 <= AT_ONCE {
        let double = whole.enlarged(2);
        found.look(&double, Near);
        found.look(&double.sharpened(), Hybrid);
        found.look(&double.blurred(), Hybrid);
    }
    if !found.has_some() {
        found.look(&whole.sharpened().sharpened(), Near);
        found.look(&whole.blurred().blurred().sharpened(), Near);
        found.look(&whole.shrunk(3), Near);
        found.look(&half.blurred(), Near);
        found.look(&whole.shrunk(4), Near);
    }
    // Small codes in a large picture.
    if times > 1 && !found.has_some() {
        for tile in picture.tiles(TILE, OVERLAP) {
            found.look(&tile, Hybrid);
        }
    }
    match (found.texts, found.too_long) {
        (texts, _) if !texts.is_empty() => Ok(texts),
        (_, true) => Err(NotRead::TextTooLong),
        _ => Err(NotRead::NothingFound),
    }
}

/// How many times smaller it must be.
fn shrinking(picture: &Picture) -> usize {
    (1..).find(|times| picture.pixels() / (times * times) <= AT_ONCE).unwrap_or(1)
}
