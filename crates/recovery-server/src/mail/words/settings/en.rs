use super::{ChangeKind, Words};

pub(super) const WORDS: Words = Words {
    address: "Address",
    purpose_sign_up: "Make an account",
    purpose_address: "Add a recovery address",
    sign_up_footer: |server| {
        format!("Sent by {server} because someone typed this address there. Nobody reads replies.")
    },
    sign_up_title: "Confirm your address",
    sign_up_lead: |server| {
        format!(
            "Someone, most likely you, wants to make an account at {server} with this address. Type this code where you were asked for it:"
        )
    },
    sign_up_not_you: "Then do nothing: without this code no account is made. Never read it out or pass it on.",
    taken_subject: |server| format!("You have an account at {server}"),
    taken_title: "You have an account already",
    taken_lead: |server| {
        format!(
            "Someone, most likely you, wanted to make an account at {server} with this address. It has one already, so sign in with it. If you have forgotten the password, choose \"Forgot your password?\" there."
        )
    },
    address_title: "Confirm this address",
    address_lead: |server| {
        format!(
            "Someone, most likely you, wants to get back in to an account at {server} with this address, should it ever be needed. Type this code where you were asked for it:"
        )
    },
    address_not_you: "Then do nothing: without this code nothing is added. Never read it out or pass it on.",
    in_use_subject: |server| format!("This address is in use at {server}"),
    in_use_title: "This address is in use",
    in_use_lead: |server| {
        format!(
            "Someone wanted to add this address to an account at {server}. It belongs to another one already, and can belong to one only."
        )
    },
    nothing_changed: "Then do nothing: nothing was changed.",
    changed_subject: |server| format!("Your way back in to {server} was changed"),
    kind: |kind| match kind {
        ChangeKind::AddressAdded => "A recovery address was added",
        ChangeKind::AddressRemoved => "A recovery address was removed",
        ChangeKind::AddressFirst => "Another address was put first",
        ChangeKind::AuthenticatorOn => "An authenticator app was turned on",
        ChangeKind::AuthenticatorOff => "The authenticator app was turned off",
        ChangeKind::RecoveryCodes => "New saved recovery codes were made",
    },
    changed_lead: |server| {
        format!(
            "What gets you back in to your account at {server} was changed. If it was you, there is nothing to do."
        )
    },
    changed_link: "If not, open this link and put it back:",
    changed_hint: "Opening the link changes nothing by itself: it says what it would put back, and asks. It works for 7 days.",
    changed_not_you: "Put it back with the link. That signs out every device and ends the password, which whoever did it must have known; you set a new one there.",
    told_not_you: "Put it back with the link in the mail to your other address, or choose \"Forgot your password?\" and set a new one: that signs out every device.",
    operator_lead: |server| {
        format!(
            "Whoever runs {server} has made new saved recovery codes for your account, as you most likely asked them to. The old ones work no more. If it was you who asked, there is nothing to do."
        )
    },
    operator_not_you: "Put it back with the link: then the new codes are of no use, and the old ones work again. It signs out every device and ends the password, too; you set a new one there. Tell whoever runs the server that someone asked in your name.",
    put_back_subject: |server| format!("Your account at {server} was put back"),
    put_back_title: "Your account was put back",
    put_back_lead: |server| {
        format!(
            "A change of your account at {server} was taken back from one of your mailboxes: addresses, authenticator app and saved codes are as they were before it. Every device was signed out, and the password works no more. A new one can be set with the code in another mail, or by choosing \"Forgot your password?\"."
        )
    },
    put_back_not_you: "Someone reads one of your mailboxes. Change its password first, then choose \"Forgot your password?\" and set a new one here.",
};
