/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Path facts. Along a way through a decision each test tells something of its word: bounds, and bits
 * that are known. A later test of the same word whose answer follows is left out; so is a test when
 * the rest of one of its ways, under what the test tells, comes to the same as the other. Two ways to
 * one node with different facts may part it in two, so what comes out can be larger than what went
 * in: the caller compares.
 */
#include "optimize_internal.h"

#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

enum {
	WORDS = sizeof(struct seccomp_data) / sizeof(uint32_t),
	MOST_RESULTS = 8192,
	BUCKETS = 2 * MOST_RESULTS,
	MOST_DEPTH = 500,
};

struct fact {
	uint32_t low, high;    /* bounds, both included */
	uint32_t known, value; /* bits that are known, and what they are */
};

/* A node under facts about the words that are tested from it on; the others are unknown. */
struct narrowed {
	struct {
		uint32_t node;
		struct fact facts[WORDS];
	} key;
	node_id result;
};

struct narrowing {
	struct graph *graph;
	uint16_t *words; /* owned; bit N: word N is tested from the node on */
	size_t word_count, word_capacity;
	struct narrowed results[MOST_RESULTS];
	size_t count, depth;
	uint16_t buckets[BUCKETS]; /* index into results, plus one */
};

static const struct fact unknown = {.high = UINT32_MAX};

struct narrowing *narrowing_create(struct graph *graph)
{
	struct narrowing *narrowing = calloc(1, sizeof(*narrowing));

	if (narrowing)
		narrowing->graph = graph;
	return narrowing;
}

void narrowing_destroy(struct narrowing *narrowing)
{
	if (!narrowing)
		return;
	free(narrowing->words);
	free(narrowing);
}

static unsigned word_of(const struct graph_node *node)
{
	return node->offset / (unsigned)sizeof(uint32_t);
}

/* Keeps `words` as long as the graph. */
static bool know_words(struct narrowing *narrowing)
{
	const struct graph *graph = narrowing->graph;

	if (narrowing->word_capacity < graph->capacity) {
		uint16_t *moved = reallocarray(narrowing->words, graph->capacity, sizeof(*moved));

		if (!moved)
			return false;
		narrowing->words = moved;
		narrowing->word_capacity = graph->capacity;
	}
	for (; narrowing->word_count < graph->count; narrowing->word_count++) {
		const struct graph_node *node = &graph->nodes[narrowing->word_count];
		uint16_t *words = narrowing->words;

		words[narrowing->word_count] =
			node->is_return ? 0
					: (uint16_t)(1u << word_of(node) | words[node->yes] |
						     words[node->no]);
	}
	return true;
}

/* Lets bounds and bits tell of each other. Where they contradict each other no call comes, and
 * whatever is said is right. */
static void settle(struct fact *fact)
{
	uint32_t differ;

	if (fact->low < fact->value)
		fact->low = fact->value;
	if (fact->high > (fact->value | ~fact->known))
		fact->high = fact->value | ~fact->known;
	differ = fact->low ^ fact->high;
	for (unsigned shift = 1; shift < 32; shift *= 2)
		differ |= differ >> shift;
	fact->known |= ~differ;
	fact->value |= fact->low & ~differ;
}

/* What is known once the test has been answered. */
static struct fact learn(struct fact fact, const struct graph_node *node, bool yes)
{
	uint32_t mask = node->mask;
	bool equal = node->test == GRAPH_EQUAL;

	if (equal && (yes || (mask & (mask - 1)) == 0)) {
		uint32_t value = yes ? node->k : node->k ^ mask;

		fact.value = (fact.value & ~mask) | value;
		fact.known |= mask;
	} else if (equal && mask == UINT32_MAX) {
		fact.low += fact.low == node->k;
		fact.high -= fact.high == node->k;
	} else if (!equal && yes && fact.low < node->k) {
		fact.low = node->k;
	} else if (!equal && !yes && mask == UINT32_MAX && fact.high >= node->k) {
		fact.high = node->k - 1;
	}
	settle(&fact);
	return fact;
}

enum reply { REPLY_OPEN, REPLY_YES, REPLY_NO };

static enum reply reply(const struct fact *fact, const struct graph_node *node)
{
	uint32_t least = fact->value & node->mask;
	uint32_t most = (fact->value | ~fact->known) & node->mask;

	if (node->mask == UINT32_MAX) {
		least = fact->low;
		most = fact->high;
	}
	if (node->test == GRAPH_AT_LEAST) {
		if (least >= node->k)
			return REPLY_YES;
		return most < node->k ? REPLY_NO : REPLY_OPEN;
	}
	if (node->k < least || node->k > most ||
		((node->k ^ fact->value) & fact->known & node->mask) != 0)
		return REPLY_NO;
	return least == most ? REPLY_YES : REPLY_OPEN;
}

static struct narrowed *find_result(
	struct narrowing *narrowing, const struct narrowed *wanted, uint16_t **ret_bucket)
{
	const unsigned char *bytes = (const unsigned char *)&wanted->key;
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a, a word at a time */
	size_t i;

	for (i = 0; i < sizeof(wanted->key); i += sizeof(uint32_t)) {
		uint32_t word;

		memcpy(&word, bytes + i, sizeof(word));
		hash = (hash ^ word) * 0x100000001b3;
	}
	for (i = (hash ^ hash >> 29) % BUCKETS; narrowing->buckets[i]; i = (i + 1) % BUCKETS) {
		struct narrowed *result = &narrowing->results[narrowing->buckets[i] - 1];

		if (!memcmp(&result->key, &wanted->key, sizeof(result->key)))
			return result;
	}
	*ret_bucket = &narrowing->buckets[i];
	return NULL;
}

static node_id narrow_under(struct narrowing *, node_id, const struct fact facts[static WORDS]);

static node_id narrow_branch(
	struct narrowing *narrowing, const struct graph_node *node, const struct fact *facts)
{
	struct fact when[WORDS], unless[WORDS];
	unsigned word = word_of(node);
	enum reply answer = reply(&facts[word], node);
	/* The kernel's bitmap follows these tests and no other: one that could be spared may be what
	 * keeps a call from a test of arguments. */
	bool may_spare = node->offset > offsetof(struct seccomp_data, arch);
	node_id yes, no;

	if (answer != REPLY_OPEN)
		return narrow_under(narrowing, answer == REPLY_YES ? node->yes : node->no, facts);
	memcpy(when, facts, sizeof(when));
	memcpy(unless, facts, sizeof(unless));
	when[word] = learn(facts[word], node, true);
	unless[word] = learn(facts[word], node, false);
	yes = narrow_under(narrowing, node->yes, when);
	no = narrow_under(narrowing, node->no, unless);
	if (may_spare && yes != no && narrow_under(narrowing, node->no, when) == yes)
		return narrow_under(narrowing, node->no, facts);
	if (may_spare && yes != no && narrow_under(narrowing, node->yes, unless) == no)
		return narrow_under(narrowing, node->yes, facts);
	return graph_branch(
		narrowing->graph, node->offset, node->mask, node->test, node->k, yes, no);
}

static node_id narrow_under(
	struct narrowing *narrowing, node_id id, const struct fact facts[static WORDS])
{
	struct narrowed wanted = {.key.node = id}, *found;
	struct graph_node node;
	uint16_t *bucket;

	if (narrowing->graph->failed)
		return id;
	node = narrowing->graph->nodes[id]; /* the array may move */
	if (node.is_return || !know_words(narrowing))
		return id;
	for (unsigned word = 0; word < WORDS; word++)
		wanted.key.facts[word] = narrowing->words[id] & 1u << word ? facts[word] : unknown;
	found = find_result(narrowing, &wanted, &bucket);
	if (found)
		return found->result;
	if (narrowing->count == MOST_RESULTS || narrowing->depth == MOST_DEPTH)
		return id;
	narrowing->depth++;
	wanted.result = narrow_branch(narrowing, &node, wanted.key.facts);
	narrowing->depth--;
	/* Results from below may have taken the bucket, or all the room. */
	if (narrowing->count < MOST_RESULTS && !find_result(narrowing, &wanted, &bucket)) {
		narrowing->results[narrowing->count++] = wanted;
		*bucket = (uint16_t)narrowing->count;
	}
	return wanted.result;
}

node_id narrow(struct narrowing *narrowing, node_id node)
{
	struct fact nothing[WORDS];

	for (unsigned word = 0; word < WORDS; word++)
		nothing[word] = unknown;
	return narrow_under(narrowing, node, nothing);
}
