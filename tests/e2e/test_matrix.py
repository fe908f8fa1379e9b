"""Every mode x sign mode x kind of content, in both directions, with openssl and with gpgsm: what we seal, they accept; what
they make, BER streams too, we open and verify; the content is the same, octet for octet."""
import base64
import itertools

import lab
from peers import CONTENTS, FROM, TO, PeerCase

# Layers from the outside in: v is verified, d is decrypted.
LAYERS = {"sign": "v", "encrypt": "d", "sign-encrypt": "dv", "triple": "vdv"}
MATRIX = [(mode, opaque, content) for mode, opaque, content in itertools.product(LAYERS, (False, True), CONTENTS)
          if mode != "encrypt" or not opaque]


def entity_of(content):
    mime, body = CONTENTS[content]
    return mime + b"\r\n" + body


class Matrix(PeerCase):
    def assert_same(self, entity, content, header=True):
        """Same octets once line ends are CR LF. What is 8-bit travels encoded when we seal it: then what it says."""
        entity, expected = lab.crlf(entity), entity_of(content)
        if content == "8bit" and b"8bit" not in entity:
            self.assert_same_text(entity, content)
            return
        if not header:
            entity, expected = (e.split(b"\r\n\r\n", 1)[1] for e in (entity, expected))
        self.assertTrue(entity == expected, "%s: %d octets, %d expected" % (content, len(entity), len(expected)))

    # -- what we write

    def test_openssl_reads_what_we_write(self):
        for mode, opaque, content in MATRIX:
            with self.subTest(mode=mode, opaque=opaque, content=content):
                octets = self.seal(mode, opaque, content)
                for layer in LAYERS[mode]:
                    octets = self.openssl_verify(octets) if layer == "v" else self.openssl_decrypt(octets)
                self.assert_same(octets, content)

    def gpgsm_decrypt(self, octets):
        der = base64.b64decode(octets.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1])
        return self.gpgsm("--decrypt", self.lab.write("env", der)).stdout

    def test_gpgsm_reads_what_we_write(self):
        for mode, opaque, content in MATRIX:
            with self.subTest(mode=mode, opaque=opaque, content=content):
                octets = self.seal(mode, opaque, content)
                for layer in LAYERS[mode]:
                    if layer == "d":
                        octets = self.gpgsm_decrypt(octets)
                        continue
                    status, octets = self.gpgsm_verify(octets)
                    self.assertIn(b"GOODSIG", status)
                    self.assertIn(b"TRUST_FULLY", status)
                self.assert_same(octets, content)

    # -- what they write

    def assert_opened(self, octets, mode, content):
        record, opened = self.open(octets)
        self.assertTrue(record["smime_gateway_verified"], record)
        self.assertEqual([layer["type"] for layer in record["layers"]],
                         ["signed" if layer == "v" else "encrypted" for layer in LAYERS[mode]])
        self.assert_same(opened, content, header=False)

    def addressed(self, entity):
        return b"From: <%s>\r\nTo: <%s>\r\nSubject: x\r\n%s" % (FROM.encode(), TO.encode(), entity)

    def openssl_layer(self, entity, layer, opaque, stream):
        signer = [*self.signer("alice"), *(["-nodetach"] if opaque else [])]
        args = ["-sign", *signer] if layer == "v" else ["-encrypt", "-aes256", "-recip", self.pki.path("bob.crt")]
        return lab.crlf(lab.run("openssl", "cms", args[0], "-binary", "-crlfeol", "-in", self.lab.write("entity", entity),
                                *(["-stream"] if stream else []), *args[1:]).stdout)

    def test_we_open_what_openssl_makes(self):
        for (mode, opaque, content), stream in itertools.product(MATRIX, (False, True)):
            with self.subTest(mode=mode, opaque=opaque, content=content, stream=stream):
                entity = entity_of(content)
                for layer in reversed(LAYERS[mode]):
                    entity = self.openssl_layer(entity, layer, opaque, stream)
                self.assert_opened(self.addressed(entity), mode, content)

    def gpgsm_layer(self, entity, layer, opaque):
        path = self.lab.write("entity", entity)
        if layer == "d":
            der = self.gpgsm("--encrypt", "-r", self.gpgsm.key("bob"), "--cipher-algo", "AES256", "--output", "-", path).stdout
            return self.pkcs7(b"enveloped-data", der)
        der = self.gpgsm("--sign", *([] if opaque else ["--detach-sign"]), "-u", self.gpgsm.key("alice"), "--output", "-",
                         path).stdout
        if opaque:
            return self.pkcs7(b"signed-data", der)
        return (b'MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol="application/pkcs7-signature";'
                b' micalg=sha-256; boundary="outer%d"\r\n\r\n--outer%d\r\n%s\r\n--outer%d\r\nContent-Type: '
                b"application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--outer%d--\r\n"
                % (len(entity), len(entity), entity, len(entity), lab.crlf(base64.encodebytes(der)), len(entity)))

    @staticmethod
    def pkcs7(kind, der):
        return (b"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=%s; name=smime.p7m\r\n"
                b"Content-Transfer-Encoding: base64\r\n\r\n%s" % (kind, lab.crlf(base64.encodebytes(der))))

    def test_we_open_what_gpgsm_makes(self):
        for mode, opaque, content in MATRIX:
            with self.subTest(mode=mode, opaque=opaque, content=content):
                entity = entity_of(content)
                for layer in reversed(LAYERS[mode]):
                    entity = self.gpgsm_layer(entity, layer, opaque)
                self.assert_opened(self.addressed(entity), mode, content)


if __name__ == "__main__":
    lab.main()
