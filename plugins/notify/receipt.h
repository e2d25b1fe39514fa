/*
 * receipt - which notifications have reached a device of their user.
 *
 * What has is not sent again when another device connects. Stored together,
 * a moment later: until then a crash costs no more than a repetition.
 *
 * Owner:   struct recipient holds the numbers
 * Thread:  logic
 * Errors:  none: what is not noted is sent once more
 */
#ifndef PLUGINS_NOTIFY_RECEIPT_H
#define PLUGINS_NOTIFY_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>

struct notify;
struct recipient;

void receipt_note(struct recipient *recipient, uint64_t seq);

// Stores all that are noted; true when there were none.
bool receipt_flush(struct notify *notify);

#endif
