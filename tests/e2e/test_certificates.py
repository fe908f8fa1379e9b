"""Whole messages signed with certificates that must not be believed, each made by openssl for this: verdict and reason.

What is right but for one thing: that thing is what the reason has to name. Controls of the same making verify.
"""
import os

import lab
from peers import FROM, PeerCase

CA = "basicConstraints=critical,CA:TRUE%s\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
LEAF = ("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,%(usage)s\nextendedKeyUsage=%(purpose)s\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n%(names)s\n%(more)s\n")
USUAL = {"usage": "digitalSignature,keyEncipherment", "purpose": "emailProtection",
         "names": "subjectAltName=email:" + FROM, "more": ""}
CNF = ("[ca]\ndefault_ca=c\n[c]\ndatabase=%(index)s\nserial=%(serial)s\nnew_certs_dir=%(folder)s\ndefault_md=sha256\n"
       "unique_subject=no\ndefault_crl_days=30\npolicy=p\n[p]\norganizationName=optional\ncommonName=supplied\n"
       "emailAddress=optional\n")


class Authority:
    """CAs and people of a folder, with any dates, digests and extensions ("openssl ca")."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as f:
            f.write(text)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def key(self, name, bits=2048):
        lab.run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:%d" % bits, "-out",
                self.path(name + ".key"))

    def books(self, name):
        """What "openssl ca" of that issuer wants to have."""
        self.write(name + ".serial", "1000")
        return self.write(name + ".cnf", CNF % {"index": self.write(name + ".index", ""), "folder": self.folder,
                                                "serial": self.path(name + ".serial")})

    def root(self, name, subject):
        self.key(name)
        self.books(name)
        self.write(name + ".ext", "[e]\n" + CA % "")
        lab.run("openssl", "req", "-new", "-x509", "-key", self.path(name + ".key"), "-subj", subject, "-days", "3650",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", self.path(name + ".crt"))

    def issue(self, name, issuer, extensions, subject=None, bits=2048, start="20200101000000Z", end="20450101000000Z",
              digest="sha256"):
        self.key(name, bits)
        lab.run("openssl", "req", "-new", "-key", self.path(name + ".key"), "-subj", subject or "/O=Test/CN=" + name, "-out",
                self.path(name + ".csr"))
        lab.run("openssl", "ca", "-batch", "-notext", "-config", self.path(issuer + ".cnf"), "-cert", self.path(issuer + ".crt"),
                "-keyfile", self.path(issuer + ".key"), "-md", digest, "-in", self.path(name + ".csr"), "-startdate", start,
                "-enddate", end, "-extfile", self.write(name + ".ext", extensions), "-out", self.path(name + ".crt"))
        self.books(name)

    def leaf(self, name, issuer="sub", bits=2048, start="20200101000000Z", end="20450101000000Z", digest="sha256",
             subject=None, **what):
        self.issue(name, issuer, LEAF % {**USUAL, **what}, subject=subject, bits=bits, start=start, end=end, digest=digest)

    def crl(self, issuer, revoked):
        ca = ("openssl", "ca", "-config", self.path(issuer + ".cnf"), "-cert", self.path(issuer + ".crt"), "-keyfile",
              self.path(issuer + ".key"))
        lab.run(*ca, "-revoke", self.path(revoked + ".crt"))
        lab.run(*ca, "-gencrl", "-out", self.path(issuer + ".crl"))
        return self.path(issuer + ".crl")


# name: the one thing that is wrong, and what the verdict says of it; "" verifies.
LEAVES = {
    "good": ({}, ""),
    "nc-good": ({"issuer": "constrained"}, ""),
    "second-name": ({"names": "subjectAltName=email:other@a.example,email:" + FROM}, ""),
    "expired": ({"end": "20210101000000Z"}, "expired"),
    "future": ({"start": "20400101000000Z"}, "not-yet-valid"),
    "revoked": ({}, "revoked"),
    "impostor": ({"issuer": "evil"}, "no-anchor"),
    "tls-only": ({"purpose": "serverAuth"}, "purpose"),
    "no-sign": ({"usage": "keyEncipherment"}, "key-usage"),
    "weak-key": ({"bits": 1024}, "weak"),
    "sha1": ({"digest": "sha1"}, "weak-chain"),
    "critical": ({"more": "1.2.3.4.5.6.7=critical,DER:0500"}, "constraint"),
    "other": ({"names": "subjectAltName=email:mallory@evil.example"}, "from-not-covered"),
    "like": ({"names": "subjectAltName=email:ALICE@a.example"}, "from-not-covered"),
    "nc-bad": ({"issuer": "constrained-b"}, "constraint"),
    "not-a-ca": ({"issuer": "good"}, "constraint"),
    "no-name": ({"names": ""}, "from-not-covered"),
    "dn-only": ({"names": "", "subject": "/O=Test/CN=x/emailAddress=" + FROM}, "from-not-covered"),
    "domain": ({"names": "subjectAltName=DNS:a.example"}, "from-not-covered"),
    "too-deep": ({"issuer": "below-sub"}, "constraint"),
}
CHAIN = {"constrained": ("constrained",), "constrained-b": ("constrained-b",), "good": ("good", "sub"), "evil": ("evil",),
         "below-sub": ("below-sub", "sub"), "sub": ("sub",)}


def body(octets):
    return octets.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1].strip()


class Certificates(PeerCase):
    @classmethod
    def build(cls, the_lab):
        cls.a = the_lab.site("a")
        folder = the_lab.path("authority")
        os.mkdir(folder)
        cls.ca = ca = Authority(folder)
        ca.root("root", "/O=Test/CN=Root")
        ca.root("evil", "/O=Test/CN=Sub")  # the name of the CA that it plays
        ca.issue("sub", "root", CA % ",pathlen:0", subject="/O=Test/CN=Sub")
        ca.issue("below-sub", "sub", CA % "")
        for name, domain in (("constrained", "a.example"), ("constrained-b", "b.example")):
            ca.issue(name, "root", CA % "" + "nameConstraints=critical,permitted;email:%s\n" % domain)
        for name, (what, _) in LEAVES.items():
            ca.leaf(name, **what)
        cls.a.ctl("trust", "add", ca.path("root.crt"), "--name", "root")
        cls.a.ctl("crl", "add", ca.crl("sub", "revoked"))

    @classmethod
    def tearDownClass(cls):
        super(PeerCase, cls).tearDownClass()

    def signed_by(self, name, *options):
        chain = self.lab.write("chain.pem", b"".join(
            self.ca.read(ca + ".crt") for ca in CHAIN[LEAVES[name][0].get("issuer", "sub")]))
        return self.openssl_make("-sign", "plain", "-signer", self.ca.path(name + ".crt"), "-inkey", self.ca.path(name + ".key"),
                                 "-certfile", chain, *options)

    def test_each_reason(self):
        for name, (_, token) in LEAVES.items():
            for options in ((), ("-nodetach",)):
                with self.subTest(certificate=name, options=options):
                    message = self.signed_by(name, *options)
                    record, opened = self.open(message)
                    self.assertTrue(record["smime_gateway_message"])
                    self.assertEqual(record["smime_gateway_verified"], token == "", record)
                    self.assertEqual([(layer["type"], layer["ok"], layer["token"]) for layer in record["layers"]],
                                     [("signed", token == "", token)], record)
                    self.assertTrue(token == "" or record["layers"][0]["reason"])
                    # What is not believed stays as it came; what is is taken out of its signature.
                    self.assertEqual(body(opened) == body(message), token != "")
                    self.assertTrue(token or b"Second line." in opened)


if __name__ == "__main__":
    lab.main()
