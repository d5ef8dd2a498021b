//! From dark and light to texts.

use rxing::common::{BitMatrix, DetectorRXingResult as _};
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{FindFinderPatterns, GenerateFinderPatternSets, SampleQR};

use super::{Found, MOST_CODES};

/// Most corners of codes that are gone on with, the largest: a picture can be nothing but corners.
const MOST_CORNERS: usize = 8 * MOST_CODES;

/// Adds what can be read. The time is looked at for each set of three corners.
pub(super) fn codes(bits: &BitMatrix, found: &mut Found<'_>) {
    let mut corners = FindFinderPatterns(bits, true, 0);
    corners.sort_by_key(|corner| std::cmp::Reverse(corner.size));
    corners.truncate(MOST_CORNERS);
    let mut used = Vec::new();
    for set in GenerateFinderPatternSets(&mut corners) {
        let three = [set.tl, set.tr, set.bl];
        if three.iter().any(|corner| used.contains(corner)) {
            continue;
        }
        if !found.goes_on() {
            return;
        }
        let Ok(sampled) = SampleQR(bits, &set) else { continue };
        let Ok(decoded) = Decode(sampled.getBits()) else { continue };
        if decoded.isValid() {
            used.extend(three);
            found.add(&decoded.text());
        }
    }
}
