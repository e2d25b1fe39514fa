#include "kernel/net/offer.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define BEARER     "bearer."
#define SEPARATORS ", \t"

static bool is_ours(const char *name, size_t len) {
    return len == strlen(OFFER_PROTOCOL)
            && memcmp(name, OFFER_PROTOCOL, len) == 0;
}

// Names that libwebsockets' tokenizer takes in one piece.
static bool is_simple(const char *name, size_t len) {
    if (len > OFFER_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i])) {
            return false;
        }
    }
    return true;
}

static void take_bearer(const char *name, size_t len, struct nx_str *bearer) {
    size_t prefix = strlen(BEARER);
    if (!bearer->ptr && len > prefix && memcmp(name, BEARER, prefix) == 0) {
        *bearer = (struct nx_str){name + prefix, len - prefix};
    }
}

enum offer_result offer_read(const char *list, struct nx_str *bearer) {
    *bearer = (struct nx_str){NULL, 0};
    const char *name = list ? list : "";
    bool ours = false;
    bool simple = true; // all names before ours
    name += strspn(name, SEPARATORS);
    if (*name == '\0') {
        return OFFER_NONE;
    }
    while (*name) {
        size_t len = strcspn(name, SEPARATORS);
        ours = ours || is_ours(name, len);
        simple = simple && (ours || is_simple(name, len));
        take_bearer(name, len, bearer);
        name += len;
        name += strspn(name, SEPARATORS);
    }
    if (!ours) {
        return OFFER_UNKNOWN;
    }
    return simple ? OFFER_OURS : OFFER_ORDER;
}
