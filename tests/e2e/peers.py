"""peers.py - what tests against other S/MIME programs share: contents, keys, sealing, opening and comparing."""
import base64
import email
import json
import os

import lab
import pki

FROM, TO = "alice@a.example", "bob@b.example"
CURVES = ("p256", "p384", "p521")
DIGESTS = ("sha256", "sha384", "sha512")
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


def text_of(entity):
    """Every leaf of an entity with its encoding taken off and line ends as LF: what a reader sees."""
    leaves = [p for p in email.message_from_bytes(entity).walk() if not p.is_multipart()]
    return [p.get_payload(decode=True).replace(b"\r\n", b"\n") for p in leaves]


def split_signed(octets):
    """(signed octets, signature DER) of a multipart/signed message, cut by its boundary."""
    boundary = email.message_from_bytes(octets).get_boundary().encode()
    parts = octets.split(b"\r\n--" + boundary)
    return parts[1].split(b"\r\n", 1)[1], base64.b64decode(parts[2].split(b"\r\n\r\n", 1)[1])


def der(tag, *contents):
    octets = b"".join(contents)
    length = len(octets)
    head = bytes([length]) if length < 128 else (lambda b: bytes([0x80 | len(b)]) + b)(
        length.to_bytes((length.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + head + octets


class PeerCase(lab.LabCase):
    """alice signs (RSA), bob reads; root is trusted; openssl and gpgsm know all of them."""

    @classmethod
    def build(cls, the_lab):
        cls.a = the_lab.site("a")  # seals as alice for bob, opens as bob
        cls.pki = pki.Pki(the_lab.path("pki"))
        cls.pki.leaf("alice", FROM)
        cls.pki.leaf("bob", TO)
        cls.gpgsm = pki.Gpgsm(cls.pki, ["alice", "bob"])
        cls.nss = pki.Nss(cls.pki, ["alice", "bob"])
        for name in ("alice", "bob"):
            cls.own(name)
        cls.a.ctl("public-key", "add", cls.pki.path("bob.crt"), "--name", "bob")
        cls.a.ctl("trust", "add", cls.pki.ca, "--name", "root")

    @classmethod
    def own(cls, name):
        """We hold that key. It stays in its file: deriving the key that protects one in the database takes a while."""
        cls.a.ctl("certificate", "import", name, cls.pki.path(name + ".crt"), cls.pki.path(name + ".key"))
        cls.a.sql("UPDATE certificate SET private_key='file:%s' WHERE name='%s'" % (cls.pki.path(name + ".key"), name))

    @classmethod
    def own_each_algorithm(cls):
        """Keys of every other kind: those who sign stand at a.example, those who read at b.example; EC keys do both."""
        for name, kind in [("pam", "rsa-pss"), ("ed", "ed25519"), ("xenia", "x25519"), *[("ec-" + c, c) for c in CURVES]]:
            cls.pki.leaf(name, name + "@b.example", kind)
            cls.own(name)
            cls.a.ctl("public-key", "add", cls.pki.path(name + ".crt"), "--name", name)

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

    def gpgsm_verify(self, octets, check=True):
        if b"multipart/signed" in octets.split(b"\r\n\r\n", 1)[0]:
            content, signature = split_signed(octets)
            return self.gpgsm("--status-fd", "1", "--verify", self.lab.write("sig", signature),
                              self.lab.write("content", content), check=check).stdout, content
        der = base64.b64decode(octets.split(b"\r\n\r\n", 1)[1])
        out = self.lab.path("out")
        status = self.gpgsm("--status-fd", "1", "--output", out, "--verify", self.lab.write("sig", der), check=check).stdout
        with open(out, "rb") as f:
            return status, f.read()

    def nss_verify(self, octets):
        """What cmsutil says of each signer. Its exit status says nothing: it is "busy" at its end after all went well."""
        detached = b"multipart/signed" in octets.split(b"\r\n\r\n", 1)[0]
        content, der = split_signed(octets) if detached else (None, base64.b64decode(octets.split(b"\r\n\r\n", 1)[1]))
        done = self.nss("-D", "-h", "0", "-u", "4", "-i", self.lab.write("nss.der", der),
                        *(("-c", self.lab.write("nss.content", content)) if detached else ()), check=False)
        return done.stdout

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

    def openssl_make(self, command, content, *args, entity=None):
        """A message that openssl cms makes from a content (or entity), From alice to bob."""
        mime, body = CONTENTS[content]
        # -binary: an entity that has CR LF already stays as it is.
        return lab.run("openssl", "cms", command, "-binary", "-in", self.lab.write("entity", entity or mime + b"\r\n" + body),
                       "-from", FROM, "-to", TO, "-subject", "from openssl", "-crlfeol", *args).stdout

    def signer(self, name):
        return ("-signer", self.pki.path(name + ".crt"), "-inkey", self.pki.path(name + ".key"))
