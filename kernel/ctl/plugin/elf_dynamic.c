#include "kernel/ctl/plugin/elf_dynamic.h"

#include <string.h>

#include "kernel/ctl/plugin/elf_file.h"

#if defined(__aarch64__)
#define RELATIVE R_AARCH64_RELATIVE
#define ABSOLUTE R_AARCH64_ABS64
#elif defined(__riscv)
#define RELATIVE R_RISCV_RELATIVE
#define ABSOLUTE R_RISCV_64
#else
#define RELATIVE R_X86_64_RELATIVE
#define ABSOLUTE R_X86_64_64
#endif

static bool read_entry(
        const struct elf_dynamic *dynamic, uint64_t i, Elf64_Dyn *out) {
    if (i >= dynamic->entry_count) {
        return false;
    }
    const void *found = elf_file_at(
            dynamic->elf, dynamic->entries + i * sizeof(*out), sizeof(*out));
    if (found) {
        memcpy(out, found, sizeof(*out));
    }
    return found && out->d_tag != DT_NULL;
}

// The value of the first entry with this tag, or 0.
static uint64_t value_of(const struct elf_dynamic *dynamic, int64_t tag) {
    Elf64_Dyn entry;
    for (uint64_t i = 0; read_entry(dynamic, i, &entry); i++) {
        if (entry.d_tag == tag) {
            return entry.d_un.d_val;
        }
    }
    return 0;
}

static bool has_tag(const struct elf_dynamic *dynamic, int64_t tag) {
    Elf64_Dyn entry;
    for (uint64_t i = 0; read_entry(dynamic, i, &entry); i++) {
        if (entry.d_tag == tag) {
            return true;
        }
    }
    return false;
}

static bool read_word(
        const struct elf_dynamic *dynamic, uint64_t address, uint32_t *out) {
    const void *found = elf_file_at(dynamic->elf, address, sizeof(*out));
    if (found) {
        memcpy(out, found, sizeof(*out));
    }
    return found != NULL;
}

// --- how many symbols -----------------------------------------------------

// The GNU hash table lists the symbols from `first` on in chains; each ends
// with an odd word. The end of the chain that begins last ends the table.
static uint64_t count_hashed(
        const struct elf_dynamic *dynamic, uint64_t table) {
    enum {
        BUCKETS,
        FIRST,
        WORDS,
        SHIFT,
        HEAD
    };
    uint32_t head[HEAD];
    for (unsigned i = 0; i < HEAD; i++) {
        if (!read_word(dynamic, table + 4ull * i, &head[i])) {
            return 0;
        }
    }
    uint64_t buckets = table + 4ull * HEAD + 8ull * head[WORDS];
    uint64_t chains = buckets + 4ull * head[BUCKETS];
    uint32_t last = 0;
    uint32_t start = 0;
    for (uint64_t i = 0; i < head[BUCKETS]; i++) {
        if (!read_word(dynamic, buckets + 4 * i, &start)) {
            return 0;
        }
        last = start > last ? start : last;
    }
    if (last < head[FIRST]) {
        return head[FIRST]; // none is defined
    }
    uint32_t word = 0;
    uint64_t i = last;
    while (read_word(dynamic, chains + 4 * (i - head[FIRST]), &word)) {
        i++;
        if ((word & 1) != 0) {
            return i;
        }
    }
    return 0;
}

static uint64_t count_symbols(const struct elf_dynamic *dynamic) {
    uint64_t plain = value_of(dynamic, DT_HASH);
    uint32_t chains = 0;
    if (plain != 0 && read_word(dynamic, plain + 4, &chains)) {
        return chains;
    }
    uint64_t gnu = value_of(dynamic, DT_GNU_HASH);
    return gnu != 0 ? count_hashed(dynamic, gnu) : 0;
}

// --- the table ------------------------------------------------------------

bool elf_dynamic_open(struct elf_dynamic *dynamic, const struct elf_file *elf) {
    Elf64_Phdr segment;
    *dynamic = (struct elf_dynamic){.elf = elf};
    if (!elf_file_find_segment(elf, PT_DYNAMIC, &segment)) {
        return false;
    }
    dynamic->entries = segment.p_vaddr;
    dynamic->entry_count = segment.p_filesz / sizeof(Elf64_Dyn);
    dynamic->symbols = value_of(dynamic, DT_SYMTAB);
    dynamic->texts = value_of(dynamic, DT_STRTAB);
    dynamic->symbol_count = count_symbols(dynamic);
    dynamic->flags = value_of(dynamic, DT_FLAGS);
    dynamic->flags_1 = value_of(dynamic, DT_FLAGS_1);
    dynamic->textrel =
            has_tag(dynamic, DT_TEXTREL) || (dynamic->flags & DF_TEXTREL) != 0;
    dynamic->init_count = value_of(dynamic, DT_INIT_ARRAYSZ) / sizeof(uint64_t);
    return true;
}

const char *elf_dynamic_text(
        const struct elf_dynamic *dynamic, int64_t tag, size_t i) {
    Elf64_Dyn entry;
    for (uint64_t at = 0; read_entry(dynamic, at, &entry); at++) {
        if (entry.d_tag == tag && i-- == 0) {
            return elf_file_text(
                    dynamic->elf, dynamic->texts + entry.d_un.d_val);
        }
    }
    return NULL;
}

bool elf_dynamic_symbol(
        const struct elf_dynamic *dynamic, size_t i, struct elf_symbol *out) {
    Elf64_Sym symbol;
    if (i >= dynamic->symbol_count) {
        return false;
    }
    const void *found = elf_file_at(dynamic->elf,
            dynamic->symbols + i * sizeof(symbol), sizeof(symbol));
    if (!found) {
        return false;
    }
    memcpy(&symbol, found, sizeof(symbol));
    const char *name =
            elf_file_text(dynamic->elf, dynamic->texts + symbol.st_name);
    unsigned char visibility = ELF64_ST_VISIBILITY(symbol.st_other);
    *out = (struct elf_symbol){
            .name = name ? name : "",
            .address = symbol.st_value,
            .size = symbol.st_size,
            .bind = ELF64_ST_BIND(symbol.st_info),
            .type = ELF64_ST_TYPE(symbol.st_info),
            .defined = symbol.st_shndx != SHN_UNDEF,
            .hidden = visibility == STV_HIDDEN || visibility == STV_INTERNAL,
    };
    return true;
}

bool elf_symbol_is_exported(const struct elf_symbol *symbol) {
    return symbol->defined && !symbol->hidden && symbol->bind != STB_LOCAL
            && symbol->name[0] != '\0';
}

bool elf_dynamic_find_symbol(const struct elf_dynamic *dynamic,
        const char *name, struct elf_symbol *out) {
    for (size_t i = 1; elf_dynamic_symbol(dynamic, i, out); i++) {
        if (elf_symbol_is_exported(out) && strcmp(out->name, name) == 0) {
            return true;
        }
    }
    return false;
}

// --- pointers -------------------------------------------------------------

// Relocations with an addend of their own.
struct relocations {
    uint64_t table;
    uint64_t count;
};

static struct relocations relocations_of(const struct elf_dynamic *dynamic) {
    return (struct relocations){
            .table = value_of(dynamic, DT_RELA),
            .count = value_of(dynamic, DT_RELASZ) / sizeof(Elf64_Rela),
    };
}

static bool read_relocation(const struct elf_dynamic *dynamic,
        const struct relocations *all, uint64_t i, Elf64_Rela *out) {
    const void *found = i < all->count ? elf_file_at(dynamic->elf,
                                all->table + i * sizeof(*out), sizeof(*out))
                                       : NULL;
    if (found) {
        memcpy(out, found, sizeof(*out));
    }
    return found != NULL;
}

static bool find_relocation(
        const struct elf_dynamic *dynamic, uint64_t address, Elf64_Rela *out) {
    const struct relocations all = relocations_of(dynamic);
    for (uint64_t i = 0; read_relocation(dynamic, &all, i, out); i++) {
        if (out->r_offset == address) {
            return true;
        }
    }
    return false;
}

bool elf_dynamic_relative(const struct elf_dynamic *dynamic, uint64_t i,
        uint64_t *place, uint64_t *target) {
    Elf64_Rela relocation;
    const struct relocations all = relocations_of(dynamic);
    if (!read_relocation(dynamic, &all, i, &relocation)
            || ELF64_R_TYPE(relocation.r_info) != RELATIVE) {
        return false; // the linker puts these first
    }
    *place = relocation.r_offset;
    *target = (uint64_t)relocation.r_addend;
    return true;
}

bool elf_dynamic_pointer(
        const struct elf_dynamic *dynamic, uint64_t address, uint64_t *out) {
    Elf64_Rela relocation;
    struct elf_symbol symbol;
    if (!find_relocation(dynamic, address, &relocation)) {
        // A packed relocation, or none at all: what is there is the address.
        const void *found = elf_file_at(dynamic->elf, address, sizeof(*out));
        if (found) {
            memcpy(out, found, sizeof(*out));
        }
        return found != NULL;
    }
    *out = (uint64_t)relocation.r_addend;
    if (ELF64_R_TYPE(relocation.r_info) == RELATIVE) {
        return true;
    }
    if (ELF64_R_TYPE(relocation.r_info) != ABSOLUTE
            || !elf_dynamic_symbol(
                    dynamic, ELF64_R_SYM(relocation.r_info), &symbol)
            || !symbol.defined) {
        return false;
    }
    *out += symbol.address;
    return true;
}
