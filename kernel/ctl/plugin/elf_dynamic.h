/*
 * elf_dynamic - what a shared object tells the dynamic linker.
 *
 * Its symbols, the libraries it needs, its flags, and what the linker would
 * write into its pointers: enough to follow a table of constants through a
 * file that is not loaded. Tables that are not there count as empty.
 *
 * Owner:   the caller; borrows the file
 * Thread:  any
 * Errors:  absent values
 */
#ifndef KERNEL_CTL_PLUGIN_ELF_DYNAMIC_H
#define KERNEL_CTL_PLUGIN_ELF_DYNAMIC_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file;

struct elf_dynamic {
    const struct elf_file *elf;
    uint64_t entries; // address of the table itself, 0: there is none
    uint64_t entry_count;
    uint64_t symbols;
    uint64_t symbol_count;
    uint64_t texts;
    uint64_t flags;   // DF_
    uint64_t flags_1; // DF_1_
    bool textrel;     // code is written to, whichever way it is said
    uint64_t init_count;
};

struct elf_symbol {
    const char *name; // "" when it has none
    uint64_t address;
    uint64_t size;
    unsigned char bind; // STB_
    unsigned char type; // STT_
    bool defined;
    bool hidden;
};

// elf stays with the caller and must live as long. False: it has no table.
bool elf_dynamic_open(struct elf_dynamic *dynamic, const struct elf_file *elf);

// The text of the i-th entry with this tag, DT_NEEDED or DT_RUNPATH; NULL
// behind the last one.
const char *elf_dynamic_text(
        const struct elf_dynamic *dynamic, int64_t tag, size_t i);

// The i-th symbol; false behind the last one. The first is none.
bool elf_dynamic_symbol(
        const struct elf_dynamic *dynamic, size_t i, struct elf_symbol *out);

// Whether others can see it: defined, and neither local nor hidden.
bool elf_symbol_is_exported(const struct elf_symbol *symbol);

bool elf_dynamic_find_symbol(const struct elf_dynamic *dynamic,
        const char *name, struct elf_symbol *out);

// The i-th pointer that is filled in with an address of the file itself; false
// behind the last one. Packed ones (DT_RELR) are not listed.
bool elf_dynamic_relative(const struct elf_dynamic *dynamic, uint64_t i,
        uint64_t *place, uint64_t *target);

// What the pointer at an address will point to, as an address in the file; 0
// is NULL. False: it is not in the file, or points elsewhere.
bool elf_dynamic_pointer(
        const struct elf_dynamic *dynamic, uint64_t address, uint64_t *out);

#endif
