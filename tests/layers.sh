#!/bin/sh
# layers.sh SOURCE BUILD - the one dependency rule: lib <- policy <- {milter, smimectl}; nothing points back.
# Looks at the #includes of the sources and at the symbols of the archives.
set -u
src=$1
build=$2
fail=0

complain() {
	fail=1
	echo "layers: $1" >&2
	echo "$2" | sed 's/^/    /' >&2
}

# no_include FOLDER REGEX WHY
no_include() {
	found=$(grep -rnE --include='*.[ch]' "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)" "$src/$1")
	[ -z "$found" ] || complain "$1/ must not include $3:" "$found"
}

no_include lib 'policy/|milter/|mta\.h' 'what uses it'
no_include lib 'sqlite3|libmilter/|syslog\.h|sys/socket\.h|sys/un\.h|netdb\.h|netinet/|arpa/|getopt\.h' 'SQL, sockets, logging or options'
no_include policy 'libmilter/|mta\.h|milter/' 'libmilter or the daemon'
no_include milter 'sqlite3' 'SQL (it belongs to policy/)'
no_include policy/smimectl 'sqlite3' 'SQL (it belongs to policy/)'

# no_undefined ARCHIVE REGEX WHY
no_undefined() {
	found=$(nm -u "$1" 2>/dev/null | awk 'NF == 2 && $1 == "U" {print $2}' | sort -u | grep -E "^($2)$")
	[ -z "$found" ] || complain "$(basename "$1") must not use $3:" "$found"
}

no_undefined "$build/lib/libsmime.a" 'policy_.*|gateway_.*|smfi_.*|sqlite3_.*' 'what is above it'
no_undefined "$build/lib/libsmime.a" 'v?syslog|openlog|socket|connect|bind|listen|accept4?|getenv|secure_getenv' 'sockets, logging or settings'
no_undefined "$build/lib/libsmime.a" 'v?f?printf|__v?f?printf_chk|puts|fputs|perror|exit|_exit|system|popen' 'output, exits or shells'
# R-DEC-NOFETCH: no URL that a message or certificate names is asked for anything.
for archive in lib/libsmime.a policy/libpolicy.a; do
	no_undefined "$build/$archive" 'socket|connect|send(to|msg)?|getaddrinfo|gethostby.*|res_n?query|curl_.*|g_resolver_.*|g_socket_.*' 'the network'
done
no_undefined "$build/policy/libpolicy.a" 'gateway_.*|smfi_.*' 'what is above it'
no_undefined "$build/policy/libpolicy.a" 'exit|_exit|system|popen' 'exits or shells'

# Every global symbol carries its layer's name, so that a glance at a call tells where it goes.
# only_prefix ARCHIVE PREFIX
only_prefix() {
	found=$(nm -g --defined-only "$1" 2>/dev/null | awk 'NF == 3 {print $3}' | grep -vE "^($2|__odr_asan|__gcov)")
	[ -z "$found" ] || complain "global names of $(basename "$1") begin with $2:" "$found"
}

only_prefix "$build/lib/libsmime.a" smime_
only_prefix "$build/policy/libpolicy.a" policy_
only_prefix "$build/milter/libgateway.a" gateway_

for archive in lib/libsmime.a policy/libpolicy.a milter/libgateway.a; do
	[ -s "$build/$archive" ] || complain "no archive:" "$build/$archive"
done
exit $fail
