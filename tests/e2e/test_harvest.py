"""Keys out of signed mail: the next mail to that partner is encrypted without anybody's action, and nobody can turn it
against us."""
import lab
import pki

USER = "user@a.example"


class HarvestCase(lab.LabCase):
    """Site a, which trusts one CA, encrypts all it sends and harvests from what arrives."""
    @classmethod
    def build(cls, the_lab):
        cls.sink = the_lab.sink(["8BITMIME"])
        cls.a = the_lab.site("a", cls.sink.port)
        cls.pki = pki.Pki(the_lab.path("pki"))
        cls.a.ctl("trust", "add", cls.pki.ca, "--name", "root")
        cls.a.seal_all("encrypt")
        cls.a.open_incoming()
        cls.flow(harvest=1)
        cls.a.start()

    @classmethod
    def flow(cls, **columns):
        cls.a.sql("UPDATE mail_flow_policy SET %s WHERE name = 'accept'"
                  % ", ".join("%s = %d" % item for item in columns.items()))

    def arrive(self, name, sender, says="state=", encrypt_to=None):
        """A message signed with that certificate; waits until the log says what became of the key."""
        entity = self.lab.write("entity", b"Content-Type: text/plain\r\n\r\nhello\r\n")
        signed = ["openssl", "cms", "-sign", "-in", entity, "-signer", self.pki.path(name + ".crt"), "-inkey",
                  self.pki.path(name + ".key"), "-crlfeol"]
        fields = ["-from", sender, "-to", USER, "-subject", "s"]
        if encrypt_to:
            inner = self.lab.write("signed", lab.run(*signed).stdout)
            octets = lab.run("openssl", "cms", "-encrypt", "-aes256", "-in", inner, *fields, encrypt_to).stdout
        else:
            octets = lab.run(*signed, *fields).stdout
        seen = len(self.a.daemon_log())
        self.assertEqual(self.a.send(sender, [USER], lab.crlf(octets), inbound=True), "250")
        if says:
            lab.wait_for("the harvested key", 10, lambda: says in self.a.daemon_log()[seen:])
        return self.a.daemon_log()[seen:]

    def readers(self, to, names):
        """Who can read the next mail to that partner, of those; None: it is refused."""
        already = len(self.sink.messages)
        answer = self.a.send(USER, [to], lab.message(USER, to, body=b"CANARY\r\n"))
        if answer != "250":
            self.assertEqual(answer[0], 550, answer)
            return None
        _, octets = self.sink.wait(already + 1)[-1]
        self.assertIn(b"enveloped-data", octets)
        self.assertNotIn(b"CANARY", octets)
        got = self.lab.write("got", octets)
        return [n for n in names if b"CANARY" in lab.run(
            "openssl", "cms", "-decrypt", "-in", got, "-recip", self.pki.path(n + ".crt"), "-inkey",
            self.pki.path(n + ".key"), check=False).stdout]

    def fingerprint(self, name):
        return lab.run("openssl", "x509", "-in", self.pki.path(name + ".crt"), "-noout", "-fingerprint",
                       "-sha256").stdout.decode().strip().split("=")[1]

    def states(self, address):
        return self.a.sql("SELECT state FROM harvested_key WHERE address = '%s' ORDER BY state" % address).split()


class Harvest(HarvestCase):
    def test_the_next_mail_is_encrypted(self):
        self.pki.leaf("first", "first@b.example")
        self.assertIsNone(self.readers("first@b.example", ["first"]))
        self.arrive("first", "first@b.example", "state=active")
        self.assertEqual(self.readers("first@b.example", ["first"]), ["first"])
        # However the address is spelled.
        self.assertEqual(self.readers("First@B.example", ["first"]), ["first"])
        used = "SELECT use_count FROM harvested_key WHERE address = 'first@b.example' AND last_used_at > 0"
        lab.wait_for("the stamps", 10, lambda: self.a.sql(used).strip() == "2")

    def test_signed_and_encrypted_mail_is_harvested_from(self):
        self.a.make_certificate()
        own = self.lab.write("own.pem", self.a.cert_pem("gateway"))
        self.pki.leaf("both", "both@b.example", kind="p256")
        self.arrive("both", "both@b.example", "state=active", encrypt_to=own)
        self.assertEqual(self.readers("both@b.example", ["both"]), ["both"])

    def test_a_renewal_with_updates_is_used_at_once(self):
        for name in ("old", "new"):
            self.pki.leaf(name, "partner@b.example")
        self.arrive("old", "partner@b.example", "state=active")
        self.flow(harvest_updates=1)
        try:
            self.arrive("new", "partner@b.example", "state=active")
        finally:
            self.flow(harvest_updates=0)
        self.assertEqual(self.readers("partner@b.example", ["old", "new"]), ["new"])
        self.assertEqual(self.states("partner@b.example"), ["active", "superseded"])
        # Old mail that comes once more changes nothing.
        self.arrive("old", "partner@b.example", says=None)
        self.assertEqual(self.readers("partner@b.example", ["old", "new"]), ["new"])

    def test_a_renewal_without_updates_waits_for_the_administrator(self):
        for name in ("before", "after"):
            self.pki.leaf(name, "careful@b.example")
        self.arrive("before", "careful@b.example", "state=active")
        self.arrive("after", "careful@b.example", "state=candidate")
        self.assertEqual(self.readers("careful@b.example", ["before", "after"]), ["before"])
        shown = self.a.ctl("harvested", "list", "--state", "candidate").stdout.decode()
        self.assertIn("careful@b.example  candidate", shown)
        self.assertIn(self.fingerprint("after").replace(":", "").lower(), shown)
        self.a.ctl("harvested", "approve", self.fingerprint("after"))
        self.assertEqual(self.readers("careful@b.example", ["before", "after"]), ["after"])

    def test_a_key_that_a_ca_revoked_is_used_no_more(self):
        self.pki.leaf("gone", "gone@b.example")
        self.arrive("gone", "gone@b.example", "state=active")
        self.assertEqual(self.readers("gone@b.example", ["gone"]), ["gone"])
        self.a.ctl("crl", "add", self.pki.crl("gone"))
        self.assertIsNone(self.readers("gone@b.example", ["gone"]))
        log = self.arrive("gone", "gone@b.example", "layers=")
        self.assertIn("revoked", log)
        self.a.ctl("crl", "delete", "CN=Test Root,O=Test")
        self.assertEqual(self.readers("gone@b.example", ["gone"]), ["gone"])


class Attacks(HarvestCase):
    def test_a_certificate_of_two_names_captures_none(self):
        """A CA has put two mailboxes into Eve's certificate."""
        self.pki.leaf("eve", "eve@c.example,email:alice@c.example")
        self.pki.leaf("alice", "alice@c.example")
        self.arrive("eve", "eve@c.example", "state=active")
        self.assertIsNone(self.readers("alice@c.example", ["eve"]))
        self.arrive("alice", "alice@c.example", "state=active")
        # In Alice's name, even: the key is not the one that is known.
        log = self.arrive("eve", "alice@c.example", "state=candidate")
        self.assertEqual(self.readers("alice@c.example", ["eve", "alice"]), ["alice"])
        lab.wait_for("the alert", 10, lambda: "two or more new keys for alice@c.example" in self.a.daemon_log())
        self.assertIn("candidate", log)
        # Approving Eve's key for Eve says nothing about Alice.
        refused = self.a.ctl("harvested", "approve", self.fingerprint("eve"), check=False)
        self.assertIn("name one with --address", refused.stderr.decode())
        self.a.ctl("harvested", "approve", self.fingerprint("eve"), "--address", "eve@c.example")
        self.assertEqual(self.readers("alice@c.example", ["eve", "alice"]), ["alice"])

    def test_what_does_not_verify_is_never_usable(self):
        stranger = pki.Pki(self.lab.path("stranger"))
        stranger.leaf("forged", "victim@d.example")
        for suffix in (".crt", ".key"):
            with open(stranger.path("forged" + suffix), "rb") as f:
                self.lab.write("pki/forged" + suffix, f.read())
        self.arrive("forged", "victim@d.example", "layers=")
        self.assertEqual(self.states("victim@d.example"), [])
        self.flow(harvest_on_failure=1, harvest_updates=1)
        try:
            self.arrive("forged", "victim@d.example", "state=untrusted")
            self.assertIsNone(self.readers("victim@d.example", ["forged"]))
            # Nor does it take the place of a true one.
            self.pki.leaf("victim", "victim@d.example")
            self.arrive("victim", "victim@d.example", "state=active")
            self.arrive("forged", "victim@d.example", "layers=")
            self.assertEqual(self.readers("victim@d.example", ["forged", "victim"]), ["victim"])
        finally:
            self.flow(harvest_on_failure=0, harvest_updates=0)
        self.a.ctl("harvested", "approve", self.fingerprint("forged"))
        self.assertEqual(self.readers("victim@d.example", ["forged", "victim"]), ["forged"])

    def test_two_keys_within_48_hours_alert_across_a_restart(self):
        for name in ("one", "two"):
            for domain in ("early", "late"):
                self.pki.leaf(name + domain, "u@%s.example" % domain)
        alert = "two or more new keys for u@%s.example"
        for clock, name in (("+0", "one"), ("+172740", "twoearly"), ("+172860", "twolate")):
            self.a.stop_daemon()
            self.a.start_daemon(prefix=("faketime", "-f", clock + "s"))
            for domain in ("early", "late") if clock == "+0" else (name[3:],):
                self.arrive(name + domain if clock == "+0" else name, "u@%s.example" % domain)
        self.assertIn(alert % "early", self.a.daemon_log())
        self.assertNotIn(alert % "late", self.a.daemon_log())
        self.a.stop_daemon()
        self.a.start_daemon()


if __name__ == "__main__":
    lab.main()
