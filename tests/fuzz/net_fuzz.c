/*
 * net_fuzz - the readers of kernel/net, each with one line of the input:
 * Sec-WebSocket-Protocol, an address, Content-Length.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/net/address.h"
#include "kernel/net/framing.h"
#include "kernel/net/head.h"
#include "kernel/net/offer.h"
#include "tests/fuzz/input.h"

#define BLANK ", \t"

static char *terminated(struct nx_str text) {
    char *copy = strndup(text.ptr ? text.ptr : "", text.len);
    assert(copy);
    return copy;
}

// --- offer ----------------------------------------------------------------

// Cuts the next name off a list, which is changed; NULL at its end.
static char *next_name(char **list) {
    char *name;
    do {
        name = strsep(list, BLANK);
    } while (name && *name == '\0');
    return name;
}

static void check_offer(char *list) {
    struct nx_str bearer;
    enum offer_result result = offer_read(list, &bearer);
    struct nx_str wanted = {NULL, 0};
    bool ours = false;
    bool any = false;
    char *copy = terminated((struct nx_str){list, strlen(list)});
    char *rest = copy;
    char *name;
    while ((name = next_name(&rest)) != NULL) {
        any = true;
        ours = ours || strcmp(name, OFFER_PROTOCOL) == 0;
        if (!wanted.ptr && strncmp(name, "bearer.", 7) == 0 && name[7]) {
            wanted = (struct nx_str){name + 7, strlen(name + 7)};
        }
    }
    assert((result == OFFER_NONE) == !any);
    assert((result == OFFER_UNKNOWN) == (any && !ours));
    assert(!bearer.ptr == !wanted.ptr && bearer.len == wanted.len);
    assert(!bearer.ptr || memcmp(bearer.ptr, wanted.ptr, wanted.len) == 0);
    free(copy);
}

// --- address --------------------------------------------------------------

static void check_address(const char *text) {
    struct address address;
    struct address again;
    char shown[ADDRESS_TEXT_SIZE];
    char shown_again[ADDRESS_TEXT_SIZE];
    if (address_parse(&address, text, 443)) {
        address_format(&address, shown);
        assert(memchr(shown, '\0', sizeof(shown)));
        assert(address_port(&address) == 443);
        assert(address_parse(&again, shown, 443));
        address_format(&again, shown_again);
        assert(strcmp(shown, shown_again) == 0);
        // ::ffff:0.0.0.0 is shown as the IPv4 address it stands for.
        assert(!address_is_any(&address) || address_is_any(&again));
    }
}

// --- framing --------------------------------------------------------------

static void set_field(
        struct head *head, enum head_field field, const char *text) {
    struct head_part *part = &head->fields[field];
    part->start = head->text.len;
    part->len = strlen(text);
    part->present = true;
    assert(nx_buf_append(&head->text, text, part->len + 1));
}

static void check_framing(const char *text, unsigned options) {
    static const char *const methods[] = {"GET", "POST", "DELETE", ""};
    struct head head = {.method = methods[options % 4],
            .http11 = (options & 4) != 0,
            .host_count = (int)(options >> 3 & 3)};
    size_t length = 1;
    nx_buf_init(&head.text, (size_t)1 << 20);
    if ((options & 32) != 0) {
        set_field(&head, HEAD_TRANSFER_ENCODING, text);
    }
    if ((options & 64) != 0) {
        set_field(&head, HEAD_CONTENT_LENGTH, text);
    }
    const char *flaw = framing_read(&head, &length);
    bool digits = *text && strspn(text, "0123456789") == strlen(text);
    assert(!flaw || (*flaw && length == 0));
    if (!flaw) {
        // Nothing that a proxy could read in another way.
        assert((options & 32) == 0);
        assert((options & 64) == 0
                || (digits && strtoull(text, NULL, 10) == length));
        assert((options & 64) != 0 || length == 0);
        assert(length == 0 || framing_expects_body(&head));
    }
    nx_buf_finish(&head.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    unsigned options = input_byte(&in);
    char *offer = terminated(input_until(&in, '\n'));
    char *address = terminated(input_until(&in, '\n'));
    char *length = terminated(input_until(&in, '\n'));
    check_offer(offer);
    check_address(address);
    check_framing(length, options);
    free(offer);
    free(address);
    free(length);
    return 0;
}
