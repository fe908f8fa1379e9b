/*
 * protected_zip.c - ZIP archives with a password (APPNOTE 4.4.4), and OpenDocument files, which say
 * it in their manifest only (OpenDocument 1.3 part 2, s3.4). An archive inside of an archive is
 * looked into as well, NESTED_DEPTH deep.
 * Memory: NESTED_MAX for each archive inside of another; NESTED_TOTAL octets are inflated at most.
 * Looks at MANIFEST_MAX octets of a manifest.
 */
#include "protected.h"
#include "protected_read.h"

#include <stdlib.h>
#include <zlib.h>

#define MANIFEST_MAX ((size_t)16 << 20)
#define NESTED_MAX   ((size_t)8 << 20)
#define NESTED_TOTAL ((size_t)64 << 20)
#define NESTED_DEPTH 4
/* What a look at a member, and at an archive, counts at least: lying entries are many. */
#define LOOK_COST    1024
#define ARCHIVE_COST 65536

#define STORED   0 /* methods */
#define DEFLATED 8

/* Where the directory begins, and what stands in front of the archive (a program that unpacks it).
 */
struct directory {
	uint64_t at, front;
};

/* Where the end of central directory record begins; in.len when there is none. */
static size_t
find_end(struct smime_bytes in)
{
	size_t least = in.len > 65557 ? in.len - 65557 : 0;

	for (size_t at = in.len; at-- > least;)
		if (BEGINS(in, at, "PK\5\6"))
			return at;
	return in.len;
}

/* Where the directory is said to be; or right in front of its end, as it has to be when something
 * stands in front of the archive. */
static struct directory
find_directory(struct smime_bytes in)
{
	uint64_t end = find_end(in), size = le(in, end + 12, 4), at = le(in, end + 16, 4);

	if (end >= 20 && BEGINS(in, end - 20, "PK\6\7")) { /* APPNOTE 4.3.14: ZIP64 */
		uint64_t record = le(in, end - 12, 8);

		if (end >= 76 && !BEGINS(in, record, "PK\6\6"))
			record = end - 76;
		if (BEGINS(in, record, "PK\6\6")) {
			end = record;
			size = le(in, end + 40, 8);
			at = le(in, end + 48, 8);
		}
	}
	if (size > 0 && size <= end && BEGINS(in, end - size, "PK\1\2") && end - size >= at)
		return (struct directory){ .at = end - size, .front = end - size - at };
	return (struct directory){ .at = at };
}

/* ---- OpenDocument ---- */

static const char word[] = "encryption-data";

static bool
inflated_contains(struct smime_bytes in)
{
	uint8_t out[16384];
	size_t kept = 0, seen = 0;
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)in.data,
		.avail_in = in.len < UINT32_MAX ? (uInt)in.len : UINT32_MAX };
	bool found = false;
	int rc = inflateInit2(&z, -MAX_WBITS);

	while (rc == Z_OK && !found && seen < MANIFEST_MAX) {
		size_t room = sizeof out - kept, len;

		z.next_out = out + kept;
		z.avail_out = (uInt)room;
		rc = inflate(&z, Z_NO_FLUSH);
		len = sizeof out - z.avail_out;
		seen += room - z.avail_out;
		found = contains(smime_bytes(out, len), word, sizeof word - 1);
		/* The word may be divided. */
		kept = len < sizeof word ? len : sizeof word;
		memmove(out, out + len - kept, kept);
	}
	(void)inflateEnd(&z);
	return found;
}

/* The octets of a member as they stand; member: its entry in the directory. */
static struct smime_bytes
member_data(struct smime_bytes in, uint64_t member, uint64_t front)
{
	uint64_t size = le(in, member + 20, 4), at = front + le(in, member + 42, 4);

	if (!BEGINS(in, at, "PK\3\4"))
		return smime_bytes(NULL, 0);
	at += 30 + le(in, at + 26, 2) + le(in, at + 28, 2);
	return smime_bytes_slice(in, (size_t)at, (size_t)(at + size));
}

static bool
manifest_encrypts(struct smime_bytes in, uint64_t member, uint64_t front)
{
	struct smime_bytes data = member_data(in, member, front);

	if (le(in, member + 10, 2) == STORED)
		return contains(data, word, sizeof word - 1);
	return le(in, member + 10, 2) == DEFLATED && inflated_contains(data);
}

/* LibreOffice also puts the whole document into one member of that name. */
static bool
document_encrypts(struct smime_bytes in, uint64_t member, uint64_t front)
{
	uint64_t len = le(in, member + 28, 2);

	if (len == strlen("encrypted-package") && BEGINS(in, member + 46, "encrypted-package"))
		return true;
	return len == strlen("META-INF/manifest.xml") &&
	       BEGINS(in, member + 46, "META-INF/manifest.xml") &&
	       manifest_encrypts(in, member, front);
}

/* ---- archives inside of archives ---- */

/* What is left to be done for one file. */
struct budget {
	unsigned depth;
	size_t octets;
};

static bool zip(struct smime_bytes in, struct budget *budget);

/* Up to room octets of what was deflated, into out. */
static size_t
inflate_some(struct smime_bytes in, uint8_t *out, size_t room)
{
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)in.data,
		.avail_in = in.len < UINT32_MAX ? (uInt)in.len : UINT32_MAX };

	z.next_out = out;
	z.avail_out = (uInt)room;
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return 0;
	(void)inflate(&z, Z_FINISH);
	(void)inflateEnd(&z);
	return room - z.avail_out;
}

/* False: there is no more. */
static bool
spend(struct budget *budget, size_t octets)
{
	budget->octets -= octets < budget->octets ? octets : budget->octets;
	return budget->octets > 0;
}

static bool // NOLINTNEXTLINE(misc-no-recursion): NESTED_DEPTH
deflated_archive(struct smime_bytes data, struct budget *budget)
{
	uint8_t front[4], *out;
	size_t len;
	bool found;

	if (!spend(budget, LOOK_COST))
		return false;
	len = inflate_some(data, front, sizeof front);
	if (!BEGINS(smime_bytes(front, len), 0, "PK\3\4") || !spend(budget, ARCHIVE_COST))
		return false;
	out = malloc(NESTED_MAX);
	if (!out)
		return false;
	len = inflate_some(data, out, NESTED_MAX);
	(void)spend(budget, len);
	found = zip(smime_bytes(out, len), budget);
	free(out);
	return found;
}

static bool // NOLINTNEXTLINE(misc-no-recursion): NESTED_DEPTH
archive_encrypts(struct smime_bytes in, uint64_t member, uint64_t front, struct budget *budget)
{
	uint64_t method = le(in, member + 10, 2);
	struct smime_bytes data = member_data(in, member, front);
	bool found = false;

	if (budget->depth == 0 || data.len == 0)
		return false;
	budget->depth--;
	if (method == STORED && BEGINS(data, 0, "PK\3\4"))
		found = zip(data, budget);
	if (method == DEFLATED)
		found = deflated_archive(data, budget);
	budget->depth++;
	return found;
}

static bool // NOLINTNEXTLINE(misc-no-recursion): NESTED_DEPTH
zip(struct smime_bytes in, struct budget *budget)
{
	struct directory d = find_directory(in);

	/* The first member as it stands in the file: a directory may lie. */
	if (BEGINS(in, 0, "PK\3\4") && le(in, 6, 2) & 1)
		return true;
	for (int i = 0; i < WALK_MAX && BEGINS(in, d.at, "PK\1\2"); i++) {
		if (le(in, d.at + 8, 2) & 1 || document_encrypts(in, d.at, d.front) ||
		    archive_encrypts(in, d.at, d.front, budget))
			return true;
		d.at += 46 + le(in, d.at + 28, 2) + le(in, d.at + 30, 2) + le(in, d.at + 32, 2);
	}
	return false;
}

bool
policy_zip_is_protected(struct smime_bytes in)
{
	struct budget budget = { .depth = NESTED_DEPTH, .octets = NESTED_TOTAL };

	return zip(in, &budget);
}
