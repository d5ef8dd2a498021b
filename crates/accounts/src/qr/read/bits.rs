//! Telling dark from light.

use rxing::common::{BitMatrix, HybridBinarizer};
use rxing::{Binarizer as _, Luma8Source};

use super::picture::Picture;

/// What a pixel is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The mean of the blocks of eight around it: shadows, small codes.
    Hybrid,
    /// The mean of a window of an eighth of the picture around it: large modules, noise.
    Near,
    /// The same everywhere, between the two classes that lie farthest apart (Otsu).
    Even,
}

/// Smallest side: a code of 21 modules, white around it.
const SMALLEST: usize = 21;

/// `None`: it is too small.
pub(super) fn of(picture: &Picture, way: Way, inverted: bool) -> Option<BitMatrix> {
    let (width, height) = (picture.width, picture.height);
    if width < SMALLEST || height < SMALLEST {
        return None;
    }
    let flip = if inverted { 255 } else { 0 };
    let grey: Vec<u8> = picture.grey.iter().map(|grey| grey ^ flip).collect();
    let (wide, high) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    let below = match way {
        Way::Hybrid => {
            let source = Luma8Source::new(grey, wide, high).ok()?;
            return HybridBinarizer::new(source).get_black_matrix().ok().cloned();
        }
        Way::Near => near(&grey, width, height),
        Way::Even => {
            let limit = otsu(&grey);
            grey.iter().map(|grey| *grey <= limit).collect()
        }
    };
    let mut bits = BitMatrix::new(wide, high).ok()?;
    for (y, row) in (0..high).zip(below.chunks_exact(width)) {
        for (x, _) in (0..wide).zip(row).filter(|(_, dark)| **dark) {
            bits.set(x, y);
        }
    }
    Some(bits)
}

fn near(grey: &[u8], width: usize, height: usize) -> Vec<bool> {
    let reach = (width.max(height) / 16).clamp(8, 100);
    // Sums of everything above and to the left.
    let stride = width + 1;
    let mut sums = vec![0_u32; stride * (height + 1)];
    for (y, row) in grey.chunks_exact(width).enumerate() {
        let mut sum = 0;
        for (x, value) in row.iter().enumerate() {
            sum += u32::from(*value);
            sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + sum;
        }
    }
    let mut dark = Vec::with_capacity(grey.len());
    for (y, row) in grey.chunks_exact(width).enumerate() {
        let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(height));
        for (x, value) in row.iter().enumerate() {
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
            // It wraps for 16 million white pixels; differences of sums that wrap are right.
            let sum = sums[bottom * stride + right]
                .wrapping_sub(sums[top * stride + right])
                .wrapping_sub(sums[bottom * stride + left])
                .wrapping_add(sums[top * stride + left]);
            let area = u32::try_from((bottom - top) * (right - left)).unwrap_or(u32::MAX);
            // A little darker than the mean, or an even white would be all noise.
            dark.push((u32::from(*value) + 4) * area < sum);
        }
    }
    dark
}

fn otsu(grey: &[u8]) -> u8 {
    let mut counts = [0_u64; 256];
    grey.iter().for_each(|grey| counts[usize::from(*grey)] += 1);
    let all: u64 = grey.len() as u64;
    let total: u64 = counts.iter().zip(0_u64..).map(|(count, grey)| count * grey).sum();
    let (mut best, mut apart, mut below, mut sum) = (127, 0.0, 0_u64, 0_u64);
    for (limit, count) in (0_u8..=255).zip(counts) {
        below += count;
        sum += count * u64::from(limit);
        let above = all - below;
        if below == 0 || above == 0 {
            continue;
        }
        let distance = sum as f64 / below as f64 - (total - sum) as f64 / above as f64;
        let variance = below as f64 * above as f64 * distance * distance;
        if variance > apart {
            (best, apart) = (limit, variance);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_finds_a_dark_square_on_light_and_the_other_way_round() {
        for (inside, outside, inverted) in [(30, 220, false), (220, 30, true), (90, 160, false)] {
            let at = |n: usize| n % 64 / 24 == 1 && n / 64 / 24 == 1;
            let grey = (0..64 * 64).map(|n| if at(n) { inside } else { outside }).collect();
            let picture = Picture { width: 64, height: 64, grey };
            for way in [Way::Hybrid, Way::Near, Way::Even] {
                if way == Way::Hybrid && inside == 90 {
                    // A faint block without an edge is light to it.
                    continue;
                }
                let bits = of(&picture, way, inverted).unwrap();
                assert!(bits.get(26, 26) && bits.get(45, 45), "{way:?} {inside}");
                assert!(!bits.get(20, 26) && !bits.get(50, 50), "{way:?} {inside}");
            }
        }
    }

    #[test]
    fn what_holds_no_code_is_passed_over() {
        for (width, height) in [(0, 0), (20, 400), (400, 20)] {
            let picture = Picture { width, height, grey: vec![0; width * height] };
            for way in [Way::Hybrid, Way::Near, Way::Even] {
                assert!(of(&picture, way, false).is_none());
            }
        }
    }
}
