"""Whatever dies in the middle of a message with seven recipients and five ways to treat them: nobody is left out, nobody
gets a second copy of which the log does not tell, and nobody reads what was to be encrypted. And: would we notice?"""
import itertools
import sqlite3
import sys
import unittest

from bench import COPIES, PUBLIC, REFUSED, SECRET, Bench
from listener import ANSWERED, STEPS


class Sound(unittest.TestCase):
    """The daemon as it is."""
    @classmethod
    def setUpClass(cls):
        cls.bench = Bench()
        cls.bench.run("the first of a database")
        # How many calls there are, and how many of them write to disk; a few more, should it be others the next time.
        cls.calls, cls.writes = cls.bench.run("nothing dies")

    @classmethod
    def tearDownClass(cls):
        print("\nfaults:", cls.bench.report(), file=sys.stderr)
        cls.bench.close()

    def setUp(self):
        self.runs = self.bench.runs
        del self.bench.auditor.findings[:]

    def tearDown(self):
        self.assertEqual(self.bench.auditor.findings, [])

    def test_nothing_dies(self):
        self.bench.run("nothing dies")
        for call in ("connect", "send", "recv", "sqlite3_step", "pwrite", "fdatasync", "writev"):
            self.assertIn(call, self.calls)

    def test_the_daemon_dies_before_every_call(self):
        """Of each that leaves the process or reaches the disk: connecting, every command and answer, the journal's
        statements, writes and syncs, every edit, the answer to the MTA."""
        kills = self.bench.kills
        for n, call in enumerate(self.calls, 1):
            self.bench.run("daemon dies before call %d (%s)" % (n, call), kill_at=n)
        self.assertGreaterEqual(self.bench.kills - kills, 0.95 * len(self.calls))

    def test_the_mta_dies_at_every_step(self):
        """Before the end of the message, after each request and after the answer of the daemon, and when it has taken
        the message but its client does not know."""
        for at in [("end", 0), ("taken", 0), *(("packet", n) for n in range(1, 20))]:
            self.bench.run("MTA dies at %s %d" % at, mta=at)

    def fail_at_every_step(self, action, transactions):
        strikes = self.bench.listener.strikes
        for transaction in transactions:
            for step in STEPS:
                self.bench.run("listener: %s at %s of %d" % (action, step, transaction), listener=[(transaction, step, action)])
        self.assertEqual(self.bench.listener.strikes - strikes, len(STEPS) * len(transactions))

    def test_the_listener_dies_at_every_step(self):
        self.fail_at_every_step("die", (1, 2, 4))

    def test_the_listener_cuts_the_line_at_every_step(self):
        """After the final dot, too, with the message kept or not."""
        self.fail_at_every_step("cut", (1, 3))

    def run_refused(self, what, who, **faults):
        """The listener refuses them for good at the first attempt: all others get it, and the sender is told of them."""
        reported = self.bench.auditor.counts["reported for the listener"]
        codes = []
        self.bench.run(what, may_fail=who, after=codes.append, **faults)
        self.assertEqual(codes[-1], 250)
        return self.bench.auditor.counts["reported for the listener"] - reported, len(codes)

    def test_the_listener_refuses(self):
        """For now: everybody waits. For good: the sender is told of those, unless it was said before the message came up."""
        for transaction, who in COPIES.items():
            for step in ANSWERED:
                for action in ("refuse", "reject"):
                    is_final = action == "reject" and step not in ("connect", "EHLO")
                    got = self.run_refused("listener says %s to %s of %d" % (action, step, transaction), who,
                                           listener=[(transaction, step, action)])
                    expected = 1 if step == "RCPT" else len(who)
                    self.assertEqual(got, (expected, 1) if is_final else (0, 2))

    def test_the_listener_refuses_everything(self):
        """Reports, too: then the client hears it, and nobody has anything."""
        told = self.bench.auditor.counts["refused, sender told"]
        self.bench.run("listener refuses everything", listener=[(t, "RCPT", "reject") for t in (1, 3, 4, 5)] +
                       [(2, "dot", "reject")], may_fail=[r for who in COPIES.values() for r in who])
        self.assertEqual(self.bench.auditor.counts["refused, sender told"] - told, 1)

    def test_the_listener_refuses_some_recipients(self):
        """The second of a copy's two: he is reported and the other gets it; or both wait."""
        strikes = self.bench.listener.strikes
        for action in ("refuse", "reject", "slow", "cut", "die"):
            got = self.run_refused("listener: %s at the second recipient" % action, COPIES[2],
                                   listener=[(2, "RCPT 2", action)])
            self.assertEqual(got, {"reject": (1, 1), "slow": (0, 1)}.get(action, (0, 2)))
        self.assertEqual(self.bench.listener.strikes - strikes, 5)

    def test_the_report_of_who_is_refused_fails(self):
        """At every step, in every way. That of those whom policy refuses is the fourth, the listener's the fifth."""
        for transaction in (4, 5):
            for step, action in [*itertools.product(ANSWERED, ("refuse", "reject")), *itertools.product(STEPS, ("cut", "die"))]:
                self.run_refused("refused; and listener: %s at %s of %d" % (action, step, transaction), COPIES[2],
                                 listener=[(2, "RCPT 2", "reject"), (transaction, step, action)])

    def test_the_daemon_dies_before_every_call_with_one_refused(self):
        refusal = [(2, "RCPT 2", "reject")]
        calls, _ = self.bench.run("one is refused", listener=refusal, may_fail=COPIES[2])
        self.assertGreater(len(calls), len(self.calls))
        for n, call in enumerate(calls, 1):
            self.run_refused("one is refused; daemon dies before call %d (%s)" % (n, call), COPIES[2],
                             listener=refusal, kill_at=n)

    def test_the_mta_dies_at_every_step_with_one_refused(self):
        for at in [("end", 0), ("taken", 0), *(("packet", n) for n in range(1, 20))]:
            self.run_refused("one is refused; MTA dies at %s %d" % at, COPIES[2], listener=[(2, "RCPT 2", "reject")],
                             mta=at)

    def test_the_listener_is_slow(self):
        for step in ("connect", "RCPT", "kept"):
            self.bench.run("listener is slow at " + step, listener=[(2, step, "slow")])

    def test_a_slow_listener_and_an_mta_that_gives_up(self):
        """The MTA is gone while a copy is being handed over."""
        for step in ("MAIL", "kept"):
            self.bench.run("slow at %s, and the MTA is gone" % step, listener=[(2, step, "slow")], mta=("packet", 2))

    def test_a_locked_database(self):
        """Locked from the start, nothing leaves. Locked when the answer is there, the next attempt is not sure."""
        lockers = []

        def lock():
            lockers.append(sqlite3.connect(self.bench.db, isolation_level=None, check_same_thread=False))
            lockers[-1].execute("BEGIN IMMEDIATE")

        def unlock(_):
            while lockers:
                lockers.pop().close()

        codes = []

        def unlock_and_look(code):
            unlock(code)
            codes.append((code, len(self.bench.auditor.arrived) - arrived))

        arrived = len(self.bench.auditor.arrived)
        self.bench.run("locked from the start", before_end=lock, after=unlock_and_look)
        self.assertEqual(codes, [(451, 0), (250, len(SECRET + PUBLIC + REFUSED))])
        self.bench.run("locked at the last answer, and the reply is lost", listener=[(4, "kept", lock)], mta=("taken", 0),
                       after=unlock)

    def test_a_full_disk(self):
        """From each write to disk on, until the client comes again."""
        for n in range(1, self.writes + 1):
            self.bench.run("disk is full from write %d on" % n, full_at=n)
            self.bench.run("disk is full from write %d on, and the reply is lost" % n, full_at=n, mta=("taken", 0))

    def test_zz_there_were_enough(self):
        self.assertGreaterEqual(self.bench.runs, 200)


class Seeded(unittest.TestCase):
    """A daemon with a bug is found out."""

    def find(self, bug, pattern, faults):
        bench = Bench(bug)
        try:
            bench.run("the first of a database")
            calls, _ = bench.run("nothing dies")
            self.assertEqual(bench.auditor.findings, [], "it works while nothing dies")
            for fault in faults(len(calls)):
                bench.run("%s %s" % (bug, fault), **fault)
                if bench.auditor.findings:
                    break
            self.assertTrue(bench.auditor.findings, "%s was not found in %s" % (bug, bench.report()))
            self.assertRegex(bench.auditor.findings[0], pattern)
        finally:
            bench.close()

    def test_edit_before_inject(self):
        self.find("early-edit", ": lost: ", lambda calls: ({"kill_at": n} for n in range(calls, 0, -1)))

    def test_journal_after_answer(self):
        self.find("late-journal", " copies and . reports, and the log tells of 0", lambda calls: ({"kill_at": n} for n in range(calls, 0, -3)))

    def test_clear_copy_on_error(self):
        self.find("clear-on-error", ": readable: ", lambda _: ({"listener": [(1, step, "refuse")]} for step in STEPS))


if __name__ == "__main__":
    unittest.main(verbosity=2)
