"""A partner's signed mail arrives; the next mail to that partner is encrypted, without anybody's action."""
import lab
import pki

PARTNER, USER = "partner@b.example", "user@a.example"


class Harvest(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.sink = the_lab.sink(["8BITMIME"])
        cls.a = the_lab.site("a", cls.sink.port)
        cls.pki = pki.Pki(the_lab.path("pki"))
        cls.pki.leaf("partner", PARTNER)
        cls.a.ctl("trust", "add", cls.pki.ca, "--name", "root")
        cls.a.seal_all("encrypt")
        cls.a.open_incoming()
        cls.a.sql("UPDATE mail_flow_policy SET harvest = 1 WHERE name = 'accept'")
        cls.a.start()

    def test_the_next_mail_is_encrypted(self):
        message = lab.message(USER, PARTNER, body=b"CANARY\r\n")
        refused = self.a.send(USER, [PARTNER], message)
        self.assertEqual(refused[0], 550, refused)
        entity = self.lab.write("entity", b"Content-Type: text/plain\r\n\r\nhello\r\n")
        signed = lab.run("openssl", "cms", "-sign", "-in", entity, "-signer", self.pki.path("partner.crt"), "-inkey",
                         self.pki.path("partner.key"), "-from", PARTNER, "-to", USER, "-subject", "s", "-crlfeol").stdout
        self.assertEqual(self.a.send(PARTNER, [USER], signed.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), inbound=True), "250")
        lab.wait_for("the harvested key", 10, lambda: "state=active" in self.a.daemon_log())
        self.assertEqual(self.a.send(USER, [PARTNER], message), "250")
        _, octets = self.sink.wait(1)[-1]
        self.assertIn(b"enveloped-data", octets)
        self.assertNotIn(b"CANARY", octets)
        clear = lab.run("openssl", "cms", "-decrypt", "-in", self.lab.write("got", octets), "-recip",
                        self.pki.path("partner.crt"), "-inkey", self.pki.path("partner.key")).stdout
        self.assertIn(b"CANARY", clear)
        self.assertEqual(self.a.sql("SELECT address, state FROM harvested_key").strip(), PARTNER + "|active")


if __name__ == "__main__":
    lab.main()
