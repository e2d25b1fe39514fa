/*
 * deflate_fuzz - permessage-deflate: the first line of the input is an offer,
 * the rest a compressed message.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base/deflater.h"
#include "kernel/net/deflate_offer.h"
#include "tests/fuzz/input.h"

#define ANSWER_MAX 128

static void check_offer(const char *list, int window_bits) {
    struct deflate_offer offer;
    char answer[ANSWER_MAX];
    deflate_offer_read(&offer, list, window_bits);
    if (offer.agreed) {
        assert(offer.names > 0 && strstr(list, DEFLATE_OFFER_NAME));
        assert(deflate_offer_answer(
                &offer, window_bits, answer, sizeof(answer)));
    }
    assert(!offer.bits_asked || strstr(list, "server_max_window_bits"));
}

// What is packed again reads the same.
static void check_round_trip(
        struct deflater *deflater, struct nx_bytes text, size_t limit) {
    struct nx_bytes packed;
    struct nx_bytes again;
    char *copy = malloc(text.len + 1);
    assert(copy);
    memcpy(copy, text.ptr, text.len);
    enum deflater_result result =
            deflater_pack(deflater, copy, text.len, &packed);
    assert(result == DEFLATER_OK || result == DEFLATER_FUTILE);
    if (result == DEFLATER_OK) {
        assert(packed.len < text.len);
        assert(deflater_unpack(deflater, packed.ptr, packed.len, limit, &again)
                == DEFLATER_OK);
        assert(again.len == text.len);
        assert(memcmp(again.ptr, copy, text.len) == 0);
    }
    free(copy);
}

static void check_message(struct input *in, int window_bits) {
    size_t limit = 1 + (size_t)input_byte(in) * 300;
    struct deflater *deflater = deflater_create(6, window_bits);
    struct nx_bytes out;
    assert(deflater);
    enum deflater_result result =
            deflater_unpack(deflater, in->data, in->left, limit, &out);
    assert(result != DEFLATER_FUTILE && result != DEFLATER_NO_MEMORY);
    assert((result == DEFLATER_OK) == (out.ptr != NULL));
    assert(out.len <= limit);
    if (result == DEFLATER_OK) {
        check_round_trip(deflater, out, limit);
    }
    deflater_destroy(deflater);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    int window_bits = 9 + (int)input_below(&in, 7);
    const uint8_t *end = in.left > 0 ? memchr(in.data, '\n', in.left) : NULL;
    size_t len = end ? (size_t)(end - in.data) : 0;
    char *list = strndup((const char *)in.data, len);
    assert(list);
    check_offer(list, window_bits);
    free(list);
    in.data += end ? len + 1 : 0;
    in.left -= end ? len + 1 : 0;
    check_message(&in, window_bits);
    return 0;
}
