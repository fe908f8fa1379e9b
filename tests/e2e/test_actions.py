"""Each action of the filter language, through a real Postfix: what leaves, to whom, and what the log says."""
import email
import email.policy
import re

import lab
import pki

SENDER, RCPT = "user@a.example", "bob@b.example"

# A filter for each action, named like it, that runs when the subject is its name.
ACTIONS = {
    "smime-gateway": "smime-gateway('all'); log-entry('never reached');",
    "smime-gateway-deferred": "smime-gateway-deferred('none'); smime-gateway-deferred('all'); insert-header('X-After', 'yes');",
    "quarantine": "quarantine('First'); quarantine('Policy'); insert-header('X-After', 'yes');",
    "drop": "drop(); bounce();",
    "bounce": "bounce(); deliver();",
    "deliver": "deliver(); drop();",
    "skip-filters": "skip-filters(); drop();",
    "insert-header": "insert-header('X-New', 'was: $Subject by $EnvelopeFrom'); insert-header('X-Wide', '机密');",
    "strip-header": "strip-header('x-old');",
    "edit-header-text": r"edit-header-text('X-Old', '(o)(n)(e)?', '\\3\\2\\1!');",
    "log-entry": "log-entry('seen $Subject $Header[\\'X-Old\\'] $filenames $BodySize');",
    "notify": "notify('boss@b.example', 'About $Subject', 'gate@a.example');",
    "notify-copy": "notify-copy('boss@b.example');",
    "bcc": "bcc('boss@b.example');",
    "alt-rcpt-to": "alt-rcpt-to('boss@b.example');",
    "tag-message": "tag-message('blue');",
    "no-op": "no-op();",
}


class Actions(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.sink = the_lab.sink(["SIZE", "8BITMIME", "DSN", "SMTPUTF8"])
        cls.a = the_lab.site("a", cls.sink.port)
        cls.a.make_certificate()
        cls.pki = pki.Pki(the_lab.path("pki"))
        cls.pki.leaf("bob", RCPT)
        cls.a.ctl("public-key", "add", cls.pki.path("bob.crt"), "--name", "bob")
        cls.a.sql("INSERT INTO sending_profile(name, mode, signing_certificate) VALUES('all', 'sign-encrypt', 'gateway'),"
                  " ('none', 'sign', 'gateway')")
        for position, (name, block) in enumerate(ACTIONS.items(), 1):
            cls.a.sql("INSERT INTO message_filter(name, position, script) VALUES('%s', %d, '%s')" % (
                name, position, ("%s: if subject == '^%s$' { %s }" % (name, name, block)).replace("'", "''")))
        cls.a.sql("INSERT INTO message_filter(name, position, script) VALUES('last', 99,"
                  " 'last: if true { insert-header(''X-Last'', ''message filter''); }')")
        # A content filter for everybody: deliver ends filtering, skip-filters message filters only.
        cls.a.sql("INSERT INTO content_filter(name, direction) VALUES('mark', 'outgoing');"
                  "INSERT INTO content_filter_action(content_filter, position, action, argument)"
                  " VALUES('mark', 1, 'insert-header', '[\"X-Mark\", \"content filter\"]');"
                  "INSERT INTO mail_policy_filter(mail_policy, position, content_filter) VALUES('default-outgoing', 1, 'mark')")
        cls.a.start()

    def run_action(self, name, count):
        """Sends one message that triggers the action; the messages that leave, {recipients: message}."""
        before, self.log_before = len(self.sink.messages), len(self.a.daemon_log())
        octets = lab.message(SENDER, RCPT, subject=name, mime=b"X-Old: one\r\nX-Old: two\r\n", body=b"SECRET text\r\n")
        self.answer = self.a.send(SENDER, [RCPT], octets)
        lab.wait_for("an empty queue", 30, lambda: self.a.mta.is_idle() or self.a.mta.held())
        lab.wait_for("mail at the next hop", 10, lambda: len(self.sink.messages) >= before + count)
        got = self.sink.messages[before:]
        self.assertEqual(len(got), count, name)
        self.octets = [octets for _, octets in got]
        return {tuple(sorted(re.search("<(.*?)>", line).group(1) for line in envelope if line.upper().startswith("RCPT"))):
                email.message_from_bytes(octets, policy=email.policy.default) for envelope, octets in got}

    def log(self):
        return self.a.daemon_log()[self.log_before:]

    def only(self, name):
        mail = self.run_action(name, 1)
        self.assertEqual(self.answer, "250")
        self.assertEqual(list(mail), [(RCPT,)])
        return mail[(RCPT,)]

    def test_smime_gateway(self):
        m = self.only("smime-gateway")
        self.assertEqual(m.get_content_type(), "application/pkcs7-mime")
        self.assertNotIn(b"SECRET", self.octets[0])
        self.assertIsNone(m["X-Mark"])  # final
        self.assertNotIn("never reached", self.log())

    def test_smime_gateway_deferred(self):
        m = self.only("smime-gateway-deferred")
        self.assertEqual(m.get_content_type(), "application/pkcs7-mime")  # the last mark wins
        self.assertEqual((m["X-After"], m["X-Mark"]), ("yes", "content filter"))

    def test_quarantine(self):
        before = len(self.a.mta.held())
        self.run_action("quarantine", 0)
        self.assertEqual(self.answer, "250")
        lab.wait_for("the message in hold", 10, lambda: len(self.a.mta.held()) == before + 1)
        self.assertIn("Policy", self.log())

    def test_drop(self):
        self.run_action("drop", 0)
        self.assertEqual(self.answer, "250")
        self.assertRegex(self.log(), "answer=(discard|drop)")

    def test_bounce(self):
        self.run_action("bounce", 0)
        self.assertEqual(self.answer, (550, "5.7.1 message refused by policy (bounce)"))
        self.assertNotIn("SECRET", self.log())

    def test_deliver(self):
        m = self.only("deliver")
        self.assertEqual((m["X-Last"], m["X-Mark"]), (None, None))
        self.assertIn("SECRET", m.get_content())

    def test_skip_filters(self):
        m = self.only("skip-filters")
        self.assertEqual((m["X-Last"], m["X-Mark"]), (None, "content filter"))

    def test_insert_header(self):
        m = self.only("insert-header")
        self.assertEqual(m["X-New"], "was: insert-header by user@a.example")
        self.assertEqual(m["X-Wide"], "机密")
        self.assertEqual((m["X-Last"], m["X-Mark"]), ("message filter", "content filter"))
        header = self.octets[0].split(b"\r\n\r\n")[0]
        self.assertTrue(header.isascii(), header)  # RFC 5322: not every way on takes 8-bit headers

    def test_strip_header(self):
        self.assertIsNone(self.only("strip-header").get_all("X-Old"))

    def test_edit_header_text(self):
        self.assertEqual(self.only("edit-header-text").get_all("X-Old"), ["eno!", "two"])

    def test_log_entry(self):
        self.assertEqual(self.only("log-entry").get_all("X-Old"), ["one", "two"])
        self.assertIn("seen log-entry one", self.log())

    def test_notify(self):
        mail = self.run_action("notify", 2)
        note = mail[("boss@b.example",)]
        self.assertEqual((note["Subject"], note["To"]), ("About notify", "boss@b.example"))
        self.assertIn("gate@a.example", note["From"])
        self.assertNotIn("SECRET", note.as_string())
        self.assertIn("SECRET", mail[(RCPT,)].get_content())

    def test_notify_copy(self):
        mail = self.run_action("notify-copy", 2)
        self.assertIn("SECRET", mail[("boss@b.example",)].as_string())

    def test_bcc(self):
        mail = self.run_action("bcc", 1)
        self.assertEqual(list(mail), [(RCPT, "boss@b.example")])
        self.assertNotIn(b"boss", self.octets[0].split(b"\r\n\r\n")[0])

    def test_alt_rcpt_to(self):
        mail = self.run_action("alt-rcpt-to", 1)
        self.assertEqual(list(mail), [("boss@b.example",)])

    def test_tag_message(self):
        self.only("tag-message")
        self.assertRegex(self.log(), r"tags?=\S*blue")

    def test_no_op(self):
        m = self.only("no-op")
        self.assertEqual((m["X-Last"], m["X-Mark"]), ("message filter", "content filter"))

    def test_memory_of_looking_into_25_mb(self):
        """Six mixed attachments, body-contains in five filters: within 64 MiB."""
        import base64
        import os
        import quopri

        parts, size = [], 9 * 512 * 1024
        noise = os.urandom(size)
        text = ("季度报告 请确认附件 quarterly report\r\n" * 60000)
        for kind, cte, body in (
                ("application/pdf", "base64", base64.encodebytes(noise)),
                ("image/jpeg", "base64", base64.encodebytes(noise[::-1])),
                ("text/plain; charset=gbk", "base64", base64.encodebytes(text.encode("gbk"))),
                ("text/csv; charset=utf-8", "8bit", text.encode()),
                ("text/html; charset=iso-8859-1", "quoted-printable", quopri.encodestring("Prüfung <b>x</b>\n".encode("latin1") * 50000)),
                ("application/octet-stream", "base64", base64.encodebytes(noise))):
            parts.append(b"--bb\r\nContent-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s\r\n" % (
                kind.encode(), cte.encode(), body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")))
        octets = lab.message(SENDER, RCPT, mime=b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=bb\r\n",
                             body=b"".join(parts) + b"--bb--\r\n")
        self.assertGreater(len(octets), 25e6)
        for position, word in enumerate(("confidential", "机密", "(?i)机密|secret", "[0-9]{4}-[0-9]{4}", "(?i)quarterly"), 1):
            self.a.sql("INSERT INTO message_filter(name, position, script) VALUES('look%d', %d,"
                       " 'look%d: if body-contains(\"%s\") { log-entry(''found it''); }')" % (position, 100 + position, position, word))
        try:
            before = len(self.sink.messages)
            self.assertEqual(self.a.send(SENDER, [RCPT], octets), "250")
            lab.wait_for("mail at the next hop", 60, lambda: len(self.sink.messages) > before)
        finally:
            self.a.sql("DELETE FROM message_filter WHERE name LIKE 'look%'")
        self.assertRegex(self.a.daemon_log(), "filters=last,look5,mark .*answer=")
        peak = self.a.peak_rss_kib()
        print("%d MB, five body-contains: the daemon's peak resident memory %.1f MiB" % (len(octets) / 1e6, peak / 1024))
        self.assertLess(peak, 64 * 1024)


if __name__ == "__main__":
    lab.main()
