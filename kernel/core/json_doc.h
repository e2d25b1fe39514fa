/*
 * json_doc - one JSON text, parsed once.
 *
 * The text is scanned for its nesting before the parser sees it. Where the
 * values of the root's members stand is remembered, so that they can be
 * copied into an answer byte by byte instead of being written again.
 * Duplicate keys, invalid UTF-8, \u0000, trailing data and numbers beyond
 * int64_t or double are refused.
 *
 * Owner:   whoever embeds it; one document serves one text after the other
 * Thread:  that of the owner
 * Errors:  BAD_JSON, TOO_DEEP, NO_MEMORY; the document is then empty
 */
#ifndef KERNEL_CORE_JSON_DOC_H
#define KERNEL_CORE_JSON_DOC_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/error.h>
#include <nexus/types.h>
#include <nexus/util/buf.h>
#include <nexus/util/list.h>

// Memory kept from one text to the next.
#define JSON_DOC_KEEP_SPANS 256
#define JSON_DOC_KEEP_BYTES 16384

// What json_doc_raw may write for one text, all calls together.
#define JSON_DOC_DUMPS_MAX   ((size_t)8 << 20)

#define JSON_DOC_REASON_SIZE 200

// Any two kinds of brackets count; {"a":[]} has a depth of 2.
#define JSON_DOC_DEPTH_MAX 128

struct json_doc_dump;

// A member of the root and where its value stands in the text.
struct json_doc_span {
    const struct nx_json *value;
    struct nx_str text;
};

struct json_doc {
    struct nx_list link;  // struct writers::docs, while that one is told
    struct nx_json *root; // NULL while empty
    struct nx_str text;   // borrowed, or in copy
    struct nx_buf copy;

    struct json_doc_span *spans;
    size_t span_count;
    size_t span_cap;
    size_t next_span; // where the next search begins
    bool sorted;      // by value; before that in the order of the text

    struct json_doc_dump *dumps; // what json_doc_raw returned
    size_t dump_bytes;
    char reason[JSON_DOC_REASON_SIZE];
};

// Allocates nothing.
void json_doc_init(struct json_doc *doc);

// Frees everything. Accepts a zeroed or finished document.
void json_doc_finish(struct json_doc *doc);

// Empties the document first. text is borrowed until json_doc_clear, the next
// parse or json_doc_finish. Any root is accepted. max_depth is at most
// JSON_DOC_DEPTH_MAX.
enum nx_err json_doc_parse(
        struct json_doc *doc, const char *text, size_t len, unsigned max_depth);

// The same with a copy of the text, which the caller may free at once.
enum nx_err json_doc_parse_copy(
        struct json_doc *doc, const char *text, size_t len, unsigned max_depth);

// Forgets the text and every value, and leaves the list of link.
void json_doc_clear(struct json_doc *doc);

// NULL while empty. The root and everything below it die with json_doc_clear.
const struct nx_json *json_doc_root(const struct json_doc *doc);

// Why the last parse failed, as a sentence for people that says where; ""
// when it did not. Valid UTF-8.
const char *json_doc_reason(const struct json_doc *doc);

// The original bytes of the root or of one of its direct members; absent for
// any other value. Borrowed as long as the text.
struct nx_str json_doc_span(struct json_doc *doc, const struct nx_json *value);

// The same, but a value further down is written again, into memory of the
// document that lives until json_doc_clear. Ends in a NUL only when written.
// Absent for NULL, without memory and beyond JSON_DOC_DUMPS_MAX.
struct nx_str json_doc_raw(struct json_doc *doc, const struct nx_json *value);

#endif
