"""A signature survives the worst transport: next hop without 8BITMIME, long lines, blanks, From_, dots."""
import lab

NASTY = (b"Gr\xc3\xbc\xc3\x9fe, 8-bit text\r\n" + b"x" * 2500 + b"\r\n"
         b"trailing blanks  \t \r\nFrom the start of a line\r\n.\r\n..two dots\r\n\r\n-- \r\nsig\r\n")

NESTED = (b"From: <inner@c.example>\r\nSubject: inner\r\nMIME-Version: 1.0\r\n"
          b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + NASTY)


class Transport(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.sink = the_lab.sink(["SIZE"])
        cls.a = the_lab.site("a", cls.sink.port)
        cls.a.make_certificate()
        cls.a.start()
        cls.ca = the_lab.write("a.pem", cls.a.cert_pem("gateway"))

    def signed(self, mime, body, opaque=False):
        self.a.seal_all("sign", opaque)
        before = len(self.sink.messages)
        answer = self.a.send("user@a.example", ["u@b.example"],
                             lab.message("user@a.example", "u@b.example", mime=mime, body=body),
                             options=["BODY=8BITMIME"])
        self.assertEqual(answer, "250")
        _, octets = self.sink.wait(before + 1)[-1]
        self.assertLessEqual(max(map(len, octets.split(b"\r\n"))), 998)
        accepted, content = lab.openssl_verify(octets, self.ca, self.lab)
        self.assertTrue(accepted, content)
        return octets, content

    def test_pitfall_12_eight_bit_text(self):
        for opaque in (False, True):
            _, content = self.signed(b"Content-Type: text/plain; charset=utf-8\r\n"
                                     b"Content-Transfer-Encoding: 8bit\r\n", NASTY, opaque)
            self.assertEqual(lab.decoded(content).replace(b"\r\n", b"\n"), NASTY.replace(b"\r\n", b"\n"))

    def test_nested_message(self):
        _, content = self.signed(
            b'Content-Type: multipart/mixed; boundary="bb"\r\n',
            b"--bb\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + NASTY +
            b"\r\n--bb\r\nContent-Type: message/rfc822\r\n\r\n" + NESTED + b"\r\n--bb--\r\nepilogue\r\n")
        self.assertNotIn(b"epilogue", content)
        self.assertIn(b"Subject: inner", content)

    def test_an_already_safe_entity_keeps_its_octets(self):
        _, content = self.signed(b"Content-Type: text/plain; charset=us-ascii\r\n", b"plain\r\nand safe\r\n")
        self.assertEqual(content, b"Content-Type: text/plain; charset=us-ascii\r\n\r\nplain\r\nand safe\r\n")

    def test_empty_body(self):
        self.signed(b"Content-Type: text/plain\r\n", b"")


if __name__ == "__main__":
    lab.main()
