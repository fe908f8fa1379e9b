/* test_protected.c - files that are closed with a password, and their open twins. */
#include "protected.h"
#include "support.h"

/* One octet of each differs between the twins; where it stands is in the row. */
/* clang-format off */
#define ZIP_LOCAL   "PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0x"
#define ZIP_CENTRAL "PK\1\2\24\0\24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0x"
#define ZIP_END     "PK\5\6\0\0\0\0\1\0\1\0\57\0\0\0\37\0\0\0\0\0"
#define RAR5_HEAD   "Rar!\x1A\7\1\0" "CRC.\5\1\4\0\0\0"
/* an OpenDocument file with the element encryption-data in its manifest */
#define ODF_STORED \
	"\x50\x4B\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x21\x00\x5E\xC6\x32\x0C\x27\x00" \
	"\x00\x00\x27\x00\x00\x00\x08\x00\x00\x00\x6D\x69\x6D\x65\x74\x79\x70\x65\x61\x70" \
	"\x70\x6C\x69\x63\x61\x74\x69\x6F\x6E\x2F\x76\x6E\x64\x2E\x6F\x61\x73\x69\x73\x2E" \
	"\x6F\x70\x65\x6E\x64\x6F\x63\x75\x6D\x65\x6E\x74\x2E\x74\x65\x78\x74\x50\x4B\x03" \
	"\x04\x14\x00\x00\x00\x00\x00\x00\x00\x21\x00\x68\x13\x25\x06\x14\x00\x00\x00\x14" \
	"\x00\x00\x00\x15\x00\x00\x00\x4D\x45\x54\x41\x2D\x49\x4E\x46\x2F\x6D\x61\x6E\x69" \
	"\x66\x65\x73\x74\x2E\x78\x6D\x6C\x3C\x6D\x3A\x65\x6E\x63\x72\x79\x70\x74\x69\x6F" \
	"\x6E\x2D\x64\x61\x74\x61\x2F\x3E\x50\x4B\x01\x02\x14\x03\x14\x00\x00\x00\x00\x00" \
	"\x00\x00\x21\x00\x5E\xC6\x32\x0C\x27\x00\x00\x00\x27\x00\x00\x00\x08\x00\x00\x00" \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x80\x01\x00\x00\x00\x00\x6D\x69\x6D\x65\x74\x79" \
	"\x70\x65\x50\x4B\x01\x02\x14\x03\x14\x00\x00\x00\x00\x00\x00\x00\x21\x00\x68\x13" \
	"\x25\x06\x14\x00\x00\x00\x14\x00\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00" \
	"\x00\x00\x80\x01\x4D\x00\x00\x00\x4D\x45\x54\x41\x2D\x49\x4E\x46\x2F\x6D\x61\x6E" \
	"\x69\x66\x65\x73\x74\x2E\x78\x6D\x6C\x50\x4B\x05\x06\x00\x00\x00\x00\x02\x00\x02" \
	"\x00\x79\x00\x00\x00\x94\x00\x00\x00\x00\x00"
/* the same, deflated */
#define ODF \
	"\x50\x4B\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x21\x00\x5E\xC6\x32\x0C\x27\x00" \
	"\x00\x00\x27\x00\x00\x00\x08\x00\x00\x00\x6D\x69\x6D\x65\x74\x79\x70\x65\x61\x70" \
	"\x70\x6C\x69\x63\x61\x74\x69\x6F\x6E\x2F\x76\x6E\x64\x2E\x6F\x61\x73\x69\x73\x2E" \
	"\x6F\x70\x65\x6E\x64\x6F\x63\x75\x6D\x65\x6E\x74\x2E\x74\x65\x78\x74\x50\x4B\x03" \
	"\x04\x14\x00\x00\x00\x08\x00\x00\x00\x21\x00\xF0\xBA\x0D\xB9\x2A\x00\x00\x00\x6C" \
	"\x02\x00\x00\x15\x00\x00\x00\x4D\x45\x54\x41\x2D\x49\x4E\x46\x2F\x6D\x61\x6E\x69" \
	"\x66\x65\x73\x74\x2E\x78\x6D\x6C\xB3\xC9\xB5\x4A\xCB\xCC\x49\xD5\x4D\xCD\x2B\x29" \
	"\xAA\xD4\xB7\xB3\x19\xE5\xE2\xE5\xA6\xE6\x25\x17\x55\x16\x94\x64\xE6\xE7\xE9\xA6" \
	"\x24\x96\x24\x0E\x26\xA7\x0D\x7E\x2E\x00\x50\x4B\x01\x02\x14\x03\x14\x00\x00\x00" \
	"\x00\x00\x00\x00\x21\x00\x5E\xC6\x32\x0C\x27\x00\x00\x00\x27\x00\x00\x00\x08\x00" \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x01\x00\x00\x00\x00\x6D\x69\x6D\x65" \
	"\x74\x79\x70\x65\x50\x4B\x01\x02\x14\x03\x14\x00\x00\x00\x08\x00\x00\x00\x21\x00" \
	"\xF0\xBA\x0D\xB9\x2A\x00\x00\x00\x6C\x02\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00" \
	"\x00\x00\x00\x00\x80\x01\x4D\x00\x00\x00\x4D\x45\x54\x41\x2D\x49\x4E\x46\x2F\x6D" \
	"\x61\x6E\x69\x66\x65\x73\x74\x2E\x78\x6D\x6C\x50\x4B\x05\x06\x00\x00\x00\x00\x02" \
	"\x00\x02\x00\x79\x00\x00\x00\xAA\x00\x00\x00\x00\x00"
/* name, 64 octets of UTF-16 in all; type; ...; first sector at 116 */
#define OLE_HEAD    "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x3E\0\3\0\xFE\xFF\7\0"
/* clang-format on */

static const struct {
	const char *octets;
	size_t len;
	size_t at;            /* of the octet that differs */
	uint8_t open, closed; /* in the two twins */
} twins[] = {
	{ ZIP_LOCAL ZIP_CENTRAL ZIP_END, sizeof ZIP_LOCAL + sizeof ZIP_CENTRAL + sizeof ZIP_END - 3,
	    6, 0, 1 },
	{ ZIP_LOCAL ZIP_CENTRAL ZIP_END, sizeof ZIP_LOCAL + sizeof ZIP_CENTRAL + sizeof ZIP_END - 3,
	    sizeof ZIP_LOCAL - 1 + 8, 0, 9 },
	/* something in front of the archive, which no offset counts */
	{ "MZ......" ZIP_LOCAL ZIP_CENTRAL ZIP_END,
	    sizeof ZIP_LOCAL + sizeof ZIP_CENTRAL + sizeof ZIP_END + 5, sizeof ZIP_LOCAL + 15, 0,
	    9 },
	{ "PK\7\b" ZIP_LOCAL ZIP_CENTRAL ZIP_END,
	    sizeof ZIP_LOCAL + sizeof ZIP_CENTRAL + sizeof ZIP_END + 1, sizeof ZIP_LOCAL + 11, 0,
	    9 },
	{ ODF_STORED, sizeof ODF_STORED - 1, 131, 'X', 'e' },
	{ "MZ......" ODF, sizeof ODF + 7, 287, 'x', 'm' },
	/* RAR 4: archive header, then a member */
	{ "Rar!\x1A\7\0\0\0\x73\0\0\x0D\0\0\0\0\0\0\0", 20, 10, 0x00, 0x80 },
	{ "Rar!\x1A\7\0\0\0\x73\0\0\x0D\0\0\0\0\0\0\0\0\0\x74\0\x80\x20\0\0\0\0\0", 31, 23, 0x00,
	    0x04 },
	/* RAR 5: header of type 4, or a member with an encryption record */
	{ RAR5_HEAD, sizeof RAR5_HEAD - 1, 13, 1, 4 },
	{ RAR5_HEAD "CRC.\10\2\1\3\0\0\2\1\0", sizeof RAR5_HEAD + 12, sizeof RAR5_HEAD + 10, 3, 1 },
	/* 7z: header of 8 octets at once behind the start */
	{ "7z\xBC\xAF\x27\x1C\0\4....\0\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0...."
	  "\1\4\x06\xF1\x07\x01\0\0",
	    40, 35, 0, 0xF1 },
	{ "%PDF-1.4\ntrailer << /Size 3 /Encrypt 5 0 R >>\n%%EOF", 51, 29, 'X', 'E' },
	{ "%PDF-1.4\ntrailer << /Encrypt<</Filter/Standard>> >>", 50, 28, '(', '<' },
	{ "-----BEGIN PGP MESSAGE-----\n\nx\n", 31, 11, 'X', 'P' },
	/* OpenPGP: for a key (length of two octets, and of one), for a password, and neither */
	{ "\x85\0\x0C\3KEYIDKEY\1......", 19, 3, 0, 3 },
	{ "\xC1\x0C\3KEYIDKEY\x16......", 18, 2, 9, 3 },
	{ "\x8C\x0D\4\x09\3\x08SALTSALT.....", 20, 2, 0, 4 },
	{ "\x85\0\x0C\3KEYIDKEY\1......", 19, 1, 0x7F, 0 },
	{ "\xD2\x0C\1................", 19, 2, 7, 1 },
	{ "\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03\xA0\x80", 15, 12, 2, 3 },
};

static bool
look(const char *octets, size_t len, size_t at, uint8_t value)
{
	uint8_t copy[2048];

	ck_assert_uint_le(len, sizeof copy);
	(void)memcpy(copy, octets, len);
	copy[at] = value;
	return policy_is_protected(smime_bytes(copy, len));
}

START_TEST(one_octet_tells_them_apart)
{
	ck_assert(!look(twins[_i].octets, twins[_i].len, twins[_i].at, twins[_i].open));
	ck_assert(look(twins[_i].octets, twins[_i].len, twins[_i].at, twins[_i].closed));
}
END_TEST

/* Whatever is cut off, nothing behind the end is read: each piece is memory of its own. */
START_TEST(cut_files_are_read_to_their_end_and_no_further)
{
	for (size_t len = 0; len < twins[_i].len; len++) {
		SMIME_AUTO_BUF piece = { 0 };

		ck_assert_int_eq(smime_buf_append(&piece, twins[_i].octets, len), SMIME_OK);
		(void)policy_is_protected(smime_buf_bytes(&piece));
	}
}
END_TEST

/* A compound file with one directory entry at 512 and a stream in sector 1, at 1024. */
static size_t
ole(uint8_t *out, const char *name, const void *stream, size_t len)
{
	(void)memset(out, 0, 1536);
	(void)memcpy(out, OLE_HEAD, sizeof OLE_HEAD - 1);
	out[30] = 9;
	for (size_t i = 0; name[i]; i++)
		out[512 + 2 * i] = (uint8_t)name[i];
	out[512 + 116] = 1;
	(void)memcpy(out + 1024, stream, len);
	return 1536;
}

static const struct {
	const char *name, *stream;
	size_t len;
	bool closed;
} compounds[] = {
	{ "WordDocument", "\xEC\xA5\xC1\0\0\0\0\0\0\0\0\1", 12, true },
	{ "WordDocument", "\xEC\xA5\xC1\0\0\0\0\0\0\0\0\0", 12, false },
	{ "Workbook", "\x09\x08\4\0....\x2F\0\6\0", 12, true },
	{ "Workbook", "\x09\x08\4\0....\xE1\0\2\0", 12, false },
	{ "EncryptedPackage", "", 0, true },
	{ "EncryptedSummary", "", 0, true },
	{ "PowerPoint Document", "", 0, false },
};

START_TEST(compound_files_are_looked_into)
{
	uint8_t octets[1536];
	size_t len = ole(octets, compounds[_i].name, compounds[_i].stream, compounds[_i].len);

	ck_assert_int_eq(policy_is_protected(smime_bytes(octets, len)), compounds[_i].closed);
}
END_TEST

START_TEST(what_is_no_such_file_is_not_protected)
{
	ck_assert(!policy_is_protected(smime_bytes(NULL, 0)));
	ck_assert(!policy_is_protected(smime_bytes_str("/Encrypt 5 0 R")));
	ck_assert(!policy_is_protected(smime_bytes_str("%PDF-1.4 /Encrypt")));
	ck_assert(!policy_is_protected(smime_bytes_str("%PDF-1.4 /EncryptMetadata true")));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("protected");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, one_octet_tells_them_apart, 0, ROWS(twins));
	tcase_add_loop_test(tc, cut_files_are_read_to_their_end_and_no_further, 0, ROWS(twins));
	tcase_add_loop_test(tc, compound_files_are_looked_into, 0, ROWS(compounds));
	tcase_add_test(tc, what_is_no_such_file_is_not_protected);
	suite_add_tcase(suite, tc);
	return suite;
}
