//! The primitives that the vault takes from others, against the vectors of Project Wycheproof, and of the RFCs where
//! it has none.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, XChaCha20Poly1305};
use hpke::{Deserializable, OpModeR};
use wycheproof::TestResult;
use wycheproof::aead::{self, Test};

/// Runs both ways; how many tests there were.
fn aead<C: Aead + KeyInit>(name: aead::TestName, nonce_size: usize) -> usize {
    let mut count = 0;
    for group in aead::TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            count += 1;
            let Test { key, nonce, aad, pt, ct, tag, result, tc_id, .. } = test;
            if nonce.len() != nonce_size {
                assert!(result == TestResult::Invalid, "{tc_id}: a nonce of this size cannot be given");
                continue;
            }
            let cipher = C::new_from_slice(&key).unwrap();
            let nonce = nonce.as_slice().try_into().unwrap();
            let sealed = [ct.as_slice(), &tag].concat();
            let opened = cipher.decrypt(nonce, Payload { msg: &sealed, aad: &aad });
            let again = cipher.encrypt(nonce, Payload { msg: &pt, aad: &aad }).unwrap();
            match result {
                TestResult::Valid => assert!(opened.unwrap() == pt.as_slice() && again == sealed, "{tc_id}"),
                TestResult::Invalid => assert!(opened.is_err(), "{tc_id}"),
                TestResult::Acceptable => panic!("{tc_id} is neither"),
            }
        }
    }
    count
}

#[test]
fn xchacha20_poly1305() {
    let count = aead::<XChaCha20Poly1305>(aead::TestName::XChaCha20Poly1305, 24);
    println!("{count} vectors");
    assert!(count > 250);
}

#[test]
fn chacha20_poly1305() {
    let count = aead::<ChaCha20Poly1305>(aead::TestName::ChaCha20Poly1305, 12);
    println!("{count} vectors");
    assert!(count > 250);
}

#[test]
fn hkdf_sha256() {
    let mut count = 0;
    let set = wycheproof::hkdf::TestSet::load(wycheproof::hkdf::TestName::HkdfSha256).unwrap();
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        count += 1;
        let mut okm = vec![0; test.size];
        let done = hkdf::Hkdf::<sha2::Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut okm);
        assert_eq!(done.is_ok(), test.result == TestResult::Valid, "{}", test.tc_id);
        assert!(done.is_err() || okm == test.okm.as_slice(), "{}", test.tc_id);
    }
    println!("{count} vectors");
    assert!(count > 80);
}

#[test]
fn hmac_sha256() {
    use hmac::{KeyInit as _, Mac as _};
    let mut count = 0;
    let set = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).unwrap();
    for group in set.test_groups {
        for test in group.tests {
            count += 1;
            let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&test.key).unwrap();
            mac.update(&test.msg);
            // Some of them are cut to 128 bits.
            let right = mac.verify_truncated_left(&test.tag).is_ok() && test.tag.len() * 8 == group.tag_size;
            assert_eq!(right, test.result == TestResult::Valid, "{}", test.tc_id);
        }
    }
    println!("{count} vectors");
    assert!(count > 150);
}

#[test]
fn x25519() {
    let mut count = 0;
    let set = wycheproof::xdh::TestSet::load(wycheproof::xdh::TestName::X25519).unwrap();
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        count += 1;
        let bytes = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).unwrap();
        let private = x25519_dalek::StaticSecret::from(bytes(&test.private_key));
        let shared = private.diffie_hellman(&bytes(&test.public_key).into());
        assert!(shared.as_bytes() == test.shared_secret.as_slice(), "{}", test.tc_id);
        assert!(test.result != TestResult::Invalid, "{}", test.tc_id);
        // What HPKE must refuse.
        assert_eq!(shared.was_contributory(), test.shared_secret.iter().any(|byte| *byte != 0));
    }
    println!("{count} vectors");
    assert!(count > 500);
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// RFC 9106, section 5.3.
#[test]
fn argon2id() {
    let data = argon2::AssociatedData::new(&[4; 12]).unwrap();
    let params =
        argon2::ParamsBuilder::new().m_cost(32).t_cost(3).p_cost(4).output_len(32).data(data).build();
    let (kind, version) = (argon2::Algorithm::Argon2id, argon2::Version::V0x13);
    let argon2 = argon2::Argon2::new_with_secret(&[3; 8], kind, version, params.unwrap()).unwrap();
    let mut tag = [0; 32];
    argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
    assert_eq!(tag, *bytes("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"));
}

/// RFC 9180, appendix A.2.1.1: base mode with our three algorithms.
#[test]
fn hpke_base_mode() {
    type Kem = hpke::kem::X25519HkdfSha256;
    let private = bytes("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb");
    let enc = bytes("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
    let sealed =
        bytes("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28");
    let open = |enc: &[u8], sealed: &[u8], aad: &[u8]| {
        hpke::single_shot_open::<hpke::aead::ChaCha20Poly1305, hpke::kdf::HkdfSha256, Kem>(
            &OpModeR::Base,
            &Deserializable::from_bytes(&private).unwrap(),
            &Deserializable::from_bytes(enc).unwrap(),
            b"Ode on a Grecian Urn",
            sealed,
            aad,
        )
    };
    assert_eq!(open(&enc, &sealed, b"Count-0").unwrap(), b"Beauty is truth, truth beauty");
    assert!(open(&enc, &sealed, b"Count-1").is_err());
    // A point that makes a shared secret of zeros.
    assert!(open(&[0; 32], &sealed, b"Count-0").is_err());
}
