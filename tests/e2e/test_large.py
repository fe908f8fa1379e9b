"""25 MB: sealed, travels, is opened; the daemons' peak resident memory stays under 64 MiB."""
import base64
import os

import lab

SIZE = 25 * 1024 * 1024


class Large(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.a, cls.b = the_lab.pair()
        cls.a.seal_all("sign-encrypt")
        cls.b.open_incoming()
        cls.a.start()
        cls.b.start()

    def test_memory_is_bounded(self):
        attachment = base64.encodebytes(os.urandom(SIZE * 54 // 73)).replace(b"\n", b"\r\n")
        body = (b"--bb\r\nContent-Type: text/plain\r\n\r\nsee attachment\r\n--bb\r\n"
                b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + attachment + b"--bb--\r\n")
        self.assertEqual(self.a.send("user@a.example", ["user@b.example"], lab.message(
            "user@a.example", "user@b.example", mime=b'Content-Type: multipart/mixed; boundary="bb"\r\n',
            body=body)), "250")
        arrived = self.b.wait_mail(1, 120)[0].replace(b"\r\n", b"\n")
        self.assertIn(attachment.replace(b"\r\n", b"\n"), arrived)
        self.assertIn(b"smime=pass", arrived)
        for site in (self.a, self.b):
            peak = site.peak_rss_kib()
            print("%s: %d MiB through, peak resident memory %.1f MiB" % (site.name, SIZE >> 20, peak / 1024))
            self.assertLess(peak, 64 * 1024)


if __name__ == "__main__":
    lab.main()
