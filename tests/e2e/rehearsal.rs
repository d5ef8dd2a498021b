//! Ways back that are tried before they are needed, and a site list from a file.

use anyhow::{Result, ensure};

use crate::desk::Desk;
use crate::guide::find_the_way;
use crate::steps::{first_start, open_account};
use crate::window::Window;

/// From forgotten to saved, taken at its word.
async fn have_an_account(window: &Window) -> Result<()> {
    find_the_way(window).await?;
    window.press("guide-yes").await?;
    window.await_text("heading", "Type the code").await?;
    window.press("guide-yes").await?;
    window.await_screen("new-password").await?;
    window.find("generated-password").await?;
    window.press("use-generated").await?;
    window.await_screen("set-password").await?;
    window.press("guide-yes").await?;
    window.await_screen("done").await?;
    window.press("done").await?;
    window.await_screen("accounts").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_phone_is_gone_on_with_and_rehearsed() {
    Desk::play("rehearsal", async |desk| {
        first_start(&desk.window).await?;
        have_an_account(&desk.window).await?;

        // The way by the shop's own app, left after its first step.
        open_account(&desk.window).await?;
        desk.window.press("account-sign-in").await?;
        desk.window.press("with-phone").await?;
        desk.window.await_screen("guide").await?;
        let first = desk.window.text("heading").await?;
        desk.window.press("guide-yes").await?;
        let second = desk.window.await_other_text("heading", &first).await?;
        desk.window.press("cancel").await?;
        desk.kill_app()?;
        desk.start_again().await?;
        open_account(&desk.window).await?;
        desk.window.await_text("notice", "step 2").await?;
        desk.window.press("guide-go-on").await?;
        desk.window.await_text("heading", &second).await?;
        desk.window.find("guide-left").await?;
        desk.window.press("guide-yes").await?;
        desk.window.await_screen("done").await?;
        desk.window.press("go-to-account").await?;
        desk.window.await_screen("account").await?;

        // What the person says of it.
        let window = &desk.window;
        window.press("way-add").await?;
        window.choose("way-kind", "phone").await?;
        window.type_into("way-name", "Pixel").await?;
        window.press("way-save").await?;
        window.await_gone("way-save").await?;
        window.press("drill-begin").await?;
        window.has_no_violations().await?;
        for (question, answer) in
            [("saved password", "drill-yes"), ("@mail.example", "drill-yes"), ("Pixel", "drill-no")]
        {
            window.press_inside("drill-task", question, answer).await?;
        }
        window.await_text("drill-task", "Works").await?;
        window.press("drill-save").await?;
        window.await_text("drill-last", "today").await?;
        window.has_no_violations().await?;
        desk.start_again().await?;
        open_account(&desk.window).await?;
        let window = &desk.window;
        window.await_text("drill-last", "today").await?;
        window.press("way-mend").await?;
        window.await_gone("way-mend").await?;
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_site_list_comes_from_a_file() {
    Desk::play("site-list", async |desk| {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("password-rules.json");
        std::fs::write(
            &file,
            r#"{"shop.example": {"password-rules": "minlength: 5; maxlength: 9; allowed: digit;"}}"#,
        )?;
        let window = &desk.window;
        first_start(window).await?;
        window.press("settings").await?;
        window.await_screen("settings").await?;
        window.choose_file("list-file-input", &file).await?;
        let said = window.await_text("list-part", "password-rules.json").await?;
        ensure!(said.contains('1'), "one site: {said}");
        window.has_no_violations().await?;
        window.press("list-remove").await?;
        window.await_gone("list-part").await?;
        window.press("list-undo").await?;
        window.await_text("list-part", "password-rules.json").await?;

        // A file that is none is said to be none, and takes nothing away.
        std::fs::write(&file, "<html>")?;
        window.choose_file("list-file-input", &file).await?;
        window.find("notice").await?;
        window.await_text("list-part", "password-rules.json").await?;
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn known_leaks_come_from_a_file_that_the_person_chooses() {
    Desk::play("leaks", async |desk| {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("known-leaks.txt");
        let window = &desk.window;
        first_start(window).await?;
        have_an_account(window).await?;
        window.press("settings").await?;
        window.await_screen("settings").await?;
        window.choose("leaks-kind", "copy").await?;

        // What is no list is said to be none, beside the button.
        std::fs::write(&file, "shopping: bread, milk\n")?;
        window.press("leaks-file").await?;
        desk.choose_in_dialog(&file)?;
        window.await_text("notice", "not the list").await?;
        window.has_no_violations().await?;

        std::fs::write(&file, format!("{:040X}:3\n{}:1\n", 0, "F".repeat(40)))?;
        window.press("leaks-file").await?;
        desk.choose_in_dialog(&file)?;
        window.await_text("leaks-path", "known-leaks.txt").await?;
        window.await_gone("notice").await?;
        Ok(())
    })
    .await;
}
