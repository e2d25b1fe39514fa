#include "kernel/ctl/check/vocabulary.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernel/ctl/plugin/plugin_facts.h"

#define TYPE_MAX 64
#define WORD_MAX 40

static bool is_type_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.'
            || c == '_' || c == '-';
}

static bool is_word(const char *text) {
    size_t len = 0;
    while (len <= WORD_MAX && is_type_char(text[len]) && text[len] != '.') {
        len++;
    }
    return len > 0 && len <= WORD_MAX && text[len] == '\0' && text[0] >= 'a'
            && text[0] <= 'z';
}

// --- event types ----------------------------------------------------------

static void add_type(struct vocabulary *vocabulary, const char *type) {
    for (size_t i = 0; i < vocabulary->type_count; i++) {
        if (strcmp(vocabulary->types[i], type) == 0) {
            return;
        }
    }
    if (vocabulary->type_count < VOCABULARY_TYPES) {
        vocabulary->types[vocabulary->type_count++] = type;
    }
}

// Length of the event type at the start of len bytes; 0: there is none.
static size_t type_len(const char *at, size_t len) {
    size_t size = 0;
    while (size < len && size <= TYPE_MAX && is_type_char(at[size])) {
        size++;
    }
    return size < len && size <= TYPE_MAX && at[size] == '\0' ? size : 0;
}

static void find_types(struct vocabulary *vocabulary, const char *begin,
        size_t size, const char *prefix) {
    size_t len = strlen(prefix);
    const char *end = begin + size;
    const char *at = begin;
    while ((at = memmem(at, (size_t)(end - at), prefix, len)) != NULL) {
        size_t found = type_len(at, (size_t)(end - at));
        if (found > len && prefix[len - 1] == '.') {
            add_type(vocabulary, at);
        }
        at++;
    }
}

// --- fields ---------------------------------------------------------------

static void add_field(
        struct vocabulary *vocabulary, const struct nx_field *field) {
    for (size_t i = 0; i < vocabulary->field_count; i++) {
        const struct nx_field *known = &vocabulary->fields[i];
        if (strcmp(known->name, field->name) == 0
                && known->kinds == field->kinds) {
            return;
        }
    }
    if (vocabulary->field_count < VOCABULARY_FIELDS) {
        vocabulary->fields[vocabulary->field_count++] = *field;
    }
}

// A row of a table of fields begins with a pointer to its name.
static void find_fields(
        struct vocabulary *vocabulary, const struct plugin_facts *facts) {
    uint64_t place = 0;
    uint64_t name = 0;
    for (uint64_t i = 0;
            elf_dynamic_relative(&facts->dynamic, i, &place, &name); i++) {
        struct nx_field field;
        const char *text = elf_file_text(&facts->elf, name);
        const void *row = elf_file_at(&facts->elf, place, sizeof(field));
        if (!text || !row || !is_word(text)) {
            continue;
        }
        memcpy(&field, row, sizeof(field));
        field.name = text;
        if (field.kinds > 0 && field.kinds <= NX_JSON_ANY
                && field.flags <= (NX_FIELD_REQUIRED | NX_FIELD_NAME)
                && field.min <= field.max) {
            add_field(vocabulary, &field);
        }
    }
}

// A plugin without tables of fields: any of its words may be one.
static void find_words(
        struct vocabulary *vocabulary, const struct plugin_facts *facts) {
    Elf64_Shdr section;
    const char *begin = elf_file_find_section(&facts->elf, ".rodata", &section)
            ? elf_file_content(&facts->elf, &section)
            : NULL;
    size_t size = begin ? section.sh_size : 0;
    for (size_t i = 1; i + 1 < size; i++) {
        if (begin[i - 1] == '\0' && begin[i] != '\0'
                && memchr(begin + i, '\0', size - i) && is_word(begin + i)) {
            const struct nx_field field = {
                    .name = begin + i, .kinds = NX_JSON_ANY};
            add_field(vocabulary, &field);
        }
    }
}

// --- the file -------------------------------------------------------------

static void read_segments(
        struct vocabulary *vocabulary, const struct plugin_facts *facts) {
    Elf64_Phdr segment;
    for (size_t i = 0; elf_file_segment(&facts->elf, i, &segment); i++) {
        const char *begin = segment.p_type == PT_LOAD
                ? elf_file_at(&facts->elf, segment.p_vaddr, segment.p_filesz)
                : NULL;
        for (const char *const *prefix = facts->prefixes; begin && *prefix;
                prefix++) {
            find_types(vocabulary, begin, segment.p_filesz, *prefix);
        }
    }
}

void vocabulary_read(
        struct vocabulary *vocabulary, const struct plugin_facts *facts) {
    *vocabulary = (struct vocabulary){.type_count = 0};
    for (const char *const *prefix = facts->prefixes; *prefix; prefix++) {
        if ((*prefix)[strlen(*prefix) - 1] != '.') {
            add_type(vocabulary, *prefix);
        }
    }
    read_segments(vocabulary, facts);
    find_fields(vocabulary, facts);
    if (vocabulary->field_count == 0) {
        find_words(vocabulary, facts);
    }
}
