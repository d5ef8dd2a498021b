use super::{ChangeKind, Words};

pub(super) const WORDS: Words = Words {
    address: "Adresse",
    purpose_sign_up: "Konto anlegen",
    purpose_address: "Adresse für die Wiederherstellung hinzufügen",
    sign_up_footer: |server| {
        format!(
            "Von {server} geschickt, weil dort jemand diese Adresse eingegeben hat. Antworten liest niemand."
        )
    },
    sign_up_title: "Bestätige deine Adresse",
    sign_up_lead: |server| {
        format!(
            "jemand, wahrscheinlich du, möchte mit dieser Adresse bei {server} ein Konto anlegen. Gib diesen Code dort ein, wo du danach gefragt wurdest:"
        )
    },
    sign_up_not_you: "Dann brauchst du nichts zu tun: Ohne diesen Code entsteht kein Konto. Lies ihn niemandem vor und gib ihn nicht weiter.",
    taken_subject: |server| format!("Du hast ein Konto bei {server}"),
    taken_title: "Du hast schon ein Konto",
    taken_lead: |server| {
        format!(
            "jemand, wahrscheinlich du, wollte mit dieser Adresse bei {server} ein Konto anlegen. Sie hat schon eines: Melde dich damit an. Hast du das Passwort vergessen, wähle dort „Passwort vergessen?“."
        )
    },
    address_title: "Bestätige diese Adresse",
    address_lead: |server| {
        format!(
            "jemand, wahrscheinlich du, möchte mit dieser Adresse notfalls wieder in ein Konto bei {server} kommen. Gib diesen Code dort ein, wo du danach gefragt wurdest:"
        )
    },
    address_not_you: "Dann brauchst du nichts zu tun: Ohne diesen Code wird nichts hinzugefügt. Lies ihn niemandem vor und gib ihn nicht weiter.",
    in_use_subject: |server| format!("Diese Adresse wird bei {server} schon benutzt"),
    in_use_title: "Diese Adresse wird schon benutzt",
    in_use_lead: |server| {
        format!(
            "jemand wollte diese Adresse zu einem Konto bei {server} hinzufügen. Sie gehört schon zu einem anderen und kann nur zu einem gehören."
        )
    },
    nothing_changed: "Dann brauchst du nichts zu tun: Es wurde nichts geändert.",
    changed_subject: |server| format!("Dein Weg zurück zu {server} wurde geändert"),
    kind: |kind| match kind {
        ChangeKind::AddressAdded => "Eine Adresse wurde hinzugefügt",
        ChangeKind::AddressRemoved => "Eine Adresse wurde entfernt",
        ChangeKind::AddressFirst => "Eine andere Adresse steht jetzt an erster Stelle",
        ChangeKind::AuthenticatorOn => "Eine Authenticator-App wurde eingeschaltet",
        ChangeKind::AuthenticatorOff => "Die Authenticator-App wurde ausgeschaltet",
        ChangeKind::RecoveryCodes => "Neue Wiederherstellungscodes wurden gemacht",
    },
    changed_lead: |server| {
        format!(
            "was dich wieder in dein Konto bei {server} bringt, wurde geändert. Warst du es, ist nichts zu tun."
        )
    },
    changed_link: "Wenn nicht, öffne diesen Link und mach es rückgängig:",
    changed_hint: "Den Link zu öffnen ändert noch nichts: Er sagt, was er rückgängig machen würde, und fragt nach. Er gilt 7 Tage.",
    changed_not_you: "Mach es mit dem Link rückgängig. Das meldet alle Geräte ab und beendet das Passwort, denn wer es war, muss es gekannt haben; dort setzt du ein neues.",
    told_not_you: "Mach es mit dem Link in der E-Mail an deine andere Adresse rückgängig, oder wähle „Passwort vergessen?“ und setze ein neues: Das meldet alle Geräte ab.",
    operator_lead: |server| {
        format!(
            "wer {server} betreibt, hat neue Wiederherstellungscodes für dein Konto gemacht, wahrscheinlich auf deine Bitte. Die alten gelten nicht mehr. Hast du darum gebeten, ist nichts zu tun."
        )
    },
    operator_not_you: "Mach es mit dem Link rückgängig: Dann sind die neuen Codes nutzlos, und die alten gelten wieder. Das meldet auch alle Geräte ab und beendet das Passwort; dort setzt du ein neues. Sag dem, der den Server betreibt, dass jemand in deinem Namen gefragt hat.",
    put_back_subject: |server| format!("Dein Konto bei {server} ist wieder, wie es war"),
    put_back_title: "Dein Konto ist wieder, wie es war",
    put_back_lead: |server| {
        format!(
            "eine Änderung an deinem Konto bei {server} wurde aus einem deiner Postfächer rückgängig gemacht: Adressen, Authenticator-App und gespeicherte Codes sind wieder wie zuvor. Alle Geräte wurden abgemeldet, und das Passwort gilt nicht mehr. Ein neues setzt du mit dem Code in einer weiteren E-Mail oder über „Passwort vergessen?“."
        )
    },
    put_back_not_you: "Jemand liest eines deiner Postfächer. Ändere zuerst dessen Passwort, wähle dann „Passwort vergessen?“ und setze hier ein neues.",
};
