#include "plugins/chat/message_id.h"

#include "plugins/chat/text.h"

#define HALF (TEXT_HEX_SIZE - 1)

void message_id_make(
        uint64_t key, uint64_t random, char out[MESSAGE_ID_LEN + 1]) {
    out[0] = 'm';
    text_hex(key, out + 1);
    text_hex(random, out + 1 + HALF);
}

bool message_id_key(struct nx_str id, uint64_t *key) {
    if (id.len != MESSAGE_ID_LEN || id.ptr[0] != 'm') {
        return false;
    }
    uint64_t random;
    struct nx_str first = {id.ptr + 1, HALF};
    struct nx_str second = {id.ptr + 1 + HALF, HALF};
    return text_parse_hex(second, &random) && text_parse_hex(first, key);
}
