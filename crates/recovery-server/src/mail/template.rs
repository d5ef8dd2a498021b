//! How a letter looks: the same words as text and as HTML.
//!
//! The HTML is made for mail programs: tables, styles on each element, nothing loaded from
//! anywhere, and a style sheet only to follow a dark theme where that is understood.

use super::words::{Key, Page};
use std::fmt::Write as _;

pub(super) fn text(page: &Page) -> String {
    let mut text = String::new();
    if let Some(practice) = page.practice {
        push(&mut text, practice);
    }
    push(&mut text, &page.title);
    push(&mut text, &format!("{}\n{}", page.greeting, page.lead));
    match &page.key {
        Key::None => {}
        Key::Code { code, .. } => push(&mut text, &format!("    {}", grouped(code))),
        Key::Link { link, hint } => push(&mut text, &format!("{link}\n\n{hint}")),
    }
    let facts: Vec<String> = page.facts.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    push(&mut text, &facts.join("\n"));
    push(&mut text, &format!("{}\n{}", page.wasnt_you.0, page.wasnt_you.1));
    push(&mut text, &format!("-- \n{}", page.footer));
    // Programs that fill codes in look for it in the last line, so it goes after everything else.
    if let Key::Code { bound, .. } = &page.key {
        push(&mut text, bound);
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

pub(super) fn html(page: &Page) -> String {
    let server = escape(&page.server);
    let practice = page.practice.map_or_else(String::new, |practice| {
        format!(
            r#"<tr><td style="padding:10px 32px;background:#2b3f9e;color:#ffffff;font-size:14px;font-weight:600">{}</td></tr>"#,
            escape(practice)
        )
    });
    let key = match &page.key {
        Key::None => String::new(),
        Key::Code { code, .. } => format!(
            r#"<tr><td style="padding:8px 32px 20px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td class="well" align="center" style="padding:22px 12px;background:#fff2d8;border-radius:14px"><span class="code" dir="ltr" style="font-family:'JetBrains Mono',ui-monospace,'Cascadia Mono',Menlo,Consolas,monospace;font-size:34px;line-height:1.2;font-weight:700;letter-spacing:3px;color:#171d36;white-space:nowrap">{}</span></td></tr></table></td></tr>"#,
            spaced(code)
        ),
        Key::Link { link, hint } => format!(
            r#"<tr><td style="padding:8px 32px 20px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td class="well" style="padding:18px 20px;background:#fff2d8;border-radius:14px"><a class="code" href="{link}" style="font-family:'JetBrains Mono',ui-monospace,'Cascadia Mono',Menlo,Consolas,monospace;font-size:15px;line-height:1.5;color:#171d36;text-decoration:none;word-break:break-all">{link}</a></td></tr></table><p class="soft" style="margin:12px 0 0;font-size:14px;line-height:1.5;color:#52586f">{hint}</p></td></tr>"#,
            link = escape(link),
            hint = escape(hint),
        ),
    };
    let mut facts = String::new();
    for (name, value) in &page.facts {
        let _infallible = write!(
            facts,
            r#"<tr><td class="soft line" valign="top" style="padding:9px 16px 9px 0;border-top:1px solid #dfdedc;font-size:14px;line-height:1.5;color:#52586f;white-space:nowrap">{}</td><td class="ink line" valign="top" width="100%" style="padding:9px 0;border-top:1px solid #dfdedc;font-size:14px;line-height:1.5;color:#171d36;word-break:break-word">{}</td></tr>"#,
            escape(name),
            escape(value)
        );
    }
    let bound = match &page.key {
        Key::Code { bound, .. } => format!(
            r#"<p class="soft" dir="ltr" style="margin:8px 0 0;font-size:12px;line-height:1.5;color:#52586f">{}</p>"#,
            escape(bound)
        ),
        _ => String::new(),
    };
    format!(
        r##"<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">
<title>{subject}</title>
<style>
@media (prefers-color-scheme: dark) {{
  .ground {{ background: #131934 !important; }}
  .card {{ background: #1b2347 !important; }}
  .ink {{ color: #f5f1e8 !important; }}
  .soft {{ color: #b7bddc !important; }}
  .line {{ border-color: #2e3768 !important; }}
  .well {{ background: #3a3446 !important; }}
  .code {{ color: #ffcd78 !important; }}
}}
@media (max-width: 440px) {{
  .code {{ font-size: 26px !important; letter-spacing: 1px !important; }}
}}
</style>
</head>
<body class="ground" style="margin:0;padding:0;background:#f5f5f4">
<table class="ground" role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f5f5f4"><tr><td align="center" style="padding:28px 12px">
<table class="card" role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;background:#ffffff;border-radius:14px;overflow:hidden;font-family:Commissioner,system-ui,'Segoe UI','Noto Sans',Roboto,Arial,sans-serif">
<tr><td style="padding:20px 32px;background:#18204a"><table role="presentation" cellpadding="0" cellspacing="0"><tr><td valign="middle"><div style="width:20px;height:24px;background:#ffc45e;border-radius:10px 10px 2px 2px;font-size:0;line-height:0">&nbsp;</div></td><td valign="middle" style="padding-left:14px;font-size:16px;line-height:24px;font-weight:600;color:#f5f1e8">{server}</td></tr></table></td></tr>
{practice}<tr><td style="padding:32px 32px 0"><h1 class="ink" style="margin:0 0 16px;font-size:26px;line-height:1.2;font-weight:650;letter-spacing:-0.3px;text-wrap:balance;color:#171d36">{title}</h1><p class="ink" style="margin:0 0 12px;font-size:16px;line-height:1.5;color:#171d36">{greeting}<br>{lead}</p></td></tr>
{key}<tr><td style="padding:0 32px 24px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0">{facts}</table></td></tr>
<tr><td style="padding:0 32px 28px"><p class="ink" style="margin:0;font-size:14px;line-height:1.5;color:#171d36"><strong style="font-weight:600">{question}</strong><br>{answer}</p></td></tr>
<tr><td class="line" style="padding:18px 32px 24px;border-top:1px solid #dfdedc"><p class="soft" style="margin:0;font-size:12px;line-height:1.5;color:#52586f">{footer}</p>{bound}</td></tr>
</table>
</td></tr></table>
</body>
</html>
"##,
        language = page.language,
        subject = escape(&page.subject),
        title = escape(&page.title),
        greeting = escape(&page.greeting),
        lead = escape(&page.lead),
        question = escape(page.wasnt_you.0),
        answer = escape(&page.wasnt_you.1),
        footer = escape(&page.footer),
    )
}

/// Makes `text` safe inside HTML text and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

fn push(text: &mut String, paragraph: &str) {
    text.push_str(paragraph);
    text.push_str("\n\n");
}

fn grouped(code: &str) -> String {
    let half = code.len().div_ceil(2);
    match code.split_at_checked(half) {
        Some((first, second)) => format!("{first} {second}"),
        None => code.to_owned(),
    }
}

/// Two groups that look apart but are copied as one number.
fn spaced(code: &str) -> String {
    let half = code.len().div_ceil(2);
    match code.split_at_checked(half) {
        Some((first, second)) => {
            format!("{}<span style=\"padding-left:14px\">{}</span>", escape(first), escape(second))
        }
        None => escape(code),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::language::Language;
    use crate::mail::{Access, Letter, Matter, PasskeyMatter};
    use crate::storage::ChangeKind;

    fn letter(language: Language, matter: Matter) -> Letter {
        Letter {
            to: "jana@example.org".to_owned(),
            person: "Jana <b>".to_owned(),
            identifier: "jana".to_owned(),
            language,
            at: 1_800_000_000,
            device: "Regain on \"Linux\" & co".to_owned(),
            network: Some("203.0.113.0/24".to_owned()),
            matter,
        }
    }

    fn matters() -> Vec<Matter> {
        let until = 1_800_000_600;
        let code = || "01234567".to_owned();
        let mut matters = vec![
            Matter::Code { code: code(), until },
            Matter::Link { token: "T".repeat(43), until },
            Matter::PasswordChanged,
            Matter::NewDevice,
            Matter::RecoveryCodeUsed { left: 9 },
            Matter::NewComputer { token: "T".repeat(43) },
            Matter::NewPhone { token: "T".repeat(43) },
            Matter::Access(Access::SignUpCode { code: code(), until }),
            Matter::Access(Access::SignUpTaken),
            Matter::Access(Access::AddressCode { code: code(), until }),
            Matter::Access(Access::AddressTaken),
            Matter::Access(Access::PutBack),
            Matter::Access(Access::CodesByOperator { token: None }),
            Matter::Access(Access::CodesByOperator { token: Some("T".repeat(43)) }),
            Matter::Passkey(PasskeyMatter::Added { name: "My <phone>".to_owned(), token: "t".to_owned() }),
            Matter::Passkey(PasskeyMatter::Copied { name: "My <phone>".to_owned() }),
            Matter::Passkey(PasskeyMatter::PasswordChanged { passkeys: 2 }),
        ];
        for kind in ChangeKind::ALL {
            for token in [None, Some("T".repeat(43))] {
                let address = Some("j•••@work.example".to_owned());
                matters.push(Matter::Access(Access::Changed { kind, address, token }));
            }
        }
        matters
    }

    fn visible(html: &str) -> String {
        let body = html.split("<body").nth(1).unwrap();
        let mut visible = String::new();
        let mut in_tag = true;
        for letter in body.chars() {
            match letter {
                '<' => in_tag = true,
                '>' => in_tag = false,
                other if !in_tag => visible.push(other),
                _ => {}
            }
        }
        squeezed(
            &visible
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&nbsp;", "")
                .replace("&amp;", "&"),
        )
    }

    fn squeezed(text: &str) -> String {
        text.chars().filter(|letter| !letter.is_whitespace()).collect()
    }

    #[test]
    fn text_and_html_say_the_same() {
        let config = Config::loopback("Dorfladen & Söhne");
        for language in [Language::En, Language::Ru, Language::De, Language::Es] {
            for matter in matters() {
                let mail = letter(language, matter.clone()).write(&config, "id@host".to_owned());
                let html = visible(&mail.html);
                for line in mail.text.lines().filter(|line| *line != "-- ") {
                    // A fact is two cells in HTML.
                    for part in line.splitn(2, ": ") {
                        assert!(
                            html.contains(&squeezed(part)),
                            "{matter:?} {language:?}: {part:?} not in {html}"
                        );
                    }
                }
                assert!(mail.html.contains(&format!("lang=\"{}\"", language.tag())));
            }
        }
    }

    #[test]
    fn nothing_is_loaded_and_nothing_gets_through() {
        let config = Config::loopback("Practice");
        for matter in matters() {
            let mail = letter(Language::En, matter).write(&config, "id@host".to_owned());
            for bad in ["<img", "<script", "src=", "url(", "@import", "Jana <b>", "<phone>"] {
                assert!(!mail.html.contains(bad), "{bad}");
            }
        }
    }

    #[test]
    fn a_code_letter_has_all_a_person_needs() {
        let mut config = Config::loopback("Dorfladen");
        config.public_url = "https://konto.dorfladen.example".parse().unwrap();
        config.time_zone = "Europe/Berlin".to_owned();
        let mail = letter(Language::De, matters().remove(0)).write(&config, "id@host".to_owned());
        assert_eq!(mail.subject, "01234567 ist dein Code für Dorfladen");
        assert_eq!(mail.text.lines().last(), Some("@konto.dorfladen.example #01234567"));
        for part in [
            "0123 4567",
            "Neues Passwort setzen",
            "Regain on \"Linux\"",
            "15. Januar 2027, 09:00 CET",
            "09:10 CET (10 Minuten)",
            "203.0.113.0/24",
            "Warst du das nicht?",
        ] {
            assert!(mail.text.contains(part), "{part} not in {}", mail.text);
        }
    }

    #[test]
    fn a_link_keeps_its_secret_in_the_fragment() {
        let mut config = Config::loopback("Dorfladen");
        config.public_url = "https://konto.dorfladen.example".parse().unwrap();
        let mail = letter(Language::En, matters().remove(1)).write(&config, "id@host".to_owned());
        let link = format!("https://konto.dorfladen.example/recover#{}", "T".repeat(43));
        assert!(mail.text.lines().any(|line| line == link), "{}", mail.text);
        assert!(mail.html.contains(&format!("href=\"{link}\"")));
    }
}
