//! Pictures with codes in them, made worse in the ways that cameras and screens do.

use std::io::Cursor;

use accounts::clock::{Random as _, SeededRandom};
use accounts::qr::Drawing;
use image::{DynamicImage, GrayImage, ImageFormat};

pub struct Canvas {
    pub width: usize,
    pub height: usize,
    grey: Vec<u8>,
}

/// Where a code stands: its corner, the size of a module, degrees, and how it is tilted away.
pub struct Placed {
    x: f32,
    y: f32,
    pub size: f32,
    pub turn: f32,
    pub tilt: f32,
    pub lean: f32,
    pub inverted: bool,
}

impl Placed {
    pub fn at(x: f32, y: f32, size: f32) -> Self {
        Self { x, y, size, turn: 0.0, tilt: 0.0, lean: 0.0, inverted: false }
    }
}

impl Canvas {
    pub fn new(width: usize, height: usize, grey: u8) -> Self {
        Self { width, height, grey: vec![grey; width * height] }
    }

    /// As a screen shows it: each module a square of whole pixels.
    pub fn paint(&mut self, drawing: &Drawing, left: usize, top: usize, size: usize) {
        let side = drawing.modules() * size;
        for y in 0..side {
            for x in 0..side {
                let dark = drawing.is_dark(x / size, y / size);
                self.grey[(top + y) * self.width + left + x] = if dark { 0 } else { 255 };
            }
        }
    }

    /// Each pixel is the mean of sixteen points of it.
    pub fn draw(&mut self, drawing: &Drawing, placed: &Placed) {
        let side = drawing.modules() as f32;
        let half = side * placed.size / 2.0;
        let (centre_x, centre_y) = (placed.x + half, placed.y + half);
        let (sin, cos) = placed.turn.to_radians().sin_cos();
        let reach = half * 1.9;
        let range = |centre: f32, most: usize| {
            ((centre - reach).max(0.0) as usize)..((centre + reach).max(0.0) as usize).min(most)
        };
        for y in range(centre_y, self.height) {
            for x in range(centre_x, self.width) {
                let (mut sum, mut inside) = (0_u32, 0_u32);
                for point in 0..16 {
                    let dx = x as f32 + (point % 4) as f32 / 4.0 + 0.125 - centre_x;
                    let dy = y as f32 + (point / 4) as f32 / 4.0 + 0.125 - centre_y;
                    let deep = 1.0 + dx * placed.tilt + dy * placed.lean;
                    let (dx, dy) = (dx / deep, dy / deep);
                    let u = (dx * cos + dy * sin) / placed.size + side / 2.0;
                    let v = (dy * cos - dx * sin) / placed.size + side / 2.0;
                    if (0.0..side).contains(&u) && (0.0..side).contains(&v) {
                        inside += 1;
                        let dark = drawing.is_dark(u as usize, v as usize) != placed.inverted;
                        sum += if dark { 15 } else { 240 };
                    }
                }
                if let Some(grey) = self.grey.get_mut(y * self.width + x)
                    && inside > 0
                {
                    *grey = ((sum + u32::from(*grey) * (16 - inside)) / 16) as u8;
                }
            }
        }
    }

    /// Rectangles of any shade.
    pub fn clutter(&mut self, random: &SeededRandom, count: usize) {
        for _ in 0..count {
            let below = |most: usize| random.below(most as u32) as usize;
            let (left, top, shade) = (below(self.width), below(self.height), random.below(256) as u8);
            let (right, bottom) = (left + below(80), top + below(40));
            for y in top..bottom.min(self.height) {
                for x in left..right.min(self.width) {
                    self.grey[y * self.width + x] = shade;
                }
            }
        }
    }

    /// So many times the mean of the nine around each pixel.
    pub fn blur(&mut self, times: usize) {
        for _ in 0..times {
            let old = self.grey.clone();
            for y in 1..self.height - 1 {
                for x in 1..self.width - 1 {
                    let at = y * self.width + x;
                    let rows = [at - self.width, at, at + self.width];
                    let sum: u32 =
                        rows.iter().flat_map(|at| &old[at - 1..=at + 1]).map(|grey| u32::from(*grey)).sum();
                    self.grey[at] = (sum / 9) as u8;
                }
            }
        }
    }

    /// Up to so much more or less.
    pub fn noise(&mut self, random: &SeededRandom, most: u32) {
        for grey in &mut self.grey {
            let change = random.below(2 * most + 1) as i32 - most as i32;
            *grey = (i32::from(*grey) + change).clamp(0, 255) as u8;
        }
    }

    /// Darker to the right, down to a part of what it was.
    pub fn shade(&mut self, part: f32) {
        for (at, grey) in self.grey.iter_mut().enumerate() {
            let along = (at % self.width) as f32 / self.width as f32;
            *grey = (f32::from(*grey) * (1.0 - (1.0 - part) * along)) as u8;
        }
    }

    pub fn rgba(&self) -> Vec<u8> {
        self.grey.iter().flat_map(|grey| [*grey, *grey, *grey, 255]).collect()
    }

    pub fn png(&self) -> Vec<u8> {
        self.file("png")
    }

    pub fn file(&self, extension: &str) -> Vec<u8> {
        let grey = GrayImage::from_raw(self.width as u32, self.height as u32, self.grey.clone()).unwrap();
        let image = DynamicImage::ImageRgb8(DynamicImage::ImageLuma8(grey).into_rgb8());
        let mut file = Cursor::new(Vec::new());
        image.write_to(&mut file, ImageFormat::from_extension(extension).unwrap()).unwrap();
        file.into_inner()
    }
}
