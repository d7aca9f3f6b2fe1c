"""An independent reader and writer of LUKS2 images, by the on-disk format specification and Python's `cryptography`.

It shares nothing with the programs under test, and nothing with libcryptsetup: that is its worth.
"""

import base64
import hashlib
import json
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def argon2id(passphrase, salt, time, memory, threads, length):
    """RFC 9106, through the command-line tool of the reference implementation's library."""
    import ctypes
    import ctypes.util

    library = ctypes.CDLL(ctypes.util.find_library("argon2") or "libargon2.so.1")
    out = ctypes.create_string_buffer(length)
    result = library.argon2id_hash_raw(
        ctypes.c_uint32(time), ctypes.c_uint32(memory), ctypes.c_uint32(threads), passphrase, ctypes.c_size_t(len(passphrase)),
        salt, ctypes.c_size_t(len(salt)), out, ctypes.c_size_t(length))
    assert result == 0, f"argon2: {result}"
    return out.raw


def xts(key, number, data, encrypt):
    cipher = Cipher(algorithms.AES(key), modes.XTS(struct.pack("<QQ", number, 0)))
    context = cipher.encryptor() if encrypt else cipher.decryptor()
    return context.update(data) + context.finalize()


def merge(material, length, stripes, name):
    """Anti-forensic merge (specification, section 2.4)."""
    size = hashlib.new(name).digest_size

    def diffuse(block):
        out = b""
        for index in range(0, len(block), size):
            part = block[index:index + size]
            out += hashlib.new(name, struct.pack(">I", index // size) + part).digest()[:len(part)]
        return out

    block = bytes(length)
    for stripe in range(stripes):
        piece = material[stripe * length:(stripe + 1) * length]
        block = bytes(a ^ b for a, b in zip(block, piece))
        if stripe < stripes - 1:
            block = diffuse(block)
    return block


class Luks2:
    """One image, unlocked with a passphrase."""

    def __init__(self, path, passphrase):
        self.path = str(path)
        with open(path, "rb") as file:
            binary = file.read(4096)
            assert binary[:6] == b"LUKS\xba\xbe", "not LUKS"
            size = struct.unpack(">Q", binary[8:16])[0]
            self.metadata = json.loads(file.read(size - 4096).split(b"\0", 1)[0])
            segment = self.metadata["segments"]["0"]
            assert segment["encryption"] == "aes-xts-plain64" and segment["size"] == "dynamic"
            self.offset, self.sector, self.tweak = int(segment["offset"]), segment["sector_size"], int(segment["iv_tweak"])
            file.seek(0, 2)
            self.length = file.tell() - self.offset
            self.key = self._unlock(file, passphrase.encode())

    def _unlock(self, file, passphrase):
        for slot in self.metadata["keyslots"].values():
            kdf, area, split = slot["kdf"], slot["area"], slot["af"]
            salt = base64.b64decode(kdf["salt"])
            if kdf["type"] == "pbkdf2":
                derived = hashlib.pbkdf2_hmac(kdf["hash"], passphrase, salt, kdf["iterations"], area["key_size"])
            else:
                derived = argon2id(passphrase, salt, kdf["time"], kdf["memory"], kdf["cpus"], area["key_size"])
            file.seek(int(area["offset"]))
            length = slot["key_size"] * split["stripes"]
            material = file.read((length + 511) // 512 * 512)
            plain = b"".join(xts(derived, i, material[i * 512:(i + 1) * 512], False) for i in range(len(material) // 512))
            key = merge(plain[:length], slot["key_size"], split["stripes"], split["hash"])
            if self._is_volume_key(key):
                return key
        raise ValueError("the passphrase opens no key slot")

    def _is_volume_key(self, key):
        check = self.metadata["digests"]["0"]
        wanted = base64.b64decode(check["digest"])
        found = hashlib.pbkdf2_hmac(check["hash"], key, base64.b64decode(check["salt"]), check["iterations"], len(wanted))
        return found == wanted

    def _number(self, position):
        return position // 512 + self.tweak

    def read_plain(self, target):
        """Decrypts all of the data into the file `target`."""
        with open(self.path, "rb") as image, open(target, "wb") as plain:
            image.seek(self.offset)
            plain.write(self.decrypt(image.read(self.length), 0))

    def decrypt(self, data, position):
        """The plain data of whole sectors from `position` of the data on."""
        sectors = range(0, len(data), self.sector)
        return b"".join(xts(self.key, self._number(position + at), bytes(data[at:at + self.sector]), False) for at in sectors)

    def encrypt(self, data, position):
        """The inverse of `decrypt`."""
        sectors = range(0, len(data), self.sector)
        return b"".join(xts(self.key, self._number(position + at), bytes(data[at:at + self.sector]), True) for at in sectors)

    def write_plain(self, source):
        """Encrypts the file `source` into the image: all of it, for a hole of the image is not a hole of the data."""
        with open(source, "rb") as plain, open(self.path, "r+b") as image:
            image.seek(self.offset)
            image.write(self.encrypt(plain.read(self.length), 0))
