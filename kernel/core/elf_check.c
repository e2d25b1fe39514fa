#include "kernel/core/elf_check.h"

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#elif defined(__riscv)
#define OWN_MACHINE EM_RISCV
#else
#define OWN_MACHINE EM_NONE // any; the dynamic linker will judge
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OWN_ORDER ELFDATA2LSB
#else
#define OWN_ORDER ELFDATA2MSB
#endif

#define CUT_SHORT "is cut short; it may still be being copied, install it again"

static bool fits(uint64_t offset, uint64_t len, size_t size) {
    return offset <= size && len <= size - offset;
}

static const char *check_identity(const Elf64_Ehdr *header) {
    if (header->e_ident[EI_CLASS] != ELFCLASS64
            || header->e_ident[EI_DATA] != OWN_ORDER
            || (OWN_MACHINE != EM_NONE && header->e_machine != OWN_MACHINE)) {
        return "was built for another kind of machine; build it on this one";
    }
    if (header->e_type != ET_DYN) {
        return "is not a shared object; link it with -shared";
    }
    return NULL;
}

// What will be mapped must be in the file: touching what is not is SIGBUS.
static bool segments_fit(
        const Elf64_Ehdr *header, const unsigned char *data, size_t size) {
    uint64_t table = (uint64_t)header->e_phnum * sizeof(Elf64_Phdr);
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0
            || !fits(header->e_phoff, table, size)) {
        return false;
    }
    for (size_t i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr segment;
        memcpy(&segment, data + header->e_phoff + i * sizeof(segment),
                sizeof(segment));
        if (segment.p_type == PT_LOAD
                && !fits(segment.p_offset, segment.p_filesz, size)) {
            return false;
        }
    }
    return true;
}

const char *elf_check(const void *data, size_t size) {
    Elf64_Ehdr header;
    if (size < SELFMAG || memcmp(data, ELFMAG, SELFMAG) != 0) {
        return size == 0 ? "is empty; it may still be being copied"
                         : "is not a shared object but some other file";
    }
    if (size < sizeof(header)) {
        return CUT_SHORT;
    }
    memcpy(&header, data, sizeof(header));
    const char *why = check_identity(&header);
    if (why) {
        return why;
    }
    // The section table comes last in the file; a stripped one has none.
    uint64_t sections = (uint64_t)header.e_shnum * header.e_shentsize;
    if (!segments_fit(&header, data, size)
            || !fits(header.e_shoff, sections, size)) {
        return CUT_SHORT;
    }
    return NULL;
}
