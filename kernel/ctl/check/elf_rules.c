#include "kernel/ctl/check/elf_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel/ctl/check/report.h"
#include "kernel/ctl/plugin/plugin_facts.h"

#define ENTRY        "nexus_plugin_v1"
#define NAMES_MAX    200  // bytes of names in a sentence
#define WRITABLE_MAX 4096 // bytes of statics that nobody minds

#define OK(report, name, text) \
    report_add((report), REPORT_OK, (name), "%s", (text))

static const char *shown(const char *name) {
    return plugin_facts_is_plain(name) ? name : "?";
}

static void add_name(char names[NAMES_MAX], const char *name) {
    size_t len = strlen(names);
    (void)snprintf(names + len, NAMES_MAX - len, "%s%s", len > 0 ? " " : "",
            shown(name));
}

// --- symbols --------------------------------------------------------------

static void check_exports(
        const struct plugin_facts *facts, struct report *report) {
    char others[NAMES_MAX] = "";
    struct elf_symbol symbol;
    for (size_t i = 1; elf_dynamic_symbol(&facts->dynamic, i, &symbol); i++) {
        if (elf_symbol_is_exported(&symbol)
                && strcmp(symbol.name, ENTRY) != 0) {
            add_name(others, symbol.name);
        }
    }
    if (others[0] != '\0') {
        report_add(report, REPORT_FAIL, "elf.exports",
                "exports more than " ENTRY
                ": %s; link with nexus_add_plugin(), or with "
                "-fvisibility=hidden and nexus_plugin.map",
                others);
    } else {
        OK(report, "elf.exports", "exports " ENTRY " and nothing else");
    }
}

// Names that do more than a plugin may, or not what they seem to.
static bool is_suspicious(const char *name) {
    static const char *const names[] = {"fork", "vfork", "daemon", "system",
            "popen", "posix_spawn", "dlopen", "dlmopen", "signal", "sigaction",
            "setlocale", "exit", "_exit", "quick_exit", "on_exit", "setenv",
            "putenv", "chdir", "umask", "setuid", "pthread_key_create",
            "pthread_exit", "longjmp", "__longjmp_chk", "siglongjmp"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_imports(
        const struct plugin_facts *facts, struct report *report) {
    char names[NAMES_MAX] = "";
    struct elf_symbol symbol;
    for (size_t i = 1; elf_dynamic_symbol(&facts->dynamic, i, &symbol); i++) {
        if (!symbol.defined && is_suspicious(symbol.name)) {
            add_name(names, symbol.name);
        }
    }
    if (names[0] != '\0') {
        report_add(report, REPORT_WARN, "elf.imports",
                "uses %s, which changes the whole server or survives the "
                "plugin",
                names);
    } else {
        OK(report, "elf.imports",
                "uses nothing that changes the whole process");
    }
}

// --- what the linker does -------------------------------------------------

static void check_stack(
        const struct plugin_facts *facts, struct report *report) {
    Elf64_Phdr stack;
    if (!elf_file_find_segment(&facts->elf, PT_GNU_STACK, &stack)) {
        report_add(report, REPORT_WARN, "elf.stack",
                "does not say whether the stack is executable; link with "
                "-Wl,-z,noexecstack");
    } else if ((stack.p_flags & PF_X) != 0) {
        report_add(report, REPORT_FAIL, "elf.stack",
                "asks for an executable stack, with which newer systems do "
                "not load it; link with -Wl,-z,noexecstack, and avoid nested "
                "functions");
    } else {
        OK(report, "elf.stack", "the stack is not executable");
    }
}

static void check_code(
        const struct plugin_facts *facts, struct report *report) {
    if (facts->dynamic.textrel) {
        report_add(report, REPORT_FAIL, "elf.code",
                "writes addresses into its code when it is loaded (TEXTREL); "
                "compile everything with -fPIC");
    } else if ((facts->dynamic.flags & DF_STATIC_TLS) != 0) {
        report_add(report, REPORT_FAIL, "elf.code",
                "needs static thread-local memory, of which a few reloads "
                "use up all there is; leave -ftls-model alone");
    } else {
        OK(report, "elf.code", "can be placed anywhere, any number of times");
    }
}

static void check_relro(
        const struct plugin_facts *facts, struct report *report) {
    Elf64_Phdr segment;
    bool relro = elf_file_find_segment(&facts->elf, PT_GNU_RELRO, &segment);
    bool now = (facts->dynamic.flags & DF_BIND_NOW) != 0
            || (facts->dynamic.flags_1 & DF_1_NOW) != 0;
    if (relro && now) {
        OK(report, "elf.relro", "its tables are read-only once it is loaded");
    } else {
        report_add(report, REPORT_WARN, "elf.relro",
                "its tables stay writable; link with -Wl,-z,relro -Wl,-z,now");
    }
}

static bool has_unique_symbol(const struct plugin_facts *facts) {
    struct elf_symbol symbol;
    for (size_t i = 1; elf_dynamic_symbol(&facts->dynamic, i, &symbol); i++) {
        if (symbol.bind == STB_GNU_UNIQUE) {
            return true;
        }
    }
    return false;
}

static void check_loading(
        const struct plugin_facts *facts, struct report *report) {
    const struct elf_dynamic *dynamic = &facts->dynamic;
    const char *why = NULL;
    if (elf_dynamic_text(dynamic, DT_RPATH, 0)
            || elf_dynamic_text(dynamic, DT_RUNPATH, 0)) {
        why = "looks for its libraries in a place of its own (RUNPATH); a "
              "server elsewhere does not find them: install them, or link "
              "them statically";
    } else if ((dynamic->flags_1 & DF_1_NODELETE) != 0) {
        why = "is marked NODELETE, which changes nothing here: images are "
              "never unloaded; leave -Wl,-z,nodelete out";
    } else if (has_unique_symbol(facts)) {
        why = "has unique symbols, which all its versions share; compile with "
              "-fno-gnu-unique";
    } else if (dynamic->init_count > 1) {
        why = "runs code while it is loaded (constructors); do that in "
              "create()";
    }
    report_add(report, why ? REPORT_WARN : REPORT_OK, "elf.loading", "%s",
            why ? why : "runs no code while it is loaded");
}

static void check_statics(
        const struct plugin_facts *facts, struct report *report) {
    static const char *const names[] = {".data", ".bss"};
    Elf64_Shdr section;
    uint64_t bytes = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (elf_file_find_section(&facts->elf, names[i], &section)) {
            bytes += section.sh_size;
        }
    }
    if (bytes > WRITABLE_MAX) {
        report_add(report, REPORT_WARN, "elf.statics",
                "has %" PRIu64 " bytes of static variables; two instances "
                "share them during a reload, a new version has its own: keep "
                "them in the instance",
                bytes);
    } else {
        OK(report, "elf.statics", "keeps next to nothing in static variables");
    }
}

static void check_manifest(
        const struct plugin_facts *facts, struct report *report) {
    const char *differs = plugin_facts_difference(facts);
    if (differs) {
        report_add(report, REPORT_FAIL, "manifest",
                "the section .nexus.info states another %s than the entry; "
                "write both with NX_PLUGIN() of <nexus/sdk.h>",
                differs);
    } else {
        report_add(report, REPORT_OK, "manifest", "%s %s, plugin ABI %u.%u",
                facts->id, facts->version, (unsigned)facts->abi_major,
                (unsigned)facts->abi_minor);
    }
}

void elf_rules_check(const struct plugin_facts *facts, struct report *report) {
    check_manifest(facts, report);
    check_exports(facts, report);
    check_imports(facts, report);
    check_stack(facts, report);
    check_code(facts, report);
    check_relro(facts, report);
    check_loading(facts, report);
    check_statics(facts, report);
}
