"""mta_side.py - an MTA as a milter sees it: speaks the milter protocol (version 6) to the daemon, keeps the edits with
the message as Postfix does, and delivers what is left in place to the sink. It can die at any step."""
import re
import socket
import struct

ACTIONS = 0x1FF  # all, with SETSYMLIST
STEPS = 0x1FFFFF


class Died(Exception):
    """The MTA was told to die here."""


class Unreachable(Exception):
    """The daemon does not answer: milter_default_action=tempfail."""


class Milter:
    """One SMTP connection's dialogue with the daemon."""

    def __init__(self, path, timeout=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(path)
        except OSError as e:
            raise Unreachable(str(e)) from e
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, command, data=b""):
        try:
            self.socket.sendall(struct.pack("!I", len(data) + 1) + command + data)
        except OSError as e:
            raise Unreachable(str(e)) from e

    def read(self):
        try:
            head = self.file.read(4)
            data = self.file.read(struct.unpack("!I", head)[0]) if len(head) == 4 else b""
        except OSError as e:
            raise Unreachable(str(e)) from e
        if not data:
            raise Unreachable("the daemon has closed the connection")
        return data[:1], data[1:]

    def ask(self, command, data, **macros):
        """One event; the daemon has to go on."""
        if macros:
            self.send(b"D", command + b"".join(k.encode() + b"\0" + v.encode() + b"\0" for k, v in macros.items()))
        self.send(command, data)
        answer, _ = self.read()
        if answer != b"c":
            raise Unreachable("the daemon answers %r to %r" % (answer, command))

    def greet(self):
        self.send(b"O", struct.pack("!III", 6, ACTIONS, STEPS))
        answer, _ = self.read()
        if answer != b"O":
            raise Unreachable("no negotiation")
        self.ask(b"C", b"client.test\x004" + struct.pack("!H", 4000) + b"127.0.0.1\0", j="mx.a.example")
        self.ask(b"H", b"client.test\0")

    def give(self, queue_id, sender, recipients, octets):
        self.ask(b"M", b"<" + sender.encode() + b">\0")
        for r in recipients:
            self.ask(b"R", b"<" + r.encode() + b">\0")
        header, body = octets.split(b"\r\n\r\n", 1)
        for field in re.split(rb"\r\n(?![ \t])", header):
            name, value = field.split(b":", 1)
            self.ask(b"L", name + b"\0" + value.replace(b"\r\n", b"\n") + b"\0", i=queue_id)
        self.ask(b"N", b"", i=queue_id)
        self.ask(b"B", body)


class Message:
    """A message in the MTA's hands, with the edits that came so far."""

    def __init__(self, recipients, octets):
        self.recipients = list(recipients)
        header, self.body = octets.split(b"\r\n\r\n", 1)
        self.fields = [f.split(b":", 1) for f in re.split(rb"\r\n(?![ \t])", header)]
        self.is_new_body = False

    def octets(self):
        return b"".join(n + b":" + v + b"\r\n" for n, v in self.fields) + b"\r\n" + self.body

    def _nth(self, name, index):
        at = [i for i, (n, _) in enumerate(self.fields) if n.lower() == name.lower()]
        return at[index - 1] if 0 < index <= len(at) else None

    def edit(self, command, data):
        words = data.split(b"\0")
        if command == b"-":
            self.recipients.remove(words[0].strip(b"<>").decode())
        elif command == b"b":
            self.body = data if not self.is_new_body else self.body + data
            self.is_new_body = True
        elif command == b"i":
            name, value = data[4:].split(b"\0")[:2]
            index = struct.unpack("!I", data[:4])[0]
            self.fields.insert(min(index, len(self.fields)), [name, value])
        elif command == b"m":
            name, value = data[4:].split(b"\0")[:2]
            at = self._nth(name, struct.unpack("!I", data[:4])[0])
            if at is not None and value:
                self.fields[at][1] = value
            elif at is not None:
                del self.fields[at]
        elif command != b"p":
            raise AssertionError("the daemon asks for %r" % command)


def transact(path, queue_id, sender, recipients, octets, deliver, die_at=None, before_end=lambda: None):
    """One attempt of a client. Returns the reply code: 250, 451 or 550.

    deliver(recipients, octets)  what the MTA does once it has taken responsibility.
    die_at    (step, packet): the MTA dies before ("end", 0) the message's end is told, after the n-th request or answer
              of the daemon ("packet", n), or after it has taken the message, before the client hears ("taken", 0).
    """
    milter = None
    try:
        milter = Milter(path)
        milter.greet()
        milter.give(queue_id, sender, recipients, octets)
        message, packets = Message(recipients, octets), 0
        if die_at == ("end", 0):
            raise Died()
        before_end()
        milter.send(b"E")
        while True:
            command, data = milter.read()
            packets += 1
            if die_at == ("packet", packets):
                raise Died()
            if command in (b"c", b"a"):
                deliver(message.recipients, message.octets())
                if die_at == ("taken", 0):
                    raise Died()
                return 250
            if command == b"d":
                return 250
            if command == b"t":
                return 451
            if command == b"r":
                return 550
            if command == b"y":
                return int(data[:3])
            message.edit(command, data)
    except Unreachable:
        return 451
    finally:
        if milter:
            milter.close()
