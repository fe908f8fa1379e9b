"""Every algorithm, in every mode and form that we write it in, read by openssl, gpgsm and NSS, where these can.

What they cannot, they refuse from openssl, too (measured with openssl 3.0, gpgsm 2.2.40, NSS 3.87). What none of them can,
Ed25519 (RFC 8419) and X25519 (RFC 8418), is taken apart here and computed with openssl's bare primitives.
"""
import base64
import hashlib
import hmac
import itertools

import lab
from peers import CONTENTS, CURVES, DIGESTS, FROM, PeerCase, der, split_signed

LAYERS = {"sign": "v", "encrypt": "d", "sign-encrypt": "dv", "triple": "vdv"}
CIPHERS = ("aes128-cbc", "aes256-cbc", "aes128-gcm", "aes256-gcm")
# Who signs, by which scheme, with which digest, opaque or not. pam's key is bound to SHA-256.
SIGNED = [(name, scheme, digest, opaque) for (name, scheme), digest, opaque in itertools.product(
    [("alice", "rsa-pkcs1"), ("alice", "rsa-pss"), ("pam", "auto"), *[("ec-" + c, "auto") for c in CURVES], ("ed", "auto")],
    DIGESTS, (False, True)) if (name, digest) not in (("pam", "sha384"), ("pam", "sha512"))]
# Who reads, how the key gets there, what the content is encrypted with.
ENCRYPTED = [(name, transport, cipher) for (name, transport), cipher in itertools.product(
    [("bob", "rsa-pkcs1"), ("bob", "rsa-oaep"), *[("ec-" + c, "auto") for c in CURVES], ("xenia", "auto")], CIPHERS)]
GPGSM_VERIFIES_NOT = ("ec-p521", "ed")  # "DSA requires the hash length to be a multiple of 8 bits"
NSS_VERIFIES_NOT = ("pam", "ed")
OTHERS_DECRYPT = [("bob", "rsa-pkcs1", c) for c in ("aes128-cbc", "aes256-cbc")]  # gpgsm and NSS
X25519 = bytes.fromhex("302a300506032b656e032100")  # SubjectPublicKeyInfo, up to the key
ED25519 = bytes.fromhex("06032b6570")
HKDF_SHA256 = bytes.fromhex("060b2a864886f70d0109100313")
AES_WRAP = {bytes.fromhex("060960864801650304012d"): ("id-aes256-wrap", 32),
            bytes.fromhex("0609608648016503040105"): ("id-aes128-wrap", 16)}


def read(octets):
    """The first element: (tag, content, whole), and what is behind it."""
    length, at = octets[1], 2
    if length > 127:
        at = 2 + (length & 127)
        length = int.from_bytes(octets[2:at], "big")
    return (octets[0], octets[at:at + length], octets[:at + length]), octets[at + length:]


def elements(octets):
    found = []
    while octets:
        element, octets = read(octets)
        found.append(element)
    return found


def inside(octets, *path):
    """Content of the element that the path of indices leads to."""
    for index in path:
        octets = elements(octets)[index][1]
    return octets


def object_of(octets):
    return base64.b64decode(octets.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1])


class Written(PeerCase):
    @classmethod
    def build(cls, the_lab):
        super().build(the_lab)
        cls.own_each_algorithm()
        for name in ("pam", "ed", "xenia", *["ec-" + c for c in CURVES]):
            cls.gpgsm("--import", cls.pki.path(name + ".crt"), check=False)

    # ---- Ed25519 and X25519, by hand ----

    def ed25519_verified(self, octets, name):
        """What was signed, when signedAttrs hold its SHA-512 and bear the signature of the key (RFC 8419 s3.1)."""
        if b"multipart/signed" in octets.split(b"\r\n\r\n", 1)[0]:
            content, cms = split_signed(octets)
            signed = inside(cms, 0, 1, 0)
        else:
            signed = inside(object_of(octets), 0, 1, 0)
            content = inside(signed, 2, 1, 0)
        info = elements(inside(signed, -1, 0))
        attributes, algorithm, signature = info[3][2], info[4][1], info[5][1]
        self.assertEqual(attributes[0], 0xa0)
        self.assertEqual(algorithm, ED25519)
        self.assertIn(der(0x04, hashlib.sha512(content).digest()), attributes)
        lab.run("openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", self.pki.path(name + ".pub"), "-in",
                self.lab.write("attributes", b"\x31" + attributes[1:]), "-sigfile", self.lab.write("signature", signature))
        return content

    def x25519_decrypted(self, octets, name):
        """EnvelopedData (CBC) for that key: ECDH, HKDF, AES key wrap (RFC 8418 s2.2, RFC 5753 s7.2)."""
        enveloped = elements(inside(object_of(octets), 0, 1, 0))
        agree = elements(inside(enveloped[1][1], 0))
        peer = X25519 + inside(agree[1][1], 0, 1)[1:]
        ukm = agree[2][2] if agree[2][0] == 0xa1 else b""
        kdf, wrap = elements(agree[3 if ukm else 2][1])
        wrapped = inside(agree[-1][1], 0, 1)
        self.assertEqual(kdf[2], HKDF_SHA256)
        cipher, size = AES_WRAP[elements(wrap[1])[0][2]]
        secret = lab.run("openssl", "pkeyutl", "-derive", "-inkey", self.pki.path(name + ".key"), "-peerkey",
                         self.lab.write("peer", peer), "-peerform", "DER").stdout
        info = der(0x30, wrap[2], der(0xa0, ukm[2:]) if ukm else b"", der(0xa2, der(0x04, (8 * size).to_bytes(4, "big"))))
        prk = hmac.digest(bytes(32), secret, "sha256")
        kek = hmac.digest(prk, info + b"\x01", "sha256")[:size]
        cek = lab.run("openssl", "enc", "-d", "-" + cipher, "-K", kek.hex(), "-iv", "A6" * 8, "-in",
                      self.lab.write("wrapped", wrapped)).stdout
        _, algorithm, content = elements(enveloped[2][1])
        return lab.run("openssl", "enc", "-d", "-aes-%d-cbc" % (8 * len(cek)), "-K", cek.hex(), "-iv",
                       inside(algorithm[1], 1).hex(), "-in", self.lab.write("content", content[1])).stdout

    # ---- one layer ----

    def verified(self, octets, signed):
        """The layer's content, when everybody who can accepts it."""
        name = signed[0]
        content = self.ed25519_verified(octets, name) if name == "ed" else self.openssl_verify(octets)
        if name not in GPGSM_VERIFIES_NOT:
            # It says "a 256 bit hash is not valid for a 384 bit ECC key", and that the signature is good.
            status, _ = self.gpgsm_verify(octets, check=signed[:3] != ("ec-p384", "auto", "sha256"))
            self.assertIn(b"GOODSIG", status)
            self.assertIn(b"TRUST_FULLY", status)
        if name not in NSS_VERIFIES_NOT:
            self.assertIn(b"status=GoodSignature", self.nss_verify(octets))
        return content

    def decrypted(self, octets, encrypted):
        name, _, cipher = encrypted
        if name == "xenia" and cipher.endswith("-gcm"):
            return None  # openssl enc has no GCM; how the key gets there is seen with CBC
        if name == "xenia":
            return self.x25519_decrypted(octets, name)
        content = self.openssl("-decrypt", octets, "-recip", self.pki.path(name + ".crt"), "-inkey",
                               self.pki.path(name + ".key"))
        if encrypted in OTHERS_DECRYPT:
            path = self.lab.write("object", object_of(octets))
            self.assertEqual(self.gpgsm("--decrypt", path).stdout, content)
            self.assertEqual(self.nss("-D", "-i", path, check=False).stdout, content)
        return content

    def check(self, mode, signed, encrypted):
        sender = FROM if not signed or signed[0] == "alice" else signed[0] + "@b.example"
        reader = (encrypted[0] if encrypted else "bob") + "@b.example"
        columns = {"signing_certificate": None}
        if signed:
            columns.update(signing_certificate=signed[0], signature_scheme=signed[1], digest=signed[2])
        if encrypted:
            columns.update(key_transport=encrypted[1], content_cipher=encrypted[2])
        self.a.seal_all(mode, bool(signed and signed[3]), **columns)
        mime, body = CONTENTS["8bit"]
        octets = self.a.ctl("seal", "--profile", "all", "--from", sender, "--to", reader,
                            data=lab.message(sender, reader, mime=mime, body=body)).stdout
        self.assert_opens(octets, "8bit", ["signed" if layer == "v" else "encrypted" for layer in LAYERS[mode]])
        for layer in LAYERS[mode]:
            octets = self.verified(octets, signed) if layer == "v" else self.decrypted(octets, encrypted)
            if octets is None:
                return
        self.assert_same_text(octets, "8bit")

    def test_everything_that_we_write_is_read(self):
        # Each signature meets some of the ciphers, and each cipher some of the signatures.
        pairs = list(zip(SIGNED, itertools.cycle(ENCRYPTED)))
        pairs += zip(itertools.cycle(SIGNED[::-1]), ENCRYPTED[len(SIGNED) % len(ENCRYPTED):])
        rows = [("sign", signed, None) for signed in SIGNED] + [("encrypt", None, encrypted) for encrypted in ENCRYPTED]
        rows += [(mode, signed, encrypted) for mode in ("sign-encrypt", "triple") for signed, encrypted in pairs]
        for mode, signed, encrypted in rows:
            with self.subTest(mode=mode, signed=signed, encrypted=encrypted):
                self.check(mode, signed, encrypted)


if __name__ == "__main__":
    lab.main()
