"""lab.py - what the end-to-end tests share: organisations with a real Postfix, our daemon and a policy.

A Site is one organisation: a private Postfix (contrib/private-postfix), a database, a daemon.
A Sink is an SMTP server that keeps what it is given. Everything lives in one temporary folder on
loopback and is ended by Lab.close(). Programs are taken from SMIME_BIN, the build folder.
"""
import contextlib
import email
import glob
import os
import pathlib
import random
import re
import shutil
import signal
import smtplib
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import mta
import mta_sendmail

SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BIN = os.environ.get("SMIME_BIN", os.path.join(SOURCE, "build", "release"))
CTL = os.path.join(BIN, "policy", "smimectl")
DAEMON = os.path.join(BIN, "milter", "smime-milter")


def run(*args, data=None, check=True, env=None):
    """Run a program; returns the finished process with octets in stdout and stderr."""
    done = subprocess.run(args, input=data, capture_output=True, check=False,
                          env={**os.environ, **(env or {})})
    if check and done.returncode != 0:
        raise AssertionError("%s\nexit %d\n%s%s" % (" ".join(args), done.returncode,
                             done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")))
    return done


def free_port():
    """Below those that the kernel gives to whoever asks for any (Sink, and every client)."""
    while True:
        port = random.randrange(10240, 32000)
        with contextlib.closing(socket.socket()) as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


def wait_for(what, seconds, probe):
    """The first true value of probe(), asked for at most so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = probe()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("waited %s s for %s" % (seconds, what))


class _SinkHandler(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 sink")
        envelope = []
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                words = ["sink"] + self.server.keywords
                for word in words[:-1]:
                    self.say("250-" + word)
                self.say("250 " + words[-1])
            elif verb == b"DATA":
                self.say("354 go")
                octets = bytearray()
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    octets += line[1:] if line.startswith(b".") else line
                if not line:
                    return
                self.server.keep(envelope, bytes(octets))
                self.say("250 2.0.0 kept")
                envelope = []
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                if verb == b"RCPT" and self.server.refuses and re.search(self.server.refuses, line):
                    self.say("550 5.1.1 nobody of that name")
                    continue
                if verb in (b"MAIL", b"RCPT"):
                    envelope.append(line.decode(errors="replace").strip())
                self.say("250 ok")


class Sink(socketserver.ThreadingTCPServer):
    """A next hop that keeps (envelope, octets) of all that reaches it, and hands it on when told where;
    refuses: a pattern of RCPT lines."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, keywords=(), hand_to=None):
        super().__init__(("127.0.0.1", 0), _SinkHandler)
        self.keywords, self.hand_to, self.refuses = list(keywords), hand_to, None
        self.port = self.server_address[1]
        self.messages = []
        self.changed = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def keep(self, envelope, octets):
        with self.changed:
            self.messages.append((envelope, octets))
        if self.hand_to:
            addresses = [re.search("<(.*?)>", line).group(1) for line in envelope]
            with smtplib.SMTP("127.0.0.1", self.hand_to, timeout=120) as smtp:
                smtp.ehlo("wire.test")
                smtp.sendmail(addresses[0], addresses[1:], octets, ["BODY=8BITMIME"])

    def wait(self, count, seconds=30):
        return wait_for("%d message(s) at the sink" % count, seconds,
                        lambda: len(self.messages) >= count and list(self.messages))


class Inbox(Sink):
    """The mailboxes of a site whose MTA has none: a file for each recipient's copy."""

    def __init__(self, folder):
        super().__init__(["8BITMIME", "SIZE"])
        self.folder, self.count = folder, 0
        os.mkdir(folder)

    def keep(self, envelope, octets):
        addresses = [re.search("<(.*?)>", line).group(1) for line in envelope]
        for address in addresses[1:]:
            with self.changed:
                self.count += 1
                name = os.path.join(self.folder, "%06d" % self.count)
            with open(name + ".new", "wb") as f:
                f.write(b"Return-Path: <%s>\nDelivered-To: %s\n" % (addresses[0].encode(), address.encode()))
                f.write(octets.replace(b"\r\n", b"\n"))
            os.rename(name + ".new", name)

    def files(self):
        return sorted(os.path.join(self.folder, n) for n in os.listdir(self.folder) if not n.endswith(".new"))


class Site:
    """One organisation. port takes mail from outside (listener INBOUND, by policy incoming), submission
    takes mail from its users (listener SUBMISSION, from loopback, by policy outgoing)."""

    def __init__(self, lab, name, next_hop=None, aliases=None):
        self.lab, self.name, self.domain = lab, name, name + ".example"
        self.dir = os.path.join(lab.dir, name)
        os.mkdir(self.dir)
        os.chmod(self.dir, 0o755)
        self.db = os.path.join(self.dir, "policy.db")
        self.socket = os.path.join(self.dir, "milter.sock")
        self.log = os.path.join(self.dir, "daemon.log")
        self.passphrase = os.path.join(self.dir, "passphrase")
        self.port, self.submission, self.reinject_port = free_port(), free_port(), free_port()
        self.daemon = None
        self.mta = lab.make_mta(self, next_hop, aliases)
        with open(self.passphrase, "w", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write("test passphrase\n")
        self.ctl("init")
        self.sql("UPDATE setting SET value='%d' WHERE name='reinject_port'" % self.reinject_port)
        self.sql("UPDATE setting SET value='mx.%s' WHERE name='authserv_id'" % self.domain)
        # Everybody in the lab is on loopback: tell inside from outside by the listener.
        self.sql("INSERT INTO sender_group(name, position, mail_flow_policy) VALUES('INTERNET', 10, 'accept');"
                 "INSERT INTO sender_group_member(sender_group, kind, value) VALUES('INTERNET', 'listener', 'INBOUND');")

    # -- the policy, as an administrator edits it
    def ctl(self, *args, data=None, check=True):
        return run(CTL, "-d", self.db, "-k", self.passphrase, *args, data=data, check=check)

    def sql(self, text, check=True):
        done = run("sqlite3", "-bail", "-cmd", ".timeout 10000", self.db, data=text.encode(), check=False)
        if check and done.returncode != 0:
            raise AssertionError("%s\n%s" % (text, done.stderr.decode()))
        return done.stderr.decode() if done.returncode else done.stdout.decode()

    def cert_pem(self, name):
        return self.ctl("certificate", "export", name).stdout

    def trust_peer(self, other, name="gateway"):
        pem = self.lab.write("%s-%s.pem" % (other.name, name), other.cert_pem(name))
        self.ctl("public-key", "add", pem, "--name", other.name)

    def seal_all(self, mode, opaque=False, **columns):
        """Every outgoing message gets profile "all" of that mode, signed by certificate "gateway"."""
        columns = {"name": "all", "mode": mode, "sign_mode": "opaque" if opaque else "detached",
                   "signing_certificate": None if mode == "encrypt" else "gateway", **columns}
        quote = lambda v: "NULL" if v is None else "'%s'" % v
        self.sql("BEGIN; INSERT OR REPLACE INTO sending_profile(%s) VALUES(%s);" % (
            ",".join(columns), ",".join(map(quote, columns.values()))) +
            "INSERT OR IGNORE INTO content_filter(name, direction, condition) VALUES('seal', 'outgoing', '');"
            "INSERT OR IGNORE INTO content_filter_action(content_filter, position, action, sending_profile)"
            " VALUES('seal', 1, 'smime-gateway', 'all');"
            "INSERT OR IGNORE INTO mail_policy_filter(mail_policy, position, content_filter)"
            " VALUES('default-outgoing', 1, 'seal'); COMMIT;")

    def open_incoming(self, signature="retain"):
        self.sql("UPDATE mail_flow_policy SET smime_open=1, signature_after_verify='%s' WHERE name='accept'"
                 % signature)

    def make_certificate(self, *options, name="gateway"):
        """A self-signed certificate for every mailbox of the site's domain."""
        self.ctl("certificate", "create", name, "--cn", "gateway." + self.domain, "--o", self.name,
                 "--domain", self.domain, "--mailbox", "gateway@" + self.domain, *options)

    # -- running
    def start_daemon(self, *extra, prefix=()):
        args = [*prefix, DAEMON, "-f", "-d", self.db, "-s", "unix:" + self.socket, "-k", self.passphrase,
                "-m", "0666", *extra]
        starts = self.daemon_log().count(" started: ")
        with open(self.log, "ab") as log:
            self.daemon = subprocess.Popen(args, stderr=log, stdout=log, start_new_session=True)
        try:
            wait_for("the daemon", 20, lambda: self.daemon.poll() is not None
                     or self.daemon_log().count(" started: ") > starts)
            if self.daemon.poll() is not None:
                raise AssertionError("daemon ended")
        except AssertionError:
            raise AssertionError("daemon does not start:\n" + self.daemon_log())

    def stop_daemon(self, sig=signal.SIGTERM):
        if self.daemon:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.daemon.pid, sig)
            self.daemon.wait(30)
            wait_for("the daemon's end", 30, lambda: not self._running(self.daemon.pid))
            self.daemon = None

    @staticmethod
    def _running(group):
        """Is anybody of that process group left? A wrapper ends before what it has started. Who has ended and waits for an
        init that never asks, as in some containers, is not."""
        for stat in glob.glob("/proc/[0-9]*/stat"):
            with contextlib.suppress(OSError), open(stat, encoding="utf-8", errors="replace") as f:
                state, _, in_group = f.read().rpartition(")")[2].split()[:3]
                if int(in_group) == group and state != "Z":
                    return True
        return False

    def start(self, *extra):
        self.start_daemon(*extra)
        self.mta.start()

    def stop(self):
        self.stop_daemon()
        self.mta.stop()

    def daemon_log(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def peak_rss_kib(self):
        with open("/proc/%d/status" % self.daemon.pid, encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))

    # -- mail
    def send(self, sender, recipients, octets, inbound=False, options=()):
        """Give a message to this site's MTA, as a user of it or (inbound) from outside; returns "250"
        or (code, text) of the refusal. A recipient is an address, or (address, [arguments of RCPT])."""
        with smtplib.SMTP("127.0.0.1", self.port if inbound else self.submission, timeout=120) as smtp:
            smtp.ehlo("client.test")
            answer = smtp.mail(sender, list(options))
            for r in recipients:
                address, arguments = (r, ()) if isinstance(r, str) else r
                answer = answer if answer[0] != 250 else smtp.rcpt(address, list(arguments))
            if answer[0] == 250:
                answer = smtp.data(octets)
            return "250" if answer[0] == 250 else (answer[0], answer[1].decode(errors="replace"))

    def mailbox(self):
        return self.mta.mailbox()

    def wait_mail(self, count, seconds=30):
        names = wait_for("%d message(s) in %s's mailbox" % (count, self.name), seconds,
                         lambda: len(self.mailbox()) >= count and self.mailbox())
        return [pathlib.Path(n).read_bytes() for n in names]

    def held_for(self):
        """The recipients of what is in quarantine."""
        return sorted(r for recipients in self.mta.held().values() for r in recipients)


class Lab:
    """A folder, the sites and sinks in it, and their end."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="smime-e2e-")
        os.chmod(self.dir, 0o755)
        self.sites, self.sinks = [], []

    def make_mta(self, site, next_hop, aliases):
        """The MTA that SMIME_MTA names: postfix or sendmail."""
        folder, ports = os.path.join(site.dir, "mta"), (site.port, site.submission, site.reinject_port)
        if os.environ.get("SMIME_MTA", "postfix") == "postfix":
            return mta.Postfix(run, folder, site.domain, site.socket, ports, next_hop, aliases)
        self.sinks.append(Inbox(os.path.join(site.dir, "inbox")))
        return mta_sendmail.Sendmail(run, folder, site.domain, site.socket, ports, self.sinks[-1], next_hop, aliases)

    def site(self, name, next_hop=None, aliases=None):
        self.sites.append(Site(self, name, next_hop, aliases))
        return self.sites[-1]

    def sink(self, keywords=(), hand_to=None):
        self.sinks.append(Sink(keywords, hand_to))
        return self.sinks[-1]

    def pair(self):
        """Sites a and b that know each other's certificate; self.wire[name]: what travelled to that site."""
        self.wire = {name: self.sink(["8BITMIME", "SIZE"]) for name in ("a", "b")}
        a, b = self.site("a", self.wire["b"].port), self.site("b", self.wire["a"].port)
        for site, other in ((a, b), (b, a)):
            self.wire[site.name].hand_to = site.port
            site.make_certificate()
            other.trust_peer(site)
        return a, b

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, octets):
        with open(self.path(name), "wb") as f:
            f.write(octets)
        return self.path(name)

    def close(self):
        for s in self.sites:
            s.stop()
        for s in self.sinks:
            s.shutdown()
            s.server_close()
        if os.environ.get("SMIME_KEEP"):
            print("kept:", self.dir, file=sys.stderr)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)


class LabCase(unittest.TestCase):
    """One lab for all tests of a class: setUpClass calls build(lab)."""
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        try:
            cls.build(cls.lab)
        except BaseException:
            for site in cls.lab.sites:
                with contextlib.suppress(OSError):
                    print(site.name, "daemon:\n" + site.daemon_log(), file=sys.stderr)
            cls.lab.close()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.lab.close()


def message(sender, to, subject="test", mime=b"", body=b"Hello.\r\n"):
    """A message with CR LF line ends. mime: header lines, each ended."""
    return (b"From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: Tue, 01 Sep 2026 10:00:00 +0000\r\n"
            b"Message-ID: <%d.%s>\r\nMIME-Version: 1.0\r\n%s\r\n%s"
            % (sender.encode(), to.encode(), subject.encode(), time.monotonic_ns(), sender.encode(), mime, body))


def crlf(octets):
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def decoded(entity):
    """The body of a single-part entity with its transfer encoding taken off."""
    return email.message_from_bytes(entity).get_payload(decode=True)


def openssl_verify(octets, ca, lab):
    """(accepted, content or reason) by openssl cms -verify -purpose smimesign."""
    done = run("openssl", "cms", "-verify", "-in", lab.write("verify.eml", octets), "-CAfile", ca,
               "-purpose", "smimesign", check=False)
    return (True, done.stdout) if done.returncode == 0 else (False, done.stderr.decode())


def main():
    unittest.main(verbosity=2)
