#!/bin/sh
# pitfalls.sh SOURCE - each of the 22 pitfalls of the milter protocol, and of two MTAs that mean different things by it,
# has a test that is named after it, and a row in milter/README.md that names a test which is there.
set -eu
cd "$1"
fail=0
n=0
while [ $n -lt 22 ]; do
	n=$((n + 1))
	grep -rqE "(START_TEST\(|def test_)pitfall_${n}_" tests/*.c tests/e2e/*.py || {
		echo "pitfalls: no test is named pitfall_${n}_..." >&2
		fail=1
	}
	grep -qE "^ +$n  [^ ]" milter/README.md || {
		echo "pitfalls: milter/README.md says nothing of pitfall $n" >&2
		fail=1
	}
done
for test in $(grep -oE 'pitfall_[0-9]+_[a-z0-9_]+' milter/README.md); do
	grep -rq "$test" tests/*.c tests/e2e/*.py || {
		echo "pitfalls: milter/README.md names $test, which is not there" >&2
		fail=1
	}
done
exit $fail
