use super::*;

/// A message's bytes, as the app would write it.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn number(mut self, field: u8, mut number: u64) -> Self {
        self.0.push(field << 3);
        while number >= 0x80 {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
        self
    }

    fn bytes(mut self, field: u8, bytes: &[u8]) -> Self {
        assert!(bytes.len() < 0x80);
        self.0.extend([field << 3 | 2, bytes.len() as u8]);
        self.0.extend(bytes);
        self
    }

    fn uri(self) -> String {
        let data = self.0;
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut uri = String::from("otpauth-migration://offline?data=");
        for three in data.chunks(3) {
            let at = |n: usize| u32::from(three.get(n).copied().unwrap_or_default());
            let bits = at(0) << 16 | at(1) << 8 | at(2);
            for n in 0..=three.len() {
                let letter = char::from(letters[(bits >> (18 - 6 * n) & 63) as usize]);
                match letter {
                    '+' => uri.push_str("%2B"),
                    '/' => uri.push_str("%2F"),
                    letter => uri.push(letter),
                }
            }
            (three.len()..3).for_each(|_| uri.push_str("%3D"));
        }
        uri
    }
}

fn entry(name: &str, issuer: &str) -> Bytes {
    Bytes::default()
        .bytes(1, b"12345678901234567890")
        .bytes(2, name.as_bytes())
        .bytes(3, issuer.as_bytes())
        .number(4, 1)
        .number(5, 1)
        .number(6, 2)
}

fn with(entries: &[Bytes]) -> Bytes {
    entries.iter().fold(Bytes::default(), |all, entry| all.bytes(1, &entry.0))
}

fn refused(bytes: Bytes) -> Not {
    Migration::parse(&bytes.uri()).expect_err("it is refused")
}

/// An export of the app that went round the world as an example.
#[test]
fn a_known_export() {
    let uri = "otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC";
    let it = Migration::parse(uri).unwrap();
    assert_eq!((it.authenticators.len(), it.left_out.len()), (1, 0));
    let one = &it.authenticators[0];
    assert_eq!(one.secret().expose(), "JBSWY3DPEHPK3PXP");
    assert_eq!((one.issuer.as_deref(), one.account.as_str()), (Some("Example"), "alice@google.com"));
    assert_eq!(it.part, Part { number: 1, of: 1, batch: 0 });
}

#[test]
fn several_accounts_and_several_parts() {
    let second = Bytes::default()
        .bytes(1, &[0xfb; 16])
        .bytes(2, "jana@beispiel.de".as_bytes())
        .number(4, 3)
        .number(5, 2)
        .number(6, 2)
        .number(7, 5)
        .bytes(8, b"unique");
    let bytes =
        with(&[entry("Dienst:jana", ""), second]).number(2, 1).number(3, 3).number(4, 1).number(5, 77);
    let it = Migration::parse(&bytes.uri()).unwrap();
    assert_eq!(it.part, Part { number: 2, of: 3, batch: 77 });
    let names: Vec<_> =
        it.authenticators.iter().map(|it| (it.issuer.as_deref(), it.account.as_str())).collect();
    assert_eq!(names, [(Some("Dienst"), "jana"), (None, "jana@beispiel.de")]);
    let second = &it.authenticators[1];
    assert_eq!((second.algorithm, second.digits, second.period), (Algorithm::Sha512, 8, 30));
}

#[test]
fn what_cannot_be_taken_is_named() {
    let hotp = entry("counter", "").number(6, 1);
    let md5 = entry("old\u{202e}", "").number(4, 4);
    let digits = entry("nine", "").number(5, 9);
    let short = entry("short", "").bytes(1, b"123456789");
    let bytes = with(&[hotp, md5, digits, short, entry("good", "")]);
    let it = Migration::parse(&bytes.uri()).unwrap();
    assert_eq!(it.authenticators.len(), 1);
    let left: Vec<_> = it.left_out.iter().map(|it| (it.name.as_str(), it.why)).collect();
    let expected = [
        ("counter", Not::CounterBased),
        ("old", Not::Unsupported),
        ("nine", Not::Unsupported),
        ("short", Not::ShortSecret),
    ];
    assert_eq!(left, expected);
}

#[test]
fn broken_ones_are_refused() {
    assert_eq!(refused(Bytes::default()), Not::Garbled);
    assert_eq!(refused(with(&[entry("a", "")]).number(3, 2).number(4, 2)), Not::Garbled);
    assert_eq!(refused(with(&[entry("a", "")]).number(3, u64::MAX)), Not::Garbled);
    assert_eq!(refused(with(&[entry("a", "")]).number(2, 3)), Not::Unsupported);
    assert_eq!(refused(with(&[entry("a", "").bytes(2, &[0xff])])), Not::Garbled);
    let many: Vec<_> = (0..=MOST).map(|_| Bytes::default()).collect();
    assert_eq!(refused(with(&many)), Not::TooLong);
    let cases = [
        ("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ", Not::Other),
        ("https://accounts.example/device?user_code=BCDF", Not::Other),
        ("otpauth-migration://offline", Not::Garbled),
        ("otpauth-migration://offline?data=", Not::Garbled),
        ("otpauth-migration://offline?data=A", Not::Garbled),
        ("otpauth-migration://offline?data=!!!!", Not::Garbled),
        ("otpauth-migration://offline?data=AAAA&data=AAAA", Not::Garbled),
        ("otpauth-migration://online?data=AAAA", Not::Unsupported),
    ];
    for (uri, why) in cases {
        assert_eq!(Migration::parse(uri).expect_err(uri), why, "{uri}");
    }
}

#[test]
fn base64_in_both_alphabets() {
    for text in ["+/+/", "-_-_"] {
        assert_eq!(&**base64(text).unwrap(), [0xfb, 0xff, 0xbf], "{text}");
    }
    for (text, plain) in [("", ""), ("Zg==", "f"), ("Zg", "f"), ("Zm8=", "fo"), ("Zm9vYmFy", "foobar")] {
        assert_eq!(&**base64(text).unwrap(), plain.as_bytes(), "{text}");
    }
}
