/*
 * plugin_facts_fuzz - nexusctl plugin info, of the example echo with bytes
 * that are wrong.
 *
 * The first byte says whether the rest is a file, or changes to echo.so: where
 * to begin, how far from there, how many bytes, and the bytes.
 */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/core/plugin_file.h"
#include "kernel/ctl/plugin/plugin_facts.h"
#include "tests/fuzz/input.h"

#define BASES_MAX 64

// Where a change does most: headers, tables and what the entry points to.
struct bases {
    uint64_t offsets[BASES_MAX];
    unsigned count;
};

static void read_echo(struct plugin_file *file) {
    char program[PATH_MAX];
    char path[PATH_MAX + 32];
    char why[PLUGIN_FILE_WHY_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    assert(len > 0);
    program[len] = '\0';
    for (int up = 0; up < 2; up++) {
        *strrchr(program, '/') = '\0';
    }
    (void)snprintf(path, sizeof(path), "%s/examples/echo.so", program);
    if (!plugin_file_read(path, file, why)) {
        (void)fprintf(stderr, "%s %s\n", path, why);
        abort();
    }
}

static void find_bases(const struct plugin_file *file, struct bases *bases) {
    struct elf_file elf;
    Elf64_Shdr section;
    assert(!elf_file_open(&elf, file->data, file->size));
    bases->offsets[bases->count++] = 0;
    bases->offsets[bases->count++] = elf.header.e_phoff;
    bases->offsets[bases->count++] = elf.header.e_shoff;
    for (size_t i = 0;
            bases->count < BASES_MAX && elf_file_section(&elf, i, &section);
            i++) {
        bases->offsets[bases->count++] = section.sh_offset;
    }
}

static void look(const void *data, size_t size) {
    struct plugin_facts facts;
    struct elf_symbol symbol;
    char why[PLUGIN_FACTS_WHY_MAX] = "";
    if (!plugin_facts_read(&facts, data, size, why)) {
        assert(why[0] != '\0');
        return;
    }
    assert(facts.id && facts.version);
    (void)plugin_facts_difference(&facts);
    for (size_t i = 0; elf_dynamic_symbol(&facts.dynamic, i, &symbol); i++) {
        assert(symbol.name);
    }
    for (size_t i = 0; elf_dynamic_text(&facts.dynamic, DT_NEEDED, i); i++) {
    }
    plugin_facts_finish(&facts);
}

static void change(struct input *in, const struct bases *bases,
        unsigned char *bytes, size_t size) {
    uint64_t offset = bases->offsets[input_below(in, bases->count)];
    offset += input_byte(in);
    offset += (uint64_t)input_byte(in) << 8;
    size_t len = input_below(in, 9);
    for (size_t i = 0; i < len && offset + i < size; i++) {
        bytes[offset + i] = input_byte(in);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct plugin_file echo;
    static struct bases bases;
    struct input in = {data, size};
    if (!echo.data) {
        read_echo(&echo);
        find_bases(&echo, &bases);
    }
    if (input_below(&in, 4) == 0) {
        char *copy = malloc(in.left + (in.left == 0));
        assert(copy);
        memcpy(copy, in.data, in.left);
        look(copy, in.left);
        free(copy);
        return 0;
    }
    unsigned char *copy = malloc(echo.size);
    assert(copy);
    memcpy(copy, echo.data, echo.size);
    while (in.left > 0) {
        change(&in, &bases, copy, echo.size);
    }
    look(copy, echo.size);
    free(copy);
    return 0;
}
