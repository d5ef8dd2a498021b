//! A picture as shades of grey, and the sizes and sharpnesses it is tried in.

use std::io::Cursor;

use image::error::ImageError;
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits};

use super::{MOST_PIXELS, NotRead};

#[derive(Clone)]
pub(super) struct Picture {
    pub width: usize,
    pub height: usize,
    /// Row by row; 0 is black.
    pub grey: Vec<u8>,
}

/// What lies behind transparent pixels: neither black nor white, so that codes of both stand out.
const BEHIND: u32 = 128;

impl Picture {
    /// How large it is is read from its beginning, before anything is decoded.
    pub fn decode(file: &[u8]) -> Result<Self, NotRead> {
        let reader = ImageReader::new(Cursor::new(file)).with_guessed_format();
        let mut reader = reader.map_err(|_| NotRead::NotAPicture)?;
        if reader.format().is_none() {
            return Err(NotRead::NotAPicture);
        }
        let mut limits = Limits::default();
        // Eight bytes for each pixel: the most that any of the formats has.
        limits.max_alloc = Some(8 * MOST_PIXELS);
        reader.limits(limits);
        let decoder = reader.into_decoder().map_err(said)?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            return Err(NotRead::TooLarge);
        }
        let image = DynamicImage::from_decoder(decoder).map_err(said)?;
        if image.color().has_alpha() {
            let rgba = image.into_rgba8();
            return Self::of_pixels(width as usize, height as usize, &rgba);
        }
        Self::new(width as usize, height as usize, image.into_luma8().into_raw())
    }

    pub fn of_pixels(width: usize, height: usize, rgba: &[u8]) -> Result<Self, NotRead> {
        let pixels = width.checked_mul(height).ok_or(NotRead::TooLarge)?;
        if u64::try_from(pixels).is_ok_and(|pixels| pixels > MOST_PIXELS) {
            return Err(NotRead::TooLarge);
        }
        let (fours, rest) = rgba.as_chunks::<4>();
        if fours.len() != pixels || !rest.is_empty() {
            return Err(NotRead::Damaged);
        }
        let grey = fours.iter().map(|[red, green, blue, opacity]| {
            let grey = (u32::from(*red) * 299 + u32::from(*green) * 587 + u32::from(*blue) * 114) / 1000;
            let opacity = u32::from(*opacity);
            byte((grey * opacity + BEHIND * (255 - opacity)) / 255)
        });
        Self::new(width, height, grey.collect())
    }

    fn new(width: usize, height: usize, grey: Vec<u8>) -> Result<Self, NotRead> {
        if grey.len() == width * height { Ok(Self { width, height, grey }) } else { Err(NotRead::Damaged) }
    }

    pub fn pixels(&self) -> usize {
        self.grey.len()
    }

    fn row(&self, y: usize) -> &[u8] {
        let start = y.min(self.height.saturating_sub(1)) * self.width;
        self.grey.get(start..start + self.width).unwrap_or_default()
    }

    /// Each pixel the mean of a square of so many.
    pub fn shrunk(&self, times: usize) -> Self {
        if times <= 1 {
            return self.clone();
        }
        let (width, height) = (self.width / times, self.height / times);
        let area = u32::try_from(times * times).unwrap_or(u32::MAX);
        let mut grey = Vec::with_capacity(width * height);
        let mut sums = vec![0_u32; width];
        for y in 0..height {
            sums.fill(0);
            for row in y * times..(y + 1) * times {
                for (sum, square) in sums.iter_mut().zip(self.row(row).chunks_exact(times)) {
                    *sum += square.iter().map(|grey| u32::from(*grey)).sum::<u32>();
                }
            }
            grey.extend(sums.iter().map(|sum| byte((sum + area / 2) / area)));
        }
        Self { width, height, grey }
    }

    /// Between the pixels in a straight line.
    pub fn enlarged(&self, times: usize) -> Self {
        let (width, height) = (self.width * times, self.height * times);
        let parts = u32::try_from(2 * times).unwrap_or(2);
        // In halves of the new pixels: the two old ones that a new one lies between, and how far it is to the second.
        let between = |at: usize, most: usize| {
            let along = (2 * at + 1).saturating_sub(times);
            let first = (along / (2 * times)).min(most - 1);
            (first, (first + 1).min(most - 1), u32::try_from(along % (2 * times)).unwrap_or_default())
        };
        let mut grey = Vec::with_capacity(width * height);
        for y in 0..height {
            let (above, below, down) = between(y, self.height);
            let (above, below) = (self.row(above), self.row(below));
            for x in 0..width {
                let (left, right, along) = between(x, self.width);
                let at = |row: &[u8], x: usize| u32::from(row.get(x).copied().unwrap_or_default());
                let mix = |row: &[u8]| at(row, left) * (parts - along) + at(row, right) * along;
                grey.push(byte((mix(above) * (parts - down) + mix(below) * down) / (parts * parts)));
            }
        }
        Self { width, height, grey }
    }

    /// Each pixel the mean of the nine around it: against noise.
    pub fn blurred(&self) -> Self {
        self.around(|_, mean| mean)
    }

    /// Away from the mean of the nine around it: against blur.
    pub fn sharpened(&self) -> Self {
        self.around(|own, mean| (3 * own).saturating_sub(2 * mean))
    }

    fn around(&self, new: impl Fn(u32, u32) -> u32) -> Self {
        let mut grey = Vec::with_capacity(self.grey.len());
        for y in 0..self.height {
            let rows = [self.row(y.saturating_sub(1)), self.row(y), self.row(y + 1)];
            let column = |x: usize| -> u32 {
                let x = x.min(self.width - 1);
                rows.iter().map(|row| u32::from(row.get(x).copied().unwrap_or_default())).sum()
            };
            for (x, own) in rows[1].iter().enumerate() {
                let mean = (column(x.saturating_sub(1)) + column(x) + column(x + 1)) / 9;
                grey.push(byte(new(u32::from(*own), mean)));
            }
        }
        Self { width: self.width, height: self.height, grey }
    }

    /// Squares of a side, each sharing so much with the next that a smaller code is whole in one of them.
    pub fn tiles(&self, side: usize, overlap: usize) -> impl Iterator<Item = Self> {
        let starts = move |length: usize| (0..length.saturating_sub(overlap).max(1)).step_by(side - overlap);
        starts(self.height).flat_map(move |top| starts(self.width).map(move |left| self.cut(left, top, side)))
    }

    fn cut(&self, left: usize, top: usize, side: usize) -> Self {
        let (right, bottom) = ((left + side).min(self.width), (top + side).min(self.height));
        let rows = (top..bottom).flat_map(|y| self.row(y).get(left..right).unwrap_or_default());
        let grey: Vec<u8> = rows.copied().collect();
        Self { width: right - left, height: bottom - top, grey }
    }
}

fn byte(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

fn said(error: ImageError) -> NotRead {
    match error {
        ImageError::Limits(_) => NotRead::TooLarge,
        ImageError::Unsupported(_) => NotRead::NotAPicture,
        _ => NotRead::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(width: usize, grey: &[u8]) -> Picture {
        Picture { width, height: grey.len() / width, grey: grey.to_vec() }
    }

    #[test]
    fn shrinking_takes_means_and_enlarging_goes_between() {
        let picture = of(4, &[0, 10, 20, 30, 2, 12, 22, 32]);
        assert_eq!(picture.shrunk(2).grey, [6, 26]);
        assert_eq!(picture.shrunk(3).pixels(), 0);
        let double = of(2, &[0, 100]).enlarged(2);
        assert_eq!((double.width, double.height), (4, 2));
        assert_eq!(double.grey[..4], [0, 25, 75, 100]);
    }

    #[test]
    fn blurring_and_sharpening_leave_what_is_even() {
        let even = of(3, &[77; 12]);
        assert_eq!(even.blurred().grey, even.grey);
        assert_eq!(even.sharpened().grey, even.grey);
        let edge = of(4, &[50, 50, 200, 200]);
        assert_eq!(edge.blurred().grey, [50, 100, 150, 200]);
        assert_eq!(edge.sharpened().grey, [50, 0, 255, 200]);
    }

    #[test]
    fn tiles_cover_everything() {
        let picture = of(10, &(0..70).collect::<Vec<u8>>());
        let tiles: Vec<_> = picture.tiles(4, 1).collect();
        assert_eq!(tiles.len(), 6);
        for grey in 0..70 {
            assert!(tiles.iter().any(|tile| tile.grey.contains(&grey)), "{grey}");
        }
        assert!(tiles.iter().all(|tile| tile.grey.len() == tile.width * tile.height));
    }

    #[test]
    fn transparent_pixels_are_neither_black_nor_white() {
        let rgba = [0, 0, 0, 255, 255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 0];
        assert_eq!(Picture::of_pixels(2, 2, &rgba).unwrap().grey, [0, 255, 128, 128]);
        assert_eq!(Picture::of_pixels(2, 3, &rgba).err(), Some(NotRead::Damaged));
        assert_eq!(Picture::of_pixels(usize::MAX, 2, &rgba).err(), Some(NotRead::TooLarge));
        assert_eq!(Picture::of_pixels(10_000, 10_000, &rgba).err(), Some(NotRead::TooLarge));
    }
}
