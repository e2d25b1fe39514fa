/*
 * deflate_offer - what a client offers in Sec-WebSocket-Extensions, and our
 * answer: RFC 7692, section 7.
 *
 * An offer may come in several versions; the first that suits us is taken.
 * Neither side takes its context over from message to message, so that no
 * connection needs a compressor or a window of its own.
 *
 * Thread:  any (pure functions)
 * Errors:  what is malformed is declined, as the RFC has it
 */
#ifndef KERNEL_NET_DEFLATE_OFFER_H
#define KERNEL_NET_DEFLATE_OFFER_H

#include <stdbool.h>
#include <stddef.h>

#define DEFLATE_OFFER_NAME "permessage-deflate"

struct deflate_offer {
    bool agreed;
    bool bits_asked; // server_max_window_bits must be in the answer
    unsigned names;  // times that the name is in the list
};

// list is the header's value; window_bits what we compress with.
void deflate_offer_read(
        struct deflate_offer *offer, const char *list, int window_bits);

// Writes what comes behind the name in the answer; false when it does not fit.
bool deflate_offer_answer(const struct deflate_offer *offer, int window_bits,
        char *out, size_t size);

#endif
