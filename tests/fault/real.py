"""real.py - one real daemon, its real MTA (which is the re-injection listener, too), faults in both, and the auditor.

While a message is in work the next hop is closed, so that what an MTA has taken stays in its queue: an MTA that dies in
the middle of a delivery makes second copies of its own, which are not ours to answer for. What has come of all messages
is asked at the end, when the next hop is open and the queue is empty.
"""
import contextlib
import os
import re
import signal
import smtplib
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import lab  # noqa: E402

from auditor import Auditor  # noqa: E402
from bench import POLICY, PUBLIC, REFUSED, ROUNDS, SECRET, SENDER, Control, make_keys, message  # noqa: E402


class NextHop(lab.Sink):
    """For everybody, inside and outside; open or closed."""

    def __init__(self, auditor):
        self.is_open = False
        super().__init__(["8BITMIME", "SIZE", "DSN"])
        self.auditor = auditor

    def verify_request(self, request, client_address):
        if not self.is_open:
            with contextlib.suppress(OSError):
                request.sendall(b"421 4.3.2 not now\r\n")
        return self.is_open

    def keep(self, envelope, octets):
        addresses = [re.search("<(.*?)>", line).group(1) for line in envelope]
        self.auditor.deliver(addresses[1:], octets)


class RealBench:
    def __init__(self):
        self.lab = lab.Lab()
        self.auditor = Auditor()
        self.runs = self.kills = self.mta_kills = 0
        self.mta_runs = False
        self.open_cases = []  # what is to be audited at the end
        self.next_hop = NextHop(self.auditor)
        self.lab.sinks.append(self.next_hop)
        self.site = self.lab.site("a", self.next_hop.port)
        self.site.mta.hand_inside_to(self.next_hop.port)
        self.control = Control(self.lab.path("control"))
        make_keys(self.lab, self.site.ctl)
        self.site.sql(POLICY)
        self.revive()

    def close(self):
        self.lab.close()

    def revive(self):
        """Who is dead lives again."""
        if not self.site.daemon:
            self.site.start_daemon(prefix=("env", "LD_PRELOAD=" + os.path.join(lab.BIN, "tests", "libfault.so"),
                                           "FAULT_CONTROL=" + self.lab.path("control"),
                                           "FAULT_PORT=%d" % self.site.reinject_port))
        if not self.mta_runs:
            self.site.mta.start()
            self.mta_runs = True

    # -- who dies
    def _is_stopped(self):
        with open("/proc/%d/stat" % self.site.daemon.pid, encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "T"

    def _kill_mta(self, client):
        """When the daemon has stopped where it was told to; not at all if the client is done before."""
        lab.wait_for("the daemon to stop", 60, lambda: self._is_stopped() or not client.is_alive())
        if not self._is_stopped():
            return
        self.site.mta.kill()
        self.mta_runs = False
        self.mta_kills += 1
        os.kill(self.site.daemon.pid, signal.SIGCONT)

    def _note_death(self, died_expected):
        if died_expected:
            self.site.daemon.wait(10)
        if self.site.daemon.poll() is not None:
            self.site.daemon = None
            self.kills += 1

    # -- one message, with one death in its first attempt
    def _attempt(self, octets, codes):
        try:
            answer = self.site.send(SENDER, SECRET + PUBLIC + REFUSED, octets)
            codes.append(250 if answer == "250" else answer[0])
        except (OSError, smtplib.SMTPException):
            codes.append(0)

    def run(self, what, victim=None, at=0):
        """victim: None, "daemon" or "mta"; before the daemon's at-th call. Returns the names of the calls."""
        self.runs += 1
        canary, message_id, octets = message(self.runs)
        self.auditor.expect(canary, SECRET, PUBLIC, REFUSED, SENDER)
        begun, calls, codes = len(self.site.daemon_log()), [], [0]
        for attempt in range(ROUNDS):
            self.revive()
            client = threading.Thread(target=self._attempt, args=(octets, codes))
            if attempt == 0:
                self.control.arm(at, sig=signal.SIGSTOP if victim == "mta" else signal.SIGKILL)
            client.start()
            if attempt == 0 and victim == "mta":
                self._kill_mta(client)
            client.join(120)
            if attempt == 0:
                calls, _ = self.control.disarm()
                self._note_death(victim == "daemon" and len(calls) >= at)
            if codes[-1] >= 250 and codes[-1] // 100 != 4:
                break
        self.open_cases.append((what, canary, message_id, codes[-1], self.site.daemon_log()[begun:]))
        return calls

    def audit(self):
        """Of all messages since the last time."""
        self.revive()
        self.next_hop.is_open = True
        self.site.mta.flush()
        lab.wait_for("an empty queue", 120, self.site.mta.is_idle)
        for case in self.open_cases:
            self.auditor.audit(*case)
        del self.open_cases[:]
        self.next_hop.is_open = False

    def report(self):
        return "%s: %d runs, %d times the daemon died, %d times the MTA; %s; %d findings" % (
            self.site.mta.name, self.runs, self.kills, self.mta_kills,
            ", ".join("%d %s" % (n, what) for what, n in self.auditor.counts.items()), len(self.auditor.findings))
