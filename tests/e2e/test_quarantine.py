"""The sample of the reference guide as it stands: what fails verification is held, what passes is not."""
import base64

import lab

GUIDE = """quarantine_smime_messages:if (smime-gateway-message and not smime-gateway-verified)
{ quarantine("Policy"); }"""


class Quarantine(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.a, cls.b = the_lab.pair()
        cls.b.open_incoming()
        cls.b.sql("INSERT INTO message_filter(name, position, script) VALUES('quarantine_smime_messages', 1, '%s')"
                  % GUIDE.replace("'", "''"))
        cls.b.start()

    def sealed(self, mode, opaque):
        self.a.seal_all(mode, opaque)
        return self.a.ctl("seal", "--profile", "all", "--from", "user@a.example", "--to", "u@b.example",
                          data=lab.message("user@a.example", "u@b.example", body=b"Pay 100 euro.\r\n")).stdout

    def deliver(self, octets):
        self.assertEqual(self.b.send("user@a.example", ["u@b.example"], octets, inbound=True), "250")

    def held(self):
        return list(self.b.mta.held())

    def test_good_ones_pass(self):
        for mode, opaque in (("sign", False), ("sign", True), ("sign-encrypt", False), ("triple", True)):
            before = len(self.b.mailbox())
            held = len(self.held())
            self.deliver(self.sealed(mode, opaque))
            self.b.wait_mail(before + 1)
            self.assertEqual(len(self.held()), held, mode)

    def test_tampered_ones_are_held(self):
        detached = self.sealed("sign", False)
        opaque = self.sealed("sign", True).replace(b"\r\n", b"\n")
        head, body = opaque.split(b"\n\n", 1)
        der = base64.b64decode(body).replace(b"Pay 100", b"Pay 900")
        for tampered in (detached.replace(b"Pay 100", b"Pay 900"),
                         (head + b"\n\n" + base64.encodebytes(der)).replace(b"\n", b"\r\n")):
            held = len(self.held())
            self.deliver(tampered)
            lab.wait_for("the message in hold", 10, lambda: len(self.held()) == held + 1)
        self.assertIn("quarantine", self.b.daemon_log())

    def test_pitfall_19_the_log_says_why_and_what_is_released_stays_sealed(self):
        """Postfix logs no reason, and shows nobody what is released: it has to be sealed when it is held."""
        self.b.seal_all("sign-encrypt")
        self.b.trust_peer(self.a, "gateway")
        self.b.sql("INSERT INTO message_filter(name, position, script) VALUES('look', 2,"
                   " 'look: if (subject == \"look\") { quarantine(\"Look at it\"); }')")
        held = len(self.held())
        self.assertEqual(self.b.send("user@b.example", ["u@a.example"], lab.message(
            "user@b.example", "u@a.example", subject="look", body=b"CANARY\r\n")), "250")
        lab.wait_for("the message in hold", 10, lambda: len(self.held()) == held + 1)
        self.assertIn('quarantine="Look at it"', self.b.daemon_log())
        self.lab.wire["a"].hand_to = None
        self.b.mta.release_held()
        for _, octets in self.lab.wire["a"].wait(1):
            self.assertIn(b"application/pkcs7-mime", octets)
            self.assertNotIn(b"CANARY", octets)

    def test_plain_mail_passes(self):
        before = len(self.b.mailbox())
        self.deliver(lab.message("x@c.example", "u@b.example"))
        self.b.wait_mail(before + 1)


if __name__ == "__main__":
    lab.main()
