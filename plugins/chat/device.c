#include "plugins/chat/device.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/text.h"

// How stale the last use may be in storage: it only orders devices.
#define STORE_STEP_MS 3600000

void devices_finish(struct devices *devices) {
    for (size_t i = 0; i < devices->count; i++) {
        free(devices->list[i]);
    }
    free(devices->list);
    devices->list = NULL;
    devices->count = 0;
}

struct device *devices_find(const struct devices *devices, struct nx_str id) {
    for (size_t i = 0; i < devices->count; i++) {
        struct device *device = devices->list[i];
        if (nx_str_eq(nx_str_n(device->id, device->len), id)) {
            return device;
        }
    }
    return NULL;
}

static struct device *append(
        struct devices *devices, struct nx_str id, int64_t used_at) {
    struct device **list = realloc(
            devices->list, (devices->count + 1) * sizeof(struct device *));
    if (!list) {
        return NULL;
    }
    devices->list = list;
    struct device *device = calloc(1, sizeof(*device) + id.len);
    if (!device) {
        return NULL;
    }
    device->used_at = used_at;
    device->stored_at = used_at;
    device->len = id.len;
    if (id.len > 0) {
        memcpy(device->id, id.ptr, id.len);
    }
    list[devices->count++] = device;
    return device;
}

static size_t longest_unused(const struct devices *devices) {
    size_t oldest = 0;
    for (size_t i = 1; i < devices->count; i++) {
        if (devices->list[i]->used_at < devices->list[oldest]->used_at) {
            oldest = i;
        }
    }
    return oldest;
}

struct device *devices_add(struct devices *devices, struct nx_str id,
        int64_t used_at, size_t max) {
    struct device *device = append(devices, id, used_at);
    while (device && devices->count > max) {
        size_t oldest = longest_unused(devices);
        struct device *gone = devices->list[oldest];
        devices->list[oldest] = devices->list[--devices->count];
        device = gone == device ? NULL : device;
        free(gone);
    }
    return device;
}

bool device_used(struct device *device, int64_t used_at) {
    if (device->used_at < used_at) {
        device->used_at = used_at;
    }
    if (device->used_at - device->stored_at < STORE_STEP_MS) {
        return false;
    }
    device->stored_at = device->used_at;
    return true;
}

void devices_write(const struct devices *devices, const struct nx_json_v1 *json,
        uint64_t epoch, struct nx_writer *out) {
    json->begin_array(out, "devices");
    for (size_t i = 0; i < devices->count; i++) {
        const struct device *device = devices->list[i];
        json->begin_object(out, NULL);
        json->put_str(out, "id", nx_str_n(device->id, device->len));
        json->put_u64(out, "received", device->received);
        json->put_i64(out, "used_at", device->used_at);
        if (device->epoch != epoch) {
            char hex[TEXT_HEX_SIZE];
            text_hex(device->epoch, hex);
            json->put_str(out, "epoch", nx_str_c(hex));
        }
        json->end(out);
    }
    json->end(out);
}

bool devices_read(struct devices *devices, const struct nx_json_v1 *json,
        uint64_t epoch, const struct nx_json *array) {
    size_t count = json->count(array);
    for (size_t i = 0; i < count; i++) {
        const struct nx_json *item = json->at(array, i);
        struct nx_str id = json->str(json->get(item, "id"));
        int64_t number = 0;
        if (id.len < 1 || id.len > DEVICE_ID_MAX) {
            continue;
        }
        (void)json->i64(json->get(item, "used_at"), &number);
        struct device *device = append(devices, id, number);
        if (!device) {
            return false;
        }
        number = 0;
        (void)json->i64(json->get(item, "received"), &number);
        device->received = number > 0 ? (uint64_t)number : 0;
        device->epoch = epoch;
        struct nx_str hex = json->str(json->get(item, "epoch"));
        if (hex.ptr) {
            (void)text_parse_hex(hex, &device->epoch);
        }
    }
    return true;
}

size_t devices_bytes(const struct devices *devices) {
    size_t bytes = 0;
    for (size_t i = 0; i < devices->count; i++) {
        bytes += sizeof(struct device) + sizeof(struct device *)
                + devices->list[i]->len;
    }
    return bytes;
}

bool device_of(const struct chat *chat, nx_session_id session,
        struct device_ref *out) {
    struct nx_session_info info = {.struct_size = sizeof(info)};
    if (chat->sdk.users->session_info(chat->host, session, &info) != NX_OK) {
        return false;
    }
    bool named = (info.flags & NX_DEVICE_MADE_UP) == 0
            && info.device.len <= DEVICE_ID_MAX;
    out->user = info.user;
    out->id = named ? info.device : nx_str_none();
    out->used_at = info.connected_ms;
    return true;
}
