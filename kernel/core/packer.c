#include "kernel/core/packer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "kernel/base/payload.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"

#define NS_IN_MS 1000000

struct packer {
    const struct settings *settings;
    struct stats *stats;
    struct deflater *deflater;
    int64_t turn_ns; // spent on packing in this turn
};

struct packer *packer_create(
        const struct settings *settings, struct stats *stats) {
    struct packer *packer = calloc(1, sizeof(*packer));
    if (!packer) {
        return NULL;
    }
    packer->settings = settings;
    packer->stats = stats;
    packer->deflater = deflater_create(
            (int)settings->deflate_level, (int)settings->deflate_window_bits);
    if (!packer->deflater) {
        free(packer);
        return NULL;
    }
    return packer;
}

void packer_destroy(struct packer *packer) {
    if (!packer) {
        return;
    }
    deflater_destroy(packer->deflater);
    free(packer);
}

static int64_t time_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// --- out ------------------------------------------------------------------

static bool is_suitable(const struct packer *packer,
        const struct payload *payload, size_t len) {
    enum payload_opcode opcode = payload_opcode(payload);
    return (opcode == PAYLOAD_TEXT || opcode == PAYLOAD_BINARY)
            && len >= (size_t)packer->settings->deflate_min_bytes
            && len <= (size_t)packer->settings->deflate_max_bytes;
}

static bool has_budget(const struct packer *packer) {
    return packer->turn_ns < packer->settings->deflate_turn_ms * NS_IN_MS;
}

static struct payload *compress(struct packer *packer,
        const struct payload *payload, const void *body, size_t len) {
    struct stats *stats = packer->stats;
    struct nx_bytes out;
    int64_t start_ns = time_ns();
    enum deflater_result result =
            deflater_pack(packer->deflater, body, len, &out);
    int64_t spent_ns = time_ns() - start_ns;
    packer->turn_ns += spent_ns;
    stats->deflate_ns += (uint64_t)spent_ns;
    if (result != DEFLATER_OK) {
        stats->deflate_futile++;
        return NULL;
    }
    stats->deflate_frames++;
    stats->deflate_bytes_in += len;
    stats->deflate_bytes_out += out.len;
    return payload_create_packed(payload_opcode(payload), out.ptr, out.len);
}

static struct payload *make_twin(
        struct packer *packer, const struct payload *payload) {
    size_t len;
    const void *body = payload_body(payload, &len);
    if (!is_suitable(packer, payload, len)) {
        return NULL;
    }
    if (!has_budget(packer)) {
        packer->stats->deflate_skipped++;
        return NULL;
    }
    return compress(packer, payload, body, len);
}

struct payload *packer_choose(struct packer *packer, struct payload *payload) {
    struct payload *twin = payload_twin(payload);
    if (!twin) {
        twin = make_twin(packer, payload);
        twin = twin ? twin : payload;
        // Decided for all receivers: they share one frame, whichever it is.
        payload_set_twin(payload, twin);
    }
    packer->stats->deflate_saved +=
            payload_frame_len(payload) - payload_frame_len(twin);
    return twin;
}

void packer_turn(struct packer *packer) {
    packer->turn_ns = 0;
}

// --- in -------------------------------------------------------------------

enum deflater_result packer_unpack(struct packer *packer, struct nx_bytes body,
        size_t limit, struct nx_bytes *out) {
    struct stats *stats = packer->stats;
    int64_t start_ns = time_ns();
    enum deflater_result result =
            deflater_unpack(packer->deflater, body.ptr, body.len, limit, out);
    stats->inflate_ns += (uint64_t)(time_ns() - start_ns);
    stats->inflate_messages++;
    stats->inflate_bytes_in += body.len;
    stats->inflate_bytes_out += out->len;
    return result;
}

size_t packer_body_max(size_t limit) {
    // Deflate's fixed codes have up to 9 bits for a byte; the rest is for the
    // headers of blocks in a short message.
    return limit + limit / 8 + 64;
}
