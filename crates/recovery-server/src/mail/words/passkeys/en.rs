use super::Words;

pub(super) const WORDS: Words = Words {
    passkey: "Passkey",
    added_subject: |server| format!("A passkey was added to your account at {server}"),
    added_title: "A passkey was added",
    added_lead: |server| {
        format!(
            "A passkey was added to your account at {server}: it opens the account without the password. If it was you, there is nothing to do. If not, open this link and remove it:"
        )
    },
    added_hint: "Opening the link changes nothing by itself: it says what it would remove, and asks. It works for 7 days.",
    added_not_you: "Remove it with the link, then choose \"Forgot your password?\" and set a new one: whoever added it knew your password.",
    copied_subject: |server| format!("A passkey for {server} may exist twice"),
    copied_title: "A passkey may exist twice",
    copied_lead: |server| {
        format!(
            "A passkey of your account at {server} was just used and refused: it has been used less often than we know it was. That happens when somebody has copied it, or when a device was put back to an older state."
        )
    },
    copied_not_you: "On your phone, open the server's page with your passkeys, remove this one, and add a new one.",
    still_there: |passkeys| {
        format!(
            "Passkeys are not changed by that: your account has {passkeys}, and each of them still opens it."
        )
    },
};
