//! QR codes: drawn, made worse, and read back; beside `zbarimg` on the same pictures.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::process::Command;
use std::time::Instant;

use accounts::clock::{Clock, ManualClock, Random, SeededRandom, SystemClock};
use accounts::qr::{Drawing, NotRead, Payload, read, read_pixels};

mod canvas;
mod hostile;

use canvas::{Canvas, Placed};

fn text(random: &SeededRandom, n: usize) -> String {
    let name: String = (0..random.below(20)).map(|_| char::from(b'a' + random.below(26) as u8)).collect();
    let secret: String =
        (0..32).map(|_| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[random.below(32) as usize])).collect();
    match n % 4 {
        0 => format!("otpauth://totp/Dienst:{name}@mail.example?secret={secret}&issuer=Dienst&digits=6"),
        1 => format!("https://accounts.example/device?user_code={secret}"),
        2 => format!("пароль {name} 🔑 {n}"),
        _ => format!("{name}{}", secret.repeat(1 + n % 8)),
    }
}

/// Time stands still: what is found depends on the picture alone, however slow the computer is.
fn still() -> ManualClock {
    ManualClock::at(0)
}

fn texts(read: Result<Vec<accounts::Secret>, NotRead>) -> Vec<String> {
    read.unwrap_or_default().iter().map(|text| text.expose().to_owned()).collect()
}

#[test]
fn a_thousand_codes_are_read_back_at_three_sizes_on_light_and_on_dark() {
    let random = SeededRandom::new(7);
    for n in 0..1_000 {
        let text = text(&random, n);
        let drawing = Drawing::of(&text).unwrap();
        let (size, surroundings) = ([2, 5, 9][n % 3], [255, 20][n / 3 % 2]);
        let side = drawing.modules() * size;
        let mut canvas = Canvas::new(side + 40, side + 60, surroundings);
        canvas.paint(&drawing, 20, 30, size);
        let (width, height) = (canvas.width, canvas.height);
        let read = read_pixels(width, height, &canvas.rgba(), &still());
        assert_eq!(texts(read), [text], "number {n}, {size} pixels a module, on {surroundings}");
    }
}

/// What can be wrong with a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worse {
    Rotated,
    Tilted,
    Blurred,
    Noisy,
    LightOnDark,
    Shaded,
    Small,
    All,
    Several,
    Nothing,
}

const WORSE: [Worse; 10] = [
    Worse::Rotated,
    Worse::Tilted,
    Worse::Blurred,
    Worse::Noisy,
    Worse::LightOnDark,
    Worse::Shaded,
    Worse::Small,
    Worse::All,
    Worse::Several,
    Worse::Nothing,
];
const OF_EACH: usize = 12;

fn picture(worse: Worse, n: usize) -> (Canvas, Vec<String>) {
    let random = SeededRandom::new(worse as u64 * 1_000 + n as u64);
    let part = |least: f32, most: f32| least + (most - least) * random.below(1_000) as f32 / 1_000.0;
    let mut canvas = Canvas::new(500, 460, 120 + random.below(120) as u8);
    canvas.clutter(&random, if worse == Worse::Nothing { 200 } else { 25 });
    let count = match worse {
        Worse::Nothing => 0,
        Worse::Several => 2 + n % 3,
        _ => 1,
    };
    let mut texts = Vec::new();
    for code in 0..count {
        let text = text(&random, n + code);
        let drawing = Drawing::of(&text).unwrap();
        let room = if count > 1 { 190.0 } else { part(220.0, 320.0) };
        let mut placed = Placed::at(60.0, 60.0, room / drawing.modules() as f32);
        if count > 1 {
            placed =
                Placed::at(30.0 + 230.0 * (code % 2) as f32, 20.0 + 220.0 * (code / 2) as f32, placed.size);
        }
        match worse {
            Worse::Rotated => placed.turn = part(0.0, 360.0),
            Worse::Tilted => (placed.tilt, placed.lean) = (part(-0.0012, 0.0012), part(-0.0012, 0.0012)),
            Worse::LightOnDark => placed.inverted = true,
            Worse::Small => placed.size = part(1.3, 2.2),
            Worse::All => {
                (placed.turn, placed.tilt) = (part(-30.0, 30.0), part(-0.0006, 0.0006));
                placed.inverted = n.is_multiple_of(2);
            }
            Worse::Blurred | Worse::Noisy | Worse::Shaded | Worse::Several | Worse::Nothing => {}
        }
        canvas.draw(&drawing, &placed);
        texts.push(text);
    }
    match worse {
        Worse::Blurred => canvas.blur(2 + n % 5),
        Worse::Noisy => canvas.noise(&random, 40 + 8 * (n as u32 % 12)),
        Worse::Shaded => canvas.shade(part(0.1, 0.4)),
        Worse::All => {
            canvas.blur(1 + n % 3);
            canvas.shade(part(0.3, 0.7));
            canvas.noise(&random, 15 + 3 * (n as u32 % 10));
        }
        _ => {}
    }
    (canvas, texts)
}

#[test]
fn of_pictures_made_worse_at_least_as_many_are_read_as_by_zbarimg() {
    let folder = tempfile::tempdir().unwrap();
    // The long form is run with optimisation, and measures what people get.
    let (still, soak) = (still(), std::env::var_os("REGAIN_SOAK").is_some());
    let clock: &dyn Clock = if soak { &SystemClock } else { &still };
    let of_each = if soak { 10 * OF_EACH } else { OF_EACH };
    let (mut ours_all, mut theirs_all, mut slowest) = (0, 0, 0);
    println!("{:<12} {:>5} {:>8}", "", "ours", "zbarimg");
    for worse in WORSE {
        let (mut ours, mut theirs, mut there) = (0, 0, 0);
        for n in 0..of_each {
            let (canvas, written) = picture(worse, n);
            let path = folder.path().join(format!("{worse:?}{n}.png"));
            fs::write(&path, canvas.png()).unwrap();
            #[expect(clippy::disallowed_methods, reason = "shown, not asserted")]
            let begun = Instant::now();
            let found = texts(read(&fs::read(&path).unwrap(), clock));
            slowest = slowest.max(begun.elapsed().as_millis());
            for text in &found {
                assert!(written.contains(text), "{worse:?} {n}: {text:?} was never written");
            }
            ours += found.len();
            let zbar = zbarimg(&path);
            theirs += written.iter().filter(|text| zbar.contains(*text)).count();
            there += written.len();
        }
        println!("{:<12} {ours:>5} {theirs:>8}  of {there}", format!("{worse:?}"));
        (ours_all, theirs_all) = (ours_all + ours, theirs_all + theirs);
    }
    println!("{:<12} {ours_all:>5} {theirs_all:>8}; ours took {slowest} ms at most", "all");
    assert!(ours_all >= theirs_all, "{ours_all} of ours, {theirs_all} of zbarimg's");
}

fn zbarimg(path: &std::path::Path) -> Vec<String> {
    let out = Command::new("zbarimg")
        .args(["--quiet", "--raw", "--set", "disable", "--set", "qrcode.enable", "--set", "test-inverted"])
        .arg(path)
        .output()
        .unwrap_or_else(|error| panic!("zbarimg: {error}; run `cargo xtask setup`, which installs it"));
    String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn every_kind_of_file_is_read() {
    let drawing = Drawing::of("regain").unwrap();
    let mut canvas = Canvas::new(200, 200, 255);
    canvas.draw(&drawing, &Placed::at(20.0, 20.0, 5.0));
    for format in ["png", "jpg", "webp", "bmp", "gif"] {
        assert_eq!(texts(read(&canvas.file(format), &still())), ["regain"], "{format}");
    }
}

#[test]
fn a_code_on_a_transparent_ground_is_read_in_black_and_in_white() {
    let drawing = Drawing::of("regain").unwrap();
    let side = drawing.modules() * 4;
    for ink in [0, 255] {
        let rgba: Vec<u8> = (0..side * side)
            .flat_map(|at| {
                let dark = drawing.is_dark(at % side / 4, at / side / 4);
                [ink, ink, ink, if dark { 255 } else { 0 }]
            })
            .collect();
        assert_eq!(texts(read_pixels(side, side, &rgba, &still())), ["regain"], "{ink}");
    }
}

#[test]
fn a_small_code_in_a_large_picture_is_read() {
    let drawing = Drawing::of("otpauth://totp/jana?secret=GEZDGNBVGY3TQOJQ").unwrap();
    let mut canvas = Canvas::new(5_000, 4_000, 230);
    canvas.draw(&drawing, &Placed::at(3_333.0, 2_222.0, 2.0));
    let found = read_pixels(canvas.width, canvas.height, &canvas.rgba(), &still()).unwrap();
    assert!(matches!(Payload::of(&found[0]), Ok(Payload::Otpauth(_))));
}

#[test]
fn the_limits_are_kept() {
    let too_large = |file: &[u8]| read(file, &still()).err();
    assert_eq!(too_large(&vec![0; 20 * 1024 * 1024 + 1]), Some(NotRead::TooLarge));
    // A bitmap's header that promises more pixels than are allowed: nothing is decoded.
    let mut bomb = Canvas::new(30, 30, 255).file("bmp");
    bomb[18..22].copy_from_slice(&8_000_i32.to_le_bytes());
    bomb[22..26].copy_from_slice(&5_001_i32.to_le_bytes());
    assert_eq!(too_large(&bomb), Some(NotRead::TooLarge));
    for (bytes, why) in [
        (&b""[..], NotRead::NotAPicture),
        (b"%PDF-1.7", NotRead::NotAPicture),
        (b"II*\0", NotRead::NotAPicture),
        (b"\x89PNG\r\n\x1a\n", NotRead::Damaged),
    ] {
        assert_eq!(read(bytes, &still()).err(), Some(why), "{bytes:?}");
    }
    let whole = Canvas::new(300, 300, 90).png();
    assert_eq!(read(&whole, &still()).err(), Some(NotRead::NothingFound));
    assert_eq!(read(&whole[..whole.len() / 2], &still()).err(), Some(NotRead::Damaged));
    // Digits are packed: a code can hold more of them than a text may have.
    let long = Drawing::of(&"7".repeat(4_097)).unwrap();
    let mut canvas = Canvas::new(800, 800, 255);
    canvas.draw(&long, &Placed::at(10.0, 10.0, 4.0));
    let read = read_pixels(800, 800, &canvas.rgba(), &still());
    assert_eq!(read.err(), Some(NotRead::TextTooLong));
}

/// The worst that a picture can ask for: nothing but corners of codes.
#[test]
fn a_picture_of_nothing_but_corners_ends() {
    let (side, corner) = (2_000, 7);
    let dark = |at: usize| {
        let (x, y) = (at % side % (corner + 1), at / side % (corner + 1));
        let ring =
            x.min(y).min(corner.wrapping_sub(1).wrapping_sub(x)).min(corner.wrapping_sub(1).wrapping_sub(y));
        x < corner && y < corner && ring != 1
    };
    let rgba: Vec<u8> =
        (0..side * side).flat_map(|at| if dark(at) { [0, 0, 0, 255] } else { [255; 4] }).collect();
    assert_eq!(read_pixels(side, side, &rgba, &SystemClock).err(), Some(NotRead::NothingFound));
}
