/*
 * filetype.c - what kind of file octets are, by libmagic, and the short names for kinds.
 * Memory: libmagic's own database (some MiB, mapped). Looks at the first MiB of a file, and never
 * into compressed ones.
 */
#include "filetype.h"

#include <magic.h>
#include <stdlib.h>
#include <strings.h>

#define LOOK_MAX ((size_t)1 << 20)

struct policy_filetypes {
	magic_t magic;
};

/* clang-format off */
/* Media types as libmagic calls them, '|' between them; "*" at the end stands for all that follow. */
static const struct {
	const char *name, *types;
} kinds[] = {
	/* families */
	{ "image",      "image/*" },
	{ "media",      "audio/*|video/*|application/x-shockwave-flash|application/vnd.adobe.flash.movie|application/ogg" },
	{ "text",       "text/*" },
	{ "document",   "application/pdf|application/msword|application/vnd.ms-*|application/vnd.openxmlformats-officedocument.*|"
			"application/vnd.oasis.opendocument.*|text/rtf|application/postscript|application/CDFV2*|application/x-ole-storage|application/epub+zip" },
	{ "compressed", "application/zip|application/gzip|application/x-gzip|application/x-bzip2|application/x-xz|application/x-7z-compressed|"
			"application/x-rar|application/vnd.rar|application/x-tar|application/vnd.ms-cab-compressed|application/x-lzma|application/zstd|"
			"application/x-iso9660-image|application/x-arj|application/x-lzh-compressed|application/x-compress|application/java-archive" },
	{ "executable", "application/vnd.microsoft.portable-executable|application/x-dosexec|application/x-executable|application/x-pie-executable|"
			"application/x-sharedlib|application/x-object|application/x-mach-binary|application/x-java-applet|application/java-archive|"
			"application/x-ms-shortcut|application/x-msi|text/x-shellscript|text/x-msdos-batch|text/x-perl|text/x-python|text/x-script.python|text/x-ruby|"
			"text/javascript|application/javascript|application/vnd.android.package-archive" },
	/* one by one */
	{ "pdf",  "application/pdf" },
	{ "ps",   "application/postscript" },
	{ "rtf",  "text/rtf" },
	{ "doc",  "application/msword" },
	{ "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.*" },
	{ "xls",  "application/vnd.ms-excel" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.*" },
	{ "ppt",  "application/vnd.ms-powerpoint" },
	{ "pptx", "application/vnd.openxmlformats-officedocument.presentationml.*" },
	{ "ole",  "application/x-ole-storage|application/CDFV2*|application/msword|application/vnd.ms-*" },
	{ "odt",  "application/vnd.oasis.opendocument.text" },
	{ "ods",  "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odp",  "application/vnd.oasis.opendocument.presentation" },
	{ "txt",  "text/plain" },
	{ "html", "text/html" },
	{ "xml",  "text/xml|application/xml" },
	{ "csv",  "text/csv|application/csv" },
	{ "eml",  "message/rfc822" },
	{ "zip",  "application/zip" },
	{ "gzip", "application/gzip|application/x-gzip" },
	{ "gz",   "application/gzip|application/x-gzip" },
	{ "bz2",  "application/x-bzip2" },
	{ "xz",   "application/x-xz" },
	{ "zst",  "application/zstd" },
	{ "7z",   "application/x-7z-compressed" },
	{ "rar",  "application/x-rar|application/vnd.rar" },
	{ "tar",  "application/x-tar" },
	{ "cab",  "application/vnd.ms-cab-compressed" },
	{ "iso",  "application/x-iso9660-image" },
	{ "jar",  "application/java-archive" },
	{ "apk",  "application/vnd.android.package-archive" },
	{ "exe",  "application/vnd.microsoft.portable-executable|application/x-dosexec" },
	{ "dll",  "application/vnd.microsoft.portable-executable|application/x-dosexec" },
	{ "msi",  "application/x-msi" },
	{ "elf",  "application/x-executable|application/x-pie-executable|application/x-sharedlib|application/x-object" },
	{ "lnk",  "application/x-ms-shortcut" },
	{ "class", "application/x-java-applet" },
	{ "sh",   "text/x-shellscript" },
	{ "bat",  "text/x-msdos-batch" },
	{ "js",   "text/javascript|application/javascript" },
	{ "gif",  "image/gif" },
	{ "jpeg", "image/jpeg" },
	{ "jpg",  "image/jpeg" },
	{ "png",  "image/png" },
	{ "bmp",  "image/bmp|image/x-ms-bmp" },
	{ "tiff", "image/tiff" },
	{ "webp", "image/webp" },
	{ "svg",  "image/svg+xml" },
	{ "mp3",  "audio/mpeg" },
	{ "wav",  "audio/x-wav" },
	{ "ogg",  "application/ogg|audio/ogg|video/ogg" },
	{ "mp4",  "video/mp4" },
	{ "mov",  "video/quicktime" },
	{ "avi",  "video/x-msvideo" },
	{ "mpeg", "video/mpeg*" },
	{ "wmv",  "video/x-ms-asf" },
	{ "mkv",  "video/x-matroska" },
	{ "swf",  "application/x-shockwave-flash|application/vnd.adobe.flash.movie" },
};
/* clang-format on */

#define KINDS (sizeof kinds / sizeof *kinds)

enum smime_status
policy_filetypes_new(struct policy_filetypes **out)
{
	SMIME_AUTO(policy_filetypes) f = calloc(1, sizeof *f);

	*out = NULL;
	if (!f)
		return SMIME_E_SYSTEM;
	f->magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS);
	if (!f->magic || magic_load(f->magic, NULL) != 0)
		return SMIME_E_SYSTEM;
	*out = f;
	f = NULL;
	return SMIME_OK;
}

void
policy_filetypes_free(struct policy_filetypes **filetypes)
{
	if (!*filetypes)
		return;
	if ((*filetypes)->magic)
		magic_close((*filetypes)->magic);
	free(*filetypes);
	*filetypes = NULL;
}

const char *
policy_filetypes_detect(struct policy_filetypes *filetypes, struct smime_bytes octets)
{
	size_t len = octets.len < LOOK_MAX ? octets.len : LOOK_MAX;
	const char *type = len > 0 ? magic_buffer(filetypes->magic, octets.data, len) : NULL;

	return type ? type : "application/octet-stream";
}

/* One of the types in a row, of len octets. */
static bool
type_matches(const char *type, size_t len, const char *media_type)
{
	if (len > 0 && type[len - 1] == '*')
		return strncasecmp(type, media_type, len - 1) == 0;
	return strlen(media_type) == len && strncasecmp(type, media_type, len) == 0;
}

static size_t
find(const char *name)
{
	size_t i = 0;

	while (i < KINDS && strcasecmp(kinds[i].name, name) != 0)
		i++;
	return i;
}

bool
policy_filetype_is(const char *name, const char *media_type)
{
	size_t row = find(name);
	const char *types = row < KINDS ? kinds[row].types : name;
	bool matches = false;

	while (*types && !matches) {
		size_t len = strcspn(types, "|");

		matches = type_matches(types, len, media_type);
		types += len + (types[len] == '|');
	}
	return matches;
}

bool
policy_filetype_known(const char *name)
{
	return find(name) < KINDS;
}

const char *
policy_filetype_at(size_t i)
{
	return i < KINDS ? kinds[i].name : NULL;
}
