#include "kernel/core/admin_command.h"
#include "kernel/core/core.h"
#include "kernel/core/quarantine.h"
#include "kernel/core/reload.h"
#include "kernel/core/settings_errors.h"
#include "kernel/core/where.h"
#include "kernel/core/writer.h"

const struct nx_field admin_release_fields[] = {
        ADMIN_FIELDS,
        {.name = "plugin",
                .kinds = NX_JSON_STRING,
                .flags = NX_FIELD_REQUIRED,
                .min = 1,
                .max = WHERE_NAME_MAX},
        {.name = NULL},
};

static void put_texts(struct nx_writer *result, const char *name,
        char *const texts[SETTINGS_ERRORS_MAX]) {
    writer_begin_array(result, name);
    for (size_t i = 0; i < SETTINGS_ERRORS_MAX; i++) {
        if (texts[i]) {
            writer_put_cstr(result, NULL, texts[i]);
        }
    }
    writer_end(result);
}

static void put_changes(
        struct nx_writer *result, const struct reload_result *reload) {
    static const char *const names[RELOAD_CHANGES] = {
            [RELOAD_KEEP] = "kept",
            [RELOAD_APPLY] = "changed",
            [RELOAD_REPLACE] = "replaced",
            [RELOAD_ADD] = "added",
            [RELOAD_REMOVE] = "removed",
    };
    writer_begin_object(result, "plugins");
    for (size_t i = 0; i < RELOAD_CHANGES; i++) {
        writer_put_u64(result, names[i], reload->changes[i]);
    }
    writer_end(result);
}

static void on_done(void *ctx, const struct reload_result *reload) {
    struct nx_writer *result = admin_begin_late(ctx);
    if (result) {
        writer_put_cstr(
                result, "outcome", reload_outcome_word(reload->outcome));
        put_texts(result, "errors", reload->errors->texts);
        put_texts(result, "warnings", reload->errors->warnings);
        put_changes(result, reload);
        writer_put_i64(result, "prepare_ms", reload->prepare_ms);
        writer_put_f64(result, "freeze_ms", (double)reload->freeze_us / 1000);
        writer_put_f64(result, "stall_ms", (double)reload->stall_us / 1000);
    }
    admin_end_late(ctx, result);
}

void admin_reload(struct admin_call *call) {
    struct admin_late *late = admin_defer(call);
    if (!late) {
        admin_fail(call, "no_memory", "the server is out of memory");
    } else if (!reload_request(call->core, on_done, late)) {
        admin_undefer(call, late);
        admin_fail(call, "no_memory",
                "the server is out of memory; the reload happens, its outcome "
                "goes to the log");
    }
}

// A reload loads it, like a plugin that is new in the list.
void admin_release(struct admin_call *call) {
    struct nx_str name = admin_text(call, "plugin");
    if (quarantine_release(call->core->quarantine, name.ptr)) {
        admin_reload(call);
    } else {
        admin_fail(call, "unknown_plugin", "no plugin %s is in quarantine",
                name.ptr);
    }
}
