/*
 * bench_content.c - what it costs to look for words in 25 MB of mixed attachments, beside what it
 * costs GMime to parse the same message and decode each part once.  Prints; asserts nothing.
 */
#include "content.h"
#include "policy/facts.h"
#include "policy/message.h"
#include "policy/rule.h"

#include <gmime/gmime.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

static void
must(enum smime_status status)
{
	if (status != SMIME_OK)
		abort();
}

static void
put(struct smime_stage *out, const char *text)
{
	must(smime_push(out, text, strlen(text)));
}

/* Processor time: what else runs on the machine does not count. */
static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- the message ---- */

static uint64_t state = 1;

static uint64_t
draw(void)
{
	state = state * 6364136223846793005U + 1442695040888963407U;
	return state >> 33;
}

/* Compressed files look like this. */
static void
put_noise(struct smime_stage *out, size_t len)
{
	for (size_t i = 0; i < len; i += 4) {
		uint32_t word = (uint32_t)(draw() << 1 ^ draw());

		must(smime_push(out, &word, 4));
	}
}

/* Lines of words of one alphabet. */
static void
put_prose(struct smime_stage *out, size_t len, const char *const *words, size_t count)
{
	size_t column = 0, written = 0;

	while (written < len) {
		const char *word = words[draw() % count];

		put(out, word);
		written += strlen(word);
		column += strlen(word);
		put(out, column > 70 ? "\r\n" : " ");
		column = column > 70 ? 0 : column;
	}
	put(out, "\r\n");
}

static const char *const english[] = { "the", "quarterly", "report", "is", "attached", "for",
	"review", "<b>please</b>", "confirm", "receipt", "of", "this", "document" };
static const char *const chinese[] = { "\xE5\xAD\xA3\xE5\xBA\xA6", "\xE6\x8A\xA5\xE5\x91\x8A",
	"\xE8\xAF\xB7", "\xE7\xA1\xAE\xE8\xAE\xA4", "\xE9\x99\x84\xE4\xBB\xB6" };
static const char *const gbk[] = { "\xBC\xBE\xB6\xC8", "\xB1\xA8\xB8\xE6", "\xC7\xEB",
	"\xC8\xB7\xC8\xCF", "\xB8\xBD\xBC\xFE" };
static const char *const latin[] = { "f\xFCr", "die",
	("Pr\xFC"
	 "fung"),
	"gem\xE4\xDF", "und" };

/* clang-format off */
static const struct part {
	const char *fields, *cte;
	size_t len;
	const char *const *words; /* NULL: noise */
	size_t count;
} parts[] = {
	{ "text/plain; charset=us-ascii", "7bit", MIB / 4, english, 13 },
	{ "text/html; charset=utf-8", "quoted-printable", MIB / 2, english, 13 },
	{ "application/pdf; name=a.pdf", "base64", 5 * MIB, NULL, 0 },
	{ "image/jpeg; name=b.jpg", "base64", 4 * MIB, NULL, 0 },
	{ "text/csv; charset=utf-8; name=c.csv", "8bit", 2 * MIB, chinese, 5 },
	{ "text/plain; charset=gbk; name=d.txt", "base64", MIB, gbk, 5 },
	{ "text/plain; charset=iso-8859-1; name=e.txt", "quoted-printable", MIB / 2, latin, 5 },
	{ "application/octet-stream; name=f.log", "base64", 2 * MIB, english, 13 },
	{ "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "base64", 5 * MIB, NULL, 0 },
};
/* clang-format on */

static void
put_body(const struct part *p, struct smime_stage *out)
{
	SMIME_AUTO(smime_stage) encoder = NULL;
	SMIME_AUTO_BUF whole = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;

	if (strcmp(p->cte, "base64") == 0)
		must(smime_stage_buf_new(&whole, SIZE_MAX, &collect));
	if (collect)
		must(smime_stage_base64_new(collect, &encoder));
	else if (strcmp(p->cte, "quoted-printable") == 0) {
		must(smime_stage_buf_new(&whole, SIZE_MAX, &collect));
		must(smime_stage_qp_new(collect, &encoder));
	}
	if (p->words)
		put_prose(encoder ? encoder : out, p->len, p->words, p->count);
	else
		put_noise(encoder ? encoder : out, p->len);
	if (encoder)
		must(smime_finish(encoder));
	must(smime_push_bytes(out, smime_buf_bytes(&whole)));
}

static void
make_message(struct smime_spool *spool)
{
	struct smime_stage *out = smime_spool_stage(spool);

	put(out, "From: a@a.example\r\nTo: b@b.example\r\nSubject: =?utf-8?q?=E6=8A=A5?=\r\n"
		 "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n");
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		put(out, "--bb\r\nContent-Type: ");
		put(out, parts[i].fields);
		put(out, "\r\nContent-Transfer-Encoding: ");
		put(out, parts[i].cte);
		put(out, "\r\n\r\n");
		put_body(&parts[i], out);
		put(out, "\r\n");
	}
	put(out, "--bb--\r\n");
}

/* ---- the two ---- */

static void
write_part(GMimeObject *parent, GMimeObject *part, void *null)
{
	(void)parent;
	if (GMIME_IS_PART(part))
		(void)g_mime_data_wrapper_write_to_stream(
		    g_mime_part_get_content((GMimePart *)part), null);
}

static double
decode_with_gmime(struct smime_bytes octets)
{
	double begun = now_ms();
	GMimeStream *stream =
	    g_mime_stream_mem_new_with_buffer((const char *)octets.data, octets.len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
	GMimeStream *null = g_mime_stream_null_new();

	g_mime_message_foreach(message, write_part, null);
	g_object_unref(null);
	g_object_unref(message);
	g_object_unref(parser);
	g_object_unref(stream);
	return now_ms() - begun;
}

static double
look_for(struct smime_spool *spool, const struct policy_rule *rule)
{
	double begun = now_ms();
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(policy_content) content = NULL;
	SMIME_AUTO(policy_message) message = NULL;
	bool holds;

	must(smime_mime_scan_spool(spool, NULL, &mime, NULL));
	must(policy_content_new(mime, NULL, &content, NULL));
	must(policy_message_new(&message));
	{
		const struct policy_facts facts = {
			.message = message, .mime = mime, .entity_mime = mime, .content = content
		};

		must(policy_rule_eval(rule, &facts, NULL, &holds, NULL));
	}
	if (holds)
		abort();
	return now_ms() - begun;
}

/* The best of five, in a process of its own: what making the message took does not count. */
static double
measure(struct smime_spool *spool, const struct policy_rule *rule)
{
	int ends[2];
	double best = 1e9;
	struct rusage usage;

	if (pipe(ends) != 0)
		abort();
	if (fork() == 0) {
		for (int k = 0; k < 5; k++) {
			double ms = look_for(spool, rule);

			best = ms < best ? ms : best;
		}
		_exit(write(ends[1], &best, sizeof best) != (ssize_t)sizeof best);
	}
	if (read(ends[0], &best, sizeof best) != (ssize_t)sizeof best)
		abort();
	(void)wait4(-1, NULL, 0, &usage);
	printf("peak resident memory %.1f MiB\n", (double)usage.ru_maxrss / 1024);
	return best;
}

int
main(void)
{
	static const char *const rules[] = { "body-contains('confidential')",
		"body-contains('(?i)confidential')", "body-contains('\xE6\x9C\xBA\xE5\xAF\x86')",
		"body-contains('(?i)\xE6\x9C\xBA\xE5\xAF\x86|secret')",
		"body-contains('[0-9]{4}-[0-9]{4}-[0-9]{4}')" };
	SMIME_AUTO(smime_spool) spool = NULL;
	struct smime_bytes view;
	double ours[5], theirs = 1e9;

	g_mime_init();
	must(smime_spool_new(NULL, &spool));
	make_message(spool);
	must(smime_spool_view(spool, &view, NULL));
	smime_spool_release(spool);
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		SMIME_AUTO(policy_rule) rule = NULL;

		must(policy_rule_parse(rules[i], &rule, NULL));
		ours[i] = measure(spool, rule);
	}
	printf("%.1f MB\n", (double)view.len / 1e6);
	for (int k = 0; k < 5; k++) {
		double ms = decode_with_gmime(view);

		theirs = ms < theirs ? ms : theirs;
	}
	printf("%-60s %7.1f ms\n", "gmime: parse, decode each part once", theirs);
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		printf("%-60s %7.1f ms, %.2f times\n", rules[i], ours[i], ours[i] / theirs);
	return 0;
}
