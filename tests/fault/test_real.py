"""The daemon, or the MTA with its re-injection listener, dies while a message is divided: with the real MTA (SMIME_MTA)."""
import sys
import unittest

from real import RealBench


class Real(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bench = RealBench()
        cls.bench.run("the first of a database")
        cls.calls = cls.bench.run("nothing dies")

    @classmethod
    def tearDownClass(cls):
        print("\nfaults with", cls.bench.report(), file=sys.stderr)
        cls.bench.close()

    def tearDown(self):
        self.bench.audit()
        self.assertEqual(self.bench.auditor.findings, [])

    def die(self, victim, step, first):
        """Before every step-th call."""
        at = range(first, len(self.calls) + 1, step)
        for n in at:
            self.bench.run("%s dies before call %d (%s) of the daemon" % (victim, n, self.calls[n - 1]), victim, n)
        return len(at)

    def test_the_mta_dies(self):
        before = self.bench.mta_kills
        count = self.die("mta", 5, 2)
        self.assertGreaterEqual(self.bench.mta_kills - before, 0.9 * count)

    def test_the_daemon_dies(self):
        before = self.bench.kills
        count = self.die("daemon", 7, 3)
        self.assertGreaterEqual(self.bench.kills - before, 0.9 * count)


if __name__ == "__main__":
    unittest.main(verbosity=2)
