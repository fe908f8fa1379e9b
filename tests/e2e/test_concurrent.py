"""Many clients at once, both directions, while an administrator edits the policy and reloads: nothing is lost, nothing
leaves in clear, and the daemon ends clean. Run once more with the build that watches threads."""
import concurrent.futures
import os
import signal

import lab

CLIENTS, EACH = 8, 6
CANARY = b"CANARY: many at once."


class Concurrent(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.a, cls.b = the_lab.pair()
        cls.a.seal_all("sign-encrypt")
        cls.b.open_incoming("remove")
        cls.a.start()
        cls.b.start()

    def client(self, number):
        """Several messages one after the other; every second one is for a hidden recipient too: a copy of its own."""
        for i in range(EACH):
            to = ["u%d@b.example" % number] + (["hidden%d@b.example" % number] if i % 2 else [])
            answer = self.a.send("user%d@a.example" % number, to, lab.message(
                "user%d@a.example" % number, to[0], subject="m-%d-%d" % (number, i), body=CANARY + b"\r\n"))
            self.assertEqual(answer, "250")

    def edit(self, round_):
        self.a.sql("UPDATE sending_profile SET content_cipher='%s' WHERE name='all'"
                   % ("aes256-gcm" if round_ % 2 else "aes128-cbc"))
        for site in (self.a, self.b):
            os.kill(site.daemon.pid, signal.SIGUSR1)

    def test_all_of_them_arrive(self):
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(self.client, n) for n in range(CLIENTS)]
            round_ = 0
            while not all(c.done() for c in clients):
                self.edit(round_)
                round_ += 1
                concurrent.futures.wait(clients, timeout=0.2)
            for c in clients:
                c.result()
        expected = CLIENTS * (EACH + EACH // 2)
        arrived = self.b.wait_mail(expected, 120)
        self.assertEqual(len(arrived), expected)
        for octets in arrived:
            self.assertIn(CANARY, octets)
            self.assertIn(b"smime=pass", octets)
        for _, octets in self.lab.wire["b"].messages:
            self.assertNotIn(CANARY, octets)
        for site in (self.a, self.b):
            daemon = site.daemon
            site.stop_daemon()
            self.assertEqual(daemon.returncode, 0, site.daemon_log()[-4000:])
            self.assertIn("policy reloaded", site.daemon_log())
            self.assertNotIn("Sanitizer", site.daemon_log())


if __name__ == "__main__":
    lab.main()
