"""Two organisations: signed and encrypted on the way, clear and marked on arrival, and back."""
import email
import re

import lab


class B2B(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.a, cls.b = the_lab.pair()
        cls.a.seal_all("sign-encrypt")
        cls.b.seal_all("triple", opaque=True)
        cls.a.open_incoming("remove")
        cls.b.open_incoming("remove")
        cls.a.start()
        cls.b.start()

    def exchange(self, sender, receiver):
        frm, to = "user@" + sender.domain, "user@" + receiver.domain
        count = len(receiver.mailbox())
        body = b"The offer stands: CANARY-%s.\r\n" % sender.name.encode()
        self.assertEqual(sender.send(frm, [to], lab.message(frm, to, body=body)), "250")
        return receiver.wait_mail(count + 1)[-1]

    def test_both_directions_arrive_clear_and_verified(self):
        for sender, receiver in ((self.a, self.b), (self.b, self.a)):
            arrived = self.exchange(sender, receiver)
            self.assertIn(b"CANARY-" + sender.name.encode(), arrived)
            self.assertEqual(arrived.count(b"MIME-Version: 1.0"), 1)
            self.assertRegex(arrived, rb"Authentication-Results: mx\.%s\.example;[^;]*smime=pass"
                             % receiver.name.encode())

    def test_on_the_wire_it_is_ciphertext(self):
        self.exchange(self.a, self.b)
        for _, octets in self.lab.wire["b"].messages:
            self.assertNotIn(b"CANARY-a", octets)
            self.assertIn(b"application/pkcs7-mime", octets)

    def test_forged_results_go_and_others_stay(self):
        """Results that bear our name are ours alone, on signed mail and on mail that is not (RFC 8601 s5)."""
        forged = (b"Authentication-Results: mx.b.example; smime=pass body.smime-identifier=boss@b.example\r\n"
                  b"Authentication-Results: other.example; spf=pass\r\n"
                  b"AUTHENTICATION-RESULTS:\r\n\tMX.b.Example ;\r\n\tsmime=pass\r\n"
                  b"Authentication-Results: (a (nested) comment) mx.b.example 1; smime=pass\r\n"
                  b'Authentication-Results: "mx.b.example"; smime=pass\r\n'
                  b"Authentication-Results: mx.b.example.evil.test; smime=pass\r\n")
        plain = lab.message("user@a.example", "user@b.example", body=b"CANARY-ar\r\n")
        sealed = self.a.ctl("seal", "--profile", "all", "--from", "user@a.example", "--to", "user@b.example", data=plain).stdout
        for octets, ours in ((plain, 0), (sealed, 1)):
            count = len(self.b.mailbox())
            self.assertEqual(self.b.send("user@a.example", ["user@b.example"], forged + octets, inbound=True), "250")
            arrived = email.message_from_bytes(self.b.wait_mail(count + 1)[-1])
            results = arrived.get_all("Authentication-Results")
            self.assertEqual([r for r in results if "boss@" in r], [])
            self.assertEqual(len([r for r in results if re.match(r'\W*(\(.*\) )?"?mx\.b\.example"?[ ;1]', r, re.I)]), ours, results)
            self.assertEqual(len(results), 2 + ours, results)

    def test_every_message_ends_in_one_log_line(self):
        before = len(re.findall(r"direction=outgoing", self.a.daemon_log()))
        self.exchange(self.a, self.b)
        lines = [l for l in self.a.daemon_log().splitlines() if "direction=outgoing" in l]
        self.assertEqual(len(lines), before + 1)
        self.assertRegex(lines[-1], r"[0-9A-F]+: .*profile=")


if __name__ == "__main__":
    lab.main()
