//! A text as a QR code, as an SVG.

use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// White around the code on each side, in modules (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;
/// Smallest module and smallest picture that old phones read from a screen, in CSS pixels.
const MODULE: usize = 6;
const SMALLEST: usize = 300;

/// A QR code, error correction M.
#[derive(Clone)]
pub struct Drawing {
    dark: Zeroizing<Vec<bool>>,
    width: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is longer than a QR code holds")]
pub struct TooLong;

impl Drawing {
    /// Errors: more than 2,331 bytes (letters without lower case and digits: more).
    pub fn of(text: &str) -> Result<Self, TooLong> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| TooLong)?;
        let width = code.width();
        let dark = code.into_colors().into_iter().map(|color| color == Color::Dark).collect();
        Ok(Self { dark: Zeroizing::new(dark), width })
    }

    /// Modules on each side, the white around it included.
    pub fn modules(&self) -> usize {
        self.width + 2 * QUIET
    }

    /// Smallest side at which it may be shown, in CSS pixels: a whole number for each module.
    pub fn smallest_side(&self) -> usize {
        MODULE.max(SMALLEST.div_ceil(self.modules())) * self.modules()
    }

    /// Whether a module is dark; those of the white around it are not.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < self.width);
        let (Some(x), Some(y)) = (inside(x), inside(y)) else { return false };
        self.dark.get(y * self.width + x).copied().unwrap_or(false)
    }

    /// Black on white, whatever surrounds it: half of all phones do not read light on dark. Without width and height;
    /// one unit is one module. It holds the text, so it is as secret as that.
    pub fn svg(&self) -> Secret {
        let side = self.modules();
        let mut path = String::with_capacity(self.dark.len() * 14);
        for y in 0..side {
            let mut x = 0;
            while x < side {
                let run = (x..side).take_while(|x| self.is_dark(*x, y)).count();
                if run > 0 {
                    path.push_str(&format!("M{x} {y}h{run}v1h-{run}z"));
                }
                x += run.max(1);
            }
        }
        let svg = format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><rect width="{side}" height="{side}" fill="#fff"/><path d="{path}" fill="#000"/></svg>"##
        );
        zeroize::Zeroize::zeroize(&mut path);
        Secret::new(svg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_has_its_white_around_it() {
        let drawing = Drawing::of("https://accounts.example/device?user_code=BCDFGHJKLM").unwrap();
        let side = drawing.modules();
        for across in 0..side {
            for edge in (0..QUIET).chain(side - QUIET..side + 1) {
                assert!(!drawing.is_dark(edge, across) && !drawing.is_dark(across, edge));
            }
        }
        // The corner of the first finder pattern.
        assert!(drawing.is_dark(QUIET, QUIET) && !drawing.is_dark(QUIET + 1, QUIET + 1));
    }

    #[test]
    fn it_is_shown_large_enough() {
        for (text, modules) in [("a", 29), ("a".repeat(100).as_str(), 49), ("a".repeat(2_331).as_str(), 185)]
        {
            let drawing = Drawing::of(text).unwrap();
            assert_eq!(drawing.modules(), modules);
            let side = drawing.smallest_side();
            assert!(side >= 300 && side.is_multiple_of(modules) && side / modules >= 6, "{side}");
        }
        assert_eq!(Drawing::of(&"a".repeat(2_332)).err(), Some(TooLong));
    }

    #[test]
    fn the_svg_says_what_the_modules_say() {
        let drawing = Drawing::of("regain").unwrap();
        let svg = drawing.svg();
        let svg = svg.expose();
        assert!(svg.starts_with(r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29" shape-rendering="crispEdges"><rect width="29" height="29" fill="#fff"/><path d="M4 4h7v1h-7z"##));
        assert_eq!(svg.matches("<path").count(), 1);
        let mut drawn = vec![false; 29 * 29];
        let path = svg.split_once(" d=\"").unwrap().1.split_once('"').unwrap().0;
        for run in path.split_terminator('z') {
            let (start, rest) = run[1..].split_once('h').unwrap();
            let (x, y) = start.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
            (x..x + length).for_each(|x| drawn[y * 29 + x] = true);
        }
        for (at, drawn) in drawn.into_iter().enumerate() {
            assert_eq!(drawn, drawing.is_dark(at % 29, at / 29), "{at}");
        }
    }
}
