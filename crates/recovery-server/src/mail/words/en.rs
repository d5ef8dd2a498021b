use super::Words;

pub(super) const WORDS: Words = Words {
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    moment: |day, month, year, time| format!("{day} {month} {year}, {time}"),
    works_until: |time, minutes| format!("{time} ({minutes} minutes)"),
    practice: "Practice: nothing here is real.",
    greeting: |person| format!("Hello {person},"),
    greeting_unnamed: "Hello,",
    device: "Device",
    network: "Network",
    asked_at: "Asked for",
    happened_at: "When",
    account: "Account",
    until: "Works until",
    purpose: "Purpose",
    purpose_reset: "Set a new password",
    wasnt_you: "Wasn't you?",
    footer: |server| {
        format!("Sent by {server} because of something done with your account. Nobody reads replies.")
    },
    code_subject: |code, server| format!("{code} is your code for {server}"),
    code_title: "Let's get you back in",
    code_lead: |server| {
        format!(
            "Someone, most likely you, wants to set a new password at {server}. Type this code where you were asked for it:"
        )
    },
    code_not_you: |server| {
        format!(
            "Then do nothing: without this code nothing changes. Never read it out or pass it on; nobody from {server} will ask you for it."
        )
    },
    link_subject: |server| format!("Your link back in to {server}"),
    link_title: "Let's get you back in",
    link_lead: |server| {
        format!(
            "Someone, most likely you, wants to set a new password at {server}. Copy this link and paste it where you were asked for it:"
        )
    },
    link_hint: "Opening the link changes nothing. It works only together with the window it was asked for in.",
    link_not_you: "Then do nothing: without this link nothing changes. Never pass it on.",
    changed_subject: |server| format!("Your password for {server} was changed"),
    changed_title: "Your password was changed",
    changed_lead: |server| {
        format!("The password of your account at {server} was changed. Every other device was signed out.")
    },
    changed_not_you: "Choose \"Forgot your password?\" at once and set a new one: that signs out whoever did it. Then change the password of your mailbox.",
    device_subject: |server| format!("New sign-in to {server}"),
    device_title: "A new sign-in",
    device_lead: |server| {
        format!(
            "Your account at {server} was signed in to from a device or network we had not seen before. If it was you, there is nothing to do."
        )
    },
    device_not_you: "Choose \"Forgot your password?\" and set a new one: that signs out every device.",
    used_subject: |server| format!("A saved recovery code for {server} was used"),
    used_title: "A saved recovery code was used",
    used_lead: |left| {
        format!(
            "One of your saved recovery codes was just used, so it works no more. Unused ones left: {left}."
        )
    },
    used_not_you: "Someone has your list of codes. Choose \"Forgot your password?\", set a new password, and ask for a new list.",
    computer_subject: |server| format!("A new computer is signed in to {server}"),
    computer_title: "A new computer is signed in",
    computer_lead: |server| {
        format!(
            "A phone that is signed in to your account at {server} has let a computer in with a code. If it was you, there is nothing to do. If not, open this link and end it:"
        )
    },
    phone_subject: |server| format!("A new phone is signed in to {server}"),
    phone_title: "A new phone is signed in",
    phone_lead: |server| {
        format!(
            "A computer that is signed in to your account at {server} has let a phone in with a code. If it was you, there is nothing to do. If not, open this link and end it:"
        )
    },
    not_me_hint: "Opening the link changes nothing by itself: it says what it would end, and asks. It works for 7 days.",
    not_me_not_you: "End it with the link, then choose \"Forgot your password?\" and set a new one: that signs out every device.",
};
