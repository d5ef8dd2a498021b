#!/usr/bin/env python3
"""Opens a Regain vault. Written from docs/vault-format.md alone, as a check on that page and on the program.

    reader.py open FOLDER --password TEXT | --recovery-key TEXT | --keychain HEX
    reader.py vectors DIR

It only reads, and takes no lock. What a file says about sizes is checked before anything is done with it."""
import hashlib, hmac, json, os, re, struct, sys, unicodedata, zlib
sys.dont_write_bytecode = True  # leave nothing beside the sources
from standards import (Cbor, Map, Refused, argon2id, as_json, as_text, fields, hkdf, hpke_open, is_number, mac, need,
                       padme, public_key, unseal)

KINDS = {"--password": 1, "--recovery-key": 2, "--keychain": 3}
CHANGES = {1: [str, Map], 2: [str, str, bytes], 3: [str, str], 4: [str], 5: [Map]}
SEALED_CHUNK, MAX_PAYLOAD, MAX_FRAME, MAX_LOCKED = 65_536 + 16, 268_435_456, 16_777_216, 1_000
# The page sets no limit to the size of a journal, to the items in a locked frame (which anybody can write), and to
# the work of the search behind a torn frame: the bytes that are summed, and TRY for each try.
MAX_JOURNAL, MAX_LOCKED_ITEMS, MAX_SEARCH, TRY = MAX_PAYLOAD, 1_000, 8 << 30, 4_000

# --- What the items mean
def is_name(value):
    return type(value) is str and 1 <= len(value.encode()) <= 128

def check_manifest(manifest):
    need(is_number(manifest.get(0)) and type(manifest.get(1, [])) is list
         and all(type(key) is bytes and len(key) == 32 for key in manifest.get(1, [])), "the manifest is malformed")

def check_entry(entry):
    need(is_name(entry.get(0)) and type(entry.get(1, "")) is str and type(entry.get(2, b"")) is bytes
         and is_number(entry.get(4, 0)), "an entry holds a wrong value")

def read_payload(cbor):
    """The manifest, and the entries by id; the secrets of an entry stay sealed, as a dictionary at its key 3."""
    manifest, entries = fields(cbor.item()), {}
    check_manifest(manifest)
    while not cbor.done():
        entry = fields(cbor.item())
        check_entry(entry)
        secrets = entry.get(3, Map())
        need(type(secrets) is Map
             and all(is_name(name) and type(sealed) is bytes for name, sealed in secrets), "an entry is malformed")
        entry[3] = dict(secrets)
        need(len(entry[3]) == len(secrets), "an entry has a secret twice")
        need(entries.setdefault(entry[0], entry) is entry, "two entries have the same id")
    need(len(entries) == manifest[0], "the manifest has another number of entries")
    return manifest, entries

def apply_change(change, manifest, entries):
    need(type(change) is list and change and is_number(change[0]), "a change is malformed")
    number, *values = change
    need(number in CHANGES, "a change is of a newer version")
    need([type(value) for value in values] == CHANGES[number]
         and all(is_name(value) for value in values if type(value) is str), "a change is malformed")
    if number in (1, 2):
        entry = entries.setdefault(values[0], {0: values[0], 3: {}})
    if number == 1:
        need(not {0, 3} & set(fields(values[1])), "a change puts a key that it may not")
        entry.update(values[1])
        check_entry(entry)
    elif number == 2:
        entry[3][values[1]] = values[2]
    elif number == 3:
        entries.get(values[0], {3: {}})[3].pop(values[1], None)
    elif number == 4:
        entries.pop(values[0], None)
    else:
        need(0 not in fields(values[0]), "a change puts a key that it may not")
        manifest.update(values[0])
        check_manifest(manifest)

# --- The snapshot
def read_file(folder, name, limit):
    path = os.path.join(folder, name)
    if not os.path.lexists(path):
        return b""  # as the page has it for the journal; it is no snapshot
    need(os.path.isfile(path) and os.path.getsize(path) <= limit, name + " is not a file, or is too large")
    with open(path, "rb") as file:
        return file.read(os.path.getsize(path))

def key_from_text(kind, text):
    if kind == 1:
        return unicodedata.normalize("NFKC", text).encode()
    if kind == 3:
        need(re.fullmatch("[0-9a-fA-F]{64}", text), "not 32 bytes in hexadecimal")
        return bytes.fromhex(text)
    text = text.upper().translate(str.maketrans("OIL", "011", " -"))
    need(re.fullmatch("[0-9A-HJKMNP-TV-Z]{34}", text), "not a recovery key")
    bits = int(text.translate(str.maketrans("JKMNPQRSTVWXYZ", "IJKLMNOPQRSTUV")), 32)  # Python's digits end with V
    key = (bits >> 10).to_bytes(20, "big")
    check = hashlib.sha256(b"regain recovery key" + key).digest()
    need(int.from_bytes(check[:2], "big") >> 6 == bits & 1_023, "the recovery key is mistyped")
    return key

def find_data_key(data, count, vault_id, wanted, key):
    """Checks all slots before it tries one."""
    slots = []
    for _ in range(count):
        need(len(data) >= 4, "the slots end early")
        kind, number, size = struct.unpack_from("<BBH", data)
        body, data = data[4:4 + size], data[4 + size:]
        need(len(body) == size and size == {1: 100, 2: 88, 3: 88}.get(kind, size), "a slot has a wrong size")
        memory, passes, lanes = struct.unpack_from("<3I", body) if kind == 1 else (8, 1, 1)
        need(1 <= passes <= 32 and 1 <= lanes <= 16 and 8 * lanes <= memory <= 2_097_152, "a password costs too much")
        slots.append((kind, number, (passes, memory, lanes), body))
    need(not data and count <= 16, "too many slots, or bytes behind them")
    need(len({slot[1] for slot in slots}) == count, "two slots have the same number")
    need(any(slot[0] in (1, 2) for slot in slots), "no slot for a password or a recovery key")
    for kind, number, cost, body in (slot for slot in slots if slot[0] == wanted):
        parameters, nonce, wrapped = body[:-72], body[-72:-48], body[-48:]
        wrapping = (argon2id(key, parameters[12:], *cost) if kind == 1 else
                    hkdf(key, parameters, b"regain vault recovery key" if kind == 2 else b"regain vault keychain"))
        try:
            aad = b"RGNVAULT\x01\x00" + vault_id + bytes([kind, number]) + parameters
            return unseal(wrapping, nonce, aad, wrapped, "a slot")
        except Refused:
            continue
    raise Refused("no slot opens with this key")

def open_payload(sealed, key, aad):
    last = (len(sealed) - 1) // SEALED_CHUNK
    need(len(sealed) - last * SEALED_CHUNK > 16, "the last chunk is cut short")
    payload = bytearray()
    for i in range(last + 1):
        nonce = bytes(19) + i.to_bytes(4, "big") + bytes([i == last])
        payload += unseal(key, nonce, aad, sealed[i * SEALED_CHUNK:(i + 1) * SEALED_CHUNK], "a chunk")
    size = 8 + int.from_bytes(payload[:8], "little")
    need(len(payload) == (4_096 if size <= 4_096 else padme(size)), "the payload has a wrong size")
    need(not any(payload[size:]), "the padding is not zero")
    return Cbor(payload[8:size])

# --- The journal
def frame_at(data, at):
    """The size of the whole frame with a right checksum that stands there, or 0."""
    size, crc = struct.unpack_from("<II", data, at) if len(data) - at >= 33 else (0, 0)
    fits = 25 <= size <= min(MAX_FRAME, len(data) - at - 8)
    return size + 8 if fits and zlib.crc32(data[at + 8:at + 8 + size]) == crc else 0

def split_journal(data):
    """The frames, and whether there is a torn tail."""
    data, at, frames, work = memoryview(data), 0, [], 0
    while size := frame_at(data, at):
        frames.append(bytes(data[at:at + size]))
        at += size
    for found in re.compile(rb"(?s)(?=...[\x00\x01]....[\x01\x02])").finditer(data, at + 1):  # likely size, known kind
        size, = struct.unpack_from("<I", data, found.start())
        work += TRY + (size if size <= len(data) - found.start() else 0)
        need(work <= MAX_SEARCH and not frame_at(data, found.start()), "the journal is damaged")
    return frames, at < len(data)

def read_locked(data_keys, vault_id, frame):
    """What a locked frame holds, or None: whatever is wrong with it, the vault must open."""
    for data_key in data_keys:
        private = hkdf(data_key, vault_id, b"regain vault locked")
        try:
            text = hpke_open(private, frame[33:65], frame[65:], b"regain vault locked frame" + vault_id, frame[9:33])
            made = fields(Cbor(text).only_item(MAX_LOCKED_ITEMS))
            return made if is_number(made.get(0)) and type(made.get(1)) is bytes else None
        except Refused:
            continue

def replay(frames, vault_id, generation, chain, data_key, manifest, entries):
    """Gives the number of frames, and of locked ones that do not open."""
    number = locked = unreadable = 0
    key = hkdf(data_key, vault_id, b"regain vault journal")
    for frame in frames:
        _, _, kind, its_generation, change_id = struct.unpack_from("<IIBQ16s", frame)
        if its_generation < generation:
            continue
        need(its_generation == generation, "a frame is of a later generation")
        need(kind in (1, 2), "a frame is of an unknown kind")
        number, locked = number + 1, locked + (kind == 2)
        entry_id = "locked/" + change_id.hex()
        if kind == 1:
            aad = b"regain vault frame" + vault_id + struct.pack("<QQ", generation, number) + change_id + chain
            changes = Cbor(unseal(key, frame[33:57], aad, frame[57:], "a frame")).only_item()
            need(type(changes) is list, "a frame does not hold an array")
            for change in changes:
                apply_change(change, manifest, entries)
        elif locked <= MAX_LOCKED and entry_id not in entries:
            made = read_locked([data_key, *manifest.get(1, [])], vault_id, frame)
            unreadable += made is None
            if made:
                entries[entry_id] = {0: entry_id, 3: {"made": as_text(made[1])}, 4: made[0]}
        chain = hashlib.sha256(chain + frame).digest()
    return number, unreadable

# --- All of it
def open_secret(key, entry_id, name, sealed):
    if type(sealed) is str:  # from a locked frame, and open already
        return sealed
    aad = struct.pack("<H", len(entry_id.encode())) + entry_id.encode() + name.encode()
    return as_text(unseal(key, sealed[:24], aad, sealed[24:], "a secret"))

def open_vault(folder, kind, text):
    key = key_from_text(kind, text)
    data = read_file(folder, "regain.vault", 65_536 + MAX_PAYLOAD // 65_536 * SEALED_CHUNK)
    need(len(data) >= 143 and data[:8] == b"RGNVAULT", "not a vault")
    _, version, size, vault_id, generation, _, salt, public, count = struct.unpack_from("<8sHI16sQQ32s32sB", data)
    need(version == 1, "the vault is of another version")
    need(143 <= size <= min(65_536, len(data)), "the header has a wrong size")
    header, header_mac = data[:size - 32], data[size - 32:size]
    data_key = find_data_key(header[111:], count, vault_id, kind, key)
    header_key, secrets_key, locked_key = (
        hkdf(data_key, vault_id, b"regain vault " + use) for use in (b"header", b"secrets", b"locked"))
    need(hmac.compare_digest(mac(header_key, header), header_mac), "the header is not as it was written")
    need(public_key(locked_key) == public, "the header names another public key")
    snapshot_key = hkdf(data_key, salt, b"regain vault snapshot")
    manifest, entries = read_payload(open_payload(data[size:], snapshot_key, header_mac))
    frames, torn = split_journal(read_file(folder, "regain.journal", MAX_JOURNAL))
    number, unreadable = replay(frames, vault_id, generation, header_mac, data_key, manifest, entries)
    return {"vault_id": vault_id.hex(), "generation": generation, "frames": number, "torn": torn,
            "unreadable": unreadable, "entries": [
                {"id": name, "text": entry.get(1, ""), "shown": as_json(entry.get(2)),
                 "secrets": {which: open_secret(secrets_key, name, which, entry[3][which]) for which in entry[3]},
                 "changed_at": entry.get(4), "unknown": {str(k): as_json(entry[k]) for k in entry if k > 4}}
                for name, entry in sorted(entries.items())]}

def answer(folder, kind, text):
    try:
        return open_vault(folder, kind, text)
    except (Refused, OSError, MemoryError, UnicodeError) as error:
        return {"refused": str(error) or type(error).__name__}

def check_vectors(folder):
    with open(os.path.join(folder, "vectors.json"), encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    failed = not vectors
    for name, vector in vectors.items():
        path, ((kind, text),) = os.path.join(folder, name), vector["key"].items()
        found = answer(path, KINDS["--" + kind.replace("_", "-")], text)
        right = "refused" in found if vector.get("refused") else found == vector["expect"]
        right = right and os.path.isfile(os.path.join(path, "regain.vault"))
        print("ok" if right else "FAILED", name + ":", found.get("refused", "opened") if right else json.dumps(found))
        failed |= not right
    return failed

def main(command="", *rest):
    if command == "vectors" and len(rest) == 1 and os.path.isdir(rest[0]):
        return check_vectors(rest[0])
    if command == "open" and len(rest) == 3 and rest[1] in KINDS:
        found = answer(rest[0], KINDS[rest[1]], rest[2])
        print(json.dumps(found, indent=2))
        return "refused" in found
    sys.exit(__doc__)

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
