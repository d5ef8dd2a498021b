//! Pictures that were made to break a reader. A panic in the app's release ends the app: none of them may.

use accounts::clock::{ManualClock, Random as _, SeededRandom};
use accounts::qr::{Drawing, read, read_pixels};

use crate::canvas::{Canvas, Placed};

fn how_many(few: usize) -> usize {
    if std::env::var_os("REGAIN_SOAK").is_some() { 200 * few } else { few }
}

/// Codes whose modules were changed at random: what is sampled and decoded is wrong in every way.
#[test]
fn codes_that_were_scribbled_over_end() {
    let (random, clock) = (SeededRandom::new(11), ManualClock::at(0));
    for n in 0..how_many(100) {
        let drawing =
            Drawing::of(&"a".repeat(1 + random.below(if n % 10 == 0 { 1_200 } else { 120 }) as usize))
                .unwrap();
        let size = 1 + random.below(4) as usize;
        let side = drawing.modules() * size;
        let mut rgba = vec![255_u8; side * side * 4];
        let often = 1 + random.below(60);
        for y in 0..drawing.modules() {
            for x in 0..drawing.modules() {
                let dark = drawing.is_dark(x, y) != (random.below(often + 4) == 0);
                if dark {
                    for at in (0..size * size).map(|at| (y * size + at / size) * side + x * size + at % size)
                    {
                        rgba[at * 4..at * 4 + 3].fill(0);
                    }
                }
            }
        }
        for _ in 0..random.below(8) {
            let part = |most: usize| random.below(most as u32) as usize;
            let (left, top) = (part(side), part(side));
            let (right, bottom) = ((left + part(40)).min(side), (top + part(40)).min(side));
            for at in (top..bottom).flat_map(|y| (left..right).map(move |x| y * side + x)) {
                rgba[at * 4..at * 4 + 3].iter_mut().for_each(|channel| *channel ^= 255);
            }
        }
        drop(read_pixels(side, side, &rgba, &clock));
    }
}

/// Nothing but noise, of every shape down to one pixel.
#[test]
fn noise_of_every_shape_ends() {
    let (random, clock) = (SeededRandom::new(12), ManualClock::at(0));
    for n in 0..how_many(60) {
        let (width, height) = match n % 3 {
            0 => (1 + random.below(60) as usize, 1 + random.below(60) as usize),
            1 => (21 + random.below(300) as usize, 21 + random.below(30) as usize),
            _ => (21 + random.below(30) as usize, 21 + random.below(600) as usize),
        };
        let grain = 1 + random.below(4) as usize;
        let across = width / grain + 1;
        let mut shades = vec![0; across * (height / grain + 1)];
        random.fill(&mut shades);
        let hard = n % 2 == 0;
        let rgba: Vec<u8> = (0..width * height)
            .flat_map(|at| {
                let shade = shades[at / width / grain * across + at % width / grain];
                let shade = if hard { shade / 128 * 255 } else { shade };
                [shade, shade, shade, 255]
            })
            .collect();
        drop(read_pixels(width, height, &rgba, &clock));
    }
}

/// Files of every kind with bytes changed, cut off and put in.
#[test]
fn files_that_were_changed_end() {
    let (random, clock) = (SeededRandom::new(13), ManualClock::at(0));
    let mut canvas = Canvas::new(140, 130, 200);
    canvas.draw(&Drawing::of("regain").unwrap(), &Placed::at(10.0, 10.0, 4.0));
    for n in 0..how_many(150) {
        let mut file = canvas.file(["png", "jpg", "webp", "bmp", "gif"][n % 5]);
        for _ in 0..1 + random.below(6) {
            let at = random.below(file.len().min(if n % 2 == 0 { 80 } else { 100_000 }) as u32) as usize;
            match random.below(4) {
                0 => file.truncate(at.max(12)),
                1 => file.insert(at, random.below(256) as u8),
                _ => file[at] = random.below(256) as u8,
            }
        }
        drop(read(&file, &clock));
    }
}
