//! A picture of the screen, when the person asks for it: the part that they choose, by the system's own means; on X11 without
//! such means, all of it. It never leaves this computer's memory.

#[cfg(target_os = "linux")]
#[path = "screen/linux.rs"]
mod platform;

#[cfg(target_os = "macos")]
#[path = "screen/macos.rs"]
mod platform;

#[cfg(target_os = "windows")]
#[path = "screen/windows.rs"]
mod platform;

#[cfg(target_os = "linux")]
#[path = "screen/x11.rs"]
mod x11;

pub use platform::{is_possible, take};

/// The system has no means for it, or they failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotTaken;

/// Bytes before the pixels of a .bmp file: its header and the picture's (BITMAPFILEHEADER, BITMAPINFOHEADER).
#[cfg(any(target_os = "linux", target_os = "windows"))]
const HEADER: u32 = 14 + 40;

/// A picture as a .bmp file. Rows from the top, four bytes a pixel: blue, green, red, nothing.
#[cfg(any(target_os = "linux", target_os = "windows"))]
fn bmp(width: u16, height: u16, pixels: &[u8]) -> Vec<u8> {
    let size = u32::try_from(pixels.len()).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(pixels.len() + 54);
    file.extend(b"BM");
    file.extend(size.saturating_add(HEADER).to_le_bytes());
    file.extend([0; 4]);
    file.extend(HEADER.to_le_bytes());
    file.extend(40_u32.to_le_bytes());
    file.extend(i32::from(width).to_le_bytes());
    file.extend((-i32::from(height)).to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(32_u16.to_le_bytes());
    file.extend([0; 24]);
    file.extend(pixels);
    file
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_picture_of_pixels_is_read() {
        const TEXT: &str = "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ";
        let drawing = accounts::qr::Drawing::of(TEXT).unwrap();
        let side = (drawing.modules() + 8) * 4;
        let mut pixels = vec![255; side * side * 4];
        for y in 0..drawing.modules() * 4 {
            for x in 0..drawing.modules() * 4 {
                if drawing.is_dark(x / 4, y / 4) {
                    let at = ((y + 16) * side + x + 16) * 4;
                    pixels[at..at + 3].fill(0);
                }
            }
        }
        let side = u16::try_from(side).unwrap();
        let read = accounts::qr::read(&bmp(side, side, &pixels), &accounts::clock::SystemClock).unwrap();
        assert_eq!(read[0].expose(), TEXT);
    }
}
