#include "kernel/core/setting.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kernel/core/settings.h"

#define QUOTE_MAX 60 // bytes of a wrong value that a sentence repeats

#define ROW(kind_, member, path_, fallback_, range_, env_, flags_, help_) \
    {.path = (path_), \
            .kind = NX_SETTING_##kind_, \
            .flags = (flags_), \
            .fallback = (fallback_), \
            .range = (range_), \
            .env = (env_), \
            .help = (help_), \
            .offset = offsetof(struct settings, member)},

static const struct setting rows[] = {SETTINGS_TABLE(ROW)};

size_t setting_count(void) {
    return sizeof(rows) / sizeof(rows[0]);
}

const struct setting *setting_row(size_t i) {
    return &rows[i];
}

const struct setting *setting_find(const char *path) {
    for (size_t i = 0; i < setting_count(); i++) {
        if (strcmp(rows[i].path, path) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

// --- ranges ---------------------------------------------------------------

// Reads the decimal number that *text begins with and steps behind it.
static bool take_number(const char **text, int64_t *number) {
    char *end = NULL;
    if (isspace((unsigned char)**text) || **text == '+') {
        return false; // strtoll would skip these
    }
    errno = 0;
    long long parsed = strtoll(*text, &end, 10);
    if (end == *text || errno != 0) {
        return false;
    }
    *number = parsed;
    *text = end;
    return true;
}

// "1..10": false for any other form.
static bool range_of(const char *range, int64_t *min, int64_t *max) {
    if (range == NULL || !take_number(&range, min)
            || strncmp(range, "..", 2) != 0) {
        return false;
    }
    range += 2;
    return take_number(&range, max) && *range == '\0';
}

static bool in_range(const struct setting *setting, int64_t number) {
    int64_t min = 0;
    int64_t max = 0;
    if (!range_of(setting->range, &min, &max)) {
        return true;
    }
    return number >= min && number <= max;
}

// Whether text is one of the words in "a|b|c".
static bool is_choice(const char *choices, const char *text) {
    size_t len = strlen(text);
    while (*choices != '\0') {
        size_t word = strcspn(choices, "|");
        if (word == len && memcmp(choices, text, len) == 0) {
            return true;
        }
        choices += word + (choices[word] == '|' ? 1 : 0);
    }
    return false;
}

// --- reading --------------------------------------------------------------

static bool read_int(const struct setting *setting, const struct raw_value *raw,
        struct setting_value *value) {
    const char *text = raw->text;
    if (raw->kind != RAW_TEXT && raw->kind != RAW_INT) {
        return false;
    }
    return take_number(&text, &value->number) && *text == '\0'
            && in_range(setting, value->number);
}

static bool is_one_of(const char *text, const char *const words[4]) {
    for (size_t i = 0; i < 4; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_bool(
        const struct raw_value *raw, struct setting_value *value) {
    static const char *const yes[4] = {"true", "yes", "on", "1"};
    static const char *const no[4] = {"false", "no", "off", "0"};
    if (raw->kind != RAW_TEXT && raw->kind != RAW_BOOL) {
        return false;
    }
    value->number = is_one_of(raw->text, yes) ? 1 : 0;
    return value->number != 0 || is_one_of(raw->text, no);
}

// The levels as people coming from Python write them.
static const char *level_word(const char *text) {
    static const char *const words[][2] = {{"debug", "debug"}, {"info", "info"},
            {"warn", "warn"}, {"warning", "warn"}, {"error", "error"},
            {"critical", "error"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i][0]) == 0) {
            return words[i][1];
        }
    }
    return text;
}

static bool read_string(const struct setting *setting,
        const struct raw_value *raw, struct setting_value *value) {
    if (raw->kind != RAW_TEXT && raw->kind != RAW_STRING) {
        return false;
    }
    value->text = raw->text;
    if ((setting->flags & SETTING_LEVEL) != 0) {
        value->text = level_word(raw->text);
    }
    if ((setting->flags & SETTING_FILLED) != 0 && *raw->text == '\0') {
        return false;
    }
    return setting->range == NULL || is_choice(setting->range, value->text);
}

// --- sentences ------------------------------------------------------------

static void write_choices(const char *choices, FILE *out) {
    (void)fputs("one of ", out);
    for (; *choices != '\0'; choices++) {
        if (*choices == '|') {
            (void)fputs(", ", out);
        } else {
            (void)fputc(*choices, out);
        }
    }
}

void setting_write_range(const struct setting *setting, FILE *out) {
    int64_t min = 0;
    int64_t max = 0;
    if (setting->kind == NX_SETTING_BOOL) {
        (void)fputs("true or false", out);
    } else if (setting->kind == NX_SETTING_INT) {
        (void)fputs("a whole number", out);
        if (range_of(setting->range, &min, &max)) {
            (void)fprintf(out, " from %" PRId64 " to %" PRId64, min, max);
        }
    } else if (setting->range != NULL) {
        write_choices(setting->range, out);
    } else if ((setting->flags & SETTING_FILLED) != 0) {
        (void)fputs("a text that is not empty", out);
    } else {
        (void)fputs("a text", out);
    }
}

// Cut between characters.
static void write_quoted(const char *text, FILE *out) {
    size_t len = strlen(text);
    if (len <= QUOTE_MAX) {
        (void)fprintf(out, "\"%s\"", text);
        return;
    }
    len = QUOTE_MAX;
    while (len > 0 && ((unsigned char)text[len] & 0xc0u) == 0x80) {
        len--;
    }
    (void)fprintf(out, "\"%.*s...\"", (int)len, text);
}

static void write_given(const struct raw_value *raw, FILE *out) {
    switch (raw->kind) {
    case RAW_TEXT:
        write_quoted(raw->text, out);
        break;
    case RAW_STRING:
        (void)fputs("the text ", out);
        write_quoted(raw->text, out);
        break;
    case RAW_INT:
    case RAW_BOOL:
    case RAW_FLOAT:
        (void)fputs(raw->text, out);
        break;
    case RAW_GROUP:
        (void)fputs("a group", out);
        break;
    case RAW_LIST:
        (void)fputs("a list", out);
        break;
    }
}

static void explain(const struct setting *setting, const struct raw_value *raw,
        struct settings_errors *errors) {
    char text[SETTINGS_ERROR_TEXT_MAX] = "";
    FILE *out = fmemopen(text, sizeof(text) - 1, "w");
    if (out != NULL) {
        setting_write_range(setting, out);
        if ((setting->flags & NX_SETTING_SECRET) == 0) {
            (void)fputs(", not ", out);
            write_given(raw, out);
        }
        (void)fclose(out);
    }
    settings_errors_add(
            errors, "%s: %s must be %s", raw->origin, setting->path, text);
}

bool setting_read(const struct setting *setting, const struct raw_value *raw,
        struct setting_value *value, struct settings_errors *errors) {
    struct setting_value read = {0, NULL};
    bool fits = false;
    if (setting->kind == NX_SETTING_INT) {
        fits = read_int(setting, raw, &read);
    } else if (setting->kind == NX_SETTING_BOOL) {
        fits = read_bool(raw, &read);
    } else if (setting->kind == NX_SETTING_STRING) {
        fits = read_string(setting, raw, &read);
    }
    if (!fits) {
        explain(setting, raw, errors);
        return false;
    }
    *value = read;
    return true;
}

// --- writing --------------------------------------------------------------

bool setting_env_name(const char *path, char *out, size_t size) {
    static const char prefix[] = "NEXUS_";
    size_t len = strlen(path);
    if (sizeof(prefix) + len > size) {
        return false;
    }
    memcpy(out, prefix, sizeof(prefix) - 1);
    out += sizeof(prefix) - 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)path[i];
        out[i] = isalnum(c) ? (char)toupper(c) : '_';
    }
    out[len] = '\0';
    return true;
}

void setting_write_string(const char *text, FILE *out) {
    (void)fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            (void)fprintf(out, "\\%c", c);
        } else if (c < 0x20 || c == 0x7f) {
            (void)fprintf(out, "\\x%02x", c);
        } else {
            (void)fputc(c, out);
        }
    }
    (void)fputc('"', out);
}

void setting_write_value(
        uint32_t kind, const struct setting_value *value, FILE *out) {
    if (kind == NX_SETTING_INT) {
        // Readers of the format take a number without L for 32 bits.
        bool wide = value->number != (int32_t)value->number;
        (void)fprintf(out, "%" PRId64 "%s", value->number, wide ? "L" : "");
    } else if (kind == NX_SETTING_BOOL) {
        (void)fputs(value->number != 0 ? "true" : "false", out);
    } else {
        setting_write_string(value->text, out);
    }
}
