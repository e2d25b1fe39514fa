#include "kernel/ctl/check/hostile.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SEED      0x9e3779b97f4a7c15u
#define DEPTH_MAX 4

void hostile_init(struct hostile *hostile, const struct vocabulary *vocabulary,
        const char *const *prefixes) {
    *hostile = (struct hostile){
            .vocabulary = vocabulary, .prefixes = prefixes, .state = SEED};
}

uint64_t hostile_below(struct hostile *hostile, uint64_t below) {
    uint64_t x = hostile->state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    hostile->state = x;
    return (x >> 11) % below;
}

static const char *pick(
        struct hostile *hostile, const char *const *texts, size_t count) {
    return texts[hostile_below(hostile, count)];
}
#define PICK(hostile, texts) \
    pick(hostile, texts, sizeof(texts) / sizeof((texts)[0]))

const char *hostile_name(struct hostile *hostile) {
    static const char *const names[] = {"alice", "bob", "carol", "c1", "c2",
            "room-1", "conv_1", "m1", "m2", "1", "0", "-", "a:b", "x y",
            "\xc3\xa4\xc3\xb6", "constructor", "*", "%", "../x"};
    return PICK(hostile, names);
}

// --- values ---------------------------------------------------------------

static void put_odd_number(struct hostile *hostile, struct nx_buf *out) {
    static const char *const numbers[] = {"0", "1", "2", "10", "100", "-1",
            "1.5", "-0", "-0.0", "1e3", "1e308", "1e400", "-1e400", "1e-400",
            "2147483648", "4294967296", "9007199254740993",
            "9223372036854775807", "-9223372036854775808",
            "9223372036854775808", "18446744073709551616",
            "123456789012345678901234567890"};
    nx_buf_append_cstr(out, PICK(hostile, numbers));
}

static void put_text_of(struct nx_buf *out, uint64_t len, const char *piece) {
    nx_buf_append_char(out, '"');
    for (uint64_t i = 0; i < len; i++) {
        nx_buf_append_cstr(out, piece);
    }
    nx_buf_append_char(out, '"');
}

static void put_odd_text(struct hostile *hostile, struct nx_buf *out) {
    static const char *const texts[] = {"\"\"", "\" \"", "\"\\u0000\"",
            "\"a\\u0000b\"", "\"\\ud800\"", "\"\\udc00\\ud800\"",
            "\"\\ud83d\\ude00\"", "\"\\n\\r\\t\\b\\f\\\\\\/\\\"\"",
            "\"\xff\xfe\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
            "\"\\u202e\\ufeff\"", "\"%s%n%d\"", "\"<script>\"",
            "\"' OR 1=1 --\"", "\"2026-02-30T25:61:61Z\"", "\"null\"",
            "\"__proto__\"", "\"\x7f\""};
    nx_buf_append_cstr(out, PICK(hostile, texts));
}

static void put_text(struct hostile *hostile, struct nx_buf *out,
        const struct nx_field *field) {
    uint64_t kind = hostile_below(hostile, 10);
    if (kind < 6) {
        put_text_of(out, 1, hostile_name(hostile));
    } else if (kind < 7 && field->max > 0 && field->max < 60000) {
        uint64_t max = (uint64_t)field->max;
        put_text_of(out, max - 1 + hostile_below(hostile, 3), "x");
    } else if (kind < 8) {
        put_text_of(out, hostile_below(hostile, 3000), "\xe2\x82\xac");
    } else {
        put_odd_text(hostile, out);
    }
}

static void put_value(struct hostile *hostile, struct nx_buf *out,
        const struct nx_field *field, unsigned depth);

static const struct nx_field *any_field(struct hostile *hostile) {
    static const struct nx_field nothing = {
            .name = "text", .kinds = NX_JSON_ANY};
    const struct vocabulary *vocabulary = hostile->vocabulary;
    return vocabulary->field_count > 0
            ? &vocabulary
                       ->fields[hostile_below(hostile, vocabulary->field_count)]
            : &nothing;
}

// NOLINTNEXTLINE(misc-no-recursion): no deeper than DEPTH_MAX
static void put_member(
        struct hostile *hostile, struct nx_buf *out, unsigned depth) {
    const struct nx_field *field = any_field(hostile);
    nx_buf_appendf(out, "\"%s\":", field->name);
    put_value(hostile, out, field, depth);
}

// NOLINTNEXTLINE(misc-no-recursion): no deeper than DEPTH_MAX
static void put_list(struct hostile *hostile, struct nx_buf *out,
        unsigned depth, bool object) {
    uint64_t count = depth >= DEPTH_MAX ? 0 : hostile_below(hostile, 6);
    if (depth < DEPTH_MAX && hostile_chance(hostile, 2)) {
        count = hostile_below(hostile, 300);
        depth = DEPTH_MAX;
    }
    nx_buf_append_char(out, object ? '{' : '[');
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0) {
            nx_buf_append_char(out, ',');
        }
        if (object) {
            put_member(hostile, out, depth + 1);
        } else {
            put_value(hostile, out, any_field(hostile), depth + 1);
        }
    }
    nx_buf_append_char(out, object ? '}' : ']');
}

static void put_deep(struct hostile *hostile, struct nx_buf *out) {
    uint64_t depth = 1 + hostile_below(hostile, 40);
    for (uint64_t i = 0; i < depth; i++) {
        nx_buf_append_cstr(out, i % 2 == 0 ? "[" : "{\"a\":");
    }
    nx_buf_append_cstr(out, "0");
    for (uint64_t i = depth; i-- > 0;) {
        nx_buf_append_char(out, i % 2 == 0 ? ']' : '}');
    }
}

static void put_number(struct hostile *hostile, struct nx_buf *out,
        const struct nx_field *field) {
    if (field->max > field->min && hostile_chance(hostile, 60)) {
        uint64_t span = (uint64_t)field->max - (uint64_t)field->min;
        uint64_t at = hostile_below(hostile, span < 1000 ? span + 1 : 1000);
        nx_buf_appendf(out, "%" PRId64, field->min + (int64_t)at);
        return;
    }
    put_odd_number(hostile, out);
}

// NOLINTNEXTLINE(misc-no-recursion): no deeper than DEPTH_MAX
static void put_value(struct hostile *hostile, struct nx_buf *out,
        const struct nx_field *field, unsigned depth) {
    static const struct nx_field other = {.name = "", .kinds = NX_JSON_ANY};
    if (hostile_chance(hostile, 8)) {
        field = &other; // of the wrong kind
    }
    uint32_t kind = 0;
    while ((kind & field->kinds) == 0) {
        kind = 1u << hostile_below(hostile, 7);
    }
    if (hostile_chance(hostile, 1)) {
        put_deep(hostile, out);
    } else if (kind == NX_JSON_STRING) {
        put_text(hostile, out, field);
    } else if (kind == NX_JSON_ARRAY || kind == NX_JSON_OBJECT) {
        put_list(hostile, out, depth, kind == NX_JSON_OBJECT);
    } else if (kind == NX_JSON_INT || kind == NX_JSON_FLOAT) {
        put_number(hostile, out, field);
    } else if (kind == NX_JSON_BOOL) {
        nx_buf_append_cstr(out, hostile_chance(hostile, 50) ? "true" : "false");
    } else {
        nx_buf_append_cstr(out, "null");
    }
}

// --- whole ones -----------------------------------------------------------

static void begin(struct nx_buf *out) {
    nx_buf_finish(out);
    nx_buf_init(out, HOSTILE_TEXT_MAX);
}

static void end(struct nx_buf *out) {
    if (out->failed || out->len == 0) {
        begin(out);
        nx_buf_append_cstr(out, "{}");
    }
}

void hostile_type(struct hostile *hostile, char *out, size_t size) {
    static const char *const rest[] = {"", "x", "message", "say", "list", "get",
            "set", ".", "..", "a.b.c", "_", "verylongnamethatnobodyhas"};
    const struct vocabulary *vocabulary = hostile->vocabulary;
    size_t prefixes = 0;
    while (hostile->prefixes[prefixes]) {
        prefixes++;
    }
    if (vocabulary->type_count > 0
            && (prefixes == 0 || hostile_chance(hostile, 90))) {
        uint64_t i = hostile_below(hostile, vocabulary->type_count);
        (void)snprintf(out, size, "%s", vocabulary->types[i]);
    } else if (prefixes > 0) {
        (void)snprintf(out, size, "%s%s",
                hostile->prefixes[hostile_below(hostile, prefixes)],
                PICK(hostile, rest));
    } else {
        (void)snprintf(out, size, "ping");
    }
}

static void put_members(struct hostile *hostile, struct nx_buf *out) {
    uint64_t count = hostile_below(hostile, 9);
    const struct vocabulary *vocabulary = hostile->vocabulary;
    // Required ones of tables near each other: often an event that is right.
    uint64_t from = hostile_below(hostile, vocabulary->field_count + 1);
    bool near = hostile_chance(hostile, 60);
    for (uint64_t i = 0; i < count; i++) {
        nx_buf_append_char(out, ',');
        if (near && from + i < vocabulary->field_count) {
            const struct nx_field *field = &vocabulary->fields[from + i];
            nx_buf_appendf(out, "\"%s\":", field->name);
            put_value(hostile, out, field, 1);
        } else {
            put_member(hostile, out, 1);
        }
    }
}

void hostile_event(struct hostile *hostile, struct nx_buf *out) {
    char type[96];
    begin(out);
    hostile_type(hostile, type, sizeof(type));
    nx_buf_appendf(out, "{\"event_type\":\"%s\"", type);
    if (hostile_chance(hostile, 60)) {
        nx_buf_appendf(out, ",\"ref\":\"r%" PRIu64 "\"", ++hostile->refs);
    }
    put_members(hostile, out);
    nx_buf_append_char(out, '}');
    end(out);
}

void hostile_message(struct hostile *hostile, struct nx_buf *out) {
    hostile_event(hostile, out);
    uint64_t kind = hostile_below(hostile, 40);
    if (kind == 0) {
        out->len = hostile_below(hostile, out->len);
        out->data[out->len] = '\0';
    } else if (kind == 1) {
        out->data[hostile_below(hostile, out->len)] =
                (char)(1 + hostile_below(hostile, 254));
    } else if (kind == 2) {
        begin(out);
        put_value(hostile, out, any_field(hostile), 0);
    }
    end(out);
}

void hostile_body(struct hostile *hostile, struct nx_buf *out) {
    begin(out);
    if (hostile_chance(hostile, 10)) {
        put_value(hostile, out, any_field(hostile), 0);
    } else {
        nx_buf_append_cstr(out, "{\"a\":1");
        put_members(hostile, out);
        nx_buf_append_char(out, '}');
    }
    end(out);
}

static void put_segment(struct hostile *hostile, struct nx_buf *out) {
    static const char *const segments[] = {"alice", "bob", "c1", "%00", "%ff",
            "%2e%2e", "%2F", "%", "%zz", "a%20b", "%e2%82%ac", "-1", "0",
            "99999999999999999999", "", "*"};
    nx_buf_append_cstr(out, PICK(hostile, segments));
}

void hostile_target(
        struct hostile *hostile, const char *pattern, struct nx_buf *out) {
    begin(out);
    for (const char *c = pattern; *c != '\0'; c++) {
        if (*c != '{') {
            nx_buf_append_char(out, *c);
            continue;
        }
        put_segment(hostile, out);
        c += strcspn(c, "}");
        if (*c == '\0') {
            break;
        }
    }
    for (uint64_t i = hostile_below(hostile, 4); i > 0; i--) {
        nx_buf_appendf(out, "%c%s=", strchr(out->data, '?') ? '&' : '?',
                any_field(hostile)->name);
        put_segment(hostile, out);
    }
    end(out);
}
