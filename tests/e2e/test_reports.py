"""A decrypted message that cannot be delivered: its sender is told, and gets nothing back in clear (R-DEC-DSN)."""
import lab


class Reports(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.a, cls.b = the_lab.pair()
        cls.a.seal_all("sign-encrypt")
        cls.b.open_incoming("remove")
        cls.inside = the_lab.sink(["8BITMIME"])
        cls.inside.refuses = rb"gone@"
        cls.b.mta.hand_inside_to(cls.inside.port)
        the_lab.wire["b"].hand_to = None
        cls.a.start()
        cls.b.start()

    def sealed(self, to):
        """What a user of A writes, as it reaches B."""
        frm, wire = "user@a.example", self.lab.wire["b"]
        count = len(wire.messages)
        self.assertEqual(self.a.send(frm, [to], lab.message(frm, to, subject="outside", body=b"CANARY\r\n")), "250")
        return wire.wait(count + 1)[-1][1]

    def test_the_report_holds_the_header_only(self):
        octets = self.sealed("gone@b.example")
        self.assertEqual(self.b.send("user@a.example", ["gone@b.example"], octets, inbound=True,
                                     options=["RET=FULL", "ENVID=QQ314159"]), "250")
        _, report = self.lab.wire["a"].wait(1)[0]
        self.assertIn(b"nobody of that name", report)
        self.assertIn(b"Original-Envelope-Id: QQ314159", report)
        self.assertIn(b"Subject: outside", report)
        self.assertNotIn(b"CANARY", report)

    def test_who_is_there_gets_it_in_clear(self):
        octets = self.sealed("user@b.example")
        self.assertEqual(self.b.send("user@a.example", ["user@b.example"], octets, inbound=True), "250")
        envelope, arrived = self.inside.wait(1)[0]
        self.assertIn("<user@a.example>", envelope[0])
        self.assertIn(b"CANARY", arrived)


if __name__ == "__main__":
    lab.main()
