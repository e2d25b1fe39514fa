#include "kernel/base/commas.h"

#include <string.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool commas_next(const char **rest, struct nx_str *item) {
    const char *text = *rest + strspn(*rest, ", \t");
    size_t len = strcspn(text, ",");
    *rest = text + len;
    while (len > 0 && is_blank(text[len - 1])) {
        len--;
    }
    *item = (struct nx_str){text, len};
    return len > 0;
}
