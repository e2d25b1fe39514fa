#include "bench/lib/upgrade.h"

#include <stdio.h>
#include <string.h>

#include "bench/lib/sha1.h"

enum {
    KEY_SIZE = 24,   // 16 bytes in base64
    ACCEPT_SIZE = 28 // 20 bytes in base64
};

static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

static void encode(
        char text[ACCEPT_SIZE + 1], const uint8_t digest[SHA1_SIZE]) {
    static const char letters[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < ACCEPT_SIZE / 4; i++) {
        uint32_t last = 3 * i + 2 < SHA1_SIZE ? digest[3 * i + 2] : 0;
        uint32_t bits = (uint32_t)digest[3 * i] << 16
                | (uint32_t)digest[3 * i + 1] << 8 | last;

        for (unsigned k = 0; k < 4; k++) {
            text[4 * i + k] = letters[bits >> (18 - 6 * k) & 63];
        }
    }
    text[ACCEPT_SIZE - 1] = '=';
    text[ACCEPT_SIZE] = '\0';
}

enum upgrade_status upgrade_answer(
        struct bytes *out, const char *text, size_t length, size_t *used) {
    static const char name[] = "Sec-WebSocket-Key: ";
    const char *end = memmem(text, length, "\r\n\r\n", 4);
    const char *key = memmem(text, length, name, sizeof(name) - 1);
    char input[KEY_SIZE + sizeof(guid)];
    uint8_t digest[SHA1_SIZE];
    char accept[ACCEPT_SIZE + 1];
    char answer[256];

    if (end == NULL) {
        return UPGRADE_INCOMPLETE;
    }
    if (key == NULL || key > end - sizeof(name) - KEY_SIZE) {
        return UPGRADE_BAD;
    }
    memcpy(input, key + sizeof(name) - 1, KEY_SIZE);
    memcpy(input + KEY_SIZE, guid, sizeof(guid));
    sha1_digest(digest, input, sizeof(input) - 1);
    encode(accept, digest);
    (void)snprintf(answer, sizeof(answer),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
            accept);
    bytes_append(out, answer, strlen(answer));
    *used = (size_t)(end - text) + 4;
    return UPGRADE_DONE;
}
