use super::Words;

pub(super) const WORDS: Words = Words {
    passkey: "Passkey",
    added_subject: |server| format!("Ein Passkey wurde deinem Konto bei {server} hinzugefügt"),
    added_title: "Ein Passkey wurde hinzugefügt",
    added_lead: |server| {
        format!(
            "deinem Konto bei {server} wurde ein Passkey hinzugefügt: Er öffnet das Konto ohne das Passwort. Warst du es, ist nichts zu tun. Wenn nicht, öffne diesen Link und entferne ihn:"
        )
    },
    added_hint: "Den Link zu öffnen ändert noch nichts: Er sagt, was er entfernen würde, und fragt nach. Er gilt 7 Tage.",
    added_not_you: "Entferne ihn mit dem Link, wähle dann „Passwort vergessen?“ und setze ein neues: Wer ihn hinzugefügt hat, kannte dein Passwort.",
    copied_subject: |server| format!("Einen Passkey für {server} gibt es vielleicht zweimal"),
    copied_title: "Einen Passkey gibt es vielleicht zweimal",
    copied_lead: |server| {
        format!(
            "ein Passkey deines Kontos bei {server} wurde gerade benutzt und abgelehnt: Er wurde seltener benutzt, als wir es von ihm wissen. Das geschieht, wenn jemand ihn kopiert hat oder ein Gerät auf einen älteren Stand gebracht wurde."
        )
    },
    copied_not_you: "Öffne auf deinem Telefon die Seite des Servers mit deinen Passkeys, entferne diesen und füge einen neuen hinzu.",
    still_there: |passkeys| {
        format!(
            "An Passkeys ändert das nichts: Dein Konto hat davon {passkeys}, und jeder öffnet es weiterhin."
        )
    },
};
