#include "kernel/base/log_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel/base/clock.h"

// Kept free for whatever ends a line: the mark of omission, a brace, "\n".
#define TAIL_SIZE    20
#define TAIL_TEXT    " " ELLIPSIS
#define TAIL_JSON    ",\"truncated\":true"

#define ELLIPSIS     "\xe2\x80\xa6"
#define ELLIPSIS_LEN 3

#define NAME_MAX_LEN 64
#define ESCAPE_SIZE  8
#define VALUE_SIZE   128 // a number, or the text of an errno

static void put(struct log_line *line, const char *bytes, size_t len) {
    if (line->full || len > LOG_LINE_MAX - TAIL_SIZE - line->len) {
        line->full = true;
        return;
    }
    memcpy(line->data + line->len, bytes, len);
    line->len += len;
}

static void put_cstr(struct log_line *line, const char *text) {
    put(line, text, strlen(text));
}

static bool is_continuation(unsigned char byte) {
    return (byte & 0xc0) == 0x80;
}

// The Unicode Standard, table 3-7: which second bytes may follow a first one.
// It leaves out overlong forms, surrogates and what lies beyond U+10FFFF.
static const struct lead {
    unsigned char first;
    unsigned char last;
    unsigned char second_min;
    unsigned char second_max;
    size_t len;
} leads[] = {
        {0x00, 0x7f, 0x00, 0xff, 1},
        {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static const struct lead *find_lead(unsigned char byte) {
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        if (byte <= leads[i].last) {
            return byte >= leads[i].first ? &leads[i] : NULL;
        }
    }
    return NULL;
}

// The length of the valid UTF-8 sequence at s, or 0.
static size_t rune_len(const unsigned char *s, size_t left) {
    const struct lead *lead = find_lead(s[0]);
    if (!lead || lead->len > left) {
        return 0;
    }
    if (lead->len > 1 && (s[1] < lead->second_min || s[1] > lead->second_max)) {
        return 0;
    }
    for (size_t i = 2; i < lead->len; i++) {
        if (!is_continuation(s[i])) {
            return 0;
        }
    }
    return lead->len;
}

// Control characters U+0000 to U+001F, U+007F, and U+0080 to U+009F, which a
// terminal obeys as well.
static bool is_control(const unsigned char *rune, size_t len) {
    return (len == 1 && (rune[0] < 0x20 || rune[0] == 0x7f))
            || (len == 2 && rune[0] == 0xc2 && rune[1] < 0xa0);
}

static char short_escape(unsigned char byte) {
    switch (byte) {
    case '"':
    case '\\':
        return (char)byte;
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

// What the character at s becomes; *used is how many bytes it took.
static size_t escape(enum log_format format, const unsigned char *s,
        size_t left, size_t *used, char out[ESCAPE_SIZE]) {
    size_t len = rune_len(s, left);
    *used = len > 0 ? len : 1;
    if (short_escape(s[0])) {
        out[0] = '\\';
        out[1] = short_escape(s[0]);
        return 2;
    }
    if (len > 0 && !is_control(s, len)) {
        memcpy(out, s, len);
        return len;
    }
    if (format == LOG_FORMAT_TEXT) {
        *used = 1;
        return (size_t)snprintf(out, ESCAPE_SIZE, "\\x%02x", s[0]);
    }
    // JSON has no bytes, only characters: what is none becomes U+FFFD.
    unsigned code = len > 0 ? s[len - 1] : 0xfffd;
    return (size_t)snprintf(out, ESCAPE_SIZE, "\\u%04x", code);
}

static void put_escaped(struct log_line *line, enum log_format format,
        const char *text, size_t len) {
    const unsigned char *s = (const unsigned char *)text;
    size_t left = len;
    size_t written = 0;
    while (left > 0 && !line->full) {
        char out[ESCAPE_SIZE];
        size_t used = 0;
        size_t out_len = escape(format, s, left, &used, out);
        written += out_len;
        if (written > LOG_VALUE_MAX - ELLIPSIS_LEN) {
            put_cstr(line, ELLIPSIS);
            return;
        }
        put(line, out, out_len);
        s += used;
        left -= used;
    }
}

static bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

// Keys and modules are ours or a plugin's, so they are plain words already;
// this only makes sure.
static void put_name(struct log_line *line, const char *name) {
    size_t len = strnlen(name, NAME_MAX_LEN);
    for (size_t i = 0; i < len; i++) {
        put(line, is_name_char(name[i]) ? &name[i] : "_", 1);
    }
}

static void put_quoted(struct log_line *line, enum log_format format,
        const char *text, size_t len) {
    put(line, "\"", 1);
    put_escaped(line, format, text, len);
    put(line, "\"", 1);
}

// True when a text value can stand without quotes.
static bool is_bare(const char *text, size_t len) {
    const unsigned char *s = (const unsigned char *)text;
    for (size_t i = 0; i < len;) {
        size_t rune = rune_len(s + i, len - i);
        if (rune == 0 || is_control(s + i, rune) || s[i] == ' ' || s[i] == '='
                || s[i] == '"' || s[i] == '\\') {
            return false;
        }
        i += rune;
    }
    return len > 0;
}

static void put_string(struct log_line *line, enum log_format format,
        const char *text, size_t len) {
    if (!text) {
        put_cstr(line, "null");
        return;
    }
    // Every byte becomes one or more, so the rest could not be seen anyway.
    size_t most = len < LOG_VALUE_MAX ? len : LOG_VALUE_MAX;
    size_t shown = len == SIZE_MAX ? strnlen(text, most) : most;
    if (format == LOG_FORMAT_TEXT && is_bare(text, shown)) {
        put_escaped(line, format, text, shown);
    } else {
        put_quoted(line, format, text, shown);
    }
}

static void put_value(struct log_line *line, enum log_format format,
        const struct log_field *field) {
    char text[VALUE_SIZE];
    switch (field->kind) {
    case LOG_KIND_STR:
        put_string(line, format, field->value.text, field->len);
        break;
    case LOG_KIND_INT:
        (void)snprintf(text, sizeof(text), "%" PRId64, field->value.number);
        put_cstr(line, text);
        break;
    case LOG_KIND_UINT:
        (void)snprintf(
                text, sizeof(text), "%" PRIu64, field->value.unsigned_number);
        put_cstr(line, text);
        break;
    case LOG_KIND_BOOL:
        put_cstr(line, field->value.number ? "true" : "false");
        break;
    case LOG_KIND_ERRNO:
        put_string(line, format,
                strerror_r((int)field->value.number, text, sizeof(text)),
                SIZE_MAX);
        break;
    case LOG_KIND_END:
        break;
    }
}

static void put_field(struct log_line *line, enum log_format format,
        const struct log_field *field) {
    size_t start = line->len;
    put_cstr(line, format == LOG_FORMAT_TEXT ? " " : ",\"");
    put_name(line, field->key);
    put_cstr(line, format == LOG_FORMAT_TEXT ? "=" : "\":");
    put_value(line, format, field);
    if (line->full) {
        line->len = start;
    }
}

static void put_head_text(
        struct log_line *line, const struct log_record *record) {
    put_cstr(line, " ");
    put_cstr(line, log_line_level_name(record->level));
    put_cstr(line, " ");
    put_name(line, record->module);
    put_cstr(line, ": ");
    put_escaped(line, LOG_FORMAT_TEXT, record->message,
            strnlen(record->message, LOG_VALUE_MAX));
}

static void put_head_json(
        struct log_line *line, const struct log_record *record) {
    put_cstr(line, "\",\"level\":\"");
    put_cstr(line, log_line_level_name(record->level));
    put_cstr(line, "\",\"module\":\"");
    put_name(line, record->module);
    put_cstr(line, "\",\"message\":");
    put_quoted(line, LOG_FORMAT_JSON, record->message,
            strnlen(record->message, LOG_VALUE_MAX));
}

// Uses the room that put leaves free.
static void put_tail(struct log_line *line, const char *text) {
    memcpy(line->data + line->len, text, strlen(text));
    line->len += strlen(text);
}

void log_line_format(struct log_line *line, enum log_format format,
        const struct log_record *record) {
    char time[CLOCK_UTC_SIZE];
    clock_format_utc(record->wall_ms, time);
    line->len = 0;
    line->full = false;

    bool json = format == LOG_FORMAT_JSON;
    put_cstr(line, json ? "{\"time\":\"" : "");
    put_cstr(line, time);
    if (json) {
        put_head_json(line, record);
    } else {
        put_head_text(line, record);
    }
    for (const struct log_field *field = record->fields;
            field->kind != LOG_KIND_END && !line->full; field++) {
        put_field(line, format, field);
    }
    if (line->full) {
        put_tail(line, json ? TAIL_JSON : TAIL_TEXT);
    }
    put_tail(line, json ? "}\n" : "\n");
}

const char *log_line_level_name(enum log_level level) {
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return names[level];
}
