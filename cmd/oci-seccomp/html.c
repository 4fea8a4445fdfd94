/* SPDX-License-Identifier: Apache-2.0 */
#include "html.h"

#include "cleanup.h"
#include "text.h"

#include <linux/seccomp.h>

static const char style[] = {
#include "page-css.inc"
};

static const char script[] = {
#include "page-js.inc"
};

static const char *const tones[TONE_COUNT] = {
	[TONE_ALLOW] = "allow",
	[TONE_CONDITIONAL] = "conditional",
	[TONE_DENY] = "deny",
	[TONE_WATCH] = "watch",
};

enum html_tone html_tone_of(verdict value)
{
	switch (value & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return TONE_ALLOW;
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		return TONE_WATCH;
	default:
		return TONE_DENY;
	}
}

void html_escape(FILE *out, const char *text)
{
	AUTO_FREE char *printable = text_printable(text);

	for (const char *c = printable ? printable : ""; *c; c++) {
		switch (*c) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*c, out);
		}
	}
}

/* ELEMENT is a start tag without its `>`. */
static void write_element(FILE *out, const char *start, const char *text, const char *name)
{
	fprintf(out, "<%s>", start);
	html_escape(out, text);
	fprintf(out, "</%s>", name);
}

void html_head(FILE *out, const struct html_page *page)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
		out);
	write_element(out, "title", page->title, "title");
	fputs("\n<style>\n", out);
	fwrite(style, 1, sizeof(style), out);
	fputs("</style>\n</head>\n<body>\n<header>\n", out);
	write_element(out, "h1", page->title, "h1");
	write_element(out, "p class=\"about\"", page->about, "p");
	fputs("\n<div class=\"counts\">\n", out);
	for (size_t i = 0; i < page->count_count; i++) {
		const struct html_count *count = &page->counts[i];

		fprintf(out,
			"<button type=\"button\" class=\"%s\" data-tone=\"%s\" "
			"aria-pressed=\"false\">"
			"<b>%zu</b> ",
			tones[count->tone], tones[count->tone], count->number);
		html_escape(out, count->label);
		fputs("</button>\n", out);
	}
	fputs("</div>\n</header>\n"
	      "<div class=\"find\" hidden><div><input type=\"search\" aria-label=\"Filter\" "
	      "placeholder=\"Filter: a call, a verdict, a constant\" autocomplete=\"off\" "
	      "spellcheck=\"false\"><output></output></div></div>\n<main>\n"
	      "<p class=\"nothing\" hidden>No call has all of these words.</p>\n",
		out);
}

void html_section(FILE *out, const char *title, size_t rows)
{
	fputs("<section>\n<h2>", out);
	html_escape(out, title);
	fprintf(out, " <span>%zu</span></h2>\n<div class=\"rows\">\n", rows);
}

void html_section_end(FILE *out)
{
	fputs("</div>\n</section>\n", out);
}

void html_row(FILE *out, const char *name, enum html_tone tone, bool wide)
{
	fprintf(out, "<div class=\"row%s\" data-tone=\"%s\">", wide ? " wide" : "", tones[tone]);
	write_element(out, "code", name, "code");
	fputs("<div class=\"lines\">", out);
}

void html_row_end(FILE *out)
{
	fputs("</div></div>\n", out);
}

void html_line(FILE *out, const char *label, verdict value, const char *words, const char *place)
{
	char word[32];

	fputs("<div class=\"line\">", out);
	if (label)
		write_element(out, "span class=\"label\"", label, "span");
	fprintf(out, " <span class=\"badge %s\">%s</span> ", tones[html_tone_of(value)],
		verdict_format(value, word, sizeof(word)));
	if (words) {
		fputs("<span class=\"label\">if</span> ", out);
		write_element(out, "code", words, "code");
	}
	if (place)
		write_element(out, "span class=\"place\"", place, "span");
	fputs("</div>", out);
}

void html_foot(FILE *out)
{
	fputs("</main>\n<script>\n", out);
	fwrite(script, 1, sizeof(script), out);
	fputs("</script>\n</body>\n</html>\n", out);
}
