"""limits.py BUILD - fails when a hostile message costs too much: what bench_limits makes, judged.

Natively: no message of up to 1 MiB takes over a second of processor, and all of them together not over 256 MiB.
Under callgrind, which counts instructions and so says the same on every machine and every day: twice as many elements
cost at most 2.2 times as much, up to the limit; what is over the limit is refused, for no more than what is at the limit.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

RATIO, MILLISECONDS, MEBIBYTES, OCTETS = 2.2, 1000, 256, 1 << 20
# What is said over the limit of each kind, and not at it or below; None: only the octets are limited.
KINDS = {"SignerInfo": "limit", "certificate": "limit", "attribute": "limit", "digest": None, "recipient": "limit",
         "pieces": None, "part": "parts", "nesting": "depth", "field": "header", "parameter": None, "address": None,
         "layer": "limit", "mailbox": "no-certificate", "link": "no-anchor", "namesake": "limit", "constraint": None,
         "purpose": None, "extension": None}


def natively(bench):
    """(faults, number of messages)"""
    out = subprocess.run([bench], check=True, capture_output=True, text=True).stdout
    faults, kind, seen = [], None, 0
    for line in out.splitlines():
        if heading := re.match(r"(\w+) +number", line):
            kind = heading[1]
        elif cells := re.match(r" +(\d+) +(\d+) +([\d.]+)", line):
            seen += 1
            if int(cells[2]) <= OCTETS and float(cells[3]) > MILLISECONDS:
                faults.append("%s %s: %s octets took %s ms" % (kind, cells[1], cells[2], cells[3]))
    peak = int(re.search(r"peak resident memory: (\d+) MiB", out)[1])
    if peak > MEBIBYTES:
        faults.append("%d MiB of memory" % peak)
    return faults, seen


def counted(bench):
    """{kind: [(number, limit, octets, verdict, instructions)]}, by valgrind."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", "--collect-atstart=no",
                        "--callgrind-out-file=" + folder + "/out",
                        bench, "--count"], check=True, env={**os.environ, "LD_BIND_NOW": "1"})
        rows = {}
        for name in glob.glob(folder + "/out.*"):
            with open(name, encoding="utf-8", errors="replace") as f:
                text = f.read()
            if label := re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.M):
                kind, number, limit, octets, verdict = label[1].split("|")
                total = int(re.search(r"^(?:totals|summary): (\d+)", text, re.M)[1])
                rows.setdefault(kind, []).append((int(number), int(limit), int(octets), verdict, total))
    return {kind: sorted(of_kind) for kind, of_kind in rows.items()}


def judge_verdict(kind, number, limit, verdict):
    over, refused = 0 < limit < number, verdict == KINDS[kind]
    return [] if over == refused else ["%s: %d, the limit is %d, the verdict \"%s\"" % (kind, number, limit, verdict)]


def judge(kind, rows):
    faults = [fault for number, limit, _, verdict, _ in rows for fault in judge_verdict(kind, number, limit, verdict)]
    if KINDS[kind] and not any(0 < limit < number for number, limit, *_ in rows):
        faults.append("%s: none is over the limit" % kind)
    for (number, limit, octets, _, cost), (twice, _, _, verdict, more) in zip(rows, rows[1:]):
        print("%-12s %7d %9d octets %12d  to %7d: %.2f  %s" % (kind, number, octets, cost, twice, more / cost, verdict))
        if (not limit or number <= limit) and more > RATIO * cost:
            faults.append("%s: %d cost %d instructions, %d cost %d: %.2f" % (kind, number, cost, twice, more, more / cost))
    return faults


def main():
    bench = sys.argv[1] + "/tests/bench_limits"
    faults, seen = natively(bench)
    rows = counted(bench)
    faults += ["kind %s: not measured" % kind for kind in KINDS if len(rows.get(kind, [])) < 3]
    faults += ["kind %s: unknown to this test" % kind for kind in rows if kind not in KINDS]
    if seen != sum(map(len, rows.values())):
        faults.append("%d messages timed, %d counted" % (seen, sum(map(len, rows.values()))))
    for kind in [kind for kind in KINDS if kind in rows]:
        faults += judge(kind, rows[kind])
    print("\n".join(faults) or "ok")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
