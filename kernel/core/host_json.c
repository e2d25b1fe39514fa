#include <nexus/json.h>

#include "kernel/core/core.h"
#include "kernel/core/expect.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/json_view.h"
#include "kernel/core/plugin.h"
#include "kernel/core/writer.h"

#define PHASES (PHASE_START | PHASE_RUNNING | PHASE_QUIESCED)

// ---- reading ----

static const struct nx_json *get(const struct nx_json *value, const char *key) {
    return key ? json_view_get(value, key) : NULL;
}

static nx_status i64(const struct nx_json *value, int64_t *out) {
    return out ? json_view_i64(value, out) : NX_ERR_INVALID;
}

static nx_status f64(const struct nx_json *value, double *out) {
    return out ? json_view_f64(value, out) : NX_ERR_INVALID;
}

static nx_status boolean(const struct nx_json *value, int32_t *out) {
    return out ? json_view_boolean(value, out) : NX_ERR_INVALID;
}

static void each(const struct nx_json *value, nx_json_each_fn fn, void *user) {
    if (fn) {
        json_view_each(value, fn, user);
    }
}

static struct nx_str raw(
        const struct nx_host *host, const struct nx_json *value) {
    const struct plugin *plugin = host_enter(host, PHASES, "json.raw", NULL);
    struct nx_str none = {NULL, 0};
    return plugin ? writers_raw(plugin->core->writers, value) : none;
}

static const struct nx_json *parse(
        const struct nx_host *host, struct nx_str text) {
    struct plugin *plugin = host_enter(host, PHASES, "json.parse", NULL);
    const struct nx_json *root = NULL;
    if (!plugin || !host_text_given(text)
            || plugin_parse(plugin, text, &root) != NX_OK) {
        return NULL;
    }
    return root;
}

// A rule that this server does not know must not pass for one that was kept.
static bool are_known(const struct nx_field *fields) {
    uint32_t flags = 0;
    uint32_t kinds = 0;
    for (; fields && fields->name; fields++) {
        flags |= fields->flags;
        kinds |= fields->kinds;
    }
    return (flags & ~(NX_FIELD_REQUIRED | NX_FIELD_NAME)) == 0
            && (kinds & ~NX_JSON_ANY) == 0;
}

static nx_status expect(const struct nx_host *host, const struct nx_event *ev,
        const struct nx_field *fields) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, PHASE_RUNNING, "json.expect", &status);
    if (!plugin) {
        return status;
    }
    if (!ev) {
        return NX_ERR_INVALID;
    }
    return are_known(fields) ? expect_fields(plugin->core, ev, fields)
                             : NX_ERR_UNSUPPORTED;
}

// ---- writing ----

static struct nx_writer *object(const struct nx_host *host) {
    const struct plugin *plugin = host_enter(host, PHASES, "json.object", NULL);
    return plugin ? writer_object(plugin->core->writers) : NULL;
}

static struct nx_writer *event(
        const struct nx_host *host, const char *type, struct nx_str user) {
    const struct plugin *plugin = host_enter(host, PHASES, "json.event", NULL);
    if (!plugin || !type || !host_text_sane(user)) {
        return NULL;
    }
    return writer_event(plugin->core->writers, type, user);
}

// A text whose pointer and length contradict each other.
static bool sane(struct nx_writer *writer, struct nx_str text) {
    if (!host_text_sane(text)) {
        writer_fail(writer, NX_ERR_INVALID);
        return false;
    }
    return true;
}

static void put_str(
        struct nx_writer *writer, const char *key, struct nx_str value) {
    if (sane(writer, value)) {
        writer_put_str(writer, key, value);
    }
}

static void put_raw(
        struct nx_writer *writer, const char *key, struct nx_str json) {
    if (sane(writer, json)) {
        writer_put_raw(writer, key, json);
    }
}

const struct nx_json_v1 host_json_v1 = {
        .struct_size = sizeof(host_json_v1),
        .version = 1,
        .kind = json_view_kind,
        .get = get,
        .at = json_view_at,
        .count = json_view_count,
        .str = json_view_str,
        .i64 = i64,
        .f64 = f64,
        .boolean = boolean,
        .each = each,
        .raw = raw,
        .parse = parse,
        .expect = expect,
        .object = object,
        .event = event,
        .put_str = put_str,
        .put_i64 = writer_put_i64,
        .put_u64 = writer_put_u64,
        .put_f64 = writer_put_f64,
        .put_bool = writer_put_bool,
        .put_null = writer_put_null,
        .put_json = writer_put_json,
        .put_raw = put_raw,
        .put_members = writer_put_members,
        .begin_object = writer_begin_object,
        .begin_array = writer_begin_array,
        .end = writer_end,
        .text = writer_text,
        .discard = writer_discard,
};
