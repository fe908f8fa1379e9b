"""mta.py - the mail transfer agents of the lab: a private Postfix (contrib/private-postfix)."""
import contextlib
import glob
import json
import os
import signal

SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
PRIVATE_POSTFIX = os.path.join(SOURCE, "contrib", "private-postfix")


class Postfix:
    """One instance in a folder. port: listener INBOUND; submission: listener SUBMISSION; reinject: without the milter.
    next_hop: port for all domains but its own. aliases: {address: [addresses]}."""
    name, has_smtputf8 = "postfix", True

    def __init__(self, run, folder, domain, socket, ports, next_hop=None, aliases=None):
        self.run, self.folder, self.domain = run, folder, domain
        port, submission, reinject = ports
        settings = ["virtual_mailbox_domains=" + domain, "smtpd_milters=unix:" + socket, "milter_macro_daemon_name=INBOUND"]
        if next_hop:
            settings.append("default_transport=smtp:[127.0.0.1]:%d" % next_hop)
        if aliases:
            settings.append("virtual_alias_maps=inline:{ %s }" % ", ".join(
                "{ %s = %s }" % (name, ", ".join(to)) for name, to in aliases.items()))
        run(PRIVATE_POSTFIX, "create", folder, "mx." + domain, str(port), *settings)
        run(PRIVATE_POSTFIX, "listener", folder, str(submission), "milter_macro_daemon_name=SUBMISSION")
        run(PRIVATE_POSTFIX, "listener", folder, str(reinject), "smtpd_milters=", "syslog_name=reinject",
            "smtpd_authorized_xforward_hosts=127.0.0.0/8")

    def set(self, *settings):
        """Parameters of main.cf, NAME=VALUE."""
        self.run(PRIVATE_POSTFIX, "set", self.folder, *settings)

    def start(self):
        self.run(PRIVATE_POSTFIX, "start", self.folder)

    def stop(self):
        with contextlib.suppress(AssertionError):
            self.run(PRIVATE_POSTFIX, "stop", self.folder)

    def kill(self):
        """All its processes, at once."""
        with open(os.path.join(self.folder, "spool", "pid", "master.pid"), encoding="ascii") as f:
            os.killpg(int(f.read()), signal.SIGKILL)

    def flush(self):
        self.run(PRIVATE_POSTFIX, "flush", self.folder)

    def log(self):
        with open(os.path.join(self.folder, "log", "mail.log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def hand_inside_to(self, port):
        """Mail of the own domain goes there, and not into the mailbox."""
        self.set("transport_maps=inline:{{%s=smtp:[127.0.0.1]:%d}}" % (self.domain, port))

    def mailbox(self):
        return sorted(glob.glob(os.path.join(self.folder, "mail", "inbox", "new", "*")), key=os.path.getmtime)

    def _queue(self):
        return map(json.loads, self.run("postqueue", "-c", os.path.join(self.folder, "etc"), "-j").stdout.decode().splitlines())

    def held(self):
        """{queue id: [recipients]} of the messages in quarantine."""
        return {e["queue_id"]: [r["address"] for r in e["recipients"]] for e in self._queue() if e["queue_name"] == "hold"}

    def is_idle(self):
        """All that can be delivered is."""
        return all(e["queue_name"] == "hold" for e in self._queue())

    def release_held(self):
        self.run("postsuper", "-c", os.path.join(self.folder, "etc"), "-H", "ALL")
        self.flush()
