"""Every algorithm, with openssl as the other side: what partners may send is read, what we may write is accepted."""
import base64
import itertools
import zlib

import lab
from peers import CONTENTS, CURVES, DIGESTS, FROM, TO, PeerCase, der

OAEP = "rsa_padding_mode:oaep"
PSS = "rsa_padding_mode:pss"


def keyopts(options):
    return itertools.chain(*(("-keyopt", option) for option in options))


class Algorithms(PeerCase):
    @classmethod
    def build(cls, the_lab):
        super().build(the_lab)
        cls.own_each_algorithm()

    def seal_as(self, sender, recipient, mode, **columns):
        self.a.seal_all(mode, True, **columns)
        mime, body = CONTENTS["8bit"]
        return self.a.ctl("seal", "--profile", "all", "--from", sender, "--to", recipient,
                          data=lab.message(sender, recipient, mime=mime, body=body)).stdout

    def encrypted_by_openssl(self, name, options=(), cipher="-aes256", *more):
        return self.openssl_make("-encrypt", "8bit", cipher, *more, "-recip", self.pki.path(name + ".crt"), *keyopts(options))

    def signed_by_openssl(self, name, sender=FROM, options=(), *more):
        octets = self.openssl_make("-sign", "8bit", *self.signer(name), *keyopts(options), *more)
        return octets.replace(b"From: " + FROM.encode(), b"From: " + sender.encode(), 1)

    def set(self, name, value):
        self.a.sql("UPDATE setting SET value='%d' WHERE name='%s'" % (value, name))

    def algorithm_of(self, octets):
        return self.open(octets)[0]["layers"][0]["algorithm"]

    # ---- what we write ----

    def test_ecdh_is_read_by_openssl(self):
        for name, cipher in itertools.product(["ec-" + c for c in CURVES], ("aes128-cbc", "aes256-gcm")):
            with self.subTest(key=name, cipher=cipher):
                octets = self.seal_as(FROM, name + "@b.example", "encrypt", signing_certificate=None, content_cipher=cipher)
                self.assert_same_text(self.openssl("-decrypt", octets, "-recip", self.pki.path(name + ".crt"), "-inkey",
                                                   self.pki.path(name + ".key")), "8bit")
                self.assertIn("stddh-sha256", self.algorithm_of(octets))

    def test_x25519_is_read_by_ourselves(self):
        # openssl 3.0 has no HKDF in CMS (RFC 8418): nobody else here reads it.
        octets = self.seal_as(FROM, "xenia@b.example", "encrypt", signing_certificate=None)
        self.assert_opens(octets, "8bit", ["encrypted"])
        self.assertIn("hkdf-sha256", self.algorithm_of(octets))

    def test_signatures_are_accepted_by_openssl(self):
        cases = [("ec-" + c, "auto", d) for c, d in zip(CURVES, DIGESTS)] + [("pam", "auto", "sha256")]
        cases = [(n, n + "@b.example", s, d) for n, s, d in cases]
        cases += [("alice", FROM, scheme, d) for scheme in ("rsa-pkcs1", "rsa-pss") for d in DIGESTS]
        for name, sender, scheme, digest in cases:
            with self.subTest(signer=name, scheme=scheme, digest=digest):
                octets = self.seal_as(sender, TO, "sign", signing_certificate=name, signature_scheme=scheme, digest=digest)
                self.assert_same_text(self.openssl_verify(octets), "8bit")
                self.assert_opens(octets, "8bit", ["signed"])

    def test_a_key_bound_to_a_digest_signs_with_no_other(self):
        self.a.seal_all("sign", True, signing_certificate="pam", digest="sha384")
        for command, exit_code in ((("check",), 78), (("seal", "--profile", "all", "--from", "pam@b.example", "--to", TO), 65)):
            done = self.a.ctl(*command, data=lab.message("pam@b.example", TO), check=False)
            self.assertEqual(done.returncode, exit_code)
            self.assertIn(b"is bound to RSASSA-PSS with another digest or salt than sha384", done.stdout + done.stderr)

    def test_ed25519_is_verified_by_ourselves(self):
        # openssl 3.0 makes and reads no Ed25519 in CMS (RFC 8419).
        octets = self.seal_as("ed@b.example", TO, "sign", signing_certificate="ed")
        self.assert_opens(octets, "8bit", ["signed"])
        self.assertEqual(self.algorithm_of(octets), "sha512 eddsa")

    def test_oaep_is_read_by_openssl(self):
        octets = self.seal_as(FROM, TO, "sign-encrypt", signing_certificate="alice", key_transport="rsa-oaep")
        self.assert_same_text(self.openssl_verify(self.openssl_decrypt(octets)), "8bit")
        self.assert_opens(octets, "8bit", ["encrypted", "signed"])

    def test_key_identifiers_are_understood_by_openssl(self):
        for name in ("bob", "ec-p256"):
            with self.subTest(reader=name):
                octets = self.seal_as(FROM, name + "@b.example", "sign-encrypt", signing_certificate="alice",
                                      certificate_id="subject-key-id")
                inner = self.openssl("-decrypt", octets, "-recip", self.pki.path(name + ".crt"), "-inkey",
                                     self.pki.path(name + ".key"))
                self.assert_same_text(self.openssl_verify(inner), "8bit")
                self.assert_opens(octets, "8bit", ["encrypted", "signed"])
                text = self.openssl("-cmsout", octets, "-print", "-noout").decode()
                self.assertIn("subjectKeyIdentifier", text)
                self.assertNotIn("serialNumber", text)

    def test_what_openssl_learns_about_our_signature(self):
        octets = self.seal_as(FROM, TO, "sign", signing_certificate="alice")
        text = self.openssl("-cmsout", octets, "-print", "-noout").decode()
        for attribute in ("contentType", "messageDigest", "signingTime", "S/MIME Capabilities", "signingCertificateV2"):
            self.assertIn(attribute, text)
        # The chain but not its root; alice stands directly below it.
        self.assertEqual(text.count("d.certificate:"), 1)

    # ---- what others write ----

    def test_key_transport(self):
        for options in ((OAEP,), *[(OAEP, "rsa_oaep_md:" + md) for md in ("sha1",) + DIGESTS],
                        *[(OAEP, "rsa_oaep_md:" + md, "rsa_mgf1_md:" + mgf)
                          for md, mgf in (("sha256", "sha256"), ("sha512", "sha512"), ("sha256", "sha1"), ("sha1", "sha512"))],
                        (OAEP, "rsa_oaep_label:746573740a"), (OAEP, "rsa_oaep_md:sha384", "rsa_oaep_label:00ff")):
            with self.subTest(options=options):
                octets = self.encrypted_by_openssl("bob", options)
                self.assert_opens(octets, "8bit", ["encrypted"])
                self.assertIn("rsa-oaep", self.algorithm_of(octets))

    def test_key_agreement(self):
        kdfs = ((), *[("ecdh_kdf_md:" + md,) for md in ("sha1",) + DIGESTS], ("ecdh_cofactor_mode:1", "ecdh_kdf_md:sha256"))
        for curve, kdf in itertools.product(CURVES, kdfs):
            with self.subTest(curve=curve, kdf=kdf):
                self.assert_opens(self.encrypted_by_openssl("ec-" + curve, kdf), "8bit", ["encrypted"])
        for cipher, more in (("-aes128", ("-keyid",)), ("-aes192", ()), ("-aes-256-gcm", ()), ("-aes128-wrap", ("-aes256",))):
            with self.subTest(cipher=cipher):
                self.assert_opens(self.encrypted_by_openssl("ec-p256", (), cipher, *more), "8bit", ["encrypted"])

    def test_content_encryption(self):
        for cipher, algorithm in (("-aes128", "aes128-cbc"), ("-aes192", "aes192-cbc"), ("-aes256", "aes256-cbc"),
                                  ("-aes-128-gcm", "aes128-gcm"), ("-aes-192-gcm", "aes192-gcm"),
                                  ("-aes-256-gcm", "aes256-gcm")):
            with self.subTest(cipher=cipher):
                octets = self.encrypted_by_openssl("bob", (), cipher)
                self.assert_opens(octets, "8bit", ["encrypted"])
                self.assertTrue(self.algorithm_of(octets).startswith(algorithm))

    def test_triple_des_is_read_and_marked(self):
        octets = self.encrypted_by_openssl("bob", (), "-des3")
        record, opened = self.open(octets)
        self.assert_same_text(opened, "8bit")
        self.assertFalse(record["smime_gateway_verified"])
        self.assertEqual((record["layers"][0]["ok"], record["layers"][0]["token"]), (True, "weak"))
        self.assertIn("legacy", record["layers"][0]["reason"])
        self.set("weak_verifies", 1)
        self.assert_opens(octets, "8bit", ["encrypted"])
        self.set("weak_verifies", 0)

    def test_camellia_is_read(self):
        mime, body = CONTENTS["8bit"]
        for cipher in ("CAMELLIA128", "CAMELLIA192", "CAMELLIA256"):
            with self.subTest(cipher=cipher):
                made = self.gpgsm("--encrypt", "-r", self.gpgsm.key("bob"), "--cipher-algo", cipher, "--output", "-",
                                  self.lab.write("entity", mime + b"\r\n" + body)).stdout
                self.assert_opens(self.p7m(b"enveloped-data", made), "8bit", ["encrypted"])

    def test_what_is_too_old_or_for_others_is_not_read(self):
        rc2 = self.openssl_make("-encrypt", "8bit", "-rc2-40", "-provider", "legacy", "-provider", "default", "-recip",
                                self.pki.path("bob.crt"))
        password = self.openssl_make("-encrypt", "8bit", "-aes256", "-pwri_password", "secret")
        kek = self.openssl_make("-encrypt", "8bit", "-aes256", "-secretkey", "00" * 16, "-secretkeyid", "C0FFEE")
        for octets, token in ((rc2, "algorithm"), (password, "no-key"), (kek, "no-key")):
            with self.subTest(token=token):
                record, opened = self.open(octets)
                self.assertFalse(record["smime_gateway_verified"])
                self.assertEqual(record["layers"][0]["token"], token)
                self.assertIn(b"pkcs7-mime", opened)

    def test_several_recipients(self):
        recipients = list(itertools.chain(*(("-recip", self.pki.path(n + ".crt")) for n in ("ec-p384", "alice", "bob"))))
        self.assert_opens(self.openssl_make("-encrypt", "8bit", "-aes256", *recipients), "8bit", ["encrypted"])

    def test_signatures(self):
        for options in ((), ("rsa_pss_saltlen:0",), ("rsa_pss_saltlen:20",), ("rsa_pss_saltlen:max",)):
            for digest in DIGESTS:
                with self.subTest(salt=options, digest=digest):
                    octets = self.signed_by_openssl("alice", FROM, (PSS, *options), "-md", digest, "-nodetach")
                    self.assert_opens(octets, "8bit", ["signed"])
        for name in ["pam", *["ec-" + c for c in CURVES]]:
            with self.subTest(signer=name):
                sender = name + "@b.example"
                self.assert_opens(self.signed_by_openssl(name, sender, (PSS,) if name == "pam" else ()), "8bit", ["signed"])
        for options in (("-keyid",), ("-nosmimecap",), ("-cades",), ("-nodetach", "-stream"),
                        ("-receipt_request_all", "-receipt_request_to", FROM)):
            with self.subTest(options=options):
                self.assert_opens(self.signed_by_openssl("alice", FROM, (), *options), "8bit", ["signed"])

    def test_several_signers(self):
        octets = self.signed_by_openssl("alice", FROM, (), *self.signer("ec-p256"))
        self.assert_opens(octets, "8bit", ["signed"])

    def test_weak_signatures_verify_by_setting_only(self):
        octets = self.signed_by_openssl("alice", FROM, (), "-md", "sha1")
        record, _ = self.open(octets)
        self.assertEqual((record["smime_gateway_verified"], record["layers"][0]["token"]), (False, "weak"))
        self.set("weak_verifies", 1)
        self.assert_opens(octets, "8bit", ["signed"])
        self.set("weak_verifies", 0)

    def test_signatures_without_attributes_verify_by_setting_only(self):
        for options in ((), ("-nodetach",)):
            octets = self.signed_by_openssl("alice", FROM, (), "-noattr", *options)
            record, _ = self.open(octets)
            self.assertEqual((record["smime_gateway_verified"], record["layers"][0]["token"]), (False, "no-attributes"))
            self.set("no_attributes_verifies", 1)
            self.assert_opens(octets, "8bit", ["signed"])
            self.set("no_attributes_verifies", 0)

    def test_layers_in_any_order(self):
        # openssl writes base64 with bare LF.
        entity_of = lambda octets: lab.crlf(octets.split(b"MIME-Version: 1.0\r\n", 1)[1])
        to_bob = ("-aes256", "-recip", self.pki.path("bob.crt"))
        signed = self.signed_by_openssl("alice")
        encrypted = self.openssl_make("-encrypt", "8bit", *to_bob)
        inner = entity_of(signed)
        sealed = self.openssl_make("-encrypt", "8bit", *to_bob, entity=inner)
        self.assert_opens(sealed, "8bit", ["encrypted", "signed"])
        self.assert_opens(self.openssl_make("-sign", "8bit", *self.signer("alice"), entity=entity_of(sealed)), "8bit",
                          ["signed", "encrypted", "signed"])
        self.assert_opens(self.openssl_make("-sign", "8bit", *self.signer("alice"), "-nodetach", entity=entity_of(encrypted)),
                          "8bit", ["signed", "encrypted"])

    def test_ber_with_indefinite_lengths(self):
        for kind, args in ((b"signed-data", ("-sign", "-nodetach", *self.signer("alice"))),
                           (b"enveloped-data", ("-encrypt", "-aes256", "-recip", self.pki.path("bob.crt")))):
            with self.subTest(kind=kind):
                mime, body = CONTENTS["3MB"]
                octets = lab.run("openssl", "cms", args[0], "-binary", "-in", self.lab.write("entity", mime + b"\r\n" + body),
                                 "-stream", "-indef", "-outform", "DER", *args[1:]).stdout
                self.assertEqual(octets[:2], b"\x30\x80")
                self.assert_opens(self.p7m(kind, octets), "3MB", ["signed" if kind == b"signed-data" else "encrypted"])

    def test_compressed(self):
        mime, body = CONTENTS["8bit"]
        oid = lambda text: bytes.fromhex(text)
        inflated = der(4, zlib.compress(mime + b"\r\n" + body))
        data = der(0x30, b"\x02\x01\x00", der(0x30, oid("060b2a864886f70d0109100308")),
                   der(0x30, oid("06092a864886f70d010701"), der(0xa0, inflated)))
        octets = self.p7m(b"compressed-data", der(0x30, oid("060b2a864886f70d0109100109"), der(0xa0, data)))
        record, opened = self.open(octets)
        self.assert_same_text(opened, "8bit")
        self.assertEqual(record["layers"][0]["type"], "compressed")
        # Compression is no protection: it makes no gateway message.
        self.assertFalse(record["smime_gateway_message"])

    def test_certs_only_is_no_message(self):
        octets = lab.run("openssl", "crl2pkcs7", "-nocrl", "-certfile", self.pki.path("alice.crt"), "-outform", "DER").stdout
        record, _ = self.open(self.p7m(b"certs-only", octets))
        self.assertEqual((record["smime_gateway_message"], record["layers"]), (False, []))

    def test_labels_that_are_wrong_or_missing(self):
        octets = self.encrypted_by_openssl("bob")
        body = octets.split(b"\r\n\r\n", 1)[1]
        for label in (b'application/pkcs7-mime; name="smime.p7m"', b"application/x-pkcs7-mime; smime-type=signed-data",
                      b'application/octet-stream; name="smime.p7m"', b'application/octet-stream; name*=utf-8\'\'smime.P7M'):
            with self.subTest(label=label):
                mime = b"Content-Type: " + label + b"\r\nContent-Transfer-Encoding: base64\r\n"
                self.assert_opens(lab.message(FROM, TO, mime=mime, body=body), "8bit", ["encrypted"])

    # ---- who is right ----

    def test_we_believe_nothing_that_openssl_refuses(self):
        """One bit of a good CMS object or of what it signs is changed: verified here and refused there is a failure."""
        opaque = self.signed_by_openssl("alice", FROM, (), "-nodetach")
        octets = base64.b64decode(opaque.split(b"\r\n\r\n", 1)[1])
        for at in range(0, len(octets), len(octets) // 400):
            changed = self.p7m(b"signed-data", octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1:])
            if self.open(changed)[0]["smime_gateway_verified"]:
                self.assertTrue(lab.openssl_verify(changed, self.pki.ca, self.lab)[0], at)


if __name__ == "__main__":
    lab.main()
