/*
 * text - hexadecimal numbers, escaped names and times, as the chat writes them.
 *
 * Nothing here allocates or keeps state.
 *
 * Thread:  any
 * Errors:  false when the input is malformed or the output has no room
 */
#ifndef PLUGINS_CHAT_TEXT_H
#define PLUGINS_CHAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#define TEXT_HEX_SIZE  17 // 16 digits and a NUL
#define TEXT_TIME_SIZE 25 // "2026-01-31T12:00:00.123Z" and a NUL

// Always 16 lower-case digits.
void text_hex(uint64_t number, char out[TEXT_HEX_SIZE]);

// Reads 1 to 16 digits of either case.
bool text_parse_hex(struct nx_str text, uint64_t *out);

// Appends name to out[*len], with control characters, '%' and those in
// special as "%XX". On failure *len is as before.
bool text_escape(char *out, size_t size, size_t *len, struct nx_str name,
        const char *special);

// Undoes text_escape. out may not overlap text.
bool text_unescape(struct nx_str text, char *out, size_t size, size_t *len);

// UTC. Times outside the years 0 to 9999 become the nearest end.
void text_time(int64_t wall_ms, char out[TEXT_TIME_SIZE]);

// The longest beginning of at most max bytes that ends no UTF-8 sequence in
// the middle.
struct nx_str text_cut(struct nx_str text, size_t max);

#endif
