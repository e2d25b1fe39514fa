#include "kernel/ctl/plugin/elf_file.h"

#include <string.h>

#include "kernel/core/elf_check.h"

const char *elf_file_open(struct elf_file *elf, const void *data, size_t size) {
    *elf = (struct elf_file){.data = data, .size = size};
    const char *why = elf_check(data, size);
    if (!why) {
        memcpy(&elf->header, data, sizeof(elf->header));
    }
    return why;
}

static bool fits(const struct elf_file *elf, uint64_t offset, uint64_t len) {
    return offset <= elf->size && len <= elf->size - offset;
}

// One row of a table; sizes of rows other than ours are not looked at.
static bool read_row(const struct elf_file *elf, uint64_t table, uint64_t index,
        void *out, size_t size) {
    uint64_t offset = 0;
    if (__builtin_mul_overflow(index, (uint64_t)size, &offset)
            || __builtin_add_overflow(table, offset, &offset)
            || !fits(elf, offset, size)) {
        return false;
    }
    memcpy(out, elf->data + offset, size);
    return true;
}

bool elf_file_segment(const struct elf_file *elf, size_t i, Elf64_Phdr *out) {
    return i < elf->header.e_phnum && elf->header.e_phentsize == sizeof(*out)
            && read_row(elf, elf->header.e_phoff, i, out, sizeof(*out));
}

bool elf_file_section(const struct elf_file *elf, size_t i, Elf64_Shdr *out) {
    return i < elf->header.e_shnum && elf->header.e_shentsize == sizeof(*out)
            && read_row(elf, elf->header.e_shoff, i, out, sizeof(*out));
}

bool elf_file_find_segment(
        const struct elf_file *elf, uint32_t type, Elf64_Phdr *out) {
    for (size_t i = 0; elf_file_segment(elf, i, out); i++) {
        if (out->p_type == type) {
            return true;
        }
    }
    return false;
}

const void *elf_file_content(
        const struct elf_file *elf, const Elf64_Shdr *section) {
    return section->sh_type != SHT_NOBITS
                    && fits(elf, section->sh_offset, section->sh_size)
            ? elf->data + section->sh_offset
            : NULL;
}

// Whether a table of texts has this one at an offset.
static bool has_text(
        const char *texts, uint64_t size, uint64_t offset, const char *text) {
    size_t len = strlen(text) + 1;
    return offset <= size && len <= size - offset
            && memcmp(texts + offset, text, len) == 0;
}

bool elf_file_find_section(
        const struct elf_file *elf, const char *name, Elf64_Shdr *out) {
    Elf64_Shdr table;
    if (!elf_file_section(elf, elf->header.e_shstrndx, &table)) {
        return false;
    }
    const char *names = elf_file_content(elf, &table);
    for (size_t i = 0; names && elf_file_section(elf, i, out); i++) {
        if (has_text(names, table.sh_size, out->sh_name, name)) {
            return true;
        }
    }
    return false;
}

// What the segment at an address has in the file from there on, *len bytes.
static const unsigned char *find(
        const struct elf_file *elf, uint64_t address, uint64_t *len) {
    Elf64_Phdr segment;
    for (size_t i = 0; elf_file_segment(elf, i, &segment); i++) {
        if (segment.p_type == PT_LOAD && address >= segment.p_vaddr
                && address - segment.p_vaddr < segment.p_filesz
                && fits(elf, segment.p_offset, segment.p_filesz)) {
            uint64_t into = address - segment.p_vaddr;
            *len = segment.p_filesz - into;
            return elf->data + segment.p_offset + into;
        }
    }
    return NULL;
}

const void *elf_file_at(
        const struct elf_file *elf, uint64_t address, uint64_t len) {
    uint64_t have = 0;
    const unsigned char *found = find(elf, address, &have);
    return found && len <= have ? found : NULL;
}

const char *elf_file_text(const struct elf_file *elf, uint64_t address) {
    uint64_t have = 0;
    const unsigned char *found = find(elf, address, &have);
    return found && memchr(found, '\0', have) ? (const char *)found : NULL;
}
