use super::Words;

pub(super) const WORDS: Words = Words {
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    moment: |day, month, year, time| format!("{day}. {month} {year}, {time}"),
    works_until: |time, minutes| format!("{time} ({minutes} Minuten)"),
    practice: "Übung: Nichts hiervon ist echt.",
    greeting: |person| format!("Hallo {person},"),
    greeting_unnamed: "Hallo,",
    device: "Gerät",
    network: "Netz",
    asked_at: "Angefordert",
    happened_at: "Wann",
    account: "Konto",
    until: "Gilt bis",
    purpose: "Zweck",
    purpose_reset: "Neues Passwort setzen",
    wasnt_you: "Warst du das nicht?",
    footer: |server| {
        format!("Von {server} geschickt, weil mit deinem Konto etwas geschehen ist. Antworten liest niemand.")
    },
    code_subject: |code, server| format!("{code} ist dein Code für {server}"),
    code_title: "Gleich bist du wieder drin",
    code_lead: |server| {
        format!(
            "jemand, wahrscheinlich du, möchte bei {server} ein neues Passwort setzen. Gib diesen Code dort ein, wo du danach gefragt wurdest:"
        )
    },
    code_not_you: |server| {
        format!(
            "Dann brauchst du nichts zu tun: Ohne diesen Code ändert sich nichts. Lies ihn niemandem vor und gib ihn nicht weiter; niemand von {server} fragt dich danach."
        )
    },
    link_subject: |server| format!("Dein Link zurück zu {server}"),
    link_title: "Gleich bist du wieder drin",
    link_lead: |server| {
        format!(
            "jemand, wahrscheinlich du, möchte bei {server} ein neues Passwort setzen. Kopiere diesen Link und füge ihn dort ein, wo du danach gefragt wurdest:"
        )
    },
    link_hint: "Den Link zu öffnen ändert nichts. Er gilt nur zusammen mit dem Fenster, in dem er angefordert wurde.",
    link_not_you: "Dann brauchst du nichts zu tun: Ohne diesen Link ändert sich nichts. Gib ihn nicht weiter.",
    changed_subject: |server| format!("Dein Passwort für {server} wurde geändert"),
    changed_title: "Dein Passwort wurde geändert",
    changed_lead: |server| {
        format!(
            "das Passwort deines Kontos bei {server} wurde geändert. Alle anderen Geräte wurden abgemeldet."
        )
    },
    changed_not_you: "Wähle sofort „Passwort vergessen?“ und setze ein neues: Das meldet ab, wer es war. Ändere danach das Passwort deines Postfachs.",
    device_subject: |server| format!("Neue Anmeldung bei {server}"),
    device_title: "Eine neue Anmeldung",
    device_lead: |server| {
        format!(
            "bei deinem Konto bei {server} gab es eine Anmeldung von einem Gerät oder aus einem Netz, das wir noch nicht kannten. Warst du es, ist nichts zu tun."
        )
    },
    device_not_you: "Wähle „Passwort vergessen?“ und setze ein neues: Das meldet alle Geräte ab.",
    used_subject: |server| format!("Ein gespeicherter Wiederherstellungscode für {server} wurde benutzt"),
    used_title: "Ein Wiederherstellungscode wurde benutzt",
    used_lead: |left| {
        format!(
            "einer deiner gespeicherten Wiederherstellungscodes wurde gerade benutzt und gilt nicht mehr. Noch unbenutzt: {left}."
        )
    },
    used_not_you: "Dann hat jemand deine Liste. Wähle „Passwort vergessen?“, setze ein neues Passwort und lass dir eine neue Liste geben.",
    computer_subject: |server| format!("Ein neuer Computer ist bei {server} angemeldet"),
    computer_title: "Ein neuer Computer ist angemeldet",
    computer_lead: |server| {
        format!(
            "ein Telefon, das bei deinem Konto bei {server} angemeldet ist, hat mit einem Code einen Computer hereingelassen. Warst du es, ist nichts zu tun. Wenn nicht, öffne diesen Link und beende es:"
        )
    },
    phone_subject: |server| format!("Ein neues Telefon ist bei {server} angemeldet"),
    phone_title: "Ein neues Telefon ist angemeldet",
    phone_lead: |server| {
        format!(
            "ein Computer, der bei deinem Konto bei {server} angemeldet ist, hat mit einem Code ein Telefon hereingelassen. Warst du es, ist nichts zu tun. Wenn nicht, öffne diesen Link und beende es:"
        )
    },
    not_me_hint: "Den Link zu öffnen ändert noch nichts: Er sagt, was er beenden würde, und fragt nach. Er gilt 7 Tage.",
    not_me_not_you: "Beende es mit dem Link, wähle dann „Passwort vergessen?“ und setze ein neues: Das meldet alle Geräte ab.",
};
