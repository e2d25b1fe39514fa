/*
 * columns - lines of a --help text: a name, and what it means beside it.
 *
 * The meaning is wrapped at words and goes on below itself. A name that is
 * too long for its column stands on a line of its own.
 *
 * Thread:  any
 * Errors:  those of the stream
 */
#ifndef KERNEL_BASE_COLUMNS_H
#define KERNEL_BASE_COLUMNS_H

#include <stddef.h>
#include <stdio.h>

#define COLUMNS_WIDTH 79

// How much of the text goes on a line with so much room: whole words, unless
// one alone is longer.
size_t columns_fit(const char *text, size_t room);

// indent is where the meaning begins, two spaces behind the longest name.
void columns_write(
        const char *name, size_t indent, const char *meaning, FILE *out);

#endif
