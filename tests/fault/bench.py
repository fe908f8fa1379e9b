"""bench.py - one real daemon between a scripted MTA and a scripted listener, with faults under it, and the auditor."""
import mmap
import os
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import lab  # noqa: E402
import pki  # noqa: E402

from auditor import Auditor  # noqa: E402
from listener import Listener  # noqa: E402
from mta_side import Died, transact  # noqa: E402

SENDER = "user@a.example"
# bob and dan in place; carol is hidden: a copy of her own; one for eve and ed.
SECRET = ["bob@b.example", "dan@b.example", "carol@b.example", "eve@s.example", "ed@s.example"]
PUBLIC = ["xaver@s.example"]  # no key, and the profile says split
REFUSED = ["yves@n.example"]  # no key, and the profile says bounce: a report
COPIES = {1: SECRET[2:3], 2: SECRET[3:], 3: PUBLIC}  # by transaction with the listener; the report is the fourth
ROUNDS = 6                    # that a client comes at most

POLICY = """BEGIN;
INSERT INTO sending_profile(name, mode, missing_key_action, must_encrypt) VALUES('strict', 'encrypt', 'bounce', 1);
INSERT INTO sending_profile(name, mode, missing_key_action) VALUES('soft', 'encrypt', 'split');
INSERT INTO content_filter(name, direction) VALUES('strict', 'outgoing'), ('soft', 'outgoing'), ('none', 'outgoing');
INSERT INTO content_filter_action(content_filter, position, action, sending_profile) VALUES
  ('strict', 1, 'smime-gateway', 'strict'), ('soft', 1, 'smime-gateway', 'soft'), ('none', 1, 'smime-gateway', 'strict');
INSERT INTO mail_policy(name, direction, position) VALUES('strict', 'outgoing', 1), ('soft', 'outgoing', 2), ('none', 'outgoing', 3);
INSERT INTO mail_policy_member(mail_policy, side, pattern) VALUES
  ('strict', 'recipient', '@b.example'), ('soft', 'recipient', '@s.example'), ('none', 'recipient', '@n.example');
INSERT INTO mail_policy_filter(mail_policy, position, content_filter) VALUES('strict', 1, 'strict'), ('soft', 1, 'soft'), ('none', 1, 'none');
COMMIT;"""


class Control:
    """The memory shared with fault.c."""
    NAMES = 1000

    def __init__(self, path):
        with open(path, "wb") as f:
            f.truncate(24 + 16 * self.NAMES)
        with open(path, "r+b") as f:
            self.memory = mmap.mmap(f.fileno(), 0)

    def arm(self, kill_at=0, full_at=0, sig=signal.SIGKILL):
        self.memory[:24] = struct.pack("=6I", 0, 0, kill_at, sig, 0, full_at)
        self.memory[:4] = struct.pack("=I", 1)

    def disarm(self):
        """Names of the calls counted, and how many wrote to disk."""
        self.memory[:4] = struct.pack("=I", 0)
        _, calls, _, _, writes, _ = struct.unpack("=6I", self.memory[:24])
        name = lambda n: self.memory[24 + 16 * n:40 + 16 * n].rstrip(b"\0").decode()
        return [name(n) for n in range(1, min(calls, self.NAMES - 1) + 1)], writes


def make_keys(the_lab, ctl):
    """Keys of those for whom policy encrypts."""
    keys = pki.Pki(the_lab.path("pki"))
    for mailbox in SECRET:
        name = mailbox.split("@")[0]
        keys.leaf(name, mailbox, "p256")
        ctl("public-key", "add", keys.path(name + ".crt"), "--name", name)


def message(number):
    """(canary, Message-ID, octets)."""
    canary = b"CANARY-%d-%d" % (os.getpid(), number)
    message_id = b"<%s@a.example>" % canary.replace(b"CANARY", b"id")
    return canary, message_id, (
        b"From: <%s>\r\nTo: <bob@b.example>, <dan@b.example>, <eve@s.example>, <ed@s.example>,\r\n"
        b" <xaver@s.example>\r\nSubject: fault\r\nDate: Tue, 01 Sep 2026 10:00:00 +0000\r\nMessage-ID: %s\r\n"
        b"MIME-Version: 1.0\r\n\r\nRead this: %s\r\n" % (SENDER.encode(), message_id, canary))


class Bench:
    def __init__(self, bug=""):
        self.lab = lab.Lab()
        self.bug, self.runs, self.kills = bug, 0, 0
        self.auditor = Auditor()
        self.listener = Listener(self.auditor.deliver)
        self.db, self.socket, self.log = map(self.lab.path, ("policy.db", "milter.sock", "daemon.log"))
        self.control = Control(self.lab.path("control"))
        self.daemon = None
        self._make_policy()

    def _make_policy(self):
        ctl = lambda *args: lab.run(lab.CTL, "-d", self.db, *args)
        ctl("init")
        make_keys(self.lab, ctl)
        lab.run("sqlite3", "-bail", self.db, data=POLICY.encode())
        lab.run("sqlite3", self.db, "UPDATE setting SET value='%d' WHERE name='reinject_port'" % self.listener.port)

    def close(self):
        self.kill()
        self.listener.die()
        self.lab.close()

    # -- the daemon
    def start(self):
        if self.daemon and self.daemon.poll() is None:
            return
        starts = self.log_text().count(" started: ")
        preload = {"LD_PRELOAD": os.path.join(lab.BIN, "tests", "libfault.so"), "FAULT_CONTROL": self.lab.path("control"),
                   "FAULT_BUG": self.bug, "FAULT_PORT": str(self.listener.port)}
        with open(self.log, "ab") as log:
            self.daemon = subprocess.Popen([lab.DAEMON, "-f", "-d", self.db, "-s", "unix:" + self.socket],
                                           stdout=log, stderr=log, env={**os.environ, **preload})
        while self.log_text().count(" started: ") == starts:
            if self.daemon.poll() is not None:
                raise AssertionError("the daemon does not start:\n" + self.log_text())
            time.sleep(0.005)

    def kill(self):
        if self.daemon:
            self.daemon.send_signal(signal.SIGKILL)
            self.daemon.wait()

    def log_text(self, offset=0):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, "rb") as f:
            f.seek(offset)
            return f.read().decode(errors="replace")

    # -- one message, with one fault in its first attempt, or several of the listener
    def run(self, what, kill_at=0, full_at=0, listener=(), mta=None, may_fail=(), before_end=lambda: None,
            after=lambda code: None):
        self.runs += 1
        canary, message_id, octets = message(self.runs)
        self.auditor.expect(canary, SECRET, PUBLIC, REFUSED, SENDER, may_fail)
        begun = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        calls, code = ([], 0), 0
        for attempt in range(ROUNDS):
            self.start()
            first = attempt == 0

            def arm():
                if first:
                    before_end()
                    self.control.arm(kill_at, full_at)

            self.listener.set_faults(listener if first else ())
            try:
                code = transact(self.socket, "Q%d-%d" % (self.runs, attempt), SENDER, SECRET + PUBLIC + REFUSED, octets,
                                self.auditor.deliver, mta if first else None, arm)
            except Died:
                code = 0
            if first:
                calls = self.control.disarm()
                if kill_at and len(calls[0]) >= kill_at:
                    self.daemon.wait(10)
            after(code)
            if self.bug:
                time.sleep(0.4)  # for what its bug does late
            if self.daemon.poll() is not None:
                self.kills += 1
            self.listener.revive()
            if code >= 250 and code // 100 != 4:
                break
        self.auditor.audit(what, canary, message_id, code, self.log_text(begun))
        return calls

    def report(self):
        return "%d runs, %d times the daemon died; %s; %d findings" % (
            self.runs, self.kills, ", ".join("%d %s" % (n, what) for what, n in self.auditor.counts.items()),
            len(self.auditor.findings))
