"""What the vault takes from elsewhere: Argon2id, HKDF, XChaCha20-Poly1305, HPKE, Padmé, CBOR. Nothing in here is
Regain's own."""
import hmac, io, math, struct
from argon2.exceptions import Argon2Error
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

class Refused(Exception):
    """What was read is not as it should be; the message is a short reason."""

def need(condition, reason):
    if not condition:
        raise Refused(reason)

def mac(key, data):
    return hmac.digest(key, data, "sha256")

def hkdf(ikm, salt, info):
    return mac(mac(salt, ikm), info + b"\x01")  # 32 bytes: one block of the expansion

def argon2id(password, salt, passes, memory, lanes):
    try:
        return hash_secret_raw(password, salt, passes, memory, lanes, 32, Type.ID)
    except Argon2Error as error:  # no memory
        raise Refused(str(error)) from None

def hchacha20(key, nonce):
    s = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))
    for a, b, c, d in 10 * ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                            (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
        for x, y, z, left in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & 0xFFFFFFFF
            s[z] ^= s[x]
            s[z] = (s[z] << left | s[z] >> 32 - left) & 0xFFFFFFFF
    return struct.pack("<8I", *s[:4], *s[12:])

def unseal(key, nonce, aad, sealed, what):
    """XChaCha20-Poly1305: ChaCha20-Poly1305 under a key made with the first 16 bytes of the nonce."""
    need(len(nonce) == 24, what + " is too short")
    try:
        return ChaCha20Poly1305(hchacha20(key, nonce[:16])).decrypt(bytes(4) + nonce[16:], sealed, aad)
    except InvalidTag:
        raise Refused(what + " does not open") from None

def public_key(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()

def hpke_open(private, enc, sealed, info, aad):
    """HPKE, base mode, one message: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305."""
    def extract(suite, salt, label, ikm):
        return mac(salt, b"HPKE-v1" + suite + label + ikm)

    def expand(suite, key, label, context, size):
        return mac(key, size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context + b"\x01")[:size]

    kem, hpke = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"
    try:
        dh = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(enc))
        shared = expand(kem, extract(kem, b"", b"eae_prk", dh), b"shared_secret", enc + public_key(private), 32)
        context = b"\x00" + extract(hpke, b"", b"psk_id_hash", b"") + extract(hpke, b"", b"info_hash", info)
        secret = extract(hpke, shared, b"secret", b"")
        key, nonce = expand(hpke, secret, b"key", context, 32), expand(hpke, secret, b"base_nonce", context, 12)
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, aad)
    except (InvalidTag, ValueError):  # ValueError: `enc` is too short, or the shared point is zero
        raise Refused("a locked frame does not open") from None

def padme(size):
    exponent = size.bit_length() - 1
    step = 1 << exponent - exponent.bit_length()
    return -(-size // step) * step

class Map(list):
    """A CBOR map as its pairs. What JSON has no word for (tags, simple values, NaN) is one too, with texts as keys."""

class Cbor(io.BytesIO):
    """Reads a CBOR sequence: all that RFC 8949 calls well-formed, of definite length, nested at most 16 deep."""
    items = 1 << 22  # how many it may still hold: no limit of the page, but each takes far more memory than bytes

    def done(self):
        return self.tell() == len(self.getbuffer())

    def take(self, size):
        need(size <= len(self.getbuffer()) - self.tell(), "CBOR ends early")
        return self.read(size)

    def text(self, size):
        try:
            return self.take(size).decode()
        except UnicodeDecodeError:
            raise Refused("CBOR text is not UTF-8") from None

    def head(self):
        """Major type, additional information, argument."""
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info, info
        need(info < 28, "CBOR is malformed, or of open length")
        return major, info, int.from_bytes(self.take(1 << info - 24), "big")

    def item(self, inside=0):
        """One item; `inside` is the number of arrays, maps and tags around it."""
        self.items -= 1
        need(self.items >= 0, "CBOR has too many items")
        major, info, n = self.head()
        if major < 2:
            return -1 - n if major else n
        if major < 4:
            return self.take(n) if major == 2 else self.text(n)
        if major == 7:
            return self.simple(info, n)
        need(inside < 16, "CBOR nests too deep")
        if major == 6:
            return Map([("tag", n), ("value", self.item(inside + 1))])
        found = [] if major == 4 else Map()
        while len(found) < n:
            value = self.item(inside + 1)
            found.append(value if major == 4 else (value, self.item(inside + 1)))
        return found

    def only_item(self, at_most=items):
        """The one item of all the bytes, with at most so many inside."""
        self.items = at_most
        value = self.item()
        need(self.done(), "something follows the CBOR item")
        return value

    def simple(self, info, n):
        if info in (25, 26, 27):
            value = struct.unpack(">" + "efd"[info - 25], n.to_bytes(1 << info - 24, "big"))[0]
            return value if math.isfinite(value) else Map([("float", str(value))])
        need(info < 24 or n >= 32, "CBOR is malformed")
        return {20: False, 21: True, 22: None}.get(n, Map([("simple", n)]))

def is_number(value):
    return type(value) is int and value >= 0

def fields(value):
    """A map with unsigned keys, none of them twice, as a dictionary."""
    need(type(value) is Map and all(is_number(key) for key, _ in value), "not a map with unsigned keys")
    need(len(dict(value)) == len(value), "a map has a key twice")
    return dict(value)

def as_json(value):
    if isinstance(value, Map):
        return {str(as_json(key)): as_json(inner) for key, inner in value}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return value.hex() if isinstance(value, bytes) else value

def as_text(data):
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "hex:" + data.hex()
