//! Mail that came back: what a delivery status notification says (RFC 3464).

use mail_parser::{MessageParser, MimeHeaders as _};

/// The addresses that a mail will never reach, by a notification as the mail server received it; none if it is
/// something else, or tells of success or delay.
pub(crate) fn failed_recipients(notification: &[u8]) -> Vec<String> {
    let Some(message) = MessageParser::default().parse(notification) else {
        return Vec::new();
    };
    let report = message.parts.iter().find(|part| {
        part.content_type().is_some_and(|kind| {
            kind.ctype().eq_ignore_ascii_case("message")
                && kind.subtype().is_some_and(|subtype| {
                    // The second for addresses with letters of every script (RFC 6533).
                    subtype.eq_ignore_ascii_case("delivery-status")
                        || subtype.eq_ignore_ascii_case("global-delivery-status")
                })
        })
    });
    let text = report.map(|part| String::from_utf8_lossy(part.contents()).replace("\r\n", "\n"));
    // The first group is about the message, each other one about a recipient (section 2.1).
    text.iter().flat_map(|text| text.split("\n\n").skip(1)).filter_map(failed).collect()
}

/// The recipient of a group, if it is one for good.
fn failed(group: &str) -> Option<String> {
    let unfolded = group.replace("\n ", " ").replace("\n\t", " ");
    let field = |name: &str| {
        unfolded.lines().find_map(|line| {
            let (said, value) = line.split_once(':')?;
            said.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let for_good = field("Action")?.eq_ignore_ascii_case("failed") && field("Status")?.starts_with("5.");
    // What we wrote on the letter, if it was changed on its way (section 2.3.1).
    let recipient = field("Original-Recipient").or_else(|| field("Final-Recipient"))?;
    let (_, address) = recipient.split_once(';')?;
    let address = address.trim().trim_matches(['<', '>']);
    (for_good && !address.is_empty()).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::failed_recipients;

    fn notification(report: &str) -> Vec<u8> {
        format!(
            "From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: accounts@example.org\r\n\
             Subject: Undelivered\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"B\"\r\n\r\n\
             --B\r\nContent-Type: text/plain\r\n\r\nFinal-Recipient: rfc822; decoy@example.org\r\n\r\n\
             --B\r\nContent-Type: message/delivery-status\r\n\r\n{}\r\n\
             --B\r\nContent-Type: text/rfc822-headers\r\n\r\nTo: jana@example.org\r\n\r\n--B--\r\n",
            report.replace('\n', "\r\n")
        )
        .into_bytes()
    }

    #[test]
    fn who_cannot_be_reached_for_good() {
        let report = "Reporting-MTA: dns; mx.example\nArrival-Date: Mon, 1 Jan 2029 00:00:00 +0000\n\n\
                      Final-Recipient: rfc822; jana@example.org\nAction: failed\nStatus: 5.1.1\n\
                      Diagnostic-Code: smtp; 550 5.1.1 <jana@example.org>:\n no such user\n\n\
                      Original-Recipient: rfc822;petra@example.org\nFinal-Recipient: rfc822; p@elsewhere.example\n\
                      action: FAILED\nstatus: 5.2.2 (full)\n\n\
                      Final-Recipient: rfc822; later@example.org\nAction: delayed\nStatus: 4.4.1\n\n\
                      Final-Recipient: rfc822; soon@example.org\nAction: failed\nStatus: 4.4.7\n\n\
                      Final-Recipient: rfc822; there@example.org\nAction: delivered\nStatus: 2.0.0\n";
        assert_eq!(failed_recipients(&notification(report)), ["jana@example.org", "petra@example.org"]);
    }

    #[test]
    fn what_is_no_notification() {
        for odd in [
            "",
            "Subject: hello\r\n\r\nFinal-Recipient: rfc822; jana@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n",
            "\0\0\0",
        ] {
            assert!(failed_recipients(odd.as_bytes()).is_empty(), "{odd:?}");
        }
        for report in [
            "",
            "Reporting-MTA: dns; mx.example\n",
            "\n\nFinal-Recipient: jana@example.org\nAction: failed\nStatus: 5.0.0\n",
        ] {
            assert!(failed_recipients(&notification(report)).is_empty(), "{report:?}");
        }
    }
}
