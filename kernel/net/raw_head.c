#include "kernel/net/raw_head.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <nexus/util/buf.h>
#include <nexus/util/str.h>

#include "kernel/net/head.h"

#define TLS_HANDSHAKE 0x16 // the first byte of a client that speaks TLS

static const struct refusal fine = {0};

static struct refusal bad_request(const char *detail) {
    return (struct refusal){400, "bad_request", detail, NULL};
}

// --- characters -----------------------------------------------------------

// RFC 9110, 5.6.2: what names of methods and headers are made of.
static bool is_token_char(char c) {
    return isalnum((unsigned char)c)
            || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct nx_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (!is_token_char(text.ptr[i])) {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static struct nx_str trim(struct nx_str text) {
    while (text.len > 0 && is_blank(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

static bool same(struct nx_str a, const char *b) {
    return a.len == strlen(b) && strncasecmp(a.ptr, b, a.len) == 0;
}

// --- the end --------------------------------------------------------------

// RFC 9112, 2.2: empty lines in front do not count.
static size_t empty_lines(const char *text, size_t len) {
    size_t skip = 0;
    while (len - skip >= 2 && text[skip] == '\r' && text[skip + 1] == '\n') {
        skip += 2;
    }
    return skip;
}

static bool begins_well(const char *text, size_t len) {
    size_t start = empty_lines(text, len);
    return start == len || is_token_char(text[start])
            || (text[start] == '\r' && start + 1 == len);
}

enum raw_head_state raw_head_find(
        const char *text, size_t len, size_t seen, size_t *end) {
    if (!begins_well(text, len)) {
        return RAW_HEAD_WRONG;
    }
    size_t start = empty_lines(text, len);
    const char *feed = text + seen;
    while ((feed = memchr(feed, '\n', len - (size_t)(feed - text))) != NULL) {
        size_t at = (size_t)(feed - text);
        if (at == 0 || text[at - 1] != '\r') {
            return RAW_HEAD_WRONG;
        }
        if (at > start && text[at - 2] == '\n') {
            *end = at + 1;
            return RAW_HEAD_WHOLE;
        }
        feed++;
    }
    return RAW_HEAD_PARTIAL;
}

struct refusal raw_head_objection(const char *text, size_t len) {
    if (begins_well(text, len)) {
        return bad_request("lines must end with CR and LF");
    }
    if (text[empty_lines(text, len)] == TLS_HANDSHAKE) {
        return bad_request("this port does not speak TLS");
    }
    return bad_request("not an HTTP/1.1 request");
}

struct refusal raw_head_excess(const char *text, size_t len) {
    size_t start = empty_lines(text, len);
    if (!memchr(text + start, '\n', len - start)) {
        return (struct refusal){414, "too_large",
                "the request line is longer than limits.header_bytes", NULL};
    }
    return (struct refusal){431, "too_large",
            "the request's headers are longer than limits.header_bytes", NULL};
}

bool raw_head_is_head(const char *text, size_t len) {
    size_t start = empty_lines(text, len);
    return len - start > 5 && memcmp(text + start, "HEAD ", 5) == 0;
}

// --- the request line -----------------------------------------------------

static bool has_hex_pair(struct nx_str text, size_t at) {
    return at + 2 < text.len && isxdigit((unsigned char)text.ptr[at + 1])
            && isxdigit((unsigned char)text.ptr[at + 2]);
}

static const char *check_characters(struct nx_str target) {
    for (size_t i = 0; i < target.len; i++) {
        char c = target.ptr[i];
        if (c <= ' ' || c > '~' || c == '#') {
            return "the target has characters that must be encoded";
        }
        if (c != '%') {
            continue;
        }
        if (!has_hex_pair(target, i)) {
            return "the target has a % without two hexadecimal digits";
        }
        if (target.ptr[i + 1] == '0' && target.ptr[i + 2] == '0') {
            return "the target has an encoded zero byte";
        }
    }
    return NULL;
}

// RFC 9112, 3.2: a path, or with scheme and host in front of it.
static bool has_valid_form(struct nx_str method, struct nx_str target) {
    return (target.len > 0 && target.ptr[0] == '/')
            || (target.len > 7 && strncasecmp(target.ptr, "http://", 7) == 0)
            || (target.len > 8 && strncasecmp(target.ptr, "https://", 8) == 0)
            || (nx_str_is(method, "OPTIONS") && nx_str_is(target, "*"));
}

static struct refusal check_version(struct nx_str version) {
    bool shaped = version.len == 8 && memcmp(version.ptr, "HTTP/", 5) == 0
            && isdigit((unsigned char)version.ptr[5]) && version.ptr[6] == '.'
            && isdigit((unsigned char)version.ptr[7]);
    if (!shaped) {
        return bad_request("not an HTTP/1.1 request");
    }
    if (!nx_str_is(version, "HTTP/1.1") && !nx_str_is(version, "HTTP/1.0")) {
        return (struct refusal){
                505, "unsupported", "the server speaks HTTP/1.1", NULL};
    }
    return fine;
}

static struct refusal check_request_line(struct nx_str line) {
    const char *first = memchr(line.ptr, ' ', line.len);
    const char *last = memrchr(line.ptr, ' ', line.len);
    if (!first || first == last) {
        return bad_request("not an HTTP/1.1 request");
    }
    size_t method_len = (size_t)(first - line.ptr);
    size_t version_at = (size_t)(last - line.ptr) + 1;
    struct nx_str method = {line.ptr, method_len};
    struct nx_str target = {first + 1, version_at - method_len - 2};
    struct nx_str version = {last + 1, line.len - version_at};
    struct refusal refusal = check_version(version);
    if (refusal.status != 0) {
        return refusal;
    }
    if (!is_token(method)) {
        return bad_request("not an HTTP/1.1 request");
    }
    if (!head_method(method)) {
        return refusal_of(
                NX_ERR_UNSUPPORTED, "the server does not know this method");
    }
    const char *flaw = check_characters(target);
    if (!flaw && !has_valid_form(method, target)) {
        flaw = "the target must be a path";
    }
    return flaw ? bad_request(flaw) : fine;
}

// --- the headers ----------------------------------------------------------

enum kind {
    KIND_PLAIN,
    KIND_NUMBER,  // must not be empty
    KIND_LIST,    // libwebsockets ends a connection at an empty element
    KIND_ORIGIN,  // libwebsockets does not tell an empty header from none
    KIND_UPGRADE, // libwebsockets knows one element only
};

struct kept_row {
    const char *name;
    enum kind kind;
};

// Those that are read by head.c, handshake.c or libwebsockets itself.
static const struct kept_row kept_rows[] = {
        {"authorization", KIND_PLAIN},
        {"content-type", KIND_PLAIN},
        {"content-length", KIND_NUMBER},
        {"transfer-encoding", KIND_NUMBER},
        {"connection", KIND_LIST},
        {"expect", KIND_PLAIN},
        {"host", KIND_PLAIN},
        {"accept", KIND_PLAIN},
        {"origin", KIND_ORIGIN},
        {"x-forwarded-for", KIND_PLAIN},
        {"idempotency-key", KIND_PLAIN},
        {"upgrade", KIND_UPGRADE},
        {"sec-websocket-key", KIND_PLAIN},
        {"sec-websocket-version", KIND_PLAIN},
        {"sec-websocket-protocol", KIND_LIST},
        {"sec-websocket-extensions", KIND_PLAIN},
};
#define KEPT_ROWS (sizeof(kept_rows) / sizeof(kept_rows[0]))

struct header {
    struct nx_str name;
    struct nx_str value;
};

static const struct kept_row *find_row(struct nx_str name) {
    for (size_t i = 0; i < KEPT_ROWS; i++) {
        if (same(name, kept_rows[i].name)) {
            return &kept_rows[i];
        }
    }
    return NULL;
}

static bool has_controls(struct nx_str value) {
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return true;
        }
    }
    return false;
}

static const char *read_header(struct nx_str line, struct header *header) {
    const char *colon = memchr(line.ptr, ':', line.len);
    if (is_blank(line.ptr[0])) {
        return "a header must not go on in another line";
    }
    if (!colon) {
        return "a header has no colon";
    }
    size_t name_len = (size_t)(colon - line.ptr);
    header->name = (struct nx_str){line.ptr, name_len};
    header->value = trim((struct nx_str){colon + 1, line.len - name_len - 1});
    if (!is_token(header->name)) {
        return "a header has no valid name";
    }
    if (has_controls(header->value)) {
        return "a header has control characters in its value";
    }
    return NULL;
}

static void append_line(
        struct nx_buf *out, const char *name, struct nx_str value) {
    (void)nx_buf_append_cstr(out, name);
    (void)nx_buf_append_cstr(out, ": ");
    (void)nx_buf_append(out, value.ptr, value.len);
    (void)nx_buf_append_cstr(out, "\r\n");
}

// Takes the first element off a list; false at its end.
static bool take_item(struct nx_str *list, struct nx_str *item) {
    while (list->len > 0) {
        const char *comma = memchr(list->ptr, ',', list->len);
        size_t len = comma ? (size_t)(comma - list->ptr) : list->len;
        size_t used = comma ? len + 1 : len;
        *item = trim((struct nx_str){list->ptr, len});
        *list = (struct nx_str){list->ptr + used, list->len - used};
        if (item->len > 0) {
            return true;
        }
    }
    return false;
}

static void append_list(
        struct nx_buf *out, const char *name, struct nx_str value) {
    struct nx_str item;
    bool any = false;
    while (take_item(&value, &item)) {
        (void)nx_buf_append_cstr(out, any ? "," : name);
        (void)nx_buf_append_cstr(out, any ? "" : ": ");
        (void)nx_buf_append(out, item.ptr, item.len);
        any = true;
    }
    (void)nx_buf_append_cstr(out, any ? "\r\n" : "");
}

static bool names_websocket(struct nx_str value) {
    struct nx_str item;
    while (take_item(&value, &item)) {
        if (same(item, "websocket")) {
            return true;
        }
    }
    return false;
}

// What is kept of one header; false when it is wrong.
static bool append_header(
        struct nx_buf *out, const struct header *header, bool *upgrade) {
    const struct kept_row *row = find_row(header->name);
    struct nx_str value = header->value;
    if (!row) {
        return true;
    }
    switch (row->kind) {
    case KIND_UPGRADE:
        *upgrade = *upgrade || names_websocket(value);
        return true;
    case KIND_LIST:
        append_list(out, row->name, value);
        return true;
    case KIND_ORIGIN:
        append_line(out, row->name, value.len > 0 ? value : nx_str_c("null"));
        return true;
    case KIND_NUMBER:
        append_line(out, row->name, value);
        return value.len > 0;
    case KIND_PLAIN:
        break;
    }
    if (value.len > 0) {
        append_line(out, row->name, value);
    }
    return true;
}

static const char *append_headers(
        struct nx_str rest, struct nx_buf *out, bool *upgrade) {
    while (rest.len > 0) {
        const char *end = memchr(rest.ptr, '\r', rest.len);
        struct nx_str line = {rest.ptr, (size_t)(end - rest.ptr)};
        struct header header;
        if (end + 1 == rest.ptr + rest.len || end[1] != '\n') {
            return "a header has a CR in its value";
        }
        rest = (struct nx_str){end + 2, rest.len - line.len - 2};
        if (line.len == 0) {
            break;
        }
        const char *flaw = read_header(line, &header);
        if (flaw) {
            return flaw;
        }
        if (!append_header(out, &header, upgrade)) {
            return "Content-Length or Transfer-Encoding is empty";
        }
    }
    if (*upgrade) {
        append_line(out, "upgrade", nx_str_c("websocket"));
    }
    return NULL;
}

// --- all ------------------------------------------------------------------

struct refusal raw_head_rewrite(
        const char *text, size_t len, struct nx_buf *out, bool *upgrade) {
    *upgrade = false;
    size_t start = empty_lines(text, len);
    const char *end = memmem(text + start, len - start, "\r\n", 2);
    struct nx_str line = {text + start, (size_t)(end - text) - start};
    struct nx_str rest = {end + 2, len - (size_t)(end + 2 - text)};
    struct refusal refusal = check_request_line(line);
    if (refusal.status != 0) {
        return refusal;
    }
    (void)nx_buf_append(out, line.ptr, line.len);
    (void)nx_buf_append_cstr(out, "\r\n");
    const char *flaw = append_headers(rest, out, upgrade);
    (void)nx_buf_append_cstr(out, "\r\n");
    if (flaw) {
        return bad_request(flaw);
    }
    if (out->failed) {
        return refusal_of(NX_ERR_NO_MEMORY, "the server is out of memory");
    }
    return fine;
}
