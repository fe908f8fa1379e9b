"""A captured message, made into others: what brings a key that came before is not decrypted (R-DEC-REPLAY)."""
import base64
import json
import threading

import lab

SENDER, READER = "user@a.example", "u@b.example"
FILTER = """failed: if (smime-gateway-message and not smime-gateway-verified) { quarantine("Policy"); }"""


def spliced(octets):
    """Two blocks at the end of the ciphertext change places."""
    head, body = octets.replace(b"\r\n", b"\n").split(b"\n\n", 1)
    der = bytearray(base64.b64decode(body))
    der[-64:-48], der[-48:-32] = der[-48:-32], der[-64:-48]
    return (head + b"\n\n" + base64.encodebytes(bytes(der))).replace(b"\n", b"\r\n")


class Replay(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.a, cls.b = the_lab.pair()
        cls.b.open_incoming()
        cls.b.sql("INSERT INTO message_filter(name, position, script) VALUES('failed', 1, '%s')" % FILTER)
        cls.a.seal_all("sign-encrypt")
        cls.b.start()

    def sealed(self):
        text = lab.message(SENDER, READER, body=b"Pay 100 euro, CANARY.\r\n" * 40)
        return self.a.ctl("seal", "--profile", "all", "--from", SENDER, "--to", READER, data=text).stdout

    def deliver(self, octets):
        self.assertEqual(self.b.send(SENDER, [READER], octets, inbound=True), "250")

    def assert_delivered(self, octets):
        before = len(self.b.mailbox())
        self.deliver(octets)
        self.assertGreaterEqual(sum(b"CANARY" in m for m in self.b.wait_mail(before + 1)), before + 1)

    def assert_held(self, octets, verdict="replayed-key"):
        held, alerts = len(self.b.mta.held()), self.alerts()
        self.deliver(octets)
        lab.wait_for("the message in hold", 10, lambda: len(self.b.mta.held()) == held + 1)
        self.assertEqual(self.alerts(), alerts + (verdict == "replayed-key"), self.b.daemon_log())
        last = [line for line in self.b.daemon_log().splitlines() if " layers=" in line][-1]
        self.assertIn("encrypted:" + verdict + ":", last)

    def alerts(self):
        return self.b.daemon_log().count(": alert=replayed-key layer=1 fingerprint=")

    def rows(self):
        return int(self.b.sql("SELECT count(*) FROM seen_key"))

    def test_a_captured_message(self):
        captured = self.sealed()
        self.assert_delivered(captured)
        self.assert_held(spliced(captured))
        self.assert_delivered(captured)
        lab.wait_for("the key in the table", 10, lambda: self.rows() > 0)
        self.b.stop_daemon()
        self.b.start_daemon()
        self.assert_held(spliced(captured))
        self.assert_delivered(captured)

    def test_one_that_is_made_first_and_does_not_decrypt(self):
        """The second verdict does not tell what became of the first message."""
        message = self.sealed()
        self.assert_held(spliced(message), "decrypt-failed")
        self.assert_held(message)

    def test_at_the_same_time(self):
        before, alerts, message = len(self.b.mta.held()) + len(self.b.mailbox()), self.alerts(), self.sealed()
        senders = [threading.Thread(target=self.deliver, args=(m,)) for m in (message, spliced(message))]
        for s in senders:
            s.start()
        for s in senders:
            s.join()
        lab.wait_for("both", 20, lambda: len(self.b.mta.held()) + len(self.b.mailbox()) == before + 2)
        self.assertEqual(self.alerts(), alerts + 1)

    def test_smimectl_tells_and_leaves_nothing(self):
        captured, fresh = self.sealed(), self.sealed()
        self.assert_delivered(captured)
        lab.wait_for("the key in the table", 10, lambda: self.rows() > 0)
        rows = self.rows()
        for octets, ok, token in ((captured, True, "encrypted:ok"), (spliced(captured), False, "encrypted:replayed-key"),
                                  (spliced(fresh), False, "encrypted:decrypt-failed"), (fresh, True, "encrypted:ok")):
            record = json.loads(self.b.ctl("open", "--json", data=octets).stderr)
            self.assertEqual(record["layers"][0]["ok"], ok, record)
            self.assertEqual("came before" in record["layers"][0]["reason"], "replayed" in token)
            told = self.b.ctl("explain", "--client", "192.0.2.1", "--from", SENDER, "--to", READER, data=octets).stdout
            self.assertIn(token, told.decode())
        self.assertEqual(self.rows(), rows)


if __name__ == "__main__":
    lab.main()
