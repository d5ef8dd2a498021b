use super::Words;

pub(super) const WORDS: Words = Words {
    enter: "Mit einem Passkey anmelden",
    approve: "Computer mit einem Passkey anmelden",
    refused: ("Dieser Passkey wurde nicht angenommen.", "Versuche es noch einmal, oder nimm dein Passwort."),
    failed: "Es kam kein Passkey: abgebrochen, oder es hat zu lange gedauert. Versuche es noch einmal, oder nimm dein Passwort.",
    known: "Dieses Gerät hat schon einen Passkey für dein Konto.",
    list: (
        "Passkeys",
        "Ein Passkey meldet dich mit dem an, womit du dein Gerät entsperrst, statt mit dem Passwort. Er gilt nur auf den Seiten dieses Servers.",
    ),
    list_empty: "Noch gibt es keine.",
    passkey: "Passkey",
    added_at: "Hinzugefügt",
    last_used: "Zuletzt benutzt",
    remove: "Entfernen",
    add: "Einen Passkey hinzufügen",
    add_lead: "Wer das Gerät entsperren kann, kann dann dein Konto öffnen. Du bekommst eine E-Mail darüber.",
    name: "Name, an dem du ihn erkennst",
    add_button: "Passkey hinzufügen",
    no_script: "Um einen hinzuzufügen, muss dieser Browser Skripte ausführen.",
    no_domain: "Auf diesem Server geht das nicht: Seine Adresse ist eine Zahl, und Passkeys brauchen einen Namen.",
    weak: "Dieses Telefon kann noch keine Passkeys ändern",
    not_added: (
        "Es wurde kein Passkey hinzugefügt.",
        "Versuche es noch einmal; jeder Versuch hat fünf Minuten.",
    ),
    not_discoverable: (
        "Dieses Gerät hat keinen Passkey behalten, den es ohne Namen findet.",
        "Nimm ein anderes Gerät.",
    ),
    full: ("Es gibt schon so viele Passkeys, wie es geben darf.", "Entferne erst einen."),
    not_mine: (
        "Diesen Passkey entfernen?",
        "Dann kommt damit niemand mehr hinein, und wer es getan hat, ist sofort abgemeldet.",
    ),
    not_mine_button: "Entfernen",
    not_mine_done: (
        "Entfernt. Damit kommt niemand mehr hinein.",
        "Öffne jetzt Regain, wähle „Passwort vergessen?“ und setze ein neues: Wer ihn hinzugefügt hat, kannte dein Passwort.",
    ),
    not_mine_already: (
        "Er ist schon entfernt",
        "Warst du das nicht, öffne Regain, wähle „Passwort vergessen?“ und setze ein neues.",
    ),
};
