"""auditor.py - knows what was sent to whom (the ledger), sees what arrives (the sink), and finds what is lost, doubled
without a word in the log, readable by those who were not to read it, or told to the sender as failed though it is not."""
import base64
import re
import threading


def readable(octets):
    """The octets, and what is under any base64 in them."""
    texts = [octets]
    for block in re.findall(rb"(?:[A-Za-z0-9+/]{20,}={0,2}\r\n)+(?:[A-Za-z0-9+/]+={0,2}\r\n)?", octets):
        joined = re.sub(rb"\s", b"", block)
        texts.append(base64.b64decode(joined + b"=" * (-len(joined) % 4)))
    return texts


class Auditor:
    def __init__(self):
        self.lock = threading.Lock()
        self.messages = {}  # canary: {"secret": recipients, "open": recipients, "told": refused to the sender}
        self.arrived = []   # (recipient, octets)
        self.counts = {"messages": 0, "copies": 0, "second copies, logged": 0, "refused, sender told": 0,
                       "reported for the listener": 0}
        self.findings = []

    def expect(self, canary, secret, public, bounced, sender, may_fail=()):
        """A message. secret: recipients for whom policy encrypts. bounced: whom it refuses; they are reported to the
        sender. may_fail: whom the listener may refuse for good: they get it, or are reported."""
        self.messages[canary] = {"secret": secret, "open": public, "bounced": bounced, "sender": sender,
                                 "may_fail": may_fail, "from": len(self.arrived)}
        self.counts["messages"] += 1

    def deliver(self, recipients, octets):
        """The sink."""
        with self.lock:
            self.arrived.extend((r, octets) for r in recipients)

    def audit(self, what, canary, message_id, code, log):
        """One message is done: its client has the code, and the daemon has written log meanwhile."""
        expected = self.messages[canary]
        with self.lock:
            mine = [(r, o) for r, o in self.arrived[expected["from"]:] if message_id in o]
        self.counts["copies"] += len(mine)
        if code >= 500:
            self.counts["refused, sender told"] += 1
        elif code != 250:
            self.findings.append("%s: the client never got rid of the message (%d)" % (what, code))
        reports = [o for r, o in mine if r == expected["sender"] and b"multipart/report" in o]
        for address in [*expected["secret"], *expected["open"], *expected["bounced"]]:
            copies = [o for r, o in mine if r == address and b"multipart/report" not in o]
            told = [o for o in reports if b"Final-Recipient: rfc822; %s\r\n" % address.encode() in o]
            self.judge(what, address, expected, copies, told, code)
            warned = len(re.findall(r"(?:may-be-second)=%s\b" % re.escape(address), log))
            if len(copies + told) > 1 + warned:
                self.findings.append("%s: %s has %d copies and %d reports, and the log tells of %d"
                                     % (what, address, len(copies), len(told), warned))
            elif len(copies + told) > 1:
                self.counts["second copies, logged"] += len(copies + told) - 1
            shown = told + (copies if address not in expected["open"] else [])
            if any(canary in text for o in shown for text in readable(o)):
                self.findings.append("%s: readable: %s" % (what, address))
        unknown = {r for r, _ in mine} - {*expected["secret"], *expected["open"], expected["sender"]}
        if unknown or len(reports) != len([r for r, _ in mine if r == expected["sender"]]):
            self.findings.append("%s: got it uninvited: %s" % (what, sorted(unknown)))

    def judge(self, what, address, expected, copies, told, code):
        """Exactly one of copy, report and refusal of the whole message."""
        is_bounced, may_fail = address in expected["bounced"], address in expected["may_fail"]
        if code == 250 and not copies and not told:
            self.findings.append("%s: lost: %s" % (what, address))
        if code >= 500 and (copies or told):
            self.findings.append("%s: refused as a whole, but not for %s" % (what, address))
        if copies and (told or is_bounced):
            self.findings.append("%s: told to have failed, but has a copy: %s" % (what, address))
        if told and not is_bounced and not may_fail:
            self.findings.append("%s: reported, but nobody has refused him: %s" % (what, address))
        self.counts["reported for the listener"] += bool(told and may_fail)
