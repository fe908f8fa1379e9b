/* mta_milter.c - our entry in a list of milters.  postconf(5), smtpd_milters: "unix:path",
 * "inet:host:port", or "{unix:path, default_action=tempfail, ...}", parted by commas or blanks. */
#include "mta_milter.h"

/* The next entry, without its braces. False: no more. */
static bool
next_entry(const char **list, struct smime_bytes *out)
{
	const char *at = *list + strspn(*list, ", \t");
	size_t len;

	if (*at == 0)
		return false;
	if (*at == '{') {
		at++;
		len = strcspn(at, "}");
		*list = at + len + (at[len] == '}');
	} else {
		len = strcspn(at, ", \t");
		*list = at + len;
	}
	*out = smime_bytes(at, len);
	return true;
}

/* The next word of an entry. */
static bool
next_word(struct smime_bytes *entry, char *out, size_t out_size)
{
	size_t from = 0, to;

	while (from < entry->len && strchr(", \t", entry->data[from]))
		from++;
	for (to = from; to < entry->len && !strchr(", \t", entry->data[to]); to++)
		;
	if (to == from)
		return false;
	(void)snprintf(out, out_size, "%.*s", (int)(to - from), (const char *)entry->data + from);
	*entry = smime_bytes_slice(*entry, to, entry->len);
	return true;
}

/* The path in "unix:path", "local:path" or "/path"; NULL: it is no UNIX socket. */
static const char *
path_of(const char *socket)
{
	if (strncmp(socket, "unix:", 5) == 0)
		return socket + 5;
	if (strncmp(socket, "local:", 6) == 0)
		return socket + 6;
	return *socket == '/' ? socket : NULL;
}

/* inet:PORT@HOST of libmilter and inet:HOST:PORT of Postfix. */
static bool
same_inet(const char *ours, const char *theirs)
{
	const char *at = strchr(ours, '@');
	char as_postfix[300];

	if (!at || strncmp(ours, "inet", 4) != 0 || !strchr(ours, ':'))
		return false;
	ours = strchr(ours, ':') + 1;
	(void)snprintf(
	    as_postfix, sizeof as_postfix, "inet:%s:%.*s", at + 1, (int)(at - ours), ours);
	if (strcasecmp(as_postfix, theirs) == 0)
		return true;
	(void)snprintf(
	    as_postfix, sizeof as_postfix, "inet:[%s]:%.*s", at + 1, (int)(at - ours), ours);
	return strcasecmp(as_postfix, theirs) == 0;
}

/* Relative paths, and in a chroot all paths, begin in the queue directory. */
static bool
is_ours(const char *theirs, const char *socket, const char *queue, bool chroot, bool *out_of_reach)
{
	const char *our_path = path_of(socket), *path = path_of(theirs);
	char below[4096];

	*out_of_reach = false;
	if (!our_path || !path)
		return !our_path && !path && same_inet(socket, theirs);
	(void)snprintf(below, sizeof below, "%s/%s", queue, path + (*path == '/'));
	if (chroot || *path != '/') {
		if (strcmp(below, our_path) == 0)
			return true;
		*out_of_reach = true;
	}
	return strcmp(path, our_path) == 0;
}

static void
take_option(struct mta_milter *milter, const char *option)
{
	if (strncmp(option, "default_action=", 15) == 0)
		(void)snprintf(
		    milter->default_action, sizeof milter->default_action, "%.31s", option + 15);
	if (strncmp(option, "content_timeout=", 16) == 0)
		(void)snprintf(
		    milter->content_timeout, sizeof milter->content_timeout, "%.31s", option + 16);
}

struct mta_milter
mta_find_milter(const char *list, const char *socket, const char *queue, bool chroot)
{
	struct mta_milter milter = { 0 };
	struct smime_bytes entry;
	char word[4096];

	while (next_entry(&list, &entry)) {
		if (!next_word(&entry, word, sizeof word) ||
		    !is_ours(word, socket, queue, chroot, &milter.out_of_reach))
			continue;
		milter.found = true;
		while (next_word(&entry, word, sizeof word))
			take_option(&milter, word);
		return milter;
	}
	milter.out_of_reach = false;
	return milter;
}
