"""Ciphers, digests and options of openssl in both directions, and NSS; modes and contents are in test_matrix.py."""
import base64
import itertools

import lab
from peers import CONTENTS, TO, PeerCase


class Peers(PeerCase):
    def test_openssl_reads_every_cipher_and_digest(self):
        for cipher, digest in itertools.product(("aes128-cbc", "aes256-cbc", "aes128-gcm", "aes256-gcm"),
                                                ("sha256", "sha384", "sha512")):
            with self.subTest(cipher=cipher, digest=digest):
                octets = self.seal("sign-encrypt", True, "8bit", content_cipher=cipher, digest=digest)
                self.assert_same_text(self.openssl_verify(self.openssl_decrypt(octets)), "8bit")

    def test_we_open_what_openssl_makes(self):
        for content in ("8bit", "attachment"):
            for options in (("-nodetach", "-keyid"), ("-md", "sha512")):
                with self.subTest(content=content, sign=options):
                    self.assert_opens(self.openssl_make("-sign", content, *self.signer("alice"), *options), content, ["signed"])
            for options in (("-aes128",), ("-aes192",), ("-aes-256-gcm",), ("-aes256", "-keyid")):
                with self.subTest(content=content, encrypt=options):
                    self.assert_opens(self.openssl_make("-encrypt", content, *options, "-recip", self.pki.path("bob.crt")),
                                      content, ["encrypted"])

    def test_nss_reads_what_we_write(self):
        for opaque, content in itertools.product((False, True), CONTENTS):
            with self.subTest(mode="sign", opaque=opaque, content=content):
                self.assertIn(b"status=GoodSignature", self.nss_verify(self.seal("sign", opaque, content)))
        for content in ("plain", "8bit"):
            with self.subTest(mode="encrypt", content=content):
                der = base64.b64decode(self.seal("encrypt", False, content).split(b"\r\n\r\n", 1)[1])
                done = self.nss("-D", "-i", self.lab.write("nss.der", der), check=False)
                self.assert_same_text(done.stdout, content)

    def test_we_open_what_nss_makes(self):
        for content in CONTENTS:
            mime, body = CONTENTS[content]
            entity = self.lab.write("entity", mime + b"\r\n" + body)
            for options in (("-H", "SHA256", "-G"), ("-H", "SHA512"), ("-H", "SHA384", "-G", "-P")):
                with self.subTest(content=content, sign=options):
                    der = self.nss("-S", "-N", "alice", *options, "-i", entity, check=False).stdout
                    self.assert_opens(self.p7m(b"signed-data", der), content, ["signed"])
            with self.subTest(content=content, made="encrypted"):
                der = self.nss("-E", "-r", TO, "-i", entity, check=False).stdout
                self.assert_opens(self.p7m(b"enveloped-data", der), content, ["encrypted"])


if __name__ == "__main__":
    lab.main()
