/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assembly, by example. The graph
 *
 *	1: return ERRNO(1)   2: return ALLOW   3: nr == 41 ? 4 : 2   4: args[0] < 38 ? 2 : 1
 *
 * is laid down from its end. A node is only made after those it goes to, so the order of the
 * indexes is an order in which every target already has a place: RET ERRNO, RET ALLOW, the test of
 * args[0] with its load, the test of nr. BPF only jumps forward, and so does that order. A
 * conditional jump reaches 255 instructions; where a target is farther away a copy of it (RET) or a
 * long jump (JA) is laid down first, between the two.
 *
 * A node needs its word in the accumulator. What the accumulator holds on entry is the meet over
 * all ways to the node, found in one pass from the root down; a load of what is already there is
 * left out.
 */
#include "graph.h"

#include "cleanup.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

enum {
	LONGEST_JUMP = 255,
	MOST_NODES = 65536, /* many more than 4096 instructions can hold */
	MOST_INSTRUCTIONS = BPF_MAXINSNS,
	NOWHERE = -1,
};

void graph_init(struct graph *graph)
{
	memset(graph, 0, sizeof(*graph));
}

void graph_finish(struct graph *graph)
{
	free(graph->nodes);
	free(graph->buckets);
	memset(graph, 0, sizeof(*graph));
}

static bool same_node(const struct graph_node *a, const struct graph_node *b)
{
	return a->is_return == b->is_return && a->test == b->test && a->offset == b->offset &&
	       a->mask == b->mask && a->k == b->k && a->yes == b->yes && a->no == b->no;
}

static size_t hash_node(const struct graph_node *node)
{
	const uint32_t words[] = {node->is_return, node->test, node->offset, node->mask, node->k,
		node->yes, node->no};
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a, a word at a time */

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		hash = (hash ^ words[i]) * 0x100000001b3;
	return (size_t)(hash ^ hash >> 29);
}

static size_t find_bucket(const struct graph *graph, const struct graph_node *node)
{
	size_t i = hash_node(node) & (graph->bucket_count - 1);

	while (graph->buckets[i] && !same_node(&graph->nodes[graph->buckets[i] - 1], node))
		i = (i + 1) & (graph->bucket_count - 1);
	return i;
}

static bool grow(struct graph *graph)
{
	size_t capacity = graph->capacity ? graph->capacity * 2 : 512;
	struct graph_node *nodes = reallocarray(graph->nodes, capacity, sizeof(*nodes));
	node_id *buckets;

	if (!nodes)
		return false;
	graph->nodes = nodes;
	graph->capacity = capacity;
	buckets = calloc(capacity * 2, sizeof(*buckets));
	if (!buckets)
		return false;
	free(graph->buckets);
	graph->buckets = buckets;
	graph->bucket_count = capacity * 2;
	for (size_t i = 0; i < graph->count; i++)
		graph->buckets[find_bucket(graph, &graph->nodes[i])] = (node_id)(i + 1);
	return true;
}

static node_id intern(struct graph *graph, const struct graph_node *node)
{
	size_t bucket;

	if (graph->failed)
		return 0;
	if (graph->count == graph->capacity && (graph->count >= MOST_NODES || !grow(graph))) {
		graph->failed = true;
		return 0;
	}
	bucket = find_bucket(graph, node);
	if (graph->buckets[bucket])
		return graph->buckets[bucket] - 1;
	graph->nodes[graph->count++] = *node;
	graph->buckets[bucket] = (node_id)graph->count;
	return (node_id)(graph->count - 1);
}

node_id graph_return(struct graph *graph, uint32_t value)
{
	struct graph_node node = {.is_return = true, .k = value};

	return intern(graph, &node);
}

static bool single_bit(uint32_t mask)
{
	return (mask & (mask - 1)) == 0;
}

node_id graph_branch(struct graph *graph, uint32_t offset, uint32_t mask, enum graph_test test,
	uint32_t k, node_id yes, node_id no)
{
	struct graph_node node = {
		.test = test, .offset = offset, .mask = mask, .k = k, .yes = yes, .no = no};

	if (test == GRAPH_GREATER)
		return k >= mask
			       ? no
			       : graph_branch(graph, offset, mask, GRAPH_AT_LEAST, k + 1, yes, no);
	if (yes == no || (test == GRAPH_AT_LEAST && k == 0))
		return yes;
	if (test == GRAPH_AT_LEAST ? k > mask : k & ~mask)
		return no;
	if (mask == 0)
		return yes;
	/* One form for each test, so that equal ones are found: only the largest value is at least
	 * that, only 0 is not at least 1, and a single bit is 0 or not. */
	if (test == GRAPH_AT_LEAST && k == mask)
		return graph_branch(graph, offset, mask, GRAPH_EQUAL, k, yes, no);
	if (test == GRAPH_AT_LEAST ? k == 1 : k == mask && single_bit(mask))
		return graph_branch(graph, offset, mask, GRAPH_EQUAL, 0, no, yes);
	return intern(graph, &node);
}

/* In the order in which the nodes are left for the last time, those of a test that passes first. */
node_id graph_copy(struct graph *to, const struct graph *from, node_id root)
{
	AUTO_FREE node_id *copies = calloc(root + 1, sizeof(*copies)); /* plus one; 0: none yet */
	AUTO_FREE node_id *way = calloc(root + 1, sizeof(*way));
	size_t depth = 0;

	if (!copies || !way || from->failed) {
		to->failed = true;
		return 0;
	}
	way[depth++] = root;
	while (depth > 0) {
		node_id id = way[depth - 1];
		struct graph_node node = from->nodes[id];

		if (!node.is_return && !copies[node.yes]) {
			way[depth++] = node.yes;
		} else if (!node.is_return && !copies[node.no]) {
			way[depth++] = node.no;
		} else {
			if (!node.is_return) {
				node.yes = copies[node.yes] - 1;
				node.no = copies[node.no] - 1;
			}
			copies[id] = intern(to, &node) + 1;
			depth--;
		}
	}
	return copies[root] - 1;
}

/* What the accumulator holds: a word under a mask. */
struct accumulator {
	bool known;
	uint32_t offset, mask;
};

struct node_state {
	bool reachable, entered;
	struct accumulator on_entry;
	int place; /* instructions from the end of the program to the node's first; NOWHERE */
};

struct assembler {
	const struct graph *graph;
	struct node_state *states;
	struct sock_filter code[MOST_INSTRUCTIONS]; /* last instruction first */
	size_t length;
	bool full;
};

static void enter(struct node_state *state, struct accumulator accumulator)
{
	state->reachable = true;
	if (!state->entered)
		state->on_entry = accumulator;
	else if (state->on_entry.offset != accumulator.offset ||
		 state->on_entry.mask != accumulator.mask || !accumulator.known)
		state->on_entry.known = false;
	state->entered = true;
}

static bool holds(const struct accumulator *held, const struct graph_node *node)
{
	return held->known && held->offset == node->offset && (node->mask & ~held->mask) == 0;
}

/* Whether BPF_JSET answers the test, which needs no masked word. */
static bool is_jset(const struct graph_node *node)
{
	return node->test == GRAPH_EQUAL && node->k == 0 && node->mask != UINT32_MAX;
}

/* What the accumulator holds behind the node's test. */
static struct accumulator behind(const struct graph_node *node, const struct accumulator *on_entry)
{
	struct accumulator loaded = {true, node->offset, UINT32_MAX};

	if (holds(on_entry, node))
		loaded.mask = on_entry->mask;
	if (!is_jset(node))
		loaded.mask = node->mask;
	return loaded;
}

static void follow_accumulator(struct assembler *assembler, node_id root)
{
	const struct accumulator nothing = {0};

	enter(&assembler->states[root], nothing);
	for (node_id i = root + 1; i-- > 0;) {
		const struct graph_node *node = &assembler->graph->nodes[i];
		struct accumulator loaded;

		if (!assembler->states[i].reachable || node->is_return)
			continue;
		loaded = behind(node, &assembler->states[i].on_entry);
		enter(&assembler->states[node->yes], loaded);
		enter(&assembler->states[node->no], loaded);
	}
}

static void emit(struct assembler *assembler, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	struct sock_filter instruction = {code, jt, jf, k};

	if (assembler->length == MOST_INSTRUCTIONS)
		assembler->full = true;
	else
		assembler->code[assembler->length++] = instruction;
}

static uint32_t distance(const struct assembler *assembler, node_id target)
{
	return (uint32_t)((int)assembler->length - 1 - assembler->states[target].place);
}

/* Lays down a copy of the target, or a long jump to it, unless a conditional jump that comes after
 * `between` more instructions reaches it. */
static void bring_near(struct assembler *assembler, node_id target, uint32_t between)
{
	const struct graph_node *node = &assembler->graph->nodes[target];

	if (distance(assembler, target) + between <= LONGEST_JUMP)
		return;
	if (node->is_return)
		emit(assembler, BPF_RET | BPF_K, 0, 0, node->k);
	else
		emit(assembler, BPF_JMP | BPF_JA, 0, 0, distance(assembler, target));
	assembler->states[target].place = (int)assembler->length - 1;
}

static void emit_branch(
	struct assembler *assembler, const struct graph_node *node, struct node_state *state)
{
	bool jset = is_jset(node), held = holds(&state->on_entry, node);
	uint16_t test = jset ? BPF_JSET : node->test == GRAPH_EQUAL ? BPF_JEQ : BPF_JGE;
	node_id taken = jset ? node->no : node->yes, passed = jset ? node->yes : node->no;

	bring_near(assembler, taken, 1);
	bring_near(assembler, passed, 0);
	emit(assembler, (uint16_t)(BPF_JMP | test | BPF_K), (uint8_t)distance(assembler, taken),
		(uint8_t)distance(assembler, passed), jset ? node->mask : node->k);
	if (!jset && node->mask != (held ? state->on_entry.mask : UINT32_MAX))
		emit(assembler, BPF_ALU | BPF_AND | BPF_K, 0, 0, node->mask);
	if (!held)
		emit(assembler, BPF_LD | BPF_W | BPF_ABS, 0, 0, node->offset);
	state->place = (int)assembler->length - 1;
}

static void lay_down(struct assembler *assembler, node_id root)
{
	for (node_id i = 0; i <= root && !assembler->full; i++) {
		const struct graph_node *node = &assembler->graph->nodes[i];
		struct node_state *state = &assembler->states[i];

		if (!state->reachable)
			continue;
		if (!node->is_return) {
			emit_branch(assembler, node, state);
			continue;
		}
		emit(assembler, BPF_RET | BPF_K, 0, 0, node->k);
		state->place = (int)assembler->length - 1;
	}
}

static int take_program(const struct assembler *assembler, struct program *ret, struct error *err)
{
	size_t length = assembler->length;
	struct sock_filter *code;

	if (assembler->full)
		return error_set(err, -E2BIG,
			"the filter needs more than the %d instructions that the kernel takes",
			MOST_INSTRUCTIONS);
	code = calloc(length, sizeof(*code));
	if (!code)
		return error_memory(err);
	for (size_t i = 0; i < length; i++)
		code[i] = assembler->code[length - 1 - i];
	ret->code = code;
	ret->length = length;
	return 0;
}

int graph_assemble(const struct graph *graph, node_id root, struct program *ret, struct error *err)
{
	struct assembler *assembler;
	int r;

	if (graph->failed && graph->count < MOST_NODES)
		return error_memory(err);
	if (graph->failed)
		return error_set(err, -E2BIG, "the filter has more than %d tests", MOST_NODES);
	assembler = malloc(sizeof(*assembler));
	if (!assembler)
		return error_memory(err);
	assembler->graph = graph;
	assembler->length = 0;
	assembler->full = false;
	assembler->states = calloc(graph->count, sizeof(*assembler->states));
	if (assembler->states) {
		follow_accumulator(assembler, root);
		lay_down(assembler, root);
		r = take_program(assembler, ret, err);
	} else {
		r = error_memory(err);
	}
	free(assembler->states);
	free(assembler);
	return r;
}
