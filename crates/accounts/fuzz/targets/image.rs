#![no_main]

use accounts::clock::ManualClock;
use accounts::qr::{Drawing, read, read_pixels};

// A file; the same bytes as shades of grey; and a code that the bytes have been scribbled over.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let clock = ManualClock::at(0);
    drop(read(bytes, &clock));
    let Some((first, rest)) = bytes.split_first() else { return };
    let width = usize::from(*first) + 1;
    let grey: Vec<u8> = rest.iter().take(rest.len() / width * width).flat_map(|grey| [*grey, *grey, *grey, 255]).collect();
    drop(read_pixels(width, grey.len() / 4 / width, &grey, &clock));
    scribbled(*first, rest, &clock);
});

fn scribbled(first: u8, rest: &[u8], clock: &ManualClock) {
    let drawing = Drawing::of(&"a".repeat(usize::from(first))).unwrap();
    let (side, scale) = (drawing.modules(), 3);
    let width = side * scale;
    let mut rgba = vec![255; width * width * 4];
    for at in 0..width * width {
        if drawing.is_dark(at % width / scale, at / width / scale) {
            rgba[at * 4..at * 4 + 3].fill(0);
        }
    }
    // Each four bytes are a rectangle that changes to its opposite.
    for four in rest.chunks_exact(4) {
        let part = |byte: u8| usize::from(byte) * width / 256;
        let (left, top) = (part(four[0]), part(four[1]));
        for y in top..(top + usize::from(four[2]) / 4).min(width) {
            for x in left..(left + usize::from(four[3]) / 4).min(width) {
                rgba[(y * width + x) * 4..][..3].iter_mut().for_each(|channel| *channel ^= 255);
            }
        }
    }
    drop(read_pixels(width, width, &rgba, clock));
}
