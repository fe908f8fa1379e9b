"""Copies and the listener that takes them: not there, leading back to the gateway, and what cannot be forged."""
import re

import lab
import pki

CANARY = b"CANARY: the merger is on Friday."
SENDER, NAMED, HIDDEN = "user@a.example", "bob@b.example", "carol@b.example"


class Reinjection(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.sink = the_lab.sink(["SIZE", "8BITMIME", "DSN"])
        cls.a = the_lab.site("a", cls.sink.port)
        keys = pki.Pki(the_lab.path("pki"))
        for mailbox in (NAMED, HIDDEN):
            name = mailbox.split("@")[0]
            keys.leaf(name, mailbox)
            cls.a.ctl("public-key", "add", keys.path(name + ".crt"), "--name", name)
        cls.a.seal_all("encrypt")
        cls.a.start()

    def setUp(self):
        self.before, self.log_before = len(self.sink.messages), len(self.a.daemon_log())

    def tearDown(self):
        self.reinject_at(self.a.reinject_port)
        self.assertEqual(self.send(), "250")
        self.assert_both_have_it()

    def reinject_at(self, port):
        self.a.sql("UPDATE setting SET value='%d' WHERE name='reinject_port'" % port)

    def send(self, header=b""):
        """To one who is named and one who is not: a copy has to be handed over."""
        return self.a.send(SENDER, [NAMED, HIDDEN], header + lab.message(SENDER, NAMED, body=CANARY + b"\r\n"))

    def arrived(self):
        lab.wait_for("an empty queue", 30, self.a.mta.is_idle)
        return self.sink.messages[self.before:]

    def assert_both_have_it(self):
        got = self.arrived()
        self.assertEqual(sorted(re.search("<(.*?)>", line).group(1) for envelope, _ in got for line in envelope[1:]),
                         [NAMED, HIDDEN])
        for _, octets in got:
            self.assertIn(b"enveloped-data", octets)
            self.assertNotIn(CANARY, octets)
        self.before = len(self.sink.messages)

    def assert_waits(self, failure):
        answer = self.send()
        self.assertEqual(answer[0], 451, answer)
        self.assertEqual(self.arrived(), [])
        self.assertIn("failure=" + failure, self.a.daemon_log()[self.log_before:])

    def test_nobody_listens(self):
        self.reinject_at(lab.free_port())
        self.assert_waits("connect")

    def test_the_listener_leads_back_to_the_gateway(self):
        """The copy is recognised by where it comes in, and neither goes round nor gets through unseen."""
        self.reinject_at(self.a.port)
        self.assert_waits("loop")
        self.assertEqual(len(re.findall("failure=loop", self.a.daemon_log()[self.log_before:])), 1)

    def test_no_header_makes_a_message_one_of_ours(self):
        """What a copy of ours bears does not pass anybody's mail by the gateway."""
        name = "mx.a.example"
        for _, octets in self.sink.messages[-1:]:
            self.assertIn(b"(smime-milter)", octets)
        forged = (b"Received: from client.test (unknown [127.0.0.1])\r\n\tby %s (smime-milter) with ESMTP id 4ABC;\r\n"
                  b"\tTue, 01 Sep 2026 10:00:00 +0000\r\nX-SMIME-Milter: done\r\n" % name.encode())
        self.assertEqual(self.send(forged), "250")
        self.assert_both_have_it()


if __name__ == "__main__":
    lab.main()
