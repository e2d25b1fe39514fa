#include "kernel/base/columns.h"

#include <string.h>

#define MARGIN 2u

size_t columns_fit(const char *text, size_t room) {
    size_t len = strlen(text);
    if (len <= room) {
        return len;
    }
    len = room;
    while (len > 0 && text[len] != ' ') {
        len--;
    }
    return len > 0 ? len : strcspn(text, " ");
}

void columns_write(
        const char *name, size_t indent, const char *meaning, FILE *out) {
    size_t room = COLUMNS_WIDTH - indent;
    (void)fprintf(out, "%*s%s", (int)MARGIN, "", name);
    size_t column = MARGIN + strlen(name);
    if (column + 1 > indent) {
        (void)fputc('\n', out);
        column = 0;
    }
    while (*meaning != '\0') {
        size_t len = columns_fit(meaning, room);
        (void)fprintf(out, "%*s%.*s\n", (int)(indent - column), "", (int)len,
                meaning);
        meaning += len;
        meaning += strspn(meaning, " ");
        column = 0;
    }
}
