"""What we seal, openssl and gpgsm accept; what they make, we open: every mode, sign mode and kind of content."""
import base64
import email
import itertools
import json
import os

import lab
import pki

FROM, TO = "alice@a.example", "bob@b.example"
ATTACHMENT = base64.encodebytes(bytes(range(256)) * 40).replace(b"\n", b"\r\n")
CONTENTS = {
    "plain": (b"Content-Type: text/plain; charset=us-ascii\r\n", b"Hello.\r\nSecond line.\r\n"),
    "attachment": (b'Content-Type: multipart/mixed; boundary="bb"\r\n',
                   b"preamble\r\n--bb\r\nContent-Type: text/plain\r\n\r\nhi\r\n--bb\r\nContent-Type: "
                   b"application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" + ATTACHMENT + b"--bb--\r\n"),
    "8bit": (b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n",
             "Grüße, 机密.\r\n".encode()),
    "empty": (b"Content-Type: text/plain\r\n", b""),
    "3MB": (b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n",
            base64.encodebytes(os.urandom(2200000)).replace(b"\n", b"\r\n")),
}
MODES = ("sign", "encrypt", "sign-encrypt", "triple")


def text_of(entity):
    """Every leaf of an entity with its encoding taken off and line ends as LF: what a reader sees."""
    leaves = [p for p in email.message_from_bytes(entity).walk() if not p.is_multipart()]
    return [p.get_payload(decode=True).replace(b"\r\n", b"\n") for p in leaves]


def split_signed(octets):
    """(signed octets, signature DER) of a multipart/signed message, cut by its boundary."""
    boundary = email.message_from_bytes(octets).get_boundary().encode()
    parts = octets.split(b"\r\n--" + boundary)
    return parts[1].split(b"\r\n", 1)[1], base64.b64decode(parts[2].split(b"\r\n\r\n", 1)[1])


class Peers(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.a = the_lab.site("a")  # seals as alice for bob, opens as bob
        cls.pki = pki.Pki(the_lab.path("pki"))
        cls.pki.leaf("alice", FROM)
        cls.pki.leaf("bob", TO)
        cls.gpgsm = pki.Gpgsm(cls.pki, ["alice", "bob"])
        for name in ("alice", "bob"):
            cls.a.ctl("certificate", "import", name, cls.pki.path(name + ".crt"), cls.pki.path(name + ".key"))
        cls.a.ctl("public-key", "add", cls.pki.path("bob.crt"), "--name", "bob")
        cls.a.ctl("trust", "add", cls.pki.ca, "--name", "root")

    @classmethod
    def tearDownClass(cls):
        cls.gpgsm.close()
        super().tearDownClass()

    def seal(self, mode, opaque, content, **columns):
        self.a.seal_all(mode, opaque, **{"signing_certificate": None if mode == "encrypt" else "alice", **columns})
        mime, body = CONTENTS[content]
        return self.a.ctl("seal", "--profile", "all", "--from", FROM, "--to", TO,
                          data=lab.message(FROM, TO, mime=mime, body=body)).stdout

    def open(self, octets):
        done = self.a.ctl("open", "--json", "--signature", "remove", data=octets)
        return json.loads(done.stderr), done.stdout

    def assert_same_text(self, entity, content):
        mime, body = CONTENTS[content]
        self.assertEqual(text_of(entity), text_of(mime + b"\r\n" + body))

    def openssl(self, command, octets, *args):
        return lab.run("openssl", "cms", command, "-in", self.lab.write("in.eml", octets), *args).stdout

    def openssl_decrypt(self, octets):
        return self.openssl("-decrypt", octets, "-recip", self.pki.path("bob.crt"), "-inkey", self.pki.path("bob.key"))

    def openssl_verify(self, octets):
        return self.openssl("-verify", octets, "-CAfile", self.pki.ca, "-purpose", "smimesign")

    def test_openssl_reads_all_that_we_write(self):
        steps = {"sign": "v", "encrypt": "d", "sign-encrypt": "dv", "triple": "vdv"}
        for mode, opaque, content in itertools.product(MODES, (False, True), CONTENTS):
            with self.subTest(mode=mode, opaque=opaque, content=content):
                octets = self.seal(mode, opaque, content)
                for step in steps[mode]:
                    octets = self.openssl_verify(octets) if step == "v" else self.openssl_decrypt(octets)
                self.assert_same_text(octets, content)

    def test_openssl_reads_every_cipher_and_digest(self):
        for cipher, digest in itertools.product(("aes128-cbc", "aes256-cbc", "aes128-gcm", "aes256-gcm"),
                                                ("sha256", "sha384", "sha512")):
            with self.subTest(cipher=cipher, digest=digest):
                octets = self.seal("sign-encrypt", True, "8bit", content_cipher=cipher, digest=digest)
                self.assert_same_text(self.openssl_verify(self.openssl_decrypt(octets)), "8bit")

    def gpgsm_verify(self, octets):
        if b"multipart/signed" in octets.split(b"\r\n\r\n", 1)[0]:
            content, signature = split_signed(octets)
            return self.gpgsm("--status-fd", "1", "--verify", self.lab.write("sig", signature),
                              self.lab.write("content", content)).stdout, content
        der = base64.b64decode(octets.split(b"\r\n\r\n", 1)[1])
        out = self.lab.path("out")
        status = self.gpgsm("--status-fd", "1", "--output", out, "--verify", self.lab.write("sig", der)).stdout
        with open(out, "rb") as f:
            return status, f.read()

    def test_gpgsm_reads_what_we_write(self):
        for opaque, content in itertools.product((False, True), CONTENTS):
            with self.subTest(mode="sign", opaque=opaque, content=content):
                status, entity = self.gpgsm_verify(self.seal("sign", opaque, content))
                self.assertIn(b"GOODSIG", status)
                self.assertIn(b"TRUST_FULLY", status)
                self.assert_same_text(entity, content)
        for content in CONTENTS:
            with self.subTest(mode="encrypt", content=content):
                der = base64.b64decode(self.seal("encrypt", False, content).split(b"\r\n\r\n", 1)[1])
                self.assert_same_text(self.gpgsm("--decrypt", self.lab.write("env", der)).stdout, content)

    def p7m(self, kind, der):
        return lab.message(FROM, TO, mime=b'Content-Type: application/pkcs7-mime; smime-type=%s; name="smime.p7m"\r\n'
                           b"Content-Transfer-Encoding: base64\r\n" % kind,
                           body=base64.encodebytes(der).replace(b"\n", b"\r\n"))

    def assert_opens(self, octets, content, layers):
        record, opened = self.open(octets)
        self.assertTrue(record["smime_gateway_message"])
        self.assertTrue(record["smime_gateway_verified"], record)
        self.assertEqual([layer["type"] for layer in record["layers"]], layers)
        self.assert_same_text(opened, content)

    def test_we_open_what_openssl_makes(self):
        signer = ("-signer", self.pki.path("alice.crt"), "-inkey", self.pki.path("alice.key"))
        for content in CONTENTS:
            mime, body = CONTENTS[content]
            entity = self.lab.write("entity", mime + b"\r\n" + body)
            headers = ("-from", FROM, "-to", TO, "-subject", "from openssl", "-crlfeol")
            for options in ((), ("-nodetach",), ("-nodetach", "-stream"), ("-nodetach", "-keyid"), ("-md", "sha512")):
                with self.subTest(content=content, sign=options):
                    # openssl -crlf keeps our CR LF entity as it is only with -binary
                    out = lab.run("openssl", "cms", "-sign", "-binary", "-in", entity, *signer, *options, *headers).stdout
                    self.assert_opens(out, content, ["signed"])
            for options in (("-aes128",), ("-aes256", "-stream"), ("-aes192",), ("-aes-256-gcm",), ("-aes256", "-keyid")):
                with self.subTest(content=content, encrypt=options):
                    out = lab.run("openssl", "cms", "-encrypt", "-binary", "-in", entity, *options, *headers,
                                  "-recip", self.pki.path("bob.crt")).stdout
                    self.assert_opens(out, content, ["encrypted"])

    def test_we_open_what_gpgsm_makes(self):
        for content in CONTENTS:
            mime, body = CONTENTS[content]
            entity = self.lab.write("entity", mime + b"\r\n" + body)
            with self.subTest(content=content, made="opaque"):
                self.assert_opens(self.p7m(b"signed-data", self.gpgsm(
                    "--sign", "-u", self.gpgsm.key("alice"), "--output", "-", entity).stdout), content, ["signed"])
            with self.subTest(content=content, made="encrypted"):
                self.assert_opens(self.p7m(b"enveloped-data", self.gpgsm(
                    "--encrypt", "-r", self.gpgsm.key("bob"), "--cipher-algo", "AES256", "--output", "-",
                    entity).stdout), content, ["encrypted"])


class EllipticAndPadded(Peers):
    """The algorithms that energy markets and newer partners ask for: ECDSA and ECDH, PSS and OAEP."""
    CURVES = ("p256", "p384")
    # Those of Peers run there.
    test_openssl_reads_all_that_we_write = test_openssl_reads_every_cipher_and_digest = None
    test_gpgsm_reads_what_we_write = test_we_open_what_openssl_makes = test_we_open_what_gpgsm_makes = None

    @classmethod
    def build(cls, the_lab):
        super().build(the_lab)
        for curve in cls.CURVES:
            name = "ec-" + curve
            cls.pki.leaf(name, name + "@b.example", curve)
            cls.a.ctl("certificate", "import", name, cls.pki.path(name + ".crt"), cls.pki.path(name + ".key"))
            cls.a.ctl("public-key", "add", cls.pki.path(name + ".crt"), "--name", name)

    def seal_as(self, sender, recipient, mode, **columns):
        self.a.seal_all(mode, True, **columns)
        mime, body = CONTENTS["8bit"]
        return self.a.ctl("seal", "--profile", "all", "--from", sender, "--to", recipient,
                          data=lab.message(sender, recipient, mime=mime, body=body)).stdout

    def test_ecdh_both_ways(self):
        mime, body = CONTENTS["8bit"]
        entity = self.lab.write("entity", mime + b"\r\n" + body)
        for curve, cipher in itertools.product(self.CURVES, ("aes128-cbc", "aes256-gcm")):
            name = "ec-" + curve
            crt, key = self.pki.path(name + ".crt"), self.pki.path(name + ".key")
            with self.subTest(curve=curve, cipher=cipher):
                octets = self.seal_as(FROM, name + "@b.example", "encrypt", signing_certificate=None, content_cipher=cipher)
                self.assert_same_text(self.openssl("-decrypt", octets, "-recip", crt, "-inkey", key), "8bit")
                for options in ((), ("-keyopt", "ecdh_kdf_md:sha256"), ("-keyid",)):
                    out = lab.run("openssl", "cms", "-encrypt", "-binary", "-in", entity, "-aes256", "-from", FROM, "-to", TO,
                                  "-crlfeol", *[o for o in options if o == "-keyid"], "-recip", crt,
                                  *[o for o in options if o != "-keyid"]).stdout
                    self.assert_opens(out, "8bit", ["encrypted"])

    def test_ecdsa(self):
        for curve, digest in zip(self.CURVES, ("sha256", "sha384")):
            with self.subTest(curve=curve):
                sender = "ec-%s@b.example" % curve
                octets = self.seal_as(sender, TO, "sign", signing_certificate="ec-" + curve, digest=digest)
                self.assert_same_text(self.openssl_verify(octets), "8bit")
                self.assert_opens(octets, "8bit", ["signed"])

    def test_pss_and_oaep(self):
        octets = self.seal_as(FROM, TO, "sign-encrypt", signing_certificate="alice", signature_scheme="rsa-pss",
                              key_transport="rsa-oaep", digest="sha512")
        self.assert_same_text(self.openssl_verify(self.openssl_decrypt(octets)), "8bit")
        self.assert_opens(octets, "8bit", ["encrypted", "signed"])
        entity = self.lab.write("entity", b"".join(CONTENTS["8bit"][:1]) + b"\r\n" + CONTENTS["8bit"][1])
        for options in (("rsa_padding_mode:oaep",), ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"),
                        ("rsa_padding_mode:oaep", "rsa_oaep_label:746573740a")):
            with self.subTest(oaep=options):
                out = lab.run("openssl", "cms", "-encrypt", "-binary", "-in", entity, "-aes256", "-from", FROM, "-to", TO,
                              "-crlfeol", "-recip", self.pki.path("bob.crt"),
                              *itertools.chain(*(("-keyopt", o) for o in options))).stdout
                self.assert_opens(out, "8bit", ["encrypted"])


if __name__ == "__main__":
    lab.main()
