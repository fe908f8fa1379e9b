/* main.c - smimectl, the administrator's command: the table of commands, and what stands in front
 * of them on the command line. smimectl.8 describes each. */
#include "ctl.h"

#include "policy/hide_memory.h"

#include <stdlib.h>

#define DATABASE "/var/lib/smime-milter/policy.db"

/* clang-format off */
static const struct ctl_option mta_options[] = {
	{ "socket", "SOCKET", "the daemon's, as its -s has it (unix:/run/smime-milter/smime-milter.sock)" },
	{ "next-hop-limit", "OCTETS", "the largest message that the next hop takes" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option log_options[] = {
	{ "queue-id", "ID", "about that message, or of which it is a copy" },
	{ "address", "ADDRESS", "that name it, as sender or recipient" },
	{ "where", "KEY[=VALUE]", "with that: direction=incoming, verified=0, quarantine (may be repeated)" },
	{ "trouble", NULL, "of what did not go as it should" },
	{ "follow", NULL, "go on as lines are added" },
	{ "json", NULL, "an object for each line about a message" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option create_options[] = {
	{ "cn", "NAME", "common name" },
	{ "o", "NAME", "organization" },
	{ "ou", "NAME", "organizational unit" },
	{ "l", "NAME", "locality" },
	{ "st", "NAME", "state or province" },
	{ "c", "CC", "country, two letters" },
	{ "domain", "DOMAIN", "signs for every mailbox of it (may be repeated; *.DOMAIN for those below)" },
	{ "mailbox", "ADDRESS", "signs for it (may be repeated)" },
	{ "key", "TYPE", "rsa-2048 to rsa-4096 (rsa-3072), p-256, p-384, p-521, ed25519, or a token's pkcs11: URI" },
	{ "use", "WHAT", "sign, encrypt, or both (default)" },
	{ "key-usage", "BIT", "instead: digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment, keyAgreement (may be repeated)" },
	{ "digest", "NAME", "sha256, sha384, sha512; default: as long as the key asks for" },
	{ "signature", "NAME", "auto (default); rsa-pss for an RSA key" },
	{ "days", "N", "valid for so many days (730)" },
	{ "require-fqdn", NULL, "common name and domains must be fully qualified domain names, now and later" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option csr_options[] = {
	{ "digest", "NAME", "sha256, sha384, sha512; default: as long as the key asks for" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option import_options[] = {
	{ "chain", "FILE", "certificates of the CAs above it" },
	{ "p12-passphrase-file", "FILE", "opens a PKCS#12 file: its first line" },
	{ "key-passphrase-file", "FILE", "opens an encrypted key file: its first line" },
	{ "require-fqdn", NULL, "common name and domains must be fully qualified domain names, now and later" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option export_options[] = {
	{ "with-key", NULL, "the private key too, still encrypted" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option name_options[] = {
	{ "name", "NAME", "name of the row; default: the certificate's own" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option list_options[] = {
	{ "address", "ADDRESS", "those that name it, by mailbox or domain" },
	{ "domain", "DOMAIN", "those with a mailbox of it, or that name it" },
	{ "subject", "TEXT", "those with that in their subject" },
	{ "expires-within", "DAYS", "those that expire in so many days, or have" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option harvested_list_options[] = {
	{ "state", "STATE", "active, candidate, superseded or untrusted" },
	{ "address", "ADDRESS", "those that name it, by mailbox or domain" },
	{ "domain", "DOMAIN", "those with a mailbox of it, or that name it" },
	{ "subject", "TEXT", "those with that in their subject" },
	{ "expires-within", "DAYS", "those that expire in so many days, or have" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option harvested_options[] = {
	{ "address", "ADDRESS", "the address that it was harvested for, when it was for several" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option trust_options[] = {
	{ "name", "NAME", "name of the row; default: the certificate's own" },
	{ "intermediate", NULL, "a CA below: completes chains, and is not trusted itself" },
	{ "domain-signing", NULL, "dNSName in its certificates speaks for every mailbox of the domain" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option profile_options[] = {
	{ "replace", NULL, "those that are there already" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option filter_options[] = {
	{ "replace", NULL, "instead of all that are there, in the order of the file" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option seal_options[] = {
	{ "profile", "NAME", "sending profile" },
	{ "from", "ADDRESS", "envelope sender" },
	{ "to", "ADDRESS", "recipient (may be repeated)" },
	{ "json", NULL, "a record on standard error" },
	{ "time", "TIME", "judge certificates as of then: 2026-01-31T12:00:00Z" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option open_options[] = {
	{ "signature", "retain|remove", "what to do with a signature (retain)" },
	{ "json", NULL, "the verdicts on standard error" },
	{ "time", "TIME", "judge certificates as of then: 2026-01-31T12:00:00Z" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option explain_options[] = {
	{ "client", "IP", "address of the SMTP client" },
	{ "client-name", "HOST", "its verified name" },
	{ "listener", "NAME", "daemon_name of the listener it came to" },
	{ "authenticated", "USER", "it has authenticated as that user" },
	{ "from", "ADDRESS", "envelope sender; '' is the null sender" },
	{ "to", "ADDRESS", "recipient (may be repeated)" },
	{ "json", NULL, "a record instead of text" },
	{ "time", "TIME", "judge certificates as of then: 2026-01-31T12:00:00Z" },
	{ NULL, NULL, NULL },
};

static const struct ctl_command commands[] = {
	{ "init", "", 0, 0, "make a new database, and a passphrase for its keys", NULL, ctl_init },
	{ "check", "", 0, 0, "compile all tables, report what is wrong or expires soon", NULL, ctl_check },
	{ "check-mta", "[DIRECTORY]", 0, 1, "is Postfix configured so that nothing passes us by?", mta_options, ctl_check_mta },
	{ "log", "[FILE]", 0, 1, "the daemon's lines out of a log", log_options, ctl_log },
	{ "certificate create", "NAME", 1, 1, "make a key and a self-signed certificate", create_options, ctl_certificate_create },
	{ "certificate csr", "NAME", 1, 1, "print a request for a CA to sign", csr_options, ctl_certificate_csr },
	{ "certificate import", "NAME CERT [KEY] | NAME FILE.p12", 2, 3, "add a certificate and its key, or what a CA made of a request", import_options, ctl_certificate_import },
	{ "certificate export", "NAME", 1, 1, "print a certificate and its chain", export_options, ctl_certificate_export },
	{ "certificate list", "", 0, 0, "list own certificates", NULL, ctl_certificate_list },
	{ "certificate delete", "NAME", 1, 1, "delete a certificate and its key", NULL, ctl_certificate_delete },
	{ "public-key add", "FILE", 1, 1, "add another party's certificates", name_options, ctl_public_key_add },
	{ "public-key import", "FILE", 1, 1, "the same, for a file with many: tells how far it is", NULL, ctl_public_key_import },
	{ "public-key export", "[NAME]", 0, 1, "print one certificate, or all", NULL, ctl_public_key_export },
	{ "public-key list", "[TEXT]", 0, 1, "list other parties' certificates", list_options, ctl_public_key_list },
	{ "public-key search", "ADDRESS", 1, 1, "what would be used to encrypt to an address", NULL, ctl_public_key_search },
	{ "public-key delete", "NAME", 1, 1, "delete a certificate", NULL, ctl_public_key_delete },
	{ "harvested list", "[TEXT]", 0, 1, "list keys out of signed mail", harvested_list_options, ctl_harvested_list },
	{ "harvested show", "FINGERPRINT", 1, 1, "all that is known of one", harvested_options, ctl_harvested_show },
	{ "harvested export", "FINGERPRINT", 1, 1, "print its certificate", NULL, ctl_harvested_export },
	{ "harvested approve", "FINGERPRINT", 1, 1, "use it, instead of the one in use", harvested_options, ctl_harvested_approve },
	{ "harvested promote", "FINGERPRINT", 1, 1, "copy it to the public keys: trusted from then on", name_options, ctl_harvested_promote },
	{ "harvested delete", "FINGERPRINT", 1, 1, "forget it", harvested_options, ctl_harvested_delete },
	{ "trust add", "FILE", 1, 1, "trust a CA", trust_options, ctl_trust_add },
	{ "trust list", "", 0, 0, "list trusted CAs", NULL, ctl_trust_list },
	{ "trust delete", "NAME", 1, 1, "trust a CA no more", NULL, ctl_trust_delete },
	{ "crl add", "FILE", 1, 1, "add or replace a revocation list", name_options, ctl_crl_add },
	{ "crl list", "", 0, 0, "list revocation lists", NULL, ctl_crl_list },
	{ "crl delete", "NAME", 1, 1, "delete a revocation list", NULL, ctl_crl_delete },
	{ "profile list", "", 0, 0, "list sending profiles", NULL, ctl_profile_list },
	{ "profile export", "[NAME]", 0, 1, "print one sending profile, or all, as JSON", NULL, ctl_profile_export },
	{ "profile import", "FILE", 1, 1, "add sending profiles out of JSON", profile_options, ctl_profile_import },
	{ "filter import", "FILE", 1, 1, "add or replace message filters, all of a file or none", filter_options, ctl_filter_import },
	{ "filter export", "", 0, 0, "print all message filters as one text", NULL, ctl_filter_export },
	{ "seal", "[FILE]", 0, 1, "apply a sending profile to a message", seal_options, ctl_seal },
	{ "open", "[FILE]", 0, 1, "take the layers off a message", open_options, ctl_open },
	{ "explain", "[FILE]", 0, 1, "say what would happen to a message, and why", explain_options, ctl_explain },
};
/* clang-format on */

#define COUNT (sizeof commands / sizeof *commands)

static void
usage(FILE *to)
{
	(void)fputs(
	    "usage: smimectl [-d DATABASE] [-k PASSPHRASE-FILE] COMMAND ...\n"
	    "  -d, --database FILE         policy database (" DATABASE ")\n"
	    "  -k, --passphrase-file FILE  passphrase of private keys (DATABASE.passphrase)\n"
	    "  -V, --version\n"
	    "  -h, --help                  also behind every command\n\n",
	    to);
	for (size_t i = 0; i < COUNT; i++)
		(void)fprintf(to, "  %-20s %-15s %s\n", commands[i].name, commands[i].arguments,
		    commands[i].help);
}

/* How many words at argv name the command; 0: it is another one. */
static int
named_by(const struct ctl_command *command, int argc, char **argv)
{
	const char *blank = strchr(command->name, ' ');
	size_t len = blank ? (size_t)(blank - command->name) : strlen(command->name);

	if (argc < 1 || strlen(argv[0]) != len || strncmp(argv[0], command->name, len) != 0)
		return 0;
	if (!blank)
		return 1;
	return argc > 1 && strcmp(argv[1], blank + 1) == 0 ? 2 : 0;
}

static const struct ctl_command *
find(int argc, char **argv, int *words)
{
	for (size_t i = 0; i < COUNT; i++) {
		*words = named_by(&commands[i], argc, argv);
		if (*words > 0)
			return &commands[i];
	}
	return NULL;
}

/* No such command: the family's commands, when there is such a family. */
static int
unknown(int argc, char **argv)
{
	size_t len = argc > 0 ? strlen(argv[0]) : 0;
	bool found = false;

	for (size_t i = 0; i < COUNT && len > 0; i++)
		if (strncmp(commands[i].name, argv[0], len) == 0 && commands[i].name[len] == ' ') {
			if (!found && (argc == 1 || strcmp(argv[1], "--help") != 0))
				(void)ctl_error(
				    EX_USAGE, "%s needs one of these behind it", argv[0]);
			ctl_usage(&commands[i], stderr);
			found = true;
		}
	if (found)
		return EX_USAGE;
	if (argc > 0)
		return ctl_error(EX_USAGE, "no command \"%s\"; try --help", argv[0]);
	usage(stderr);
	return EX_USAGE;
}

/* Where the value of an option goes; *equals: what stands behind "=", NULL when nothing does. */
static const char **
global_value(struct ctl *ctl, const char *option, const char **equals)
{
	const char *sign = strncmp(option, "--", 2) == 0 ? strchr(option, '=') : NULL;
	size_t len = sign ? (size_t)(sign - option) : strlen(option);

	*equals = sign ? sign + 1 : NULL;
	if (strcmp(option, "-d") == 0 ||
	    (len == strlen("--database") && strncmp(option, "--database", len) == 0))
		return &ctl->database;
	if (strcmp(option, "-k") == 0 ||
	    (len == strlen("--passphrase-file") && strncmp(option, "--passphrase-file", len) == 0))
		return &ctl->passphrase_file;
	return NULL;
}

/* -d, -k and the like. Returns how many words they took; -1: *code is the end. */
static int
global_options(struct ctl *ctl, int argc, char **argv, int *code)
{
	int at = 1;

	for (; at < argc && argv[at][0] == '-'; at++) {
		const char *option = argv[at], *equals;
		const char **value;

		*code = EX_OK;
		if (strcmp(option, "-h") == 0 || strcmp(option, "--help") == 0) {
			usage(stdout);
			return -1;
		}
		if (strcmp(option, "-V") == 0 || strcmp(option, "--version") == 0) {
			(void)printf("smimectl %s\n", SMIME_VERSION);
			return -1;
		}
		value = global_value(ctl, option, &equals);
		if (value && equals) {
			*value = equals;
			continue;
		}
		if (!value || at + 1 == argc) {
			*code = ctl_error(EX_USAGE, "%s \"%s\"; try --help",
			    value ? "no value behind" : "no option", option);
			return -1;
		}
		*value = argv[++at];
	}
	return at;
}

int
main(int argc, char **argv)
{
	struct ctl ctl = { .database = DATABASE, .passphrase.secret = true };
	struct ctl_args args = { 0 };
	int words, code = EX_OK;
	int at = global_options(&ctl, argc, argv, &code);

	if (at < 0)
		return code;
	ctl.command = find(argc - at, argv + at, &words);
	if (!ctl.command)
		return unknown(argc - at, argv + at);
	at += words;
	if (policy_hide_memory(&ctl.diag) != SMIME_OK)
		return ctl_fail(&ctl, SMIME_E_SYSTEM);
	if (ctl_args_parse(ctl.command, argc - at, argv + at, &args, &code))
		code = ctl.command->run(&ctl, &args);
	ctl_args_reset(&args);
	smime_buf_reset(&ctl.passphrase);
	if (fflush(stdout) != 0 || ferror(stdout))
		return ctl_error(EX_IOERR, "cannot write to standard output");
	return code;
}
