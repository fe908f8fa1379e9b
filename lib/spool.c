/* spool.c - octets written once, then viewed: memory first, an unlinked temporary file when they
 * are many.  Memory: memory_max octets, and the pages of the mapping that are being looked at.
 * Plaintext passes here: memory is wiped, the file has no name. */
#include "smime/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_MAX 262144
#define PIECE      65536
#define RELEASE    1048576 /* mapped pages are given back each time that many octets have passed */

struct smime_spool {
	struct smime_stage stage;
	struct smime_spool_conf conf;
	uint64_t size;
	struct smime_buf memory; /* all of it, or what is not yet in the file */
	int fd;                  /* -1: in memory */
	bool viewed;
	const uint8_t *map;
};

static enum smime_status
stage_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	return smime_spool_write(smime_container_of(s, struct smime_spool, stage), data, len);
}

static const struct smime_stage_ops spool_ops = { .name = "spool", .write = stage_write };

enum smime_status
smime_spool_new(const struct smime_spool_conf *conf, struct smime_spool **out)
{
	struct smime_spool *spool = calloc(1, sizeof *spool);

	*out = spool;
	if (!spool)
		return SMIME_E_SYSTEM;
	spool->stage.ops = &spool_ops;
	if (conf)
		spool->conf = *conf;
	spool->memory.secret = true;
	spool->fd = -1;
	return SMIME_OK;
}

void
smime_spool_free(struct smime_spool **spool)
{
	struct smime_spool *s = *spool;

	*spool = NULL;
	if (!s)
		return;
	if (s->map)
		(void)munmap((void *)(uintptr_t)s->map, (size_t)s->size);
	if (s->fd >= 0)
		(void)close(s->fd);
	smime_buf_reset(&s->memory);
	free(s);
}

/* O_TMPFILE never gives the file a name; where the file system has none, the name goes at once. */
static int
temporary_file(const char *dir)
{
	SMIME_AUTO_BUF path = { 0 };
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	if (smime_buf_appendf(&path, "%s/spool.XXXXXX", dir) != SMIME_OK ||
	    smime_buf_terminate(&path) != SMIME_OK)
		return -1;
	fd = mkostemp((char *)path.data, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink((char *)path.data);
	return fd;
}

static enum smime_status
write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return SMIME_E_SYSTEM;
		data += done;
		len -= (size_t)done;
	}
	return SMIME_OK;
}

/* Empty the buffer into the file, which is made on first need. */
static enum smime_status
spill(struct smime_spool *s)
{
	if (s->fd < 0)
		s->fd = temporary_file(s->conf.dir ? s->conf.dir : "/tmp");
	if (s->fd < 0)
		return SMIME_E_SYSTEM;
	SMIME_TRY(write_all(s->fd, s->memory.data, s->memory.len));
	s->memory.len = 0;
	return SMIME_OK;
}

enum smime_status
smime_spool_write(struct smime_spool *spool, const void *data, size_t len)
{
	size_t max = spool->conf.memory_max ? spool->conf.memory_max : MEMORY_MAX;

	if (spool->viewed)
		return SMIME_E_SYSTEM;
	if (spool->conf.size_max && len > spool->conf.size_max - spool->size)
		return SMIME_E_LIMIT;
	if (spool->fd >= 0)
		max = PIECE;
	if (spool->memory.len + len > max)
		SMIME_TRY(spill(spool));
	if (spool->fd >= 0 && len >= PIECE)
		SMIME_TRY(write_all(spool->fd, data, len));
	else
		SMIME_TRY(smime_buf_append(&spool->memory, data, len));
	spool->size += len;
	return SMIME_OK;
}

struct smime_stage *
smime_spool_stage(struct smime_spool *spool)
{
	return &spool->stage;
}

uint64_t
smime_spool_size(const struct smime_spool *spool)
{
	return spool->size;
}

static enum smime_status
map_file(struct smime_spool *s)
{
	void *map;

	SMIME_TRY(spill(s));
	smime_buf_reset(&s->memory);
	map = mmap(NULL, (size_t)s->size, PROT_READ, MAP_SHARED, s->fd, 0);
	if (map == MAP_FAILED)
		return SMIME_E_SYSTEM;
	s->map = map;
	return SMIME_OK;
}

enum smime_status
smime_spool_view(struct smime_spool *spool, struct smime_bytes *out, struct smime_diag *diag)
{
	*out = smime_bytes(NULL, 0);
	if (spool->fd >= 0 && !spool->map && map_file(spool) != SMIME_OK)
		return smime_fail(diag, SMIME_E_SYSTEM, "disk",
		    "cannot write or map a spool file in %s",
		    spool->conf.dir ? spool->conf.dir : "/tmp");
	spool->viewed = true;
	if (spool->map)
		*out = smime_bytes(spool->map, (size_t)spool->size);
	else
		*out = smime_buf_bytes(&spool->memory);
	return SMIME_OK;
}

/* Octets [from, to) of the mapping, widened to whole pages: they fault in again when looked at. */
static void
release(const struct smime_spool *s, uint64_t from, uint64_t to)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (!s->map || to <= from)
		return;
	from -= from % page;
	(void)madvise((void *)(uintptr_t)(s->map + from), (size_t)(to - from), MADV_DONTNEED);
}

enum smime_status
smime_spool_push(struct smime_spool *spool, uint64_t from, uint64_t to, struct smime_stage *stage)
{
	struct smime_bytes all;
	uint64_t released = from;

	SMIME_TRY(smime_spool_view(spool, &all, NULL));
	if (to > all.len)
		to = all.len;
	while (from < to) {
		uint64_t end = to - from > PIECE ? from + PIECE : to;
		struct smime_bytes piece = smime_bytes_slice(all, (size_t)from, (size_t)end);

		SMIME_TRY(smime_push(stage, piece.data, piece.len));
		from = end;
		if (from - released >= RELEASE || from == to) {
			release(spool, released, from);
			released = from;
		}
	}
	return SMIME_OK;
}

void
smime_spool_release(struct smime_spool *spool)
{
	release(spool, 0, spool->size);
}

struct release_stage {
	struct smime_stage base;
	struct smime_spool *source;
	size_t passed; /* since the last time */
};

static enum smime_status
release_write(struct smime_stage *stage, const uint8_t *data, size_t len)
{
	struct release_stage *r = smime_container_of(stage, struct release_stage, base);

	SMIME_TRY(smime_push(stage->next, data, len));
	r->passed += len;
	if (r->source && r->passed >= RELEASE) {
		smime_spool_release(r->source);
		r->passed = 0;
	}
	return SMIME_OK;
}

static void
release_free(struct smime_stage *stage)
{
	free(smime_container_of(stage, struct release_stage, base));
}

static const struct smime_stage_ops release_ops = {
	.name = "release", .write = release_write, .free = release_free
};

enum smime_status
smime_stage_release_new(
    struct smime_spool *source, struct smime_stage *next, struct smime_stage **out)
{
	struct release_stage *r = calloc(1, sizeof *r);

	*out = NULL;
	if (!r)
		return SMIME_E_SYSTEM;
	r->base = (struct smime_stage){ .ops = &release_ops, .next = next };
	r->source = source;
	*out = &r->base;
	return SMIME_OK;
}
