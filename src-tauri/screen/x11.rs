//! The whole screen, from an X server (X11 protocol, GetImage). Under Wayland an X server shows nothing of it.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, ImageOrder};

use super::{NotTaken, bmp};

pub fn is_possible() -> bool {
    std::env::var_os("WAYLAND_DISPLAY").is_none() && x11rb::connect(None).is_ok()
}

/// A picture in the form of a .bmp file.
pub fn take() -> Result<Vec<u8>, NotTaken> {
    ask().map_err(|error| {
        let error = error.map(tracing::field::display);
        tracing::warn!(error, "the X server gave no picture of the screen");
        NotTaken
    })
}

/// Errors without a source: it has no screen, or its pixels are in a form that is not read.
fn ask() -> Result<Vec<u8>, Option<Box<dyn std::error::Error>>> {
    let (server, number) = x11rb::connect(None).map_err(|error| Some(error.into()))?;
    let setup = server.setup();
    let screen = setup.roots.get(number).ok_or(None)?;
    let (width, height) = (screen.width_in_pixels, screen.height_in_pixels);
    let format = setup.pixmap_formats.iter().find(|format| format.depth == screen.root_depth);
    if format.is_none_or(|format| format.bits_per_pixel != 32)
        || setup.image_byte_order != ImageOrder::LSB_FIRST
    {
        return Err(None);
    }
    let asked = server.get_image(ImageFormat::Z_PIXMAP, screen.root, 0, 0, width, height, u32::MAX);
    let image = asked.map_err(|error| Some(error.into()))?.reply().map_err(|error| Some(error.into()))?;
    Ok(bmp(width, height, &image.data))
}
