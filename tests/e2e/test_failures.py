"""What a failure does: a signing failure refuses, our own troubles defer, and nothing ever leaves in clear."""
import os
import signal
import sqlite3
import subprocess

import lab

CANARY = b"CANARY: the merger is on Friday."


class Failures(lab.LabCase):
    @classmethod
    def build(cls, the_lab):
        cls.sink = the_lab.sink(["8BITMIME"])
        cls.a = the_lab.site("a", cls.sink.port)
        cls.b = the_lab.site("b")
        cls.a.make_certificate()
        cls.b.make_certificate()
        cls.a.trust_peer(cls.b)
        cls.a.seal_all("sign-encrypt")
        cls.spool = the_lab.path("spool")
        os.mkdir(cls.spool)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", cls.spool], check=True)
        cls.a.start("-w", cls.spool)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        subprocess.run(["umount", "-l", cls.spool], check=False)

    def tearDown(self):
        for _, octets in self.sink.messages:
            self.assertNotIn(CANARY, octets)

    def send(self, sender="user@a.example", to=("u@b.example",), size=0):
        body = CANARY + b"\r\n" + b"0123456789abcdef\r\n" * (size // 18)
        return self.a.send(sender, list(to), lab.message(sender, to[0], body=body))

    def assert_refused(self, answer, code, text=""):
        self.assertNotEqual(answer, "250")
        self.assertEqual(answer[0], code, answer)
        self.assertIn(text, answer[1])

    def assert_still_works(self):
        before = len(self.sink.messages)
        self.assertEqual(self.send(), "250")
        self.sink.wait(before + 1)

    def test_from_not_covered(self):
        self.assert_refused(self.send("user@elsewhere.example"), 550, "5.7.5")

    def test_expired_certificate(self):
        # One day long, and judged the day after the day after. It names a mailbox that "gateway" does not, which
        # otherwise would sign in its place.
        self.a.make_certificate("--days", "1", "--mailbox", "short@a.example", name="short")
        self.a.sql("UPDATE sending_profile SET signing_certificate='short' WHERE name='all'")
        self.a.stop_daemon()
        self.a.start_daemon("-w", self.spool, prefix=("faketime", "-f", "+3d"))
        try:
            self.assert_refused(self.send(), 550, "expired")
        finally:
            self.a.sql("UPDATE sending_profile SET signing_certificate='gateway' WHERE name='all'")
            self.a.stop_daemon()
            self.a.start_daemon("-w", self.spool)
        self.assert_still_works()

    def test_no_key_for_a_recipient(self):
        self.assert_refused(self.send(to=("u@b.example", "x@nokey.example")), 550, "x@nokey.example")

    def test_locked_database(self):
        """A reader is not hindered; what has to be journalled waits for another time."""
        locker = sqlite3.connect(self.a.db, isolation_level=None)
        locker.execute("BEGIN EXCLUSIVE")
        try:
            self.assert_still_works()
            # Hidden recipients get copies of their own: those are journalled.
            before = len(self.sink.messages)
            self.assert_refused(self.send(to=("u@b.example", "hidden@b.example")), 451)
        finally:
            locker.close()
        for _, octets in self.sink.messages[before:]:
            self.assertIn(b"enveloped-data", octets)
        self.assert_still_works()

    def journal_mode(self, mode):
        self.a.stop_daemon()
        self.assertIn(mode, self.a.sql("PRAGMA journal_mode = " + mode))
        self.a.start_daemon("-w", self.spool)

    def test_locked_database_without_wal(self):
        """An administrator has changed the journal mode, and readers have to wait: nothing leaves in clear meanwhile."""
        self.journal_mode("delete")
        locker = sqlite3.connect(self.a.db, isolation_level=None)
        locker.execute("BEGIN EXCLUSIVE")
        try:
            before = len(self.sink.messages)
            answer = self.send()
            if answer == "250":
                self.assertIn(b"pkcs7-mime", self.sink.wait(before + 1)[-1][1])
            else:
                self.assert_refused(answer, 451)
        finally:
            locker.close()
        self.journal_mode("wal")
        self.assert_still_works()

    def test_unreadable_database(self):
        with open(self.a.db, "r+b") as f:
            good = f.read()
            f.seek(0)
            f.write(b"\0" * 8192)
            f.flush()
            try:
                # The policy in force stays, or the client has to wait.
                answer = self.send()
                self.assertTrue(answer == "250" or answer[0] == 451, answer)
            finally:
                f.seek(0)
                f.write(good)

    def test_full_disk(self):
        with open(os.path.join(self.spool, "filler"), "wb") as f:
            with self.assertRaises(OSError):
                while True:
                    f.write(b"x" * 65536)
                    f.flush()
        try:
            self.assert_refused(self.send(size=2000000), 451)
        finally:
            os.unlink(os.path.join(self.spool, "filler"))
        self.assert_still_works()

    def test_killed_daemon(self):
        self.a.stop_daemon(signal.SIGKILL)
        self.assert_refused(self.send(), 451)
        self.a.start_daemon("-w", self.spool)
        self.assert_still_works()

    def test_killed_in_mid_message(self):
        daemon = self.a.daemon
        os.killpg(daemon.pid, signal.SIGSTOP)
        helper = subprocess.Popen(["sh", "-c", "sleep 1; kill -KILL -%d" % daemon.pid])
        answer = None
        try:
            answer = self.send(size=500000)
        except Exception as e:  # the connection may be refused at any step
            answer = (getattr(e, "smtp_code", 451), str(e))
        helper.wait()
        daemon.wait()
        self.a.daemon = None
        self.assertEqual(answer[0] // 100, 4, answer)
        self.a.start_daemon("-w", self.spool)
        self.assert_still_works()


if __name__ == "__main__":
    lab.main()
