#include "kernel/core/fields.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "kernel/core/json_text.h"
#include "kernel/core/json_view.h"

static void set_name(char out[FIELDS_NAME_SIZE], struct nx_str name) {
    size_t len = json_text_cut(name.ptr, name.len, FIELDS_NAME_SIZE - 1);
    memcpy(out, name.ptr, len);
    out[len] = '\0';
}

static void set_field(struct fields_report *out, const char *name) {
    set_name(out->field, (struct nx_str){name, strlen(name)});
}

// ---- the sentence that says what a field must be ----

struct kind_words {
    uint32_t kind;
    const char *what;
    const char *unit; // of min and max: " bytes", "" for values, NULL if none
};

static const struct kind_words kind_table[] = {
        {NX_JSON_STRING, "a string", " bytes"},
        {NX_JSON_INT, "an integer", ""},
        {NX_JSON_FLOAT, "a number", ""},
        {NX_JSON_BOOL, "true or false", NULL},
        {NX_JSON_ARRAY, "an array", " items"},
        {NX_JSON_OBJECT, "an object", " members"},
        {NX_JSON_NULL, "null", NULL},
};

#define KIND_COUNT (sizeof(kind_table) / sizeof(kind_table[0]))

static bool has_limits(const struct nx_field *field) {
    return field->min != 0 || field->max != 0;
}

static void say_limits(
        struct nx_buf *buf, const struct nx_field *field, const char *unit) {
    bool is_size = unit[0] != '\0';
    bool has_min = field->min > (is_size ? 0 : INT64_MIN);
    bool has_max = field->max < INT64_MAX;
    if (has_min && has_max && field->min == field->max) {
        nx_buf_appendf(buf, " of exactly %" PRId64 "%s", field->min, unit);
    } else if (has_min && has_max) {
        nx_buf_appendf(buf, " %s %" PRId64 " to %" PRId64 "%s",
                is_size ? "of" : "from", field->min, field->max, unit);
    } else if (has_min) {
        nx_buf_appendf(buf, " of at least %" PRId64 "%s", field->min, unit);
    } else if (has_max) {
        nx_buf_appendf(buf, " of at most %" PRId64 "%s", field->max, unit);
    }
}

static void say_kind(struct nx_buf *buf, const struct nx_field *field,
        const struct kind_words *words) {
    nx_buf_append_cstr(buf, words->what);
    if (words->unit && has_limits(field)) {
        say_limits(buf, field, words->unit);
    }
    if (words->kind == NX_JSON_STRING && (field->flags & NX_FIELD_NAME) != 0) {
        nx_buf_append_cstr(buf, " without control characters");
    }
}

// What does not fit any more is left out.
static void say_what_it_must_be(
        struct fields_report *out, const struct nx_field *field) {
    // An integer is a number too.
    uint32_t kinds = field->kinds;
    if ((kinds & NX_JSON_FLOAT) != 0) {
        kinds &= ~NX_JSON_INT;
    }
    struct nx_buf buf;
    nx_buf_init(&buf, FIELDS_REASON_SIZE - 1);
    nx_buf_appendf(&buf, "%s must be ", out->field);
    if ((kinds & NX_JSON_ANY) == 0) {
        nx_buf_append_cstr(&buf, "absent");
    }
    const char *join = "";
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if ((kinds & kind_table[i].kind) != 0) {
            nx_buf_append_cstr(&buf, join);
            say_kind(&buf, field, &kind_table[i]);
            join = " or ";
        }
    }
    if (buf.data) {
        memcpy(out->reason, buf.data, buf.len + 1);
    }
    nx_buf_finish(&buf);
}

// ---- checks ----

bool fields_is_name(struct nx_str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f) {
            return false;
        }
        // U+0080 to U+009F.
        if (c == 0xc2 && i + 1 < text.len
                && (unsigned char)text.ptr[i + 1] < 0xa0) {
            return false;
        }
    }
    return true;
}

static bool is_within(const struct nx_field *field, int64_t n) {
    return !has_limits(field) || (n >= field->min && n <= field->max);
}

static bool float_is_valid(
        const struct nx_field *field, const struct nx_json *value) {
    double number = 0;
    (void)json_view_f64(value, &number);
    return !has_limits(field)
            || (number >= (double)field->min && number <= (double)field->max);
}

static bool string_is_valid(
        const struct nx_field *field, const struct nx_json *value) {
    struct nx_str text = json_view_str(value);
    return is_within(field, (int64_t)text.len)
            && ((field->flags & NX_FIELD_NAME) == 0 || fields_is_name(text));
}

static bool is_valid(
        const struct nx_field *field, const struct nx_json *value) {
    uint32_t kind = json_view_kind(value);
    if ((field->kinds & kind) == 0) {
        return false;
    }
    int64_t number = 0;
    switch (kind) {
    case NX_JSON_STRING:
        return string_is_valid(field, value);
    case NX_JSON_INT:
        (void)json_view_i64(value, &number);
        return is_within(field, number);
    case NX_JSON_FLOAT:
        return float_is_valid(field, value);
    case NX_JSON_ARRAY:
    case NX_JSON_OBJECT:
        return is_within(field, (int64_t)json_view_count(value));
    default:
        return true;
    }
}

static enum nx_err check_one(const struct nx_json *root,
        const struct nx_field *field, struct fields_report *out) {
    const struct nx_json *value = json_view_get(root, field->name);
    bool is_required = (field->flags & NX_FIELD_REQUIRED) != 0;
    if (value ? is_valid(field, value) : !is_required) {
        return NX_OK;
    }
    set_field(out, field->name);
    if (value) {
        say_what_it_must_be(out, field);
        return NX_ERR_INVALID_FIELD;
    }
    (void)snprintf(
            out->reason, sizeof(out->reason), "%s is required", out->field);
    return NX_ERR_MISSING_FIELD;
}

static bool is_listed(const struct nx_field *list, const char *name) {
    while (list && list->name && strcmp(list->name, name) != 0) {
        list++;
    }
    return list && list->name;
}

static bool contradicts(const struct nx_json *user_id, struct nx_str user) {
    if (!user_id || !user.ptr) {
        return false;
    }
    struct nx_str text = json_view_str(user_id);
    return !text.ptr || text.len != user.len
            || memcmp(text.ptr, user.ptr, user.len) != 0;
}

static enum nx_err check_identity(const struct nx_json *root,
        const struct nx_field *list, struct nx_str user,
        struct fields_report *out) {
    if (is_listed(list, "user_id")
            || !contradicts(json_view_get(root, "user_id"), user)) {
        return NX_OK;
    }
    set_field(out, "user_id");
    (void)snprintf(out->reason, sizeof(out->reason), "%s",
            nx_err_text(NX_ERR_IDENTITY));
    return NX_ERR_IDENTITY;
}

struct collect {
    const struct nx_field *list;
    struct fields_unknown *unknown;
};

static int32_t collect_unknown(
        void *user, struct nx_str key, const struct nx_json *value) {
    static const struct nx_field always[] = {
            {.name = "event_type"},
            {.name = "ref"},
            {.name = "user_id"}, // Checked by then.
            {.name = NULL},
    };
    const struct collect *collect = user;
    struct fields_unknown *unknown = collect->unknown;
    if (is_listed(always, key.ptr) || is_listed(collect->list, key.ptr)) {
        return 0;
    }
    unknown->count++;
    if (unknown->kept < FIELDS_UNKNOWN_KEPT) {
        set_name(unknown->name[unknown->kept++], key);
    }
    return 0;
}

enum nx_err fields_check(const struct nx_json *root,
        const struct nx_field *list, struct nx_str session_user, bool strict,
        struct fields_report *out) {
    memset(out, 0, sizeof(*out));
    if (json_view_kind(root) != NX_JSON_OBJECT) {
        (void)snprintf(out->reason, sizeof(out->reason), "send a JSON object");
        return NX_ERR_BAD_REQUEST;
    }
    enum nx_err err = check_identity(root, list, session_user, out);
    for (const struct nx_field *field = list;
            err == NX_OK && field && field->name; field++) {
        err = check_one(root, field, out);
    }
    if (err != NX_OK) {
        return err;
    }
    struct collect collect = {list, &out->unknown};
    json_view_each(root, collect_unknown, &collect);
    if (!strict || out->unknown.count == 0) {
        return NX_OK;
    }
    set_field(out, out->unknown.name[0]);
    (void)snprintf(out->reason, sizeof(out->reason), "%s is not a known field",
            out->field);
    return NX_ERR_UNKNOWN_FIELD;
}
