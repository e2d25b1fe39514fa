/*
 * mdoc - writes text into a manual page in the language of mdoc(7).
 *
 * What means something to mdoc is escaped: backslashes everywhere, a dot or
 * an apostrophe at the beginning of a line, quotes within a macro.
 *
 * Thread:  one
 * Errors:  those of the stream
 */
#ifndef KERNEL_MAN_MDOC_H
#define KERNEL_MAN_MDOC_H

#include <stdio.h>

// Text of its own, from a new line on, a line for each sentence. It begins
// with an upper-case letter and ends with a full stop, whatever it had.
void mdoc_sentences(const char *text, FILE *out);

// One word of a macro's line, behind a space.
void mdoc_word(const char *text, FILE *out);

#endif
