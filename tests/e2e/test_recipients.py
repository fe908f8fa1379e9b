"""Who gets what: bounce, drop and split, several policies in one message, hidden recipients, aliases, DSN, SMTPUTF8."""
import email
import itertools
import re
import smtplib

import lab
import pki

CANARY = b"CANARY: the merger is on Friday."
SENDER = "user@a.example"
READERS = ("bob", "carol", "dora")  # each has a certificate; mailboxes at b.example


def addresses_of(envelope):
    return sorted(re.search("<(.*?)>", line).group(1) for line in envelope if line.upper().startswith("RCPT"))


class Recipients(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.sink = the_lab.sink(["SIZE", "8BITMIME", "DSN", "SMTPUTF8"])
        cls.a = the_lab.site("a", cls.sink.port, aliases={"team@a.example": ["x@ext.example", "y@ext.example"]})
        cls.a.make_certificate()
        cls.pki = pki.Pki(the_lab.path("pki"))
        for name in READERS:
            cls.reader(name, name + "@b.example")
        cls.reader("team", "team@a.example")
        cls.reader("intl", None, "intl.example")
        cls.a.seal_all("sign-encrypt")
        cls.a.start()

    @classmethod
    def reader(cls, name, mailbox, domain=None):
        cls.pki.leaf(name, mailbox, domain=domain)
        cls.a.ctl("public-key", "add", cls.pki.path(name + ".crt"), "--name", name)

    def setUp(self):
        self.before = len(self.sink.messages)
        self.log_before = len(self.a.daemon_log())
        self.a.seal_all("sign-encrypt")

    # -- what happened since the test began
    def arrived(self, count):
        """{recipients: octets} of exactly so many messages at the sink."""
        lab.wait_for("an empty queue", 30, self.a.mta.is_idle)
        got = self.sink.messages[self.before:]
        self.assertEqual(len(got), count)
        return {tuple(addresses_of(envelope)): octets for envelope, octets in got}

    def log(self):
        return self.a.daemon_log()[self.log_before:]

    def line(self):
        """The one line that ends the message."""
        return [l for l in self.log().splitlines() if " answer=" in l][-1]

    def mail(self, to, cc="", body=CANARY + b"\r\n", subject="test"):
        octets = lab.message(SENDER, to, subject=subject, body=body)
        return octets.replace(b"\r\nSubject:", b"\r\nCc: %s\r\nSubject:" % cc.encode(), 1) if cc else octets

    def send(self, recipients, octets=None, options=()):
        names = [r if isinstance(r, str) else r[0] for r in recipients]
        return self.a.send(SENDER, recipients, octets or self.mail(">, <".join(names)), options=options)

    def readers_of(self, octets):
        """The names of those that can decrypt, after checking that there is one RecipientInfo for each."""
        path = self.lab.write("cms.eml", octets)
        dump = lab.run("openssl", "cms", "-cmsout", "-print", "-noout", "-in", path).stdout
        can = [n for n in (*READERS, "team", "intl")
               if lab.run("openssl", "cms", "-decrypt", "-in", path, "-recip", self.pki.path(n + ".crt"),
                          "-inkey", self.pki.path(n + ".key"), check=False).returncode == 0]
        self.assertEqual(len(re.findall(rb"^ *d\.(?:ktri|kari):", dump, re.M)), len(can))
        return can

    def policy(self, name, pattern, actions):
        """Recipients that match get a mail policy of their own. actions: (name, argument, profile)."""
        self.a.sql("BEGIN; INSERT INTO content_filter(name, direction) VALUES('%s', 'outgoing');" % name + "".join(
            "INSERT INTO content_filter_action(content_filter, position, action, argument, sending_profile)"
            " VALUES('%s', %d, '%s', '%s', %s);" % (name, i + 1, action, argument, "'%s'" % profile if profile else "NULL")
            for i, (action, argument, profile) in enumerate(actions)) +
            "INSERT INTO mail_policy(name, direction, position) VALUES('%s', 'outgoing',"
            " (SELECT 1 + count(*) FROM mail_policy));"
            "INSERT INTO mail_policy_member(mail_policy, side, pattern) VALUES('%s', 'recipient', '%s');"
            "INSERT INTO mail_policy_filter(mail_policy, position, content_filter) VALUES('%s', 1, '%s'); COMMIT;"
            % (name, name, pattern, name, name))
        self.addCleanup(self.a.sql, "DELETE FROM mail_policy WHERE name='%s';"
                        "DELETE FROM content_filter WHERE name='%s';" % (name, name))

    def profile(self, name, mode, **columns):
        columns = {"name": name, "mode": mode, "signing_certificate": None if mode == "encrypt" else "gateway", **columns}
        self.a.sql("INSERT OR REPLACE INTO sending_profile(%s) VALUES(%s)" % (
            ",".join(columns), ",".join("NULL" if v is None else "'%s'" % v for v in columns.values())))

    # -- missing_key_action
    def test_bounce_names_everybody_without_a_key(self):
        answer = self.send(["bob@b.example", "x@nokey.example", "y@nokey.example"])
        self.assertEqual(answer[0], 550)
        self.assertRegex(answer[1], r"^5\.7\.5 .*x@nokey\.example, y@nokey\.example")
        self.assertNotIn("bob@b.example", answer[1])
        self.assertIn("bounced=bob@b.example,x@nokey.example,y@nokey.example", self.line())
        self.arrived(0)

    def test_bounce_names_hundreds_on_lines_that_smtp_allows(self):
        nobody = ["somebody.%d@nokey.example" % i for i in range(90)]
        answer = self.send(nobody, self.mail("x@nokey.example"))
        self.assertEqual(answer[0], 550)
        lines = answer[1].split("\n")
        self.assertGreater(len(lines), 4)
        self.assertLessEqual(max(map(len, lines)), 512 - len("550-") - len("\r\n"))
        for line in lines:
            self.assertTrue(line.startswith("5.7.5 "), line)
        self.assertEqual(re.findall(r"somebody\.\d+@nokey\.example", answer[1]), nobody)
        self.arrived(0)

    def test_drop_logs_a_line_for_each_recipient(self):
        self.a.seal_all("sign-encrypt", missing_key_action="drop")
        self.assertEqual(self.send(["bob@b.example", "x@nokey.example"]), "250")
        for address in ("bob@b.example", "x@nokey.example"):
            self.assertEqual(len(re.findall(r": dropped=%s\b" % re.escape(address), self.log())), 1, self.log())
        self.assertIn("action=drop", self.line())
        self.arrived(0)

    def test_split_encrypts_for_those_with_keys(self):
        for mode, treatment in (("sign-encrypt", "signed"), ("encrypt", "clear"), ("triple", "signed")):
            self.setUp()
            self.a.seal_all(mode, missing_key_action="split")
            self.assertEqual(self.send(["bob@b.example", "x@nokey.example", "carol@b.example", "y@nokey.example"]), "250")
            got = self.arrived(2)
            sealed = got["bob@b.example", "carol@b.example"]
            self.assertNotIn(CANARY, sealed)
            if mode != "triple":
                self.assertEqual(self.readers_of(sealed), ["bob", "carol"])
            other = got["x@nokey.example", "y@nokey.example"]
            self.assertIn(CANARY, other)
            self.assertEqual(b"multipart/signed" in other, treatment == "signed")
            self.assertIn(treatment + "=x@nokey.example,y@nokey.example", self.line())
            self.assertIn("sealed=bob@b.example,carol@b.example", self.line())

    def test_split_that_must_encrypt_is_refused_by_the_database(self):
        self.assertIn("must_encrypt forbids", self.a.sql(
            "INSERT INTO sending_profile(name, mode, missing_key_action, must_encrypt) VALUES('m', 'encrypt', 'split', 1)",
            check=False))

    # -- several policies in one message
    def test_five_recipients_in_three_policies(self):
        self.profile("signed", "sign")
        self.policy("notes", "@c.example", [("smime-gateway", "", "signed")])
        self.policy("plain", "@d.example", [("insert-header", '["X-Seen", "yes"]', None)])
        self.assertEqual(self.send(["bob@b.example", "1@c.example", "carol@b.example", "2@c.example", "1@d.example"]), "250")
        got = self.arrived(3)
        self.assertEqual(self.readers_of(got["bob@b.example", "carol@b.example"]), ["bob", "carol"])
        self.assertIn(b"multipart/signed", got["1@c.example", "2@c.example"])
        self.assertNotIn(b"multipart/signed", got["1@d.example",])
        self.assertIn(CANARY, got["1@d.example",])
        self.assertEqual(len({re.search(rb"Message-ID: (.*)\r", octets).group(1) for octets in got.values()}), 1)

    def test_every_outcome_in_one_message(self):
        """Held, delivered, dropped and bounced, each for his own."""
        self.policy("held", "@held.example", [("quarantine", "Policy", None)])
        self.policy("dropped", "@dropped.example", [("drop", "", None)])
        self.policy("bounced", "@bounced.example", [("bounce", "", None)])
        inbox = len(self.a.mailbox())
        self.assertEqual(self.send(["bob@b.example", "h@held.example", "d@dropped.example", "b@bounced.example"]), "250")
        self.assertEqual(list(self.arrived(1)), [("bob@b.example",)])
        self.assertEqual(self.a.held_for(), ["h@held.example"])
        self.assertEqual(len(re.findall(": dropped=d@dropped.example", self.log())), 1)
        report = email.message_from_bytes(self.a.wait_mail(inbox + 1)[-1])
        self.assertEqual([p["Final-Recipient"] for p in report.walk() if p["Final-Recipient"]],
                         ["rfc822; b@bounced.example"])
        self.a.mta.release_held()
        self.assertIn(("h@held.example",), self.arrived(2))

    def test_policies_that_come_to_the_same_are_one_copy(self):
        """So that recipients of two policies can be held, too: only the message in place can."""
        for name in ("one", "two"):
            self.policy(name, "@%s.example" % name, [("quarantine", "Policy", None)])
        held = self.a.held_for()
        self.assertEqual(self.send(["1@one.example", "2@two.example", "bob@b.example"]), "250")
        self.assertEqual(self.a.held_for(), sorted(held + ["1@one.example", "2@two.example"]))
        self.assertEqual(list(self.arrived(1)), [("bob@b.example",)])
        self.assertIn("action=deliver", self.line())
        self.a.mta.release_held()
        self.assertIn(CANARY, self.arrived(2)["1@one.example", "2@two.example"])

    def test_of_copies_that_differ_one_is_held(self):
        """The MTA can hold what it has in hand. Who cannot be held is reported, and nobody gets what was to be held."""
        self.profile("held", "sign-encrypt")
        self.policy("held", "@b.example", [("smime-gateway-deferred", "", "held"), ("quarantine", "Policy", None)])
        self.policy("plain", "@d.example", [("insert-header", '["X-Seen", "yes"]', None)])
        inbox, held = len(self.a.mailbox()), self.a.held_for()
        self.assertEqual(self.send(["bob@b.example", "carol@b.example", "dora@b.example", "1@d.example"],
                                   self.mail("bob@b.example>, <carol@b.example")), "250")
        self.assertEqual(list(self.arrived(1)), [("1@d.example",)])
        self.assertEqual(self.a.held_for(), sorted(held + ["bob@b.example", "carol@b.example"]))
        octets = self.a.wait_mail(inbox + 1)[-1]
        self.assertIn(b"Final-Recipient: rfc822; dora@b.example\r\n".replace(b"\r\n", b"\n"), octets.replace(b"\r\n", b"\n"))
        self.assertIn(b"send it to these recipients separately", octets)
        self.assertNotIn(CANARY, octets)
        self.assertIn("bounced=dora@b.example", self.line())
        self.assertIn("send it to these recipients separately", self.line())
        self.a.mta.release_held()
        self.arrived(2)

    # -- hidden recipients
    def test_to_cc_and_bcc_in_every_combination(self):
        for places in itertools.product(("To", "Cc", "Bcc"), repeat=len(READERS)):
            self.setUp()
            at = {place: [n for n, p in zip(READERS, places) if p == place] for place in ("To", "Cc", "Bcc")}
            field = lambda place: ", ".join("%s <%s@b.example>" % (n.title(), n) for n in at[place])
            octets = self.mail(field("To") or "undisclosed", field("Cc")).replace(b"To: <", b"To: ").replace(
                b">>\r\n", b">\r\n").replace(b"To: undisclosed>", b"To: undisclosed-recipients:;")
            # Mail programs that leave it in are no excuse.
            octets = octets.replace(b"\r\nSubject:", b"\r\nBcc: %s\r\nSubject:" % field("Bcc").encode(), 1)
            named = at["To"] + at["Cc"]
            groups = ([sorted(named)] if named else []) + [[n] for n in at["Bcc"]]
            with self.subTest(places=places):
                self.assertEqual(self.send([n + "@b.example" for n in READERS], octets), "250")
                got = self.arrived(len(groups))
                self.assertEqual(sorted(got), sorted(tuple(n + "@b.example" for n in g) for g in groups))
                for group in groups:
                    sealed = got[tuple(n + "@b.example" for n in group)]
                    self.assertEqual(self.readers_of(sealed), group)
                    for hidden in set(at["Bcc"]) - set(group):
                        self.assertNotIn(hidden.encode() + b"@", sealed.lower())

    # -- aliases
    def test_an_alias_that_leads_outside(self):
        """In place or in a copy of its own it is expanded once, and what leaves is for the alias' key."""
        for recipients, to in ((["team@a.example"], "team@a.example"),
                               (["team@a.example", "dora@b.example"], "dora@b.example"),
                               (["dora@b.example", "team@a.example"], "team@a.example")):
            self.setUp()
            self.assertEqual(self.send(recipients, self.mail(to)), "250")
            got = self.arrived(len(recipients))
            self.assertEqual(self.readers_of(got["x@ext.example", "y@ext.example"]), ["team"])
            if len(recipients) == 2:
                self.assertEqual(self.readers_of(got["dora@b.example",]), ["dora"])

    def test_an_alias_without_a_key_does_not_leak(self):
        self.a.ctl("public-key", "delete", "team")
        try:
            answer = self.send(["team@a.example"])
            self.assertEqual(answer[0], 550)
            self.assertIn("team@a.example", answer[1])
            self.arrived(0)
        finally:
            self.a.ctl("public-key", "add", self.pki.path("team.crt"), "--name", "team")

    # -- what the envelope says beside addresses
    def test_dsn_arguments_survive(self):
        notify = {"bob@b.example": "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob+2Bx@here.example",
                  "dora@b.example": "NOTIFY=DELAY ORCPT=rfc822;dora@there.example"}
        self.assertEqual(self.send([(r, [args]) for r, args in notify.items()], self.mail("bob@b.example"),
                                   options=["RET=HDRS", "ENVID=QQ314159"]), "250")
        self.arrived(2)
        for envelope, _ in self.sink.messages[self.before:]:
            self.assertRegex(envelope[0], r"(?=.*RET=HDRS)(?=.*ENVID=QQ314159)")
            address = addresses_of(envelope)[0]
            for argument in notify[address].split():
                self.assertIn(argument, envelope[1])

    def needs_smtputf8(self):
        """Debian's Sendmail has none: it says so, before anything has begun."""
        if not self.a.mta.has_smtputf8:
            with self.assertRaises(smtplib.SMTPNotSupportedError):
                self.send(["jörg@intl.example"], self.mail("dora@b.example"), options=["SMTPUTF8"])
            self.arrived(0)
            self.skipTest("no SMTPUTF8 in " + self.a.mta.name)

    def test_smtputf8_addresses(self):
        self.needs_smtputf8()
        self.assertEqual(self.send(["jörg@intl.example", "dora@b.example"], self.mail("dora@b.example", subject="Grüße"),
                                   options=["SMTPUTF8", "BODY=8BITMIME"]), "250")
        got = self.arrived(2)
        self.assertEqual(self.readers_of(got["jörg@intl.example",]), ["intl"])
        self.assertEqual(self.readers_of(got["dora@b.example",]), ["dora"])
        for envelope, octets in self.sink.messages[self.before:]:
            self.assertIn("SMTPUTF8", envelope[0])
            self.assertIn("Grüße".encode(), octets)

    # -- a report for some
    def bounced_part(self, recipients, octets=None, options=()):
        self.profile("strict", "sign-encrypt")
        self.policy("strict", "@nokey.example", [("smime-gateway", "", "strict")])
        inbox = len(self.a.mailbox())
        self.assertEqual(self.send(recipients, octets, options=options), "250")
        self.arrived(1)
        return self.a.wait_mail(inbox + 1)[-1]

    def test_partial_bounce_is_a_delivery_status_notification(self):
        octets = self.bounced_part(["bob@b.example", ("x@nokey.example", ["ORCPT=rfc822;orig@x.example"]),
                                    ("y@nokey.example", ["NOTIFY=NEVER"]), "z@nokey.example"],
                                   options=["ENVID=E-77"])
        self.assertNotIn(CANARY, octets)
        self.assertTrue(octets.startswith(b"Return-Path: <>"), octets[:80])
        report = email.message_from_bytes(octets)
        self.assertEqual(report.get_content_type(), "multipart/report")
        self.assertEqual(report.get_param("report-type"), "delivery-status")
        self.assertEqual(report["To"], "<%s>" % SENDER)
        explanation, status, header = report.get_payload()
        self.assertEqual([p.get_content_type() for p in (explanation, status, header)],
                         ["text/plain", "message/delivery-status", "text/rfc822-headers"])
        message, *each = status.get_payload()
        self.assertEqual(message["Original-Envelope-Id"], "E-77")
        self.assertEqual(message["Reporting-MTA"], "dns; mx.a.example")
        self.assertEqual([(r["Final-Recipient"], r["Original-Recipient"]) for r in each if r.items()],
                         [("rfc822; x@nokey.example", "rfc822;orig@x.example"), ("rfc822; z@nokey.example", None)])
        for r in each:
            if r.items():
                self.assertEqual((r["Action"], r["Status"]), ("failed", "5.7.5"))
                self.assertRegex(r["Diagnostic-Code"], r"^smtp; 550 5\.7\.5 ")
        self.assertIn("Subject: test", header.get_payload())

    def test_partial_bounce_of_an_smtputf8_address(self):
        """RFC 6533: the address in its ASCII form, so that every reader understands the report."""
        self.needs_smtputf8()
        octets = self.bounced_part(["bob@b.example", "jörg@nokey.example"], self.mail("bob@b.example", subject="Grüße"),
                                   options=["SMTPUTF8", "BODY=8BITMIME"])
        self.assertIn(rb"Final-Recipient: utf-8; j\x{F6}rg@nokey.example", octets)
        self.assertIn(b"Content-Type: message/global-headers", octets)
        self.assertIn("jörg@nokey.example".encode(), octets)
        self.assertNotIn(CANARY, octets)


if __name__ == "__main__":
    lab.main()
