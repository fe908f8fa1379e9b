"""Private keys: where they are used from, and where they cannot be found."""
import glob
import os
import re
import subprocess

import lab
import pki
import softhsm

USER, PARTNER = "user@a.example", "partner@b.example"
PLAIN = b"Content-Type: text/plain\r\n\r\nhello, SECRET-PLAINTEXT\r\n"


class Tokens(lab.LabCase):
    """Own certificates whose keys are in a token: all that the daemon does with keys, done there."""
    @classmethod
    def build(cls, the_lab):
        cls.sink = the_lab.sink(["8BITMIME"])
        cls.a = the_lab.site("a", cls.sink.port)
        cls.pki = pki.Pki(the_lab.path("pki"))
        cls.token = softhsm.Token(the_lab.path("token"))
        cls.a.ctl("trust", "add", cls.pki.ca, "--name", "root")
        cls.pki.leaf("partner", PARTNER)
        cls.a.ctl("public-key", "add", cls.pki.path("partner.crt"))
        for kind in ("rsa", "p256"):
            _, key = cls.pki.leaf(kind, "gateway@a.example", kind, domain="a.example")
            uri = cls.token.put(key, kind, may_derive=kind == "p256") + "?pin-source=file:" + the_lab.path("pin")
            the_lab.write("pin", softhsm.PIN.encode() + b"\n")
            cls.a.ctl("certificate", "import", kind, cls.pki.path(kind + ".crt"), uri)
        cls.a.open_incoming("remove")
        cls.a.start()

    def test_the_key_signs(self):
        for name, scheme in (("rsa", "rsa-pkcs1"), ("rsa", "rsa-pss"), ("p256", "ecdsa")):
            self.a.seal_all("sign-encrypt", signing_certificate=name, signature_scheme=scheme)
            already = len(self.sink.messages)
            self.assertEqual(self.a.send(USER, [PARTNER], lab.message(USER, PARTNER, body=b"CANARY\r\n")), "250")
            _, octets = self.sink.wait(already + 1)[-1]
            self.assertNotIn(b"CANARY", octets)
            clear = lab.run("openssl", "cms", "-decrypt", "-in", self.lab.write("got", octets), "-recip",
                            self.pki.path("partner.crt"), "-inkey", self.pki.path("partner.key")).stdout
            good, said = lab.openssl_verify(clear, self.pki.ca, self.lab)
            self.assertTrue(good, said)
            self.assertIn(b"CANARY", said)

    def test_the_key_decrypts(self):
        for name, options in (("rsa", ()), ("rsa", ("-keyopt", "rsa_padding_mode:oaep")),
                              ("rsa", ("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256")),
                              ("p256", ()), ("p256", ("-keyopt", "ecdh_kdf_md:sha256"))):
            with self.subTest(name=name, options=options):
                sealed = lab.run("openssl", "cms", "-encrypt", "-aes256", "-in", self.lab.write("plain", PLAIN),
                                 "-from", PARTNER, "-to", USER, "-subject", "s", "-recip",
                                 self.pki.path(name + ".crt"), *options).stdout
                already = len(self.a.mailbox())
                self.assertEqual(self.a.send(PARTNER, [USER], lab.crlf(sealed), inbound=True), "250")
                self.assertTrue(any(b"SECRET-PLAINTEXT" in m for m in self.a.wait_mail(already + 1)))

    def test_a_certificate_and_a_request_over_it(self):
        self.a.ctl("certificate", "create", "self", "--cn", "gw.a.example", "--domain", "other.example", "--key",
                   "pkcs11:token=test;object=rsa;type=private?pin-value=" + softhsm.PIN)
        csr = self.lab.write("csr", self.a.ctl("certificate", "csr", "self").stdout)
        self.assertIn(b"verify OK", lab.run("openssl", "req", "-verify", "-noout", "-in", csr).stderr)
        self.a.ctl("certificate", "delete", "self")


class Memory(lab.LabCase):
    """An RSA key of ours, whose numbers and passphrase are looked for."""
    @classmethod
    def build(cls, the_lab):
        cls.sink = the_lab.sink(["8BITMIME"])
        cls.a = the_lab.site("a", cls.sink.port)
        cls.pki = pki.Pki(the_lab.path("pki"))
        cls.pki.leaf("own", "gateway@a.example", domain="a.example")
        cls.a.ctl("certificate", "import", "gateway", cls.pki.path("own.crt"), cls.pki.path("own.key"))
        cls.a.make_certificate("--key", "p256", name="other")
        cls.a.seal_all("sign")
        cls.a.open_incoming("remove")
        cls.a.start()
        cls.secrets = cls.numbers(cls.pki.path("own.key"))
        cls.passphrase = b"test passphrase"

    @staticmethod
    def numbers(path):
        """Pieces of d, p, q and the rest, in both orders of octets."""
        text = lab.run("openssl", "rsa", "-in", path, "-noout", "-text").stdout.decode()
        found = {}
        for name in ("privateExponent", "prime1", "prime2", "exponent1", "exponent2", "coefficient"):
            octets = bytes.fromhex(re.sub(r"[\s:]", "", re.search(name + r":\n((?:\s+[0-9a-f:]+\n?)+)", text).group(1)))
            found[name] = octets[16:40]
            found[name + " reversed"] = octets[::-1][16:40]
        return found

    def in_memory(self, wanted):
        """What of it can be found in the daemon's memory, which only root may read."""
        found = set()
        pid = self.a.daemon.pid
        with open("/proc/%d/maps" % pid, encoding="ascii") as maps, open("/proc/%d/mem" % pid, "rb", 0) as memory:
            for line in maps:
                span, rights = line.split()[:2]
                if not rights.startswith("rw"):
                    continue
                begin, end = (int(n, 16) for n in span.split("-"))
                memory.seek(begin)
                octets = memory.read(end - begin)
                found.update(name for name, piece in wanted.items() if piece in octets)
        return found

    def use_keys(self):
        self.assertEqual(self.a.send(USER, [PARTNER], lab.message(USER, PARTNER)), "250")

    def test_1_a_key_in_use_is_not_in_the_log(self):
        sealed = lab.run("openssl", "cms", "-encrypt", "-aes256", "-in", self.lab.write("plain", PLAIN), "-from",
                         PARTNER, "-to", USER, "-subject", "s", self.pki.path("own.crt")).stdout
        self.use_keys()
        self.assertEqual(self.a.send(PARTNER, [USER], lab.crlf(sealed), inbound=True), "250")
        self.a.wait_mail(1)
        # It is there, so that what follows may find nothing.
        self.assertIn("prime1 reversed", self.in_memory(self.secrets))
        with open(self.a.log, "rb") as f:
            log = f.read()
        for secret in (self.passphrase, b"PRIVATE", b"SECRET-PLAINTEXT", *self.secrets.values()):
            self.assertNotIn(secret, log)
            self.assertNotIn(secret.hex().encode(), log)

    def test_2_nobody_but_root_can_look(self):
        for name in ("mem", "environ", "maps"):
            owner = os.stat("/proc/%d/%s" % (self.a.daemon.pid, name)).st_uid
            self.assertEqual(owner, 0)
        with open("/proc/%d/limits" % self.a.daemon.pid, encoding="ascii") as f:
            self.assertRegex(f.read(), r"Max core file size +0 +0 ")

    def test_3_a_core_that_root_takes_has_no_secrets(self):
        if subprocess.run(["which", "gcore"], capture_output=True, check=False).returncode != 0:
            self.skipTest("gcore is not installed (package gdb)")
        lab.run("gcore", "-o", self.lab.path("taken"), str(self.a.daemon.pid), check=False)
        cores = glob.glob(self.lab.path("taken.*"))
        self.assertEqual(len(cores), 1)
        with open(cores[0], "rb") as f:
            core = f.read()
        self.assertGreater(len(core), 10000)
        for name, secret in {"passphrase": self.passphrase, **self.secrets}.items():
            self.assertNotIn(secret, core, name)

    def test_4_a_key_that_is_deleted_is_wiped(self):
        self.a.sql("UPDATE sending_profile SET signing_certificate = 'other';"
                   "DELETE FROM certificate WHERE name = 'gateway'")
        self.use_keys()
        lab.wait_for("the last policy's end", 10, lambda: not self.in_memory(self.secrets))

    def test_5_a_crash_leaves_no_core(self):
        folder = self.lab.path("crash")
        os.mkdir(folder)
        # Does this machine make any?
        lab.run("sh", "-c", 'ulimit -c unlimited; cd "$0" && sh -c "kill -ABRT \\$\\$"', folder, check=False)
        if not os.listdir(folder):
            self.skipTest("this machine makes no cores")
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        self.a.stop_daemon()
        self.a.start_daemon(prefix=("sh", "-c", 'ulimit -c unlimited; cd "$0" && exec "$@"', folder))
        self.a.daemon.send_signal(6)
        self.a.daemon.wait(30)
        self.assertEqual(self.a.daemon.returncode, -6)
        self.assertEqual(os.listdir(folder), [])
        self.a.start_daemon()

    def test_6_a_key_that_does_not_match_stops_the_start(self):
        self.a.sql("UPDATE certificate SET certificate = (SELECT certificate FROM certificate WHERE name = 'other')"
                   " WHERE name = 'gateway'")
        self.a.ctl("certificate", "import", "own", self.pki.path("own.crt"), self.pki.path("own.key"))
        self.a.sql("UPDATE certificate SET private_key = (SELECT private_key FROM certificate WHERE name = 'other')"
                   " WHERE name = 'own'")
        # A policy that is in force stays, and the daemon goes on with it ...
        self.use_keys()
        # ... but it does not start with such a key.
        self.a.stop_daemon()
        with self.assertRaisesRegex(AssertionError, "the private key is not that of the certificate"):
            self.a.start_daemon()
        self.assertEqual(self.a.daemon.returncode, 78)
        self.a.daemon = None
        self.a.ctl("certificate", "delete", "own")
        self.a.start_daemon()


if __name__ == "__main__":
    lab.main()
