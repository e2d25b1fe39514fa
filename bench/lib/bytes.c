#include "bench/lib/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "bench/lib/die.h"

enum {
    SMALLEST = 256
};

uint8_t *bytes_reserve(struct bytes *bytes, size_t length) {
    size_t wanted = bytes->length + length;

    if (wanted > bytes->capacity) {
        size_t capacity = bytes->capacity > 0 ? bytes->capacity : SMALLEST;
        uint8_t *data = NULL;

        while (capacity < wanted) {
            capacity *= 2;
        }
        data = realloc(bytes->data, capacity);
        if (data == NULL) {
            die("out of memory for %zu bytes", capacity);
        }
        bytes->data = data;
        bytes->capacity = capacity;
    }
    return bytes->data + bytes->length;
}

void bytes_append(struct bytes *bytes, const void *data, size_t length) {
    if (length > 0) {
        memcpy(bytes_reserve(bytes, length), data, length);
        bytes->length += length;
    }
}

void bytes_consume(struct bytes *bytes, size_t length) {
    bytes->length -= length;
    if (bytes->length > 0) {
        memmove(bytes->data, bytes->data + length, bytes->length);
    }
}

void bytes_finish(struct bytes *bytes) {
    free(bytes->data);
    *bytes = (struct bytes){0};
}
