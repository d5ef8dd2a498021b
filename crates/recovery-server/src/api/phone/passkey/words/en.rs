use super::Words;

pub(super) const WORDS: Words = Words {
    enter: "Sign in with a passkey",
    approve: "Sign the computer in with a passkey",
    refused: ("That passkey was not accepted.", "Try again, or use your password."),
    failed: "No passkey came: it was cancelled, or took too long. Try again, or use your password.",
    known: "This device has a passkey for your account already.",
    list: (
        "Passkeys",
        "A passkey signs you in with what unlocks your device, in place of the password. It works on this server's pages alone.",
    ),
    list_empty: "There are none yet.",
    passkey: "Passkey",
    added_at: "Added",
    last_used: "Last used",
    remove: "Remove",
    add: "Add a passkey",
    add_lead: "Whoever can unlock the device can then open your account. You get a mail about it.",
    name: "Name, to recognise it by",
    add_button: "Add a passkey",
    no_script: "To add one, this browser has to run scripts.",
    no_domain: "This server cannot have any: its address is a number, and passkeys need a name.",
    weak: "This phone cannot change passkeys yet",
    not_added: ("No passkey was added.", "Try again; each try has five minutes."),
    not_discoverable: ("This device kept no passkey that it finds without a name.", "Use another device."),
    full: ("There are as many passkeys as there may be.", "Remove one first."),
    not_mine: ("Remove this passkey?", "Then nobody gets in with it, and whoever did is signed out at once."),
    not_mine_button: "Remove it",
    not_mine_done: (
        "Removed. Nobody gets in with it any more.",
        "Now open Regain, choose “Forgot your password?” and set a new one: whoever added it knew your password.",
    ),
    not_mine_already: (
        "It has been removed already",
        "If it was not you, open Regain, choose “Forgot your password?” and set a new one.",
    ),
};
