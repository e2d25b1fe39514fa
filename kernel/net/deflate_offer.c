#include "kernel/net/deflate_offer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <nexus/types.h>
#include <nexus/util/str.h>

#define BITS_MIN     8
#define BITS_MAX     15
#define BITS_DEFAULT BITS_MAX

enum parameter {
    SERVER_NO_CONTEXT,
    CLIENT_NO_CONTEXT,
    SERVER_BITS,
    CLIENT_BITS,
    PARAMETERS,
};

static const struct {
    const char *name;
    bool has_value; // a number of bits, or nothing
    bool needs_it;
} parameters[PARAMETERS] = {
        [SERVER_NO_CONTEXT] = {"server_no_context_takeover", false, false},
        [CLIENT_NO_CONTEXT] = {"client_no_context_takeover", false, false},
        [SERVER_BITS] = {"server_max_window_bits", true, true},
        [CLIENT_BITS] = {"client_max_window_bits", true, false},
};

// One version of the offer.
struct version {
    bool there[PARAMETERS];
    int bits[PARAMETERS]; // 0: no value
    bool wrong;
};

// --- the header: RFC 6455, 9.1 --------------------------------------------

static void skip_blanks(const char **at) {
    *at += strspn(*at, " \t");
}

static bool take_char(const char **at, char wanted) {
    skip_blanks(at);
    if (**at != wanted) {
        return false;
    }
    (*at)++;
    skip_blanks(at);
    return true;
}

static bool is_token_char(char c) {
    return isalnum((unsigned char)c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool take_token(const char **at, struct nx_str *token) {
    const char *end = *at;
    while (is_token_char(*end)) {
        end++;
    }
    *token = (struct nx_str){*at, (size_t)(end - *at)};
    *at = end;
    return token->len > 0;
}

// A token, perhaps in quotes.
static bool take_value(const char **at, struct nx_str *value) {
    bool quoted = **at == '"';
    *at += quoted;
    if (!take_token(at, value)) {
        return false;
    }
    if (quoted && **at != '"') {
        return false;
    }
    *at += quoted;
    return true;
}

// --- one version ----------------------------------------------------------

// 8 to 15, without leading zeroes; 0: anything else.
static int read_bits(struct nx_str value) {
    int bits = 0;
    if (value.len < 1 || value.len > 2 || value.ptr[0] == '0') {
        return 0;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (!isdigit((unsigned char)value.ptr[i])) {
            return 0;
        }
        bits = bits * 10 + (value.ptr[i] - '0');
    }
    return bits >= BITS_MIN && bits <= BITS_MAX ? bits : 0;
}

static void keep(
        struct version *version, struct nx_str name, struct nx_str value) {
    size_t i = 0;
    while (i < PARAMETERS && !nx_str_is(name, parameters[i].name)) {
        i++;
    }
    if (i == PARAMETERS || version->there[i]) {
        version->wrong = true;
        return;
    }
    version->there[i] = true;
    if (value.ptr) {
        version->bits[i] = parameters[i].has_value ? read_bits(value) : 0;
        version->wrong |= version->bits[i] == 0;
    } else {
        version->wrong |= parameters[i].needs_it;
    }
}

static bool take_parameter(const char **at, struct version *version) {
    struct nx_str name;
    struct nx_str value = {NULL, 0};
    if (!take_token(at, &name)) {
        return false;
    }
    if (take_char(at, '=') && !take_value(at, &value)) {
        version->wrong = true; // such as an empty one in quotes
        *at += strspn(*at, "\"");
    }
    keep(version, name, value);
    return true;
}

// False when the header cannot be read any further.
static bool take_version(
        const char **at, struct nx_str *name, struct version *version) {
    *version = (struct version){.wrong = false};
    if (!take_token(at, name)) {
        return false;
    }
    while (take_char(at, ';')) {
        if (!take_parameter(at, version)) {
            return false;
        }
    }
    return **at == '\0' || **at == ',';
}

static bool suits(const struct version *version, int window_bits) {
    return !version->wrong
            && (!version->there[SERVER_BITS]
                    || version->bits[SERVER_BITS] >= window_bits);
}

// --- all of them ----------------------------------------------------------

static void consider(struct deflate_offer *offer, const struct version *version,
        int window_bits) {
    offer->names++;
    if (!offer->agreed && suits(version, window_bits)) {
        offer->agreed = true;
        offer->bits_asked = version->there[SERVER_BITS];
    }
}

void deflate_offer_read(
        struct deflate_offer *offer, const char *list, int window_bits) {
    const char *at = list;
    struct nx_str name;
    struct version version;
    *offer = (struct deflate_offer){.agreed = false};
    while (take_char(&at, ',')) {
    }
    while (*at) {
        if (!take_version(&at, &name, &version)) {
            *offer = (struct deflate_offer){.agreed = false};
            return;
        }
        if (nx_str_is(name, DEFLATE_OFFER_NAME)) {
            consider(offer, &version, window_bits);
        }
        while (take_char(&at, ',')) {
        }
    }
}

bool deflate_offer_answer(const struct deflate_offer *offer, int window_bits,
        char *out, size_t size) {
    char bits[40] = "";
    if (offer->bits_asked || window_bits < BITS_DEFAULT) {
        (void)snprintf(bits, sizeof(bits), "; %s=%d",
                parameters[SERVER_BITS].name, window_bits);
    }
    int len = snprintf(out, size, "; %s; %s%s",
            parameters[SERVER_NO_CONTEXT].name,
            parameters[CLIENT_NO_CONTEXT].name, bits);
    return len > 0 && (size_t)len < size;
}
