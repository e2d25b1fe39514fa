#include "kernel/man/mdoc.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define WIDTH 74 // leaves some room for what is escaped

static void put_char(char c, FILE *out) {
    if (c == '\\') {
        (void)fputs("\\e", out);
    } else if (c == '"') {
        (void)fputs("\\(dq", out);
    } else if (c == '`') {
        (void)fputs("\\(ga", out);
    } else {
        (void)fputc(c, out);
    }
}

// A line that begins so would be a macro.
static size_t begin_line(char first, FILE *out) {
    if (first == '.' || first == '\'') {
        (void)fputs("\\&", out);
        return 2;
    }
    return 0;
}

static void put_text(const char *text, size_t len, FILE *out) {
    for (size_t i = 0; i < len; i++) {
        put_char(text[i], out);
    }
}

// Whether a sentence ends with this word. mdoc wants a new line then, and
// makes the space itself.
static bool ends_sentence(const char *word, size_t len) {
    const char *next = word + len + strspn(word + len, " ");
    return word[len - 1] == '.' && isupper((unsigned char)*next);
}

void mdoc_sentences(const char *text, FILE *out) {
    size_t column = 0;
    bool end = false;
    for (const char *word = text; *word != '\0'; word += strspn(word, " ")) {
        size_t len = strcspn(word, " ");
        if (word != text && (end || column + 1 + len > WIDTH)) {
            (void)fputc('\n', out);
            column = begin_line(*word, out);
        } else if (word != text) {
            (void)fputc(' ', out);
            column++;
        } else {
            column = begin_line(*word, out);
        }
        if (word == text) {
            put_char((char)toupper((unsigned char)*word), out);
            put_text(word + 1, len - 1, out);
        } else {
            put_text(word, len, out);
        }
        end = ends_sentence(word, len);
        column += len;
        word += len;
    }
    size_t len = strlen(text);
    (void)fputs(len > 0 && text[len - 1] == '.' ? "\n" : ".\n", out);
}

void mdoc_word(const char *text, FILE *out) {
    (void)fputs(" \"", out);
    for (const char *at = text; *at != '\0'; at++) {
        put_char(*at, out);
    }
    (void)fputc('"', out);
}
