/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "cleanup.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

enum { DEEPEST = 100, SMALLEST_CHUNK = 2048, LARGEST_CHUNK = 32768 };

/* Nodes and strings are carved from chunks that live as long as the document. */
struct json_chunk {
	struct json_chunk *older;
	size_t used, size;
	max_align_t memory[];
};

struct parser {
	struct json_document *document;
	yajl_handle handle;
	struct json *open; /* innermost array or object */
	size_t depth;
	size_t counted;	   /* the text up to here has line_count newlines, */
	size_t line_start; /* the last of them before this offset */
	unsigned line_count;
	size_t token_start, token_end; /* of the last token that yajl reported */
	char separator;		       /* what may stand between it and the next; NUL: nothing */
	const char *key;	       /* of the member whose value comes next */
	size_t key_start;
	const char *refused; /* why a callback stopped the parse */
};

static void *allocate(struct json_document *document, size_t size)
{
	struct json_chunk *chunk = document->memory;
	void *memory;

	size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	if (!chunk || chunk->size - chunk->used < size) {
		size_t capacity = chunk ? 2 * chunk->size : SMALLEST_CHUNK;

		if (capacity > LARGEST_CHUNK)
			capacity = LARGEST_CHUNK;
		if (capacity < size)
			capacity = size;
		chunk = malloc(sizeof(*chunk) + capacity);
		if (!chunk)
			return NULL;
		chunk->older = document->memory;
		chunk->used = 0;
		chunk->size = capacity;
		document->memory = chunk;
	}
	memory = (char *)chunk->memory + chunk->used;
	chunk->used += size;
	return memory;
}

static const char *copy_text(struct parser *parser, const char *text, size_t length)
{
	const char *source = parser->document->text + parser->token_start;
	char *copy;

	if (memchr(text, '\0', length))
		parser->refused = "a string contains the NUL character";
	else if (!text_is_utf8(text, length))
		parser->refused = "not valid JSON: a string is not UTF-8";
	else if (text_has_half_pair(source, parser->token_end - parser->token_start))
		parser->refused = "not valid JSON: half of a surrogate pair";
	if (parser->refused)
		return NULL;
	copy = allocate(parser->document, length + 1);
	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

static size_t skip_space(const struct json_document *document, size_t offset)
{
	while (offset < document->length && document->text[offset] &&
		strchr(" \t\r\n", document->text[offset]))
		offset++;
	return offset;
}

/* Between two tokens stand only white space and at most one separator. */
static size_t next_token(const struct parser *parser)
{
	const struct json_document *document = parser->document;
	size_t offset = skip_space(document, parser->token_end);

	if (parser->separator && offset < document->length &&
		document->text[offset] == parser->separator)
		offset = skip_space(document, offset + 1);
	return offset;
}

/* Notes where the token stands that yajl has just reported. It looks one character beyond a number;
 * `length`: of a number, else 0. */
static void take_token(struct parser *parser, size_t length)
{
	parser->token_start = next_token(parser);
	parser->token_end =
		length ? parser->token_start + length : yajl_get_bytes_consumed(parser->handle);
}

/* Tokens come in the order of the text, so all positions together cost one pass over it. */
static void set_position(struct parser *parser, struct json *node)
{
	const char *text = parser->document->text, *newline;

	while ((newline = memchr(text + parser->counted, '\n', node->start - parser->counted))) {
		parser->counted = (size_t)(newline - text) + 1;
		parser->line_count++;
		parser->line_start = parser->counted;
	}
	parser->counted = node->start;
	node->line = parser->line_count + 1;
	node->column = (unsigned)(node->start - parser->line_start) + 1;
}

static void append_child(struct json *parent, struct json *node)
{
	node->parent = parent;
	node->index = parent->count++;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
}

/* `number_length`: of a number's literal, else 0. */
static struct json *add_node(struct parser *parser, enum json_type type, size_t number_length)
{
	struct json *node = allocate(parser->document, sizeof(*node));

	if (!node)
		return NULL;
	memset(node, 0, sizeof(*node));
	take_token(parser, number_length);
	node->type = type;
	node->start = parser->token_start;
	node->end = parser->token_end;
	set_position(parser, node);
	node->key = parser->key;
	node->key_start = parser->key ? parser->key_start : node->start;
	parser->key = NULL;
	parser->separator = parser->open ? ',' : '\0';
	if (parser->open)
		append_child(parser->open, node);
	else
		parser->document->root = node;
	return node;
}

static int add_text(struct parser *parser, enum json_type type, const char *text, size_t length)
{
	struct json *node = add_node(parser, type, type == JSON_NUMBER ? length : 0);

	if (!node)
		return 0;
	node->text = copy_text(parser, text, length);
	return node->text != NULL;
}

static int on_null(void *context)
{
	return add_node(context, JSON_NULL, 0) != NULL;
}

static int on_boolean(void *context, int value)
{
	struct json *node = add_node(context, JSON_BOOLEAN, 0);

	if (!node)
		return 0;
	node->boolean = value != 0;
	return 1;
}

static int on_number(void *context, const char *text, size_t length)
{
	return add_text(context, JSON_NUMBER, text, length);
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
	return add_text(context, JSON_STRING, (const char *)text, length);
}

static int on_key(void *context, const unsigned char *text, size_t length)
{
	struct parser *parser = context;

	take_token(parser, 0);
	parser->key_start = parser->token_start;
	parser->separator = ':';
	parser->key = copy_text(parser, (const char *)text, length);
	return parser->key != NULL;
}

static int open_container(struct parser *parser, enum json_type type)
{
	struct json *node = add_node(parser, type, 0);

	if (!node)
		return 0;
	if (++parser->depth > DEEPEST) {
		parser->refused = "nested too deeply (more than 100 levels)";
		return 0;
	}
	parser->open = node;
	parser->separator = '\0';
	return 1;
}

static int on_object(void *context)
{
	return open_container(context, JSON_OBJECT);
}

static int on_array(void *context)
{
	return open_container(context, JSON_ARRAY);
}

static int on_close(void *context)
{
	struct parser *parser = context;

	parser->separator = '\0';
	take_token(parser, 0);
	parser->open->end = parser->token_end;
	parser->open = parser->open->parent;
	parser->separator = parser->open ? ',' : '\0';
	parser->depth--;
	return 1;
}

static int describe_failure(struct parser *parser, yajl_status status, struct error *err)
{
	const struct json_document *document = parser->document;
	size_t offset = next_token(parser);
	unsigned line, column;
	unsigned char *text;

	if (status == yajl_status_client_canceled && !parser->refused)
		return error_memory(err);
	if (parser->refused) {
		json_position(document, parser->token_start, &line, &column);
		return error_set(err, -EINVAL, "%s:%u:%u: %s", document->name, line, column,
			parser->refused);
	}
	text = yajl_get_error(parser->handle, 0, NULL, 0);
	if (!text)
		return error_memory(err);
	if (strstr((const char *)text, "premature EOF")) {
		json_position(document, document->length, &line, &column);
		error_set(err, -EINVAL, "%s:%u:%u: the JSON text ends too early%s", document->name,
			line, column, document->length ? ": it is cut short" : ": it is empty");
	} else {
		json_position(document, offset, &line, &column);
		error_set(err, -EINVAL, "%s:%u:%u: not valid JSON: %.*s", document->name, line,
			column, (int)strcspn((const char *)text, "\n"), (const char *)text);
	}
	yajl_free_error(parser->handle, text);
	return -EINVAL;
}

static int run_parser(struct parser *parser, struct error *err)
{
	static const yajl_callbacks callbacks = {
		.yajl_null = on_null,
		.yajl_boolean = on_boolean,
		.yajl_number = on_number,
		.yajl_string = on_string,
		.yajl_map_key = on_key,
		.yajl_start_map = on_object,
		.yajl_end_map = on_close,
		.yajl_start_array = on_array,
		.yajl_end_array = on_close,
	};
	const struct json_document *document = parser->document;
	yajl_status status;
	int r = 0;

	parser->handle = yajl_alloc(&callbacks, NULL, parser);
	if (!parser->handle)
		return error_memory(err);
	status =
		yajl_parse(parser->handle, (const unsigned char *)document->text, document->length);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(parser->handle);
	if (status != yajl_status_ok)
		r = describe_failure(parser, status, err);
	yajl_free(parser->handle);
	return r;
}

int json_parse(
	const char *name, char *text, size_t length, struct json_document *ret, struct error *err)
{
	struct json_document document = {.text = text, .length = length};
	struct parser parser = {.document = &document};
	int r;

	document.name = strdup(name);
	r = document.name ? run_parser(&parser, err) : error_memory(err);
	if (r < 0) {
		json_document_finish(&document);
		return r;
	}
	*ret = document;
	return 0;
}

void json_document_finish(struct json_document *document)
{
	struct json_chunk *chunk = document->memory;

	while (chunk) {
		struct json_chunk *older = chunk->older;

		free(chunk);
		chunk = older;
	}
	free(document->name);
	free(document->text);
	memset(document, 0, sizeof(*document));
}

bool json_key_is_like(const char *key, const char *name)
{
	while (*key && *name) {
		int wanted = tolower((unsigned char)*name);

		if (wanted == 's' && !strncmp(key, "\u017f", 2))
			key += 2;
		else if (wanted == 'k' && !strncmp(key, "\u212a", 3))
			key += 3;
		else if (tolower((unsigned char)*key) == wanted)
			key++;
		else
			return false;
		name++;
	}
	return *key == '\0' && *name == '\0';
}

const struct json *json_member(const struct json *object, const char *key)
{
	if (!object || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *member = object->first; member; member = member->next)
		if (!strcmp(member->key, key))
			return member->type == JSON_NULL ? NULL : member;
	return NULL;
}

void json_position(
	const struct json_document *document, size_t offset, unsigned *line, unsigned *column)
{
	const char *start = document->text, *newline;
	const char *end = start + (offset < document->length ? offset : document->length);

	*line = 1;
	while ((newline = memchr(start, '\n', (size_t)(end - start)))) {
		start = newline + 1;
		++*line;
	}
	*column = (unsigned)(end - start) + 1;
}

static void print_path(FILE *stream, const struct json *node)
{
	if (!node->parent)
		return;
	print_path(stream, node->parent);
	if (node->key)
		fprintf(stream, "%s%s", node->parent->parent ? "." : "", node->key);
	else
		fprintf(stream, "[%zu]", node->index);
}

char *json_path(const struct json *node)
{
	char *path = NULL;
	size_t length;
	FILE *stream = open_memstream(&path, &length);

	if (!stream)
		return NULL;
	print_path(stream, node);
	if (fclose(stream) != 0) {
		free(path);
		return NULL;
	}
	return path;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",
		[JSON_BOOLEAN] = "true or false",
		[JSON_NUMBER] = "a number",
		[JSON_STRING] = "a string",
		[JSON_ARRAY] = "an array",
		[JSON_OBJECT] = "an object",
	};

	return names[type];
}
