"""The database is the user interface: edits from the sqlite3 shell apply to the next message."""
import lab


class LivePolicy(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.sink = the_lab.sink(["8BITMIME"])
        cls.a = the_lab.site("a", cls.sink.port)
        cls.a.make_certificate()
        cls.a.start()

    def outgoing(self):
        before = len(self.sink.messages)
        self.assertEqual(self.a.send("user@a.example", ["u@b.example"],
                                     lab.message("user@a.example", "u@b.example")), "250")
        return self.sink.wait(before + 1)[-1][1]

    def test_an_edit_applies_to_the_next_message(self):
        self.assertNotIn(b"multipart/signed", self.outgoing())
        self.a.seal_all("sign")
        self.assertIn(b"multipart/signed", self.outgoing())
        self.a.sql("UPDATE sending_profile SET sign_mode='opaque' WHERE name='all'")
        self.assertIn(b"smime-type=signed-data", self.outgoing())
        self.a.sql("UPDATE content_filter SET enabled=0 WHERE name='seal'")
        self.assertNotIn(b"pkcs7", self.outgoing())
        self.a.sql("UPDATE content_filter SET enabled=1 WHERE name='seal'")

    def test_wrong_rows_are_refused_with_a_sentence(self):
        for statement, sentence in (
                ("INSERT INTO sending_profile(name, mode) VALUES('x', 'sign')", "signing_certificate"),
                ("INSERT INTO sending_profile(name, mode, signing_certificate) VALUES('x', 'sing', 'gateway')", "mode"),
                ("INSERT INTO sending_profile(name, mode, signing_certificate) VALUES('x', 'sign', 'nobody')",
                 "signing_certificate names no row of certificate: insert the certificate first"),
                ("UPDATE setting SET value='x' WHERE name='reinject_port'", "reinject_port"),
                ("INSERT INTO setting(name, value, description) VALUES('colour', 'red', '')", "no setting of that name"),
                ("DELETE FROM mail_policy WHERE name='default-outgoing'", "default-outgoing"),
                ("INSERT INTO sender_group(name, position, mail_flow_policy) VALUES('g', 5, 'none')",
                 "mail_flow_policy names no row")):
            refusal = self.a.sql(statement, check=False)
            self.assertIn(sentence, refusal, statement)

    def test_an_edit_that_does_not_compile_leaves_the_policy_in_force(self):
        self.a.seal_all("sign")
        self.assertIn(b"multipart/signed", self.outgoing())
        # Well formed for SQL; no certificate for anybody who parses it.
        self.a.sql("INSERT INTO certificate(name, certificate, private_key) VALUES('broken',"
                   " '-----BEGIN CERTIFICATE-----' || char(10) || 'AAAA' || char(10) || '-----END CERTIFICATE-----',"
                   " '-----BEGIN ENCRYPTED PRIVATE KEY-----' || char(10) || 'AAAA' || char(10) ||"
                   " '-----END ENCRYPTED PRIVATE KEY-----')")
        self.assertIn(b"multipart/signed", self.outgoing())
        self.assertRegex(self.a.daemon_log(), r'certificate.*broken')
        self.a.sql("DELETE FROM certificate WHERE name='broken'")
        self.assertIn(b"multipart/signed", self.outgoing())

    def test_a_broken_filter_is_left_out_and_named(self):
        self.a.sql("INSERT INTO message_filter(name, position, script) VALUES('typo', 5,"
                   " 'typo: if (subjekt == \"x\") { drop(); }')")
        self.outgoing()
        log = self.a.daemon_log()
        self.assertRegex(log, r"message_filter.*typo")
        self.assertIn("subject", log)
        self.a.sql("DELETE FROM message_filter WHERE name='typo'")


if __name__ == "__main__":
    lab.main()
