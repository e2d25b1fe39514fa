#include "kernel/core/envelope.h"

#include <stdbool.h>
#include <string.h>

#include "kernel/core/json_text.h"
#include "kernel/core/json_view.h"

static const struct nx_str none = {NULL, 0};

// ---- reading ----

static bool is_type_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9') || (c != '\0' && strchr("_.:-", c));
}

bool envelope_is_type(struct nx_str text) {
    if (!text.ptr || text.len == 0 || text.len > ENVELOPE_TYPE_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_type_char(text.ptr[i])) {
            return false;
        }
    }
    return true;
}

static enum nx_err read_type(
        const struct nx_json *value, struct envelope *out) {
    struct nx_str text = json_view_str(value);
    if (envelope_is_type(text)) {
        out->type = text;
        return NX_OK;
    }
    out->field = "event_type";
    if (!value) {
        out->reason = "event_type is required";
        return NX_ERR_MISSING_FIELD;
    }
    out->reason = "event_type must be a string of 1 to 64 letters, digits "
                  "and _ . : -";
    return NX_ERR_INVALID_FIELD;
}

static enum nx_err read_ref(const struct nx_json *value, struct envelope *out) {
    struct nx_str text = json_view_str(value);
    if (!value) {
        return NX_OK;
    }
    if (text.ptr && text.len <= ENVELOPE_REF_MAX && fields_is_name(text)) {
        out->ref = text;
        return NX_OK;
    }
    out->field = "ref";
    out->reason = "ref must be a string of at most 64 bytes without control "
                  "characters";
    return NX_ERR_INVALID_FIELD;
}

enum nx_err envelope_read(const struct json_doc *doc, struct envelope *out) {
    const struct nx_json *root = json_doc_root(doc);
    memset(out, 0, sizeof(*out));
    if (json_view_kind(root) != NX_JSON_OBJECT) {
        out->reason = "send a JSON object";
        return NX_ERR_BAD_REQUEST;
    }
    // The type comes last, so that its error is the one told.
    enum nx_err ref_err = read_ref(json_view_get(root, "ref"), out);
    enum nx_err err = read_type(json_view_get(root, "event_type"), out);
    return err == NX_OK ? ref_err : err;
}

// ---- answers ----

void envelope_put_warnings(
        struct nx_writer *w, const struct fields_unknown *warnings) {
    if (!warnings || warnings->count == 0) {
        return;
    }
    const char *code = nx_err_word(NX_ERR_UNKNOWN_FIELD);
    writer_begin_array(w, "warnings");
    for (size_t i = 0; i < warnings->kept; i++) {
        writer_begin_object(w, NULL);
        writer_put_cstr(w, "code", code);
        writer_put_cstr(w, "field", warnings->name[i]);
        writer_end(w);
    }
    if (warnings->count > warnings->kept) {
        writer_begin_object(w, NULL);
        writer_put_cstr(w, "code", code);
        writer_put_u64(w, "more", warnings->count - warnings->kept);
        writer_end(w);
    }
    writer_end(w);
}

struct nx_writer *envelope_ack(struct writers *ws, struct nx_str ref,
        const struct fields_unknown *warnings, struct nx_writer *result) {
    struct nx_writer *w = writer_answer(ws, none);
    writer_put_cstr(w, "event_type", "ack");
    writer_put_str(w, "ref", ref);
    writer_put_writer(w, result);
    envelope_put_warnings(w, warnings);
    return w;
}

struct nx_writer *envelope_result(
        struct writers *ws, struct nx_str type, struct nx_writer *result) {
    struct nx_writer *w = writer_answer(ws, type);
    if (!type.ptr) {
        writer_fail(w, NX_ERR_INVALID);
    }
    writer_put_writer(w, result);
    return w;
}

// "{}" is 2 bytes long, and a failed writer has no text.
static bool has_members(struct nx_writer *object) {
    return writer_text(object).len > 2;
}

static void put_details(
        struct nx_writer *w, const struct envelope_failure *failure) {
    bool has_more = has_members(failure->details);
    if (!failure->field && !failure->limit_name && !has_more) {
        return;
    }
    writer_begin_object(w, "details");
    writer_put_cstr(w, "field", failure->field);
    writer_put_cstr(w, "limit", failure->limit_name);
    if (has_more) {
        writer_put_writer(w, failure->details);
    }
    writer_end(w);
}

// Text that may come from a plugin, or what to say instead.
static struct nx_str usable(struct nx_str text, const char *instead) {
    if (text.ptr && json_text_is_utf8(text.ptr, text.len)) {
        return text;
    }
    return (struct nx_str){instead, strlen(instead)};
}

// For those who do not say it: a queue empties by itself, a disk is repaired.
static uint64_t usual_wait_ms(nx_status status) {
    if (status == NX_ERR_ENGINE_BUSY) {
        return 1000;
    }
    return status == NX_ERR_ENGINE_UNAVAILABLE ? 5000 : 0;
}

struct nx_writer *envelope_error(
        struct writers *ws, const struct envelope_failure *failure) {
    struct nx_writer *w = writer_answer(ws, none);
    const char *code =
            failure->code ? failure->code : nx_err_word(failure->status);
    writer_put_cstr(w, "event_type", "error");
    writer_put_cstr(w, "code", code);
    writer_put_str(w, "message",
            usable(failure->message, nx_err_text(failure->status)));
    writer_put_str(w, "in_reply_to", failure->in_reply_to);
    writer_put_str(w, "ref", failure->ref);
    put_details(w, failure);
    uint64_t retry_after_ms = failure->retry_after_ms > 0
            ? failure->retry_after_ms
            : usual_wait_ms(failure->status);
    if (retry_after_ms > 0) {
        writer_put_u64(w, "retry_after_ms", retry_after_ms);
    }
    return w;
}

// ---- REST ----

// The titles of RFC 9110 for the statuses in NX_ERRORS.
static const struct {
    uint32_t status;
    const char *title;
} http_titles[] = {
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {410, "Gone"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
};

static const char *http_title(uint32_t status) {
    for (size_t i = 0; i < sizeof(http_titles) / sizeof(http_titles[0]); i++) {
        if (http_titles[i].status == status) {
            return http_titles[i].title;
        }
    }
    return "Error";
}

struct nx_writer *envelope_problem(struct writers *ws, nx_status status,
        const char *title, struct nx_str detail) {
    struct nx_writer *w = writer_answer(ws, none);
    uint32_t http = nx_err_http(status);
    writer_put_cstr(w, "type", "about:blank");
    writer_put_cstr(w, "title", title ? title : http_title(http));
    writer_put_u64(w, "status", http);
    writer_put_cstr(w, "code", nx_err_word(status));
    writer_put_str(w, "detail", usable(detail, nx_err_text(status)));
    return w;
}
