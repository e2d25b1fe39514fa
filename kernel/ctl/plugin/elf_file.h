/*
 * elf_file - the bytes of a shared object, looked at without trusting them.
 *
 * Every look is checked against the size of the file, so that a file cut short
 * anywhere, or made to do harm, yields an absent value and nothing else.
 * Addresses are those that the file asks to be mapped at.
 *
 * Owner:   the caller; borrows the bytes
 * Thread:  any
 * Errors:  a half sentence as of elf_check(), false, or NULL
 */
#ifndef KERNEL_CTL_PLUGIN_ELF_FILE_H
#define KERNEL_CTL_PLUGIN_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
    const unsigned char *data;
    size_t size;
    Elf64_Ehdr header;
};

// NULL when it is a whole shared object for this machine.
const char *elf_file_open(struct elf_file *elf, const void *data, size_t size);

// The i-th of its segments or sections; false behind the last one.
bool elf_file_segment(const struct elf_file *elf, size_t i, Elf64_Phdr *out);
bool elf_file_section(const struct elf_file *elf, size_t i, Elf64_Shdr *out);

// The first of that type.
bool elf_file_find_segment(
        const struct elf_file *elf, uint32_t type, Elf64_Phdr *out);

// The first of that name.
bool elf_file_find_section(
        const struct elf_file *elf, const char *name, Elf64_Shdr *out);

// What a section has in the file; NULL when it has nothing there.
const void *elf_file_content(
        const struct elf_file *elf, const Elf64_Shdr *section);

// What the file has for len bytes at an address; NULL unless all of it.
const void *elf_file_at(
        const struct elf_file *elf, uint64_t address, uint64_t len);

// The text at an address, which ends in a zero byte within its segment.
const char *elf_file_text(const struct elf_file *elf, uint64_t address);

#endif
