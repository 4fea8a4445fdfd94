/* SPDX-License-Identifier: Apache-2.0 */
#include "container_note.h"
#include "denial_place.h"

#include "io.h"
#include "support.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

UNIT_SUITE(container_note);

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* A process that waits for its end. */
static pid_t start_process(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	cr_assert_gt(pid, 0);
	return pid;
}

static void end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

static unsigned long long start_of(pid_t pid)
{
	struct process process;

	cr_assert_eq(process_read(pid, &process, NULL), 0);
	return process.start;
}

/* As if the last tidying was long ago. */
static void write_note(const char *directory, pid_t pid, const char *id)
{
	AUTO_FREE char *tidied = format_text("%s/.tidied", directory);
	AUTO(json_document_finish) struct json_document config = {0};
	struct error err = ERROR_INIT;
	char *text =
		strdup("{\"annotations\": {\"io.kubernetes.cri.container-name\": \"app\\u001b[2J\","
		       "\"io.kubernetes.cri.sandbox-name\": \"web\","
		       "\"io.kubernetes.cri.sandbox-namespace\": \"shop\","
		       "\"io.kubernetes.cri.container-type\": \"container\"}}");

	cr_assert_eq(json_parse("config.json", text, strlen(text), &config, &err), 0);
	utimensat(AT_FDCWD, tidied, (const struct timespec[2]){0}, 0);
	cr_assert_eq(container_note_write(directory, pid, id, config.root, 2, &err), 0, "%s",
		error_message(&err));
	container_notes_tidy(directory);
}

static struct container_notes read_notes(const char *directory)
{
	struct container_notes notes;
	struct error err = ERROR_INIT;

	cr_assert_eq(container_notes_read(directory, &notes, &err), 0, "%s", error_message(&err));
	return notes;
}

Test(container_note, what_is_written_is_found)
{
	char *directory = temp_dir();
	AUTO(container_notes_finish) struct container_notes notes = {0};
	const struct container_note *note;
	pid_t pid = start_process();

	write_note(directory, pid, "c0ffee");
	notes = read_notes(directory);
	cr_assert_eq(notes.count, 1);
	note = container_notes_find(&notes, pid, now());
	cr_assert_not_null(note);
	cr_expect_str_eq(note->container.id, "c0ffee");
	cr_expect_str_eq(note->container.name, "app\\x1b[2J");
	cr_expect_str_eq(note->container.pod, "web");
	cr_expect_str_eq(note->container.namespace, "shop");
	cr_expect_eq(note->container.engine, ENGINE_CONTAINERD);
	cr_expect_eq(note->container.pid, pid);
	cr_expect_eq(note->filters, 2);
	cr_expect_eq(note->start, start_of(pid));
	cr_expect_eq(note->ended, 0);
	cr_expect_null(container_notes_find(&notes, pid + 1, now()), "another process");
	cr_expect_null(container_notes_find(&notes, pid, now() - 60000), "before it started");
	end_process(pid);
	remove_tree(directory);
}

Test(container_note, a_directory_that_is_missing)
{
	char *directory = temp_dir();
	AUTO_FREE char *below = format_text("%s/notes", directory);
	AUTO(container_notes_finish) struct container_notes none = read_notes(below);
	struct container_notes notes;
	struct error err = ERROR_INIT;
	struct stat status;

	cr_expect_eq(none.count, 0);
	/* A config.json that cannot be read has no names; the id is known all the same. */
	cr_assert_eq(container_note_write(below, getpid(), "x", NULL, 0, &err), 0);
	cr_assert_eq(stat(below, &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0700);
	notes = read_notes(below);
	cr_assert_eq(notes.count, 1);
	cr_expect_null(notes.items[0].container.name);
	container_notes_finish(&notes);
	cr_expect_eq(container_note_write(below, INT32_MAX, "x", NULL, 0, &err), -ESRCH);
	error_finish(&err);
	remove_tree(directory);
}

Test(container_note, what_a_killed_writer_left_is_removed)
{
	static const char *const names[] = {".7-8.old", ".7-8.new", "strange"};
	char *directory = temp_dir();
	AUTO_FREE char *old = format_text("%s/%s", directory, names[0]);
	pid_t pid = start_process();

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		write_file(directory, names[i], "half a no");
	cr_assert_eq(utimensat(AT_FDCWD, old, (const struct timespec[2]){0}, 0), 0);
	write_note(directory, pid, "x");
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		AUTO_FREE char *path = format_text("%s/%s", directory, names[i]);

		cr_expect_eq(access(path, F_OK) == 0, i > 0, "%s", names[i]);
	}
	end_process(pid);
	remove_tree(directory);
}

Test(container_note, ended_ones_are_marked_and_at_last_removed)
{
	char *directory = temp_dir();
	AUTO_FREE char *old = NULL;
	struct container_notes notes;
	const struct container_note *note;
	pid_t first = start_process(), second = start_process();
	uint64_t alive;

	write_note(directory, first, "first");
	alive = now();
	end_process(first);
	usleep(200 * 1000);
	old = format_text("1000-5-%llu", (unsigned long long)(now() - 25ULL * 3600 * 1000));
	write_file(directory, old, "{\"id\": \"of yesterday\"}");
	write_file(directory, "1001-5-junk", "{\"id\": \"junk\"}");
	write_note(directory, second, "second");
	notes = read_notes(directory);
	cr_assert_eq(notes.count, 2);
	note = container_notes_find(&notes, first, alive);
	cr_assert(note && note->ended > alive);
	cr_expect_str_eq(note->container.id, "first");
	cr_expect_null(container_notes_find(&notes, first, note->ended + 1),
		"its number may be another's by now");
	container_notes_finish(&notes);
	end_process(second);
	remove_tree(directory);
}

Test(container_note, only_so_many_are_kept)
{
	char *directory = temp_dir();
	struct container_notes notes;
	uint64_t ended = now() - 10000;

	for (unsigned i = 0; i < 1100; i++) {
		AUTO_FREE char *name =
			format_text("%u-5-%llu", i + 1, (unsigned long long)(ended + i));

		write_file(directory, name, "{\"id\": \"old\"}");
	}
	write_note(directory, getpid(), "new");
	notes = read_notes(directory);
	cr_assert_eq(notes.count, 1001);
	for (size_t i = 0; i < notes.count; i++)
		cr_assert(notes.items[i].container.pid > 100, "the oldest ones go");
	container_notes_finish(&notes);
	remove_tree(directory);
}

/* What somebody else left there does no harm. */
Test(container_note, files_that_are_no_notes)
{
	char *directory = temp_dir();
	struct container_notes notes;

	write_file(directory, "1-2", "{");
	write_file(directory, "1-3", "[]");
	write_file(directory, "1-4", "{\"id\": 5}");
	write_file(directory, "-1-4", "{\"id\": \"x\"}");
	write_file(directory, "1-4x", "{\"id\": \"x\"}");
	notes = read_notes(directory);
	cr_expect_eq(notes.count, 0);
	container_notes_finish(&notes);
	remove_tree(directory);
}

Test(container_note, a_record_of_a_process_that_is_gone)
{
	char *directory = temp_dir();
	struct denial_places *places;
	const struct container *container, *again;
	struct denial denial = {.time = now()};
	struct error err = ERROR_INIT;
	pid_t pid = start_process();

	write_note(directory, pid, "c0ffee");
	denial.pid = (uint32_t)pid;
	denial.time = now();
	cr_assert_eq(denial_places_create(NULL, directory, &places, &err), 0);
	cr_assert_eq(denial_places_find(places, &denial, &container, &err), 0);
	cr_expect_null(container, "it is there, and in no container");
	end_process(pid);
	usleep(150 * 1000); /* the places look again */
	cr_assert_eq(denial_places_find(places, &denial, &container, &err), 0);
	cr_expect_null(container, "it was seen in no container at that time");
	denial_places_destroy(places);

	cr_assert_eq(denial_places_create(NULL, directory, &places, &err), 0);
	cr_assert_eq(denial_places_find(places, &denial, &container, &err), 0);
	cr_assert_not_null(container);
	cr_expect_str_eq(container->id, "c0ffee");
	cr_assert_eq(denial_places_find(places, &denial, &again, &err), 0);
	cr_expect_eq(container, again, "the same container is the same pointer");
	denial.time -= 60000;
	cr_assert_eq(denial_places_find(places, &denial, &container, &err), 0);
	cr_expect_null(container, "before the process started its number was another's");
	denial_places_destroy(places);
	remove_tree(directory);
}

/* A number that is in use by a process that started after the record. */
Test(container_note, a_number_that_is_used_again)
{
	char *directory = temp_dir();
	struct denial_places *places;
	const struct container *container;
	struct error err = ERROR_INIT;
	pid_t pid = start_process();
	struct denial denial = {.pid = (uint32_t)pid, .time = now() - 5000};
	AUTO_FREE char *name = format_text("%d-1", pid);

	write_file(directory, name, "{\"id\": \"former\"}");
	cr_assert_eq(denial_places_create(NULL, directory, &places, &err), 0);
	cr_assert_eq(denial_places_find(places, &denial, &container, &err), 0);
	cr_assert_not_null(container);
	cr_expect_str_eq(container->id, "former");
	denial.time = now();
	cr_assert_eq(denial_places_find(places, &denial, &container, &err), 0);
	cr_expect_null(container);
	denial_places_destroy(places);
	end_process(pid);
	remove_tree(directory);
}
