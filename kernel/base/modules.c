#include "kernel/base/modules.h"

#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM_LINK "/proc/self/exe"

// Read by handlers at any time: an entry is complete before it is counted.
// NOLINTNEXTLINE(file-scope-variable): mappings belong to the process
static struct {
    atomic_size_t count;
    struct module all[MODULES_MAX];
} table;

struct scan {
    const char *copy;
    const char *original;
};

static bool is_known(uintptr_t base, uintptr_t from) {
    size_t count = atomic_load(&table.count);
    for (size_t i = 0; i < count; i++) {
        if (table.all[i].base == base && table.all[i].from == from) {
            return true;
        }
    }
    return false;
}

static void name_module(
        struct module *module, const char *path, const struct scan *scan) {
    char program[MODULES_PATH_MAX] = "";
    if (path[0] == '\0') {
        // The program itself has no name, and nor has what the kernel maps.
        (void)!readlink(PROGRAM_LINK, program, sizeof(program) - 1);
        path = atomic_load(&table.count) == 0 ? program : "[vdso]";
    } else if (scan->copy && strcmp(path, scan->copy) == 0) {
        path = scan->original;
    }
    (void)snprintf(module->path, sizeof(module->path), "%s", path);
}

static size_t align4(size_t size) {
    return (size + 3) & ~(size_t)3;
}

static void read_id(
        struct module *module, const unsigned char *id, size_t len) {
    for (size_t i = 0; i < len && 2 * i + 2 < MODULES_ID_MAX; i++) {
        (void)snprintf(module->build_id + 2 * i, 3, "%02x", id[i]);
    }
}

// A segment of notes: each is a head, a name and its data.
static void read_notes(
        struct module *module, const unsigned char *at, size_t left) {
    ElfW(Nhdr) head;
    while (left >= sizeof(head)) {
        memcpy(&head, at, sizeof(head));
        size_t name = align4(head.n_namesz);
        size_t data = align4(head.n_descsz);
        if (name > left || data > left || sizeof(head) + name + data > left) {
            return;
        }
        if (head.n_type == NT_GNU_BUILD_ID) {
            read_id(module, at + sizeof(head) + name, head.n_descsz);
        }
        at += sizeof(head) + name + data;
        left -= sizeof(head) + name + data;
    }
}

static void read_segment(struct module *module, const ElfW(Phdr) * segment) {
    uintptr_t from = module->base + segment->p_vaddr;
    if (segment->p_type == PT_LOAD) {
        uintptr_t upto = from + segment->p_memsz;
        module->from = from < module->from ? from : module->from;
        module->upto = upto > module->upto ? upto : module->upto;
    } else if (segment->p_type == PT_NOTE) {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): where it is mapped
        read_notes(module, (const unsigned char *)from, segment->p_filesz);
    }
}

static int visit(struct dl_phdr_info *info, size_t size, void *arg) {
    size_t count = atomic_load(&table.count);
    if (count == MODULES_MAX) {
        return 1;
    }
    struct module *module = &table.all[count];
    memset(module, 0, sizeof(*module));
    module->base = info->dlpi_addr;
    module->from = UINTPTR_MAX;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        read_segment(module, &info->dlpi_phdr[i]);
    }
    if (module->upto > 0 && !is_known(module->base, module->from)) {
        name_module(module, info->dlpi_name, arg);
        atomic_store(&table.count, count + 1);
    }
    return 0;
}

void modules_scan(const char *copy, const char *original) {
    struct scan scan = {copy, original};
    (void)dl_iterate_phdr(visit, &scan);
}

const struct module *modules_find(const void *address) {
    size_t count = atomic_load(&table.count);
    for (size_t i = 0; i < count; i++) {
        const struct module *module = &table.all[i];
        if ((uintptr_t)address >= module->from
                && (uintptr_t)address < module->upto) {
            return module;
        }
    }
    return NULL;
}
