/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include "support.h"

UNIT_SUITE(digest);

/* The examples of FIPS 180-4, and the lengths at which the padding takes another block; from
 * sha256sum(1). */
Test(digest, known_values)
{
	static const struct {
		const char *text; /* repeated */
		size_t count;
		const char *digest;
	} cases[] = {
		{"", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{"a", 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
		{"a", 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
		{"a", 63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
		{"a", 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
		{"a", 65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
		{"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		size_t length = strlen(cases[i].text);
		AUTO_FREE char *text = malloc(length * cases[i].count + 1);
		char digest[DIGEST_SIZE];

		cr_assert_not_null(text);
		for (size_t j = 0; j < cases[i].count; j++)
			memcpy(text + j * length, cases[i].text, length);
		digest_compute(text, length * cases[i].count, digest);
		cr_expect_str_eq(digest, cases[i].digest, "case %zu", i);
	}
}
