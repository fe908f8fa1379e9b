"""mta_sendmail.py - a private Sendmail, run beside Postfix: what contrib/packages has unpacked into build/sendmail.

It runs in a namespace of its own, because it asks /etc/hosts for its name at every start and sleeps a minute when it
finds none. It attaches the gateway with the very lines of contrib/sendmail/smime-milter.mc.
"""
import contextlib
import glob
import os
import re
import signal
import socket
import subprocess
import threading
import time

SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
UNPACKED = os.environ.get("SMIME_SENDMAIL", os.path.join(SOURCE, "build", "sendmail"))
SNIPPET = os.path.join(SOURCE, "contrib", "sendmail", "smime-milter.mc")

CONFIGURATION = r"""divert(-1)
include(`{cf}/m4/cf.m4')
divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `{host}')dnl
define(`QUEUE_DIR', `{folder}/queue')dnl
define(`confPID_FILE', `{folder}/pid')dnl
define(`ALIAS_FILE', `{folder}/aliases')dnl
define(`STATUS_FILE', `{folder}/status')dnl
define(`HELP_FILE', `')dnl
define(`confCW_FILE', `-o /dev/null')dnl
define(`confSERVICE_SWITCH_FILE', `{folder}/service.switch')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confDEF_USER_ID', `nobody')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl the folder lies under /tmp
define(`confTO_IDENT', `0')dnl
define(`confTO_ICONNECT', `5s')dnl
define(`confREFUSE_LA', `1000')dnl a machine that runs tests is busy
define(`confQUEUE_LA', `1000')dnl
define(`confDELAY_LA', `1000')dnl
define(`confMIN_QUEUE_AGE', `0')dnl
define(`confLOG_LEVEL', `14')dnl
define(`SMART_HOST', `esmtp:[127.0.0.1]')dnl
define(`ESMTP_MAILER_ARGS', `TCP $h {next_hop}')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {inside}')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`nocanonify')dnl
FEATURE(`virtusertable', `text -k0 -v1 -o {folder}/virtuser')dnl
FEATURE(`mailertable', `text -k0 -v1 -o {folder}/mailers')dnl
VIRTUSER_DOMAIN(`{domain}')dnl
DAEMON_OPTIONS(`Name=INBOUND, Addr=127.0.0.1, Port={port}')dnl
DAEMON_OPTIONS(`Name=SUBMISSION, Addr=127.0.0.1, Port={submission}')dnl
{snippet}
MAILER(`local')dnl
MAILER(`smtp')dnl
"""

# What its name is, and where it logs, as nobody else sees it.
NAMESPACE = 'mount --bind "$1/hosts" /etc/hosts && hostname "$2" && ' \
            'mount -t tmpfs tmpfs /dev -o size=1m,mode=755 && mknod -m 666 /dev/null c 1 3 && ' \
            'mknod -m 666 /dev/urandom c 1 9 && ln -s "$1/log.sock" /dev/log && shift 2 && exec "$@"'


class Sendmail:
    """One instance in a folder, as mta.Postfix is one. inbox: port of whoever keeps the mail of the own domain."""
    name, has_smtputf8 = "sendmail", False

    def __init__(self, run, folder, domain, milter, ports, inbox, next_hop=None, aliases=None):
        if not os.path.isdir(UNPACKED):
            raise AssertionError("no %s: contrib/packages test unpacks Sendmail there" % UNPACKED)
        self.run, self.folder, self.domain, self.host = run, folder, domain, "mx." + domain
        self.milter, self.inbox, self.next_hop = milter, inbox, next_hop or 9
        self.process = self.namespace = None
        for name in ("", "queue"):
            os.mkdir(os.path.join(folder, name), 0o700)
        self.ports = ports
        self._write("hosts", "127.0.0.1 %s localhost\n" % self.host)
        self._write("service.switch", "hosts files\naliases files\n")
        self._write("mailers", "%s\trelay:[127.0.0.1]\n" % domain)
        self._write_aliases(aliases or {})
        self._write_configuration(inbox.port)
        self._listen_to_log()

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with open(self._path(name), "w", encoding="ascii") as f:
            f.write(text)

    def _write_aliases(self, aliases):
        """An address beside the local users' takes two steps: a virtual user, who is one name, and an alias of that."""
        names = {address: address.replace("@", "-at-") for address in aliases}
        self._write("virtuser", "".join("%s\t%s\n" % pair for pair in names.items()))
        self._write("aliases", "".join("%s: %s\n" % (names[a], ", ".join(to)) for a, to in aliases.items()))

    def _write_configuration(self, inside):
        port, submission, reinject = self.ports
        with open(SNIPPET, encoding="ascii") as f:
            snippet = f.read()
        for old, new in (("/run/smime-milter/smime-milter.sock", self.milter), ("Port=10026", "Port=%d" % reinject)):
            if old not in snippet:
                raise AssertionError("%s has no %s" % (SNIPPET, old))
            snippet = snippet.replace(old, new)
        cf = os.path.join(UNPACKED, "usr", "share", "sendmail", "cf")
        self._write("sendmail.mc", CONFIGURATION.format(
            cf=cf, folder=self.folder, host=self.host, domain=self.domain, port=port, submission=submission,
            next_hop=self.next_hop, inside=inside, snippet=snippet))
        made = self.run("m4", "-D_CF_DIR_=%s/" % cf, self._path("sendmail.mc"))
        self._write("sendmail.cf", made.stdout.decode())
        self._command("-bi")

    def _arguments(self, *arguments):
        program = os.path.join(UNPACKED, "usr", "libexec", "sendmail", "sendmail")
        return ["unshare", "-mu", "sh", "-c", NAMESPACE, "sh", self.folder, self.host, program,
                "-C", self._path("sendmail.cf"), *arguments]

    def _command(self, *arguments):
        return self.run(*self._arguments(*arguments)).stdout.decode()

    # -- the log: what would go to syslog
    def _listen_to_log(self):
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        log.bind(self._path("log.sock"))
        threading.Thread(target=self._keep_log, args=(log,), daemon=True).start()

    def _keep_log(self, log):
        with open(self._path("mail.log"), "w", encoding="utf-8", errors="replace") as f:
            while True:
                f.write(re.sub(r"^<\d+>", "", log.recv(65536).decode(errors="replace")).rstrip("\n\0") + "\n")
                f.flush()

    def log(self):
        with open(self._path("mail.log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    # -- running
    def start(self):
        # What a kill left of files that were being written keeps their messages waiting (contrib/sendmail/README.md).
        for name in glob.glob(self._path("queue/tf*")):
            os.unlink(name)
        with open(self._path("output"), "ab") as output:
            self.process = subprocess.Popen(self._arguments("-bD", "-q2s"), stdout=output, stderr=output,
                                            start_new_session=True)
        for port in self.ports:
            self._await(port)
        self.namespace = os.readlink("/proc/%d/ns/mnt" % self.process.pid)

    def _await(self, port):
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    with open(self._path("output"), errors="replace") as f:
                        raise AssertionError("sendmail does not start: " + f.read() + self.log()) from None
                time.sleep(0.05)

    def stop(self):
        if not self.process:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.kill()

    def kill(self):
        """All its processes, at once: those that deliver in the background are in its namespace, if not in its group."""
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(30)
        self.process = None

    def _processes(self):
        for path in glob.glob("/proc/[0-9]*/ns/mnt"):
            with contextlib.suppress(OSError):
                if os.readlink(path) == self.namespace:
                    yield int(path.split("/")[2])

    def flush(self):
        self._command("-q")

    # -- what it has
    def hand_inside_to(self, port):
        self._write_configuration(port)

    def mailbox(self):
        return self.inbox.files()

    def held(self):
        """{queue id: [recipients]} of the messages in quarantine."""
        held = {}
        for name in glob.glob(self._path("queue/hf*")):
            with open(name, encoding="utf-8", errors="replace") as f:
                held[os.path.basename(name)[2:]] = re.findall(r"^R[^:\n]*:<?(.*?)>?$", f.read(), re.M)
        return held

    def is_idle(self):
        return not glob.glob(self._path("queue/qf*"))

    def release_held(self):
        self._command("-qQ", "-Q")
        self.flush()
