#include "kernel/net/head.h"

#include <libwebsockets.h>
#include <string.h>
#include <strings.h>

#include <nexus/util/str.h>

#include "kernel/net/server.h"
#include "kernel/net/uri.h"

#define NO_TOKEN      WSI_TOKEN_COUNT // for headers lws has no token for
#define HEAD_TEXT_MAX ((size_t)32 * 1024)

struct field_row {
    const char *name;
    enum lws_token_indexes token;
};

#define WSI_TOKEN_NONE NO_TOKEN
static const struct field_row field_rows[HEAD_FIELDS] = {
#define HEAD_FIELD_ROW_(name, text, token) {text, WSI_TOKEN_##token},
        HEAD_FIELDS_TABLE(HEAD_FIELD_ROW_)
#undef HEAD_FIELD_ROW_
};

struct method_row {
    enum lws_token_indexes token;
    const char *name;
};

static const struct method_row method_rows[] = {
        {WSI_TOKEN_GET_URI, "GET"},
        {WSI_TOKEN_POST_URI, "POST"},
        {WSI_TOKEN_PUT_URI, "PUT"},
        {WSI_TOKEN_PATCH_URI, "PATCH"},
        {WSI_TOKEN_DELETE_URI, "DELETE"},
        {WSI_TOKEN_HEAD_URI, "HEAD"},
        {WSI_TOKEN_OPTIONS_URI, "OPTIONS"},
};
#define METHODS (sizeof(method_rows) / sizeof(method_rows[0]))

const char *head_method(struct nx_str name) {
    for (size_t i = 0; i < METHODS; i++) {
        if (nx_str_is(name, method_rows[i].name)) {
            return method_rows[i].name;
        }
    }
    return NULL;
}

static void part_begin(const struct head *head, struct head_part *part) {
    part->start = head->text.len;
    part->present = true;
}

// A target may name scheme and host in front of the path: RFC 9112, 3.2.2.
// libwebsockets has made one slash of the two behind the scheme.
static void skip_authority(struct head *head) {
    static const char *const schemes[] = {"http:/", "https:/"};
    const char *path = head->text.data + head->path.start;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i]);
        if (strncasecmp(path, schemes[i], len) == 0) {
            size_t skip = len + strspn(path + len, "/");
            skip += strcspn(path + skip, "/");
            head->path.start += skip;
            head->path.len -= skip;
            return;
        }
    }
}

static bool part_end(struct head *head, struct head_part *part) {
    part->len = head->text.len - part->start;
    return nx_buf_append_char(&head->text, '\0');
}

static enum head_result read_path(
        struct head *head, struct lws *wsi, enum lws_token_indexes token) {
    char piece[SERVER_HEADER_MAX + 1];
    int len;
    part_begin(head, &head->path);
    // lws takes '&' and ';' for ends of arguments even in the path.
    for (int i = 0;
            (len = lws_hdr_copy_fragment(wsi, piece, sizeof(piece), token, i))
            >= 0;
            i++) {
        if (i > 0) {
            (void)nx_buf_append_char(&head->text, '&');
        }
        (void)uri_append_path(&head->text, piece, (size_t)len);
    }
    bool whole = part_end(head, &head->path);
    if (whole) {
        skip_authority(head);
    }
    if (head->path.len > HEAD_QUERY_MAX) {
        return HEAD_TOO_LONG;
    }
    return whole ? HEAD_OK : HEAD_NO_MEMORY;
}

static enum head_result read_query(struct head *head, struct lws *wsi) {
    char piece[SERVER_HEADER_MAX + 1];
    int len;
    part_begin(head, &head->query);
    for (int i = 0; (len = lws_hdr_copy_fragment(wsi, piece, sizeof(piece),
                             WSI_TOKEN_HTTP_URI_ARGS, i))
            >= 0;
            i++) {
        if (i > 0) {
            (void)nx_buf_append_char(&head->text, '&');
        }
        (void)uri_append_argument(&head->text, piece, (size_t)len);
    }
    bool whole = part_end(head, &head->query);
    head->query.present = head->query.len > 0;
    if (head->query.len > HEAD_QUERY_MAX) {
        return HEAD_TOO_LONG;
    }
    return whole ? HEAD_OK : HEAD_NO_MEMORY;
}

// Returns the length of the header's value in text, or -1.
static int copy_field(
        struct lws *wsi, const struct field_row *row, char *text, int size) {
    if (row->token != NO_TOKEN) {
        int len = lws_hdr_copy(wsi, text, size, row->token);
        return len > 0 ? len : -1;
    }
    char name[32];
    size_t len = strlen(row->name);
    memcpy(name, row->name, len);
    name[len] = ':';
    return lws_hdr_custom_copy(wsi, text, size, name, (int)len + 1);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool read_fields(struct head *head, struct lws *wsi) {
    char text[SERVER_HEADER_MAX + 1];
    for (unsigned i = 0; i < HEAD_FIELDS; i++) {
        struct head_part *part = &head->fields[i];
        int len = copy_field(wsi, &field_rows[i], text, sizeof(text));
        if (len < 0) {
            continue;
        }
        while (len > 0 && is_blank(text[len - 1])) {
            len--;
        }
        part_begin(head, part);
        (void)nx_buf_append(&head->text, text, (size_t)len);
        if (!part_end(head, part)) {
            return false;
        }
    }
    return true;
}

static bool read_version(struct head *head, struct lws *wsi) {
    char version[16];
    if (lws_hdr_copy(wsi, version, sizeof(version), WSI_TOKEN_HTTP) <= 0) {
        return false;
    }
    head->http11 = strcmp(version, "HTTP/1.1") == 0;
    return head->http11 || strcmp(version, "HTTP/1.0") == 0;
}

static const struct method_row *find_method(struct lws *wsi) {
    for (size_t i = 0; i < METHODS; i++) {
        if (lws_hdr_total_length(wsi, method_rows[i].token) > 0) {
            return &method_rows[i];
        }
    }
    return NULL;
}

static int count_hosts(struct lws *wsi) {
    int count = 0;
    while (lws_hdr_fragment_length(wsi, WSI_TOKEN_HOST, count) > 0) {
        count++;
    }
    return count;
}

enum head_result head_read(struct head *head, struct lws *wsi) {
    memset(head, 0, sizeof(*head));
    nx_buf_init(&head->text, HEAD_TEXT_MAX);
    const struct method_row *method = find_method(wsi);
    head->method = method ? method->name : "";
    if (!method || !read_version(head, wsi)) {
        return HEAD_MALFORMED;
    }
    head->host_count = count_hosts(wsi);
    enum head_result result = read_path(head, wsi, method->token);
    if (result == HEAD_OK) {
        result = read_query(head, wsi);
    }
    if (result == HEAD_OK && !read_fields(head, wsi)) {
        result = HEAD_NO_MEMORY;
    }
    return result;
}

void head_finish(struct head *head) {
    nx_buf_finish(&head->text);
}

static struct nx_str part_text(
        const struct head *head, const struct head_part *part) {
    if (!part->present) {
        return (struct nx_str){NULL, 0};
    }
    return (struct nx_str){head->text.data + part->start, part->len};
}

struct nx_str head_path(const struct head *head) {
    return part_text(head, &head->path);
}

struct nx_str head_query(const struct head *head) {
    return part_text(head, &head->query);
}

struct nx_str head_field(const struct head *head, enum head_field field) {
    return part_text(head, &head->fields[field]);
}

struct nx_str head_field_by_name(const struct head *head, const char *name) {
    for (unsigned i = 0; i < HEAD_FIELDS; i++) {
        if (strcmp(field_rows[i].name, name) == 0) {
            return part_text(head, &head->fields[i]);
        }
    }
    return (struct nx_str){NULL, 0};
}

bool head_field_has(
        const struct head *head, enum head_field field, const char *word) {
    struct nx_str list = head_field(head, field);
    size_t word_len = strlen(word);
    const char *rest = list.ptr ? list.ptr : "";
    while (*rest) {
        rest += strspn(rest, ", \t");
        size_t len = strcspn(rest, ",");
        size_t bare = len;
        while (bare > 0 && is_blank(rest[bare - 1])) {
            bare--;
        }
        if (bare == word_len && strncasecmp(rest, word, bare) == 0) {
            return true;
        }
        rest += len;
    }
    return false;
}
