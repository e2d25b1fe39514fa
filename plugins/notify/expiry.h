/*
 * expiry - notifications whose time is over leave, and devices are told.
 *
 * What has expired counts for nothing from that moment on. It is taken out of
 * the inbox with the next change, or by a timer while the user is connected.
 *
 * Owner:   struct recipient holds timer and names
 * Thread:  logic
 * Errors:  none; without a timer the next change does it
 */
#ifndef PLUGINS_NOTIFY_EXPIRY_H
#define PLUGINS_NOTIFY_EXPIRY_H

#include <stdbool.h>
#include <stdint.h>

struct recipient;

// Takes out of the loaded inbox what is over; true when something was.
bool expiry_apply(struct recipient *recipient, int64_t now_ms);

// That is stored: tells the devices of what went.
void expiry_tell(struct recipient *recipient);

// Sets the timer unless it is set.
void expiry_set(struct recipient *recipient, int64_t at_ms);

// Sets the timer by the loaded inbox, or cancels it.
void expiry_watch(struct recipient *recipient);

#endif
