"""listener.py - the MTA's re-injection listener, which can refuse, be slow, cut the line or die at any step."""
import re
import socket
import threading
import time

STEPS = ("connect", "EHLO", "XFORWARD", "MAIL", "RCPT", "DATA", "text", "dot", "kept", "replied")
ANSWERED = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "dot")  # where refusing means that the message is not kept


class Listener:
    """Hands what it takes to deliver(recipients, octets).

    faults: of (nth, step, action); nth transaction since it was set, from 1. step is one of STEPS: a command that has
    come (RCPT: the first one; "RCPT 2" is the second), the first line of text, the final dot, the message kept but not answered, or answered.
    action: "die" (nobody listens any more until revive()), "cut", "slow", "refuse" (4xx), "reject" (5xx), or a function.
    """

    def __init__(self, deliver):
        self.deliver = deliver
        self.socket = None
        self.port = 0
        self.faults = ()
        self.count = self.strikes = 0  # transactions since the faults were set; faults that happened
        self.revive()

    def set_faults(self, faults):
        self.faults, self.count = faults, 0

    def revive(self):
        if self.socket:
            return
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.listen(20)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.socket,), daemon=True).start()

    def die(self):
        """As after SIGKILL: nobody listens."""
        if self.socket:
            self.socket.shutdown(socket.SHUT_RDWR)
            self.socket.close()
            self.socket = None

    def _accept(self, listening):
        while True:
            try:
                connection, _ = listening.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # answers to a pipeline are written one by one
            except OSError:
                return
            threading.Thread(target=self._guard, args=(connection,), daemon=True).start()

    def _guard(self, connection):
        self.count += 1
        try:
            with connection, connection.makefile("rb") as lines:
                _Dialogue(self, connection, lines, self.count).run()
        except OSError:
            pass


class _Cut(OSError):
    pass


class _Dialogue:
    def __init__(self, listener, connection, lines, number):
        self.listener, self.connection, self.lines = listener, connection, lines
        self.fault = next((f for f in listener.faults if f[0] == number), None)
        self.recipients = []

    def say(self, text):
        self.connection.sendall(text.encode() + b"\r\n")

    def at(self, step, good):
        """A step is reached; good is what is said to it when all is well."""
        if not self.fault or self.fault[1] != step:
            return self.say(good) if good else None
        action, self.fault = self.fault[2], None
        self.listener.strikes += 1
        if action == "die":
            self.listener.die()
            raise _Cut()
        if action == "cut":
            raise _Cut()
        if action == "slow":
            time.sleep(1.5)
        if callable(action):
            action()
        if good:
            self.say({"refuse": "451 4.3.0 not now", "reject": "550 5.1.1 never"}.get(action, good))
        return action in ("refuse", "reject")

    def run(self):
        self.at("connect", "220 listener")
        while line := self.lines.readline():
            verb = line.split()[0].upper().decode()
            if verb == "QUIT":
                return self.say("221 bye")
            if verb == "DATA":
                if self.at("DATA", "354 go"):
                    continue
                self.take()
            elif verb == "EHLO":
                self.at("EHLO", "250-listener\r\n250-PIPELINING\r\n250-SIZE\r\n250-DSN\r\n250 XFORWARD NAME ADDR HELO IDENT SOURCE")
            elif verb == "RCPT":
                step = "RCPT" if self.fault and self.fault[1] == "RCPT" else "RCPT %d" % (len(self.recipients) + 1)
                if not self.at(step, "250 ok"):
                    self.recipients.append(re.search(rb"<(.*?)>", line).group(1).decode())
            else:
                self.at(verb, "250 ok")

    def take(self):
        octets, first = b"", True
        while (line := self.lines.readline()) != b".\r\n":
            if not line:
                return
            if first:
                self.at("text", None)
                first = False
            octets += line[1:] if line.startswith(b".") else line
        action = self.fault[2] if self.fault and self.fault[1] == "dot" else None
        if action in ("refuse", "reject", "die", "cut"):
            self.at("dot", "250 ok")
            return
        self.at("dot", None)
        self.listener.deliver(self.recipients, octets)
        self.at("kept", "250 2.0.0 Ok: queued as R%d" % self.listener.count)
        self.at("replied", None)
        self.recipients = []
