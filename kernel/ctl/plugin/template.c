#include "kernel/ctl/plugin/template.h"

#include <string.h>

#include <nexus/types.h>

#define COMMON   "common/"
#define SUFFIX   ".in"
#define NAME     "name"

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

bool template_is_for(
        const struct template_file *file, const struct template_names *names) {
    size_t len = strlen(names->ext);
    return strncmp(file->name, COMMON, strlen(COMMON)) == 0
            || (strncmp(file->name, names->ext, len) == 0
                    && file->name[len] == '/');
}

bool template_write_name(const struct template_file *file,
        const struct template_names *names, struct nx_buf *out) {
    const char *slash = strrchr(file->name, '/');
    const char *name = slash ? slash + 1 : file->name;
    if (strncmp(name, NAME, strlen(NAME)) == 0) {
        nx_buf_append_cstr(out, names->name);
        name += strlen(NAME);
    }
    size_t len = strlen(name) - strlen(SUFFIX);
    nx_buf_append(out, name, len);
    return !out->failed;
}

// "1.0", of numbers that the header writes as 1u.
static void put_abi(struct nx_buf *out) {
    static const char abi[] = TEXT(NX_ABI_MAJOR) "." TEXT(NX_ABI_MINOR);
    for (const char *c = abi; *c != '\0'; c++) {
        if (*c != 'u') {
            nx_buf_append_char(out, *c);
        }
    }
}

// Writes what the mark at `at` stands for; returns its length, 0: none is
// there.
static size_t put_mark(const char *at, const struct template_names *names,
        struct nx_buf *out) {
    const struct {
        const char *mark;
        const char *value; // NULL: the version of the ABI
    } rows[] = {
            {"@NAME@", names->name},
            {"@IDENT@", names->ident},
            {"@PREFIX@", names->prefix},
            {"@EXT@", names->ext},
            {"@DIR@", names->dir},
            {"@ABI@", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].mark);
        if (strncmp(at, rows[i].mark, len) != 0) {
            continue;
        }
        if (rows[i].value) {
            nx_buf_append_cstr(out, rows[i].value);
        } else {
            put_abi(out);
        }
        return len;
    }
    return 0;
}

bool template_write_text(const struct template_file *file,
        const struct template_names *names, struct nx_buf *out) {
    const char *at = file->text;
    while (*at != '\0') {
        size_t len = *at == '@' ? put_mark(at, names, out) : 0;
        if (len == 0) {
            nx_buf_append_char(out, *at);
            len = 1;
        }
        at += len;
    }
    return !out->failed;
}
