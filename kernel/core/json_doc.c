#include "kernel/core/json_doc.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/json_text.h"
#include "kernel/core/json_value.h"

#define FIRST_SPANS 16

// Up to here looking at each member is faster than sorting them.
#define FEW_SPANS 32

// Text that was written for json_doc_raw.
struct json_doc_dump {
    struct json_doc_dump *next;
    char *text;
};

// The first look at a text.
struct scan {
    struct json_doc *doc;
    const char *text;
    size_t len;
    size_t at;
    unsigned depth;
    unsigned max_depth;
    size_t value_start; // of a member of the root, 0 between two of them
};

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct nx_str trim(struct nx_str text) {
    while (text.len > 0 && is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

static bool grow_spans(struct json_doc *doc) {
    size_t cap = doc->span_cap ? doc->span_cap * 2 : FIRST_SPANS;
    struct json_doc_span *spans = realloc(doc->spans, cap * sizeof(*spans));
    if (!spans) {
        return false;
    }
    doc->spans = spans;
    doc->span_cap = cap;
    return true;
}

// The value of a root's member has ended before scan->at, if there was one.
static bool end_of_value(struct scan *scan) {
    struct json_doc *doc = scan->doc;
    if (scan->depth != 1 || scan->value_start == 0) {
        return true;
    }
    if (doc->span_count == doc->span_cap && !grow_spans(doc)) {
        return false;
    }
    struct nx_str text = {
            scan->text + scan->value_start, scan->at - scan->value_start};
    doc->spans[doc->span_count++].text = trim(text);
    scan->value_start = 0;
    return true;
}

// From one quote to the byte after the other.
static void skip_string(struct scan *scan) {
    scan->at++;
    while (scan->at < scan->len && scan->text[scan->at] != '"') {
        scan->at += scan->text[scan->at] == '\\' ? 2 : 1;
    }
    scan->at++;
}

static enum nx_err scan_close(struct scan *scan) {
    if (!end_of_value(scan)) {
        return NX_ERR_NO_MEMORY;
    }
    if (scan->depth > 0) {
        scan->depth--;
    }
    scan->at++;
    return NX_OK;
}

static enum nx_err scan_one(struct scan *scan) {
    switch (scan->text[scan->at]) {
    case '"':
        skip_string(scan);
        return NX_OK;
    case '{':
    case '[':
        scan->at++;
        return ++scan->depth > scan->max_depth ? NX_ERR_TOO_DEEP : NX_OK;
    case '}':
    case ']':
        return scan_close(scan);
    case ',':
        if (!end_of_value(scan)) {
            return NX_ERR_NO_MEMORY;
        }
        scan->at++;
        return NX_OK;
    case ':':
        scan->at++;
        scan->value_start = scan->depth == 1 ? scan->at : scan->value_start;
        return NX_OK;
    default:
        scan->at++;
        return NX_OK;
    }
}

// Looks at brackets, quotes, commas and colons only. Whatever it finds in a
// text that is no JSON is thrown away when the parser refuses that.
static enum nx_err scan_text(struct json_doc *doc, unsigned max_depth) {
    struct scan scan = {
            .doc = doc,
            .text = doc->text.ptr,
            .len = doc->text.len,
            .max_depth = max_depth,
    };
    enum nx_err err = NX_OK;
    while (err == NX_OK && scan.at < scan.len) {
        err = scan_one(&scan);
    }
    if (err == NX_ERR_TOO_DEEP) {
        (void)snprintf(doc->reason, sizeof(doc->reason),
                "nested more than %u levels deep (at byte %zu)", max_depth,
                scan.at);
    }
    return err;
}

// The parser's own words, where they say what a client can understand.
static enum nx_err explain(struct json_doc *doc, const json_error_t *error) {
    enum json_error_code code = json_error_code(error);
    if (code == json_error_out_of_memory) {
        return NX_ERR_NO_MEMORY;
    }
    const char *what = error->text;
    if (code == json_error_null_character
            || code == json_error_null_byte_in_key) {
        what = "the character \\u0000 is not allowed";
    } else if (trim(doc->text).len == 0) {
        what = "the text is empty";
    }
    (void)snprintf(doc->reason, sizeof(doc->reason), "%s (at byte %d)", what,
            error->position);
    // The words may quote half a character of a text that is not UTF-8.
    bool is_utf8 = json_text_is_utf8(doc->reason, strlen(doc->reason));
    for (char *c = doc->reason; !is_utf8 && *c; c++) {
        *c = (unsigned char)*c < 0x80 ? *c : '?';
    }
    return NX_ERR_BAD_JSON;
}

// The parser keeps the order of the text and refuses duplicates, so its n-th
// member is the n-th of the scan.
static void name_spans(struct json_doc *doc, json_t *root) {
    size_t i = 0;
    void *member = json_object_iter(root);
    while (member && i < doc->span_count) {
        doc->spans[i++].value = json_value_view(json_object_iter_value(member));
        member = json_object_iter_next(root, member);
    }
    doc->span_count = i;
}

static enum nx_err parse(struct json_doc *doc, unsigned max_depth) {
    assert(max_depth <= JSON_DOC_DEPTH_MAX);
    enum nx_err err = scan_text(doc, max_depth);
    if (err != NX_OK) {
        return err;
    }
    json_error_t error;
    json_t *root = json_loadb(doc->text.ptr, doc->text.len,
            JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!root) {
        return explain(doc, &error);
    }
    name_spans(doc, root);
    doc->root = (struct nx_json *)root;
    doc->text = trim(doc->text); // What remains is the root's own text.
    return NX_OK;
}

// Empties the document, and says why where nothing has said so yet.
static void give_up(struct json_doc *doc, enum nx_err err) {
    char reason[JSON_DOC_REASON_SIZE];
    memcpy(reason, doc->reason, sizeof(reason));
    json_doc_clear(doc);
    if (reason[0] == '\0') {
        (void)snprintf(reason, sizeof(reason), "%s", nx_err_text(err));
    }
    memcpy(doc->reason, reason, sizeof(reason));
}

enum nx_err json_doc_parse(struct json_doc *doc, const char *text, size_t len,
        unsigned max_depth) {
    json_doc_clear(doc);
    doc->text = (struct nx_str){len > 0 ? text : "", len};
    enum nx_err err = parse(doc, max_depth);
    if (err != NX_OK) {
        give_up(doc, err);
    }
    return err;
}

enum nx_err json_doc_parse_copy(struct json_doc *doc, const char *text,
        size_t len, unsigned max_depth) {
    json_doc_clear(doc);
    if (!nx_buf_append(&doc->copy, text, len)) {
        give_up(doc, NX_ERR_NO_MEMORY);
        return NX_ERR_NO_MEMORY;
    }
    doc->text = (struct nx_str){len > 0 ? doc->copy.data : "", len};
    enum nx_err err = parse(doc, max_depth);
    if (err != NX_OK) {
        give_up(doc, err);
    }
    return err;
}

void json_doc_init(struct json_doc *doc) {
    memset(doc, 0, sizeof(*doc));
    nx_list_init(&doc->link);
    nx_buf_init(&doc->copy, SIZE_MAX / 2);
}

void json_doc_finish(struct json_doc *doc) {
    if (!doc->link.next) {
        return; // Zeroed.
    }
    json_doc_clear(doc);
    nx_buf_finish(&doc->copy);
    free(doc->spans);
    json_doc_init(doc);
}

static void free_dumps(struct json_doc *doc) {
    while (doc->dumps) {
        struct json_doc_dump *dump = doc->dumps;
        doc->dumps = dump->next;
        free(dump->text);
        free(dump);
    }
    doc->dump_bytes = 0;
}

void json_doc_clear(struct json_doc *doc) {
    nx_list_remove(&doc->link);
    json_decref(json_value_of(doc->root));
    doc->root = NULL;
    doc->text = (struct nx_str){NULL, 0};
    nx_buf_clear(&doc->copy);
    nx_buf_shrink(&doc->copy, JSON_DOC_KEEP_BYTES);
    doc->span_count = 0;
    doc->next_span = 0;
    doc->sorted = false;
    if (doc->span_cap > JSON_DOC_KEEP_SPANS) {
        free(doc->spans);
        doc->spans = NULL;
        doc->span_cap = 0;
    }
    free_dumps(doc);
    doc->reason[0] = '\0';
}

const struct nx_json *json_doc_root(const struct json_doc *doc) {
    return doc->root;
}

const char *json_doc_reason(const struct json_doc *doc) {
    return doc->reason;
}

static int compare_spans(const void *left, const void *right) {
    const struct json_doc_span *a = left;
    const struct json_doc_span *b = right;
    uintptr_t at_a = (uintptr_t)a->value;
    uintptr_t at_b = (uintptr_t)b->value;
    return at_a < at_b ? -1 : at_a > at_b;
}

// Thousands of members may be asked for thousands of values, so this must not
// look at each of them each time.
static const struct json_doc_span *find_sorted(
        struct json_doc *doc, const struct nx_json *value) {
    if (!doc->sorted) {
        qsort(doc->spans, doc->span_count, sizeof(*doc->spans), compare_spans);
        doc->sorted = true;
    }
    const struct json_doc_span wanted = {.value = value};
    return bsearch(&wanted, doc->spans, doc->span_count, sizeof(*doc->spans),
            compare_spans);
}

// true, false and null are the same value wherever they stand, and have the
// same text.
static const struct json_doc_span *find_span(
        struct json_doc *doc, const struct nx_json *value) {
    // Mostly members are asked for in their order.
    if (!doc->sorted && doc->next_span < doc->span_count
            && doc->spans[doc->next_span].value == value) {
        return &doc->spans[doc->next_span++];
    }
    if (doc->span_count > FEW_SPANS) {
        return find_sorted(doc, value);
    }
    for (size_t i = 0; i < doc->span_count; i++) {
        if (doc->spans[i].value == value) {
            doc->next_span = i + 1;
            return &doc->spans[i];
        }
    }
    return NULL;
}

struct nx_str json_doc_span(struct json_doc *doc, const struct nx_json *value) {
    if (!value) {
        return (struct nx_str){NULL, 0};
    }
    if (value == doc->root) {
        return doc->text;
    }
    const struct json_doc_span *span = find_span(doc, value);
    return span ? span->text : (struct nx_str){NULL, 0};
}

static struct nx_str dump_value(
        struct json_doc *doc, const struct nx_json *value) {
    struct nx_buf buf;
    nx_buf_init(&buf, JSON_DOC_DUMPS_MAX - doc->dump_bytes);
    struct json_doc_dump *dump = malloc(sizeof(*dump));
    if (!dump || json_text_value(&buf, value) != NX_OK) {
        nx_buf_finish(&buf);
        free(dump);
        return (struct nx_str){NULL, 0};
    }
    nx_buf_shrink(&buf, buf.len);
    size_t len = 0;
    dump->text = nx_buf_take(&buf, &len);
    dump->next = doc->dumps;
    doc->dumps = dump;
    doc->dump_bytes += len;
    return (struct nx_str){dump->text, len};
}

struct nx_str json_doc_raw(struct json_doc *doc, const struct nx_json *value) {
    struct nx_str span = json_doc_span(doc, value);
    return span.ptr || !value ? span : dump_value(doc, value);
}
