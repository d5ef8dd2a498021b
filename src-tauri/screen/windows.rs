//! Windows' own snipping tool, which lets the person choose a part of the screen and puts it into the clipboard. From its
//! documentation ("ms-screenclip"); not tried yet.

use std::process::Command;
use std::time::Duration;

use super::{NotTaken, bmp};

const GLANCE: Duration = Duration::from_millis(300);
/// The person has two minutes to choose.
const GLANCES: u32 = 400;

pub fn is_possible() -> bool {
    true
}

/// Waits until another picture lies in the clipboard. `None`: they chose none in time.
pub fn take() -> Result<Option<Vec<u8>>, NotTaken> {
    let failed = |error: &dyn std::fmt::Display| {
        tracing::warn!(%error, "the screen could not be taken");
        NotTaken
    };
    let mut clipboard = arboard::Clipboard::new().map_err(|error| failed(&error))?;
    let before = clipboard.get_image().ok().map(|image| image.bytes.into_owned());
    Command::new("explorer.exe").arg("ms-screenclip:").spawn().map_err(|error| failed(&error))?;
    for _ in 0..GLANCES {
        std::thread::sleep(GLANCE);
        let now = clipboard.get_image().ok();
        if let Some(image) = now.filter(|image| before.as_deref() != Some(&*image.bytes)) {
            let blue_first =
                image.bytes.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0], pixel[3]]);
            let (width, height) = (u16::try_from(image.width), u16::try_from(image.height));
            let (Ok(width), Ok(height)) = (width, height) else { return Err(NotTaken) };
            return Ok(Some(bmp(width, height, &blue_first.collect::<Vec<u8>>())));
        }
    }
    Ok(None)
}
