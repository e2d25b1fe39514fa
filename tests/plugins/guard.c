/*
 * guard - decides who may connect and join, and is strict about reloads.
 *
 * mode is "allow", "deny" or "later", which puts every verdict off for ever.
 * Whoever asks it at rest is denied. quiesce() asks for time as long as the
 * file named by awaits is there.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nexus/sdk.h>

#define PATH_SIZE 256

struct guard {
    struct nx_plugin base;
    struct nx_sdk nx;
    int32_t verdict;
    bool rests;
    char awaits[PATH_SIZE];
};

static int32_t on_question(void *user, const struct nx_auth_request *request,
        struct nx_auth_decision *decision) {
    const struct guard *guard = user;
    if (guard->rests) {
        decision->reason = nx_str_c("the guard was asked at rest");
        return NX_AUTH_DENY;
    }
    return guard->verdict;
}

static nx_status guard_configure(struct nx_plugin *base,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    struct guard *guard = base->self;
    const struct nx_config_v1 *config = guard->nx.config;
    struct nx_str wanted = config->get_str(cfg, "mode");
    struct nx_str awaits = config->get_str(cfg, "awaits");
    guard->verdict = NX_AUTH_ALLOW;
    if (nx_str_eq(wanted, nx_str_c("deny"))) {
        guard->verdict = NX_AUTH_DENY;
    } else if (nx_str_eq(wanted, nx_str_c("later"))) {
        guard->verdict = NX_AUTH_LATER;
    }
    if (awaits.len < sizeof(guard->awaits)) {
        memcpy(guard->awaits, awaits.ptr, awaits.len);
        guard->awaits[awaits.len] = '\0';
    }
    return NX_OK;
}

static nx_status guard_start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct guard *guard = base->self;
    return guard->nx.auth->hook(
            guard->nx.host, NX_AUTH_CONNECT | NX_AUTH_JOIN, on_question, guard);
}

static nx_status guard_quiesce(struct nx_plugin *base, uint32_t reason) {
    struct guard *guard = base->self;
    guard->rests = true;
    bool waits = guard->awaits[0] != '\0' && access(guard->awaits, F_OK) == 0;
    return waits ? NX_ERR_AGAIN : NX_OK;
}

static void guard_resume(struct nx_plugin *base) {
    struct guard *guard = base->self;
    guard->rests = false;
}

static void guard_destroy(struct nx_plugin *base) {
    free(base->self);
}

static nx_status guard_create(
        const struct nx_host *host, struct nx_plugin **out) {
    struct guard *guard = calloc(1, sizeof(*guard));
    if (!guard) {
        return NX_ERR_NO_MEMORY;
    }
    nx_sdk_load(&guard->nx, host);
    guard->base = (struct nx_plugin){
            .struct_size = sizeof(guard->base),
            .self = guard,
            .configure = guard_configure,
            .start = guard_start,
            .quiesce = guard_quiesce,
            .resume = guard_resume,
            .destroy = guard_destroy,
    };
    *out = &guard->base;
    return NX_OK;
}

static const struct nx_setting guard_settings[] = {
        {"mode", NX_SETTING_STRING, 0, "allow", "allow|deny|later",
                "What the guard says."},
        {"awaits", NX_SETTING_STRING, 0, "", NULL,
                "quiesce() asks for time as long as this file is there."},
        {NULL, 0, 0, NULL, NULL, NULL},
};

NX_PLUGIN("guard", "1.0.0", "MIT", "decides who may come in", 0, 0, (NULL),
        ("nexus.auth/1", "nexus.config/1"), guard_settings, guard_create);
