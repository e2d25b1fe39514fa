/*
 * device - how far each device of a member has received a conversation.
 *
 * A cursor is a position in a log: all up to it has arrived at the device, or
 * was told to be missing. Only devices whose id the client chose have one,
 * and of these the most recently connected, up to a limit.
 *
 * Owner:   struct member embeds the set; a device is good until the next add
 * Thread:  logic
 * Errors:  false or NULL without memory; unchanged
 */
#ifndef PLUGINS_CHAT_DEVICE_H
#define PLUGINS_CHAT_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

struct chat;
struct nx_json;
struct nx_json_v1;

#define DEVICE_ID_MAX 128
#define DEVICES_MAX   100 // the limit of the setting

struct device {
    uint64_t epoch; // of the log that received is a position of, 0: of any
    uint64_t received;
    int64_t used_at;   // when it connected last
    int64_t stored_at; // the same as storage knows it, roughly
    size_t len;
    char id[];
};

struct devices {
    struct device **list; // in no order
    size_t count;
};

// Frees all.
void devices_finish(struct devices *devices);

struct device *devices_find(const struct devices *devices, struct nx_str id);

// A new device, with its cursor at zero. When there are more than max, those
// unused for longest go, which may be the new one: NULL.
struct device *devices_add(
        struct devices *devices, struct nx_str id, int64_t used_at, size_t max);

// It has connected again. True when storage should know.
bool device_used(struct device *device, int64_t used_at);

// To and from an array of a JSON object. Those of epoch are written without.
void devices_write(const struct devices *devices, const struct nx_json_v1 *json,
        uint64_t epoch, struct nx_writer *out);
bool devices_read(struct devices *devices, const struct nx_json_v1 *json,
        uint64_t epoch, const struct nx_json *array);

size_t devices_bytes(const struct devices *devices);

// A session's user and device; strings are borrowed until the callback
// returns.
struct device_ref {
    struct nx_str user;
    struct nx_str id; // absent: the client has not named it
    int64_t used_at;  // when the session connected
};

// False when the session is gone.
bool device_of(
        const struct chat *chat, nx_session_id session, struct device_ref *out);

#endif
