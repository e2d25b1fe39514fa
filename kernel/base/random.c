#include "kernel/base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

// Returns how many bytes the system gave, possibly none this time.
static size_t some_bytes(void *out, size_t len) {
    ssize_t got = getrandom(out, len, 0);
    if (got < 0 && errno != EINTR) {
        abort();
    }
    return got < 0 ? 0 : (size_t)got;
}

void random_bytes(void *out, size_t len) {
    unsigned char *next = out;
    while (len > 0) {
        size_t got = some_bytes(next, len);
        next += got;
        len -= got;
    }
}

uint64_t random_u64(void) {
    uint64_t number = 0;
    random_bytes(&number, sizeof(number));
    return number;
}

void random_hex(char *out, size_t bytes) {
    static const char digits[] = "0123456789abcdef";

    // The second half of out is filled first, then spread over all of it.
    unsigned char *raw = (unsigned char *)out + bytes;
    random_bytes(raw, bytes);
    for (size_t i = 0; i < bytes; i++) {
        unsigned char byte = raw[i];
        out[2 * i] = digits[byte >> 4];
        out[2 * i + 1] = digits[byte & 0x0f];
    }
    out[2 * bytes] = '\0';
}
