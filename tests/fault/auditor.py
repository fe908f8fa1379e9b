"""auditor.py - knows what was sent to whom (the ledger), sees what arrives (the sink), and finds what is lost, doubled
without a word in the log, or readable by those who were not to read it."""
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
        self.counts = {"messages": 0, "copies": 0, "second copies, logged": 0, "refused, sender told": 0}
        self.findings = []

    def expect(self, canary, secret, public, reports):
        """A message. secret: recipients for whom policy encrypts. reports: {address in the log: who gets the report}."""
        self.messages[canary] = {"secret": secret, "open": public, "reports": reports, "from": len(self.arrived)}
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
        for address in [*expected["secret"], *expected["open"], *expected["reports"]]:
            at = expected["reports"].get(address, address)
            is_report = address in expected["reports"]
            copies = [o for r, o in mine if r == at and (b"multipart/report" in o) == is_report]
            warned = len(re.findall(r"(?:may-be-second)=%s\b" % re.escape(address), log))
            if not copies and code == 250:
                self.findings.append("%s: lost: %s" % (what, address))
            if len(copies) > 1 + warned:
                self.findings.append("%s: %s has %d copies, and the log tells of %d" % (what, address, len(copies), warned))
            elif len(copies) > 1:
                self.counts["second copies, logged"] += len(copies) - 1
            if address not in expected["open"] and any(canary in text for o in copies for text in readable(o)):
                self.findings.append("%s: readable: %s" % (what, address))
        unknown = {r for r, _ in mine} - {*expected["secret"], *expected["open"], *expected["reports"].values()}
        if unknown:
            self.findings.append("%s: got it uninvited: %s" % (what, sorted(unknown)))
