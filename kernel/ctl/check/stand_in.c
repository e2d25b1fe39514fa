#include "kernel/ctl/check/stand_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/descriptor.h"
#include "kernel/core/plugin.h"
#include "kernel/ctl/check/stand_in_parts.h"

#define LATER_MINOR 999

static struct stand_in_part *part_of(const struct nx_plugin *base) {
    return base->self;
}

static struct stand_in *stand_in_of(const struct plugin *plugin) {
    const char *entry = (const char *)plugin->entry;
    return ((const struct stand_in *)(const void *)(entry
                    - offsetof(struct stand_in, entry)))
            ->self;
}

// A step that went well, unless it is to go wrong.
static nx_status pass(const struct stand_in *stand_in, enum stand_in_step step,
        nx_status status) {
    return status == NX_OK && stand_in->fails_at == step ? NX_ERR_IO : status;
}

static void set_alive(
        struct stand_in *stand_in, struct plugin *from, struct plugin *to) {
    for (size_t i = 0; i < STAND_IN_ALIVE; i++) {
        if (stand_in->alive[i] == from) {
            stand_in->alive[i] = to;
            return;
        }
    }
}

const char *stand_in_callback(const struct stand_in *stand_in) {
    for (size_t i = 0; i < STAND_IN_ALIVE; i++) {
        if (stand_in->alive[i] && stand_in->alive[i]->callback) {
            return stand_in->alive[i]->callback;
        }
    }
    return NULL;
}

bool stand_in_is_behind(
        const struct stand_in *stand_in, const struct plugin *plugin) {
    return plugin && plugin->entry == &stand_in->entry;
}

// --- interfaces -----------------------------------------------------------

// Whether the plugin has said that it cannot do without.
static bool is_required(const struct nx_plugin_info *info, const char *name) {
    size_t len = strlen(name);
    for (size_t i = 0; info->requires_ && info->requires_[i]; i++) {
        const char *item = info->requires_[i];
        if (strncmp(item, name, len) == 0 && item[len] == '/') {
            return strchr(item, '?') == NULL;
        }
    }
    return false;
}

static const void *get_interface(
        const struct nx_host *host, const char *name, uint32_t version) {
    struct plugin *plugin = plugin_of(host);
    struct stand_in *stand_in = stand_in_of(plugin);
    struct stand_in_part *part = stand_in_part_of(host);
    if (stand_in->hides && name && !is_required(stand_in->real->info, name)) {
        return NULL;
    }
    return stand_in_table(part, name,
            plugin->host.get_interface(&plugin->host, name, version));
}

// --- the instance ---------------------------------------------------------

static nx_status configure(struct nx_plugin *base, const struct nx_config *cfg,
        struct nx_diag *diag, uint32_t mode) {
    struct stand_in_part *part = part_of(base);
    nx_status status = part->real->configure
            ? part->real->configure(part->real, cfg, diag, mode)
            : NX_OK;
    return pass(part->stand_in,
            mode == NX_CONFIGURE_CHECK ? STEP_CHECK : STEP_APPLY, status);
}

static nx_status start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct stand_in_part *part = part_of(base);
    nx_status status = stand_in_start(part, prev);
    part->stand_in->started = status == NX_OK;
    return pass(part->stand_in, STEP_START, status);
}

static nx_status quiesce(struct nx_plugin *base, uint32_t reason) {
    struct nx_plugin *real = part_of(base)->real;
    return real->quiesce(real, reason);
}

static nx_status save_state(
        const struct nx_plugin *base, const struct nx_state_writer *writer) {
    return stand_in_save(part_of(base), writer);
}

static void resume(struct nx_plugin *base) {
    struct nx_plugin *real = part_of(base)->real;
    real->resume(real);
}

static void destroy(struct nx_plugin *base) {
    struct stand_in_part *part = part_of(base);
    struct plugin *plugin = plugin_of(&part->host);
    part->real->destroy(part->real);
    set_alive(part->stand_in, plugin, NULL);
    free(part);
}

static void fill_base(struct stand_in_part *part) {
    const struct nx_plugin *real = part->real;
    part->base = (struct nx_plugin){
            .struct_size = sizeof(part->base),
            .self = part,
            .configure = configure,
            .start = real->start ? start : NULL,
            .quiesce = real->quiesce ? quiesce : NULL,
            .save_state = real->save_state ? save_state : NULL,
            .resume = real->resume ? resume : NULL,
            .destroy = real->destroy ? destroy : NULL,
    };
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct plugin *plugin = plugin_of(host);
    struct stand_in *stand_in = stand_in_of(plugin);
    struct stand_in_part *part = calloc(1, sizeof(*part));
    if (!part) {
        return NX_ERR_NO_MEMORY;
    }
    part->base.self = part;
    part->stand_in = stand_in;
    part->host = *host;
    part->host.get_interface = get_interface;
    if (stand_in->is_newer) {
        part->host.abi_minor = LATER_MINOR;
        part->host.server_version = "999.0.0";
    }
    stand_in_refusals_init(part);
    set_alive(stand_in, NULL, plugin);
    nx_status status = stand_in->real->create(&part->host, &part->real);
    // One that is too short to be looked into is for the host to refuse.
    bool whole = status == NX_OK && part->real
            && part->real->struct_size >= DESCRIPTOR_INSTANCE_SIZE;
    if (whole) {
        fill_base(part);
        status = pass(stand_in, STEP_CREATE, status);
    }
    if (whole && status != NX_OK) {
        part->real->destroy(part->real);
    }
    if (!whole || status != NX_OK) {
        set_alive(stand_in, plugin, NULL);
        *out = status == NX_OK ? part->real : *out;
        free(part);
        return status;
    }
    *out = &part->base;
    return NX_OK;
}

void stand_in_init(
        struct stand_in *stand_in, const struct nx_plugin_entry *real) {
    *stand_in = (struct stand_in){.real = real, .noise = 88172645463325252u};
    stand_in->self = stand_in;
    stand_in->entry = *real;
    stand_in->entry.struct_size = sizeof(stand_in->entry);
    stand_in->entry.create = create;
}
