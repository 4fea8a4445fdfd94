/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#include "cleanup.h"
#include "io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "oci-sc1" /* and its NUL */
#define SUFFIX ".entry"

enum {
	NAME_LENGTH = 16, /* of the hash, in digits */
	NAME_SIZE = NAME_LENGTH + sizeof(SUFFIX),
	STALE_SECONDS = 60, /* the age at which a temporary file's writer counts as dead */
};

struct header {
	char magic[8];
	uint64_t key_length, value_length;
	uint64_t checksum; /* of what follows */
};

/* FNV-1a over words of eight bytes: against accidents, not against whoever may write here. */
static uint64_t hash(const void *data, size_t length)
{
	const char *bytes = data;
	uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ length;

	for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
		uint64_t word = 0;
		size_t left = length - i;

		memcpy(&word, bytes + i, left < sizeof(word) ? left : sizeof(word));
		sum = (sum ^ word) * UINT64_C(0x100000001b3);
		sum ^= sum >> 29;
	}
	return sum;
}

static void name_of_key(const struct cache_key *key, char ret[NAME_SIZE])
{
	uint64_t head = hash(key->head, key->head_length);

	snprintf(ret, NAME_SIZE, "%016" PRIx64 SUFFIX,
		head * 31 ^ hash(key->tail, key->tail_length));
}

static bool is_key(const struct cache_entry *entry, const struct cache_key *key)
{
	return entry->key_length == key->head_length + key->tail_length &&
	       memcmp(entry->key, key->head, key->head_length) == 0 &&
	       memcmp(entry->key + key->head_length, key->tail, key->tail_length) == 0;
}

static bool begins_with_hash(const char *name)
{
	return strspn(name, "0123456789abcdef") == NAME_LENGTH;
}

static bool is_entry_name(const char *name)
{
	return begins_with_hash(name) && strcmp(name + NAME_LENGTH, SUFFIX) == 0;
}

/* As write_entry makes them. */
static bool is_temporary_name(const char *name)
{
	static const char middle[] = SUFFIX ".";

	if (*name++ != '.' || !begins_with_hash(name))
		return false;
	name += NAME_LENGTH;
	if (strncmp(name, middle, strlen(middle)) != 0)
		return false;
	name += strlen(middle);
	return name[strspn(name, "0123456789")] == '\0';
}

/* Ours, and nobody else can write it. */
static bool is_private(const struct stat *status)
{
	return status->st_uid == geteuid() && !(status->st_mode & (S_IWGRP | S_IWOTH));
}

/* A descriptor or a negative errno. */
static int open_directory(const char *directory)
{
	AUTO_CLOSE int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	return is_private(&status) ? TAKE_FD(fd) : -EPERM;
}

void cache_entry_finish(struct cache_entry *entry)
{
	if (entry->data)
		munmap(entry->data, entry->size);
	memset(entry, 0, sizeof(*entry));
}

/* Takes `data` over when it is a whole entry. */
static bool parse_entry(char *data, size_t length, struct cache_entry *ret)
{
	struct header header;
	size_t rest;

	if (length < sizeof(header))
		return false;
	memcpy(&header, data, sizeof(header));
	rest = length - sizeof(header);
	if (memcmp(header.magic, MAGIC, sizeof(header.magic)) != 0 || header.key_length > rest ||
		header.value_length != rest - header.key_length ||
		header.checksum != hash(data + sizeof(header), rest))
		return false;
	*ret = (struct cache_entry){
		.data = data,
		.size = length,
		.key = data + sizeof(header),
		.key_length = header.key_length,
		.value = data + sizeof(header) + header.key_length,
		.value_length = header.value_length,
	};
	return true;
}

static int read_entry(int directory, const char *name, struct cache_entry *ret, time_t *ret_written)
{
	AUTO_CLOSE int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	size_t length;
	char *data;

	if (fd < 0 || fstat(fd, &status) < 0)
		return errno == ENOENT ? -ENOENT : -EIO;
	*ret_written = status.st_mtime;
	if (!S_ISREG(status.st_mode) || !is_private(&status))
		return -EPERM;
	length = (size_t)status.st_size;
	if (length == 0 || length > CACHE_ENTRY_LIMIT)
		return -EBADMSG;
	/* Entries are replaced by others, never changed, so a mapping is as good as a copy. */
	data = mmap(NULL, length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (data == MAP_FAILED)
		return -EIO;
	if (parse_entry(data, length, ret))
		return 0;
	munmap(data, length);
	return -EBADMSG;
}

int cache_find(const char *directory, const struct cache_key *key, struct cache_entry *ret)
{
	AUTO_CLOSE int fd = open_directory(directory);
	AUTO(cache_entry_finish) struct cache_entry entry = {0};
	char name[NAME_SIZE];
	time_t written;

	if (fd < 0)
		return -ENOENT;
	name_of_key(key, name);
	if (read_entry(fd, name, &entry, &written) < 0 || !is_key(&entry, key))
		return -ENOENT;
	*ret = entry;
	memset(&entry, 0, sizeof(entry));
	return 0;
}

/* Calls `visit` for every file of the directory. */
static int each_file(
	int directory, int (*visit)(int directory, const char *name, void *data), void *data)
{
	int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *file;
	int r = 0;

	if (!stream) {
		r = -errno;
		if (copy >= 0)
			close(copy);
		return r;
	}
	while (r == 0 && (file = readdir(stream)))
		r = visit(directory, file->d_name, data);
	closedir(stream);
	return r;
}

struct aged {
	char name[NAME_SIZE];
	struct timespec written;
};

struct census {
	struct aged *items; /* owned */
	size_t count, capacity;
};

/* Notes entries by age, and removes what a killed writer left. */
static int take_stock(int directory, const char *name, void *data)
{
	struct census *census = data;
	struct stat status;

	if (!is_entry_name(name) && !is_temporary_name(name))
		return 0;
	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (is_temporary_name(name)) {
		if (status.st_mtime + STALE_SECONDS < time(NULL))
			unlinkat(directory, name, 0);
		return 0;
	}
	if (census->count == census->capacity) {
		size_t capacity = census->capacity ? census->capacity * 2 : 64;
		struct aged *moved = reallocarray(census->items, capacity, sizeof(*moved));

		if (!moved)
			return -ENOMEM;
		census->items = moved;
		census->capacity = capacity;
	}
	memcpy(census->items[census->count].name, name, NAME_SIZE);
	/* One of the future, by a clock that was wrong, must not outlive all others. */
	census->items[census->count++].written =
		status.st_mtime > time(NULL) ? (struct timespec){0} : status.st_mtim;
	return 0;
}

static int compare_age(const void *left, const void *right)
{
	const struct timespec *a = &((const struct aged *)left)->written;
	const struct timespec *b = &((const struct aged *)right)->written;

	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}

/* Keeps the newest CACHE_COUNT_LIMIT entries. */
static void remove_oldest(int directory)
{
	struct census census = {0};

	if (each_file(directory, take_stock, &census) == 0 && census.count > CACHE_COUNT_LIMIT) {
		qsort(census.items, census.count, sizeof(*census.items), compare_age);
		for (size_t i = 0; i < census.count - CACHE_COUNT_LIMIT; i++)
			unlinkat(directory, census.items[i].name, 0);
	}
	free(census.items);
}

/* The bytes of an entry's file, owned by the caller; NULL: no memory. */
static char *lay_out(
	const struct cache_key *key, const void *value, size_t value_length, size_t *ret_length)
{
	size_t key_length = key->head_length + key->tail_length;
	struct header header = {
		.magic = MAGIC, .key_length = key_length, .value_length = value_length};
	char *data = malloc(sizeof(header) + key_length + value_length);
	char *next = data + sizeof(header);

	if (!data)
		return NULL;
	next = mempcpy(next, key->head, key->head_length);
	next = mempcpy(next, key->tail, key->tail_length);
	memcpy(next, value, value_length);
	header.checksum = hash(data + sizeof(header), key_length + value_length);
	memcpy(data, &header, sizeof(header));
	*ret_length = sizeof(header) + key_length + value_length;
	return data;
}

static int write_entry(int directory, const char *name, const char *data, size_t length)
{
	AUTO_CLOSE int fd = -1;
	char temporary[NAME_SIZE + 16];
	int r;

	snprintf(temporary, sizeof(temporary), ".%s.%d", name, getpid());
	unlinkat(directory, temporary, 0); /* of a dead process that had our id */
	fd = openat(
		directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = io_write_all(fd, data, length);
	if (r == 0 && renameat(directory, temporary, directory, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(directory, temporary, 0);
	return r;
}

/* Makes the directory where it is missing. A descriptor or a negative errno. */
static int open_for_writing(const char *directory, struct error *err)
{
	int fd;

	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return error_set_errno(err, -errno, "%s: cannot make the directory", directory);
	fd = open_directory(directory);
	if (fd == -EPERM)
		return error_set(err, fd,
			"%s: the cache directory must belong to the user that runs this and be "
			"writable by nobody else",
			directory);
	return fd < 0 ? error_set_errno(err, fd, "%s: cannot open the cache directory", directory)
		      : fd;
}

int cache_usable(const char *directory, struct error *err)
{
	AUTO_CLOSE int fd = open_for_writing(directory, err);

	if (fd < 0)
		return fd;
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		return error_set_errno(err, -errno, "%s: cannot write there", directory);
	return 0;
}

int cache_store(const char *directory, const struct cache_key *key, const void *value,
	size_t value_length, struct error *err)
{
	AUTO_CLOSE int fd = open_for_writing(directory, err);
	AUTO_FREE char *data = NULL;
	char name[NAME_SIZE];
	size_t length;
	int r;

	if (fd < 0)
		return fd;
	data = lay_out(key, value, value_length, &length);
	if (!data)
		return error_memory(err);
	if (length > CACHE_ENTRY_LIMIT)
		return error_set(err, -E2BIG, "%s: an entry of %zu bytes is too large to be kept",
			directory, length);
	name_of_key(key, name);
	r = write_entry(fd, name, data, length);
	if (r < 0)
		return error_set_errno(err, r, "%s/%s: cannot write", directory, name);
	remove_oldest(fd);
	return 0;
}

struct visitor {
	void (*visit)(
		const char *file, const struct cache_entry *entry, time_t written, void *data);
	void *data;
};

static int visit_entry(int directory, const char *name, void *data)
{
	AUTO(cache_entry_finish) struct cache_entry entry = {0};
	const struct visitor *visitor = data;
	time_t written = 0;
	int r;

	if (!is_entry_name(name))
		return 0;
	r = read_entry(directory, name, &entry, &written);
	if (r != -ENOENT) /* removed meanwhile */
		visitor->visit(name, r == 0 ? &entry : NULL, written, visitor->data);
	return 0;
}

/* Opens the directory for a walk over it; `*ret_fd` is -1 where there is none. */
static int open_existing(const char *directory, int *ret_fd, struct error *err)
{
	*ret_fd = open_directory(directory);
	if (*ret_fd >= 0)
		return 0;
	if (*ret_fd != -ENOENT)
		return error_set_errno(
			err, *ret_fd, "%s: cannot open the cache directory", directory);
	*ret_fd = -1;
	return 0;
}

int cache_each(const char *directory,
	void (*visit)(
		const char *file, const struct cache_entry *entry, time_t written, void *data),
	void *data, struct error *err)
{
	struct visitor visitor = {visit, data};
	AUTO_CLOSE int fd = -1;
	int r = open_existing(directory, &fd, err);

	if (r < 0 || fd < 0)
		return r;
	r = each_file(fd, visit_entry, &visitor);
	return r < 0 ? error_set_errno(err, r, "%s: cannot list", directory) : 0;
}

static int remove_entry(int directory, const char *name, void *data)
{
	if (!is_entry_name(name) && !is_temporary_name(name))
		return 0;
	if (unlinkat(directory, name, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	*(size_t *)data += is_entry_name(name);
	return 0;
}

int cache_clear(const char *directory, size_t *ret_count, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	int r = open_existing(directory, &fd, err);

	*ret_count = 0;
	if (r < 0 || fd < 0)
		return r;
	r = each_file(fd, remove_entry, ret_count);
	return r < 0 ? error_set_errno(err, r, "%s: cannot clear", directory) : 0;
}
