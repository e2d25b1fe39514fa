/*
 * Events as a later server may send them: of kinds that nobody knows yet, and
 * binary ones, which have no JSON.
 */
#include <stdint.h>
#include <string.h>

#include <nexus/router.h>
#include <nexus/util/str.h>

#include "kernel/core/core.h"
#include "kernel/core/plugin.h"
#include "kernel/core/registry.h"
#include "kernel/ctl/check/subject.h"
#include "kernel/ctl/check/traffic.h"

#define TRIES 50

static void give_event(
        struct traffic *traffic, const char *type, uint32_t kind) {
    struct subject *subject = traffic->subject;
    const struct registry_handler *handler = registry_find_handler(
            subject_core(subject)->registry, nx_str_c(type));
    if (!handler || !stand_in_is_behind(&subject->stand_in, handler->owner)) {
        return;
    }
    static const char bytes[] = "\xff\x00\x01\xfe";
    const struct nx_event ev = {
            .struct_size = sizeof(ev),
            .kind = kind,
            .session = traffic_client(traffic),
            .type = nx_str_c(type),
            .user = nx_str_c("alice"),
            .raw = {bytes, sizeof(bytes) - 1},
    };
    sandbox_set_scene(subject->sandbox,
            kind == NX_EVENT_BINARY ? "a binary event"
                                    : "an event of an unknown kind",
            type);
    plugin_enter(handler->owner, "event");
    (void)handler->fn(handler->user, &ev);
    plugin_leave(handler->owner);
}

static void give_session_event(struct traffic *traffic, uint32_t what) {
    struct subject *subject = traffic->subject;
    const struct nx_session_event ev = {
            .struct_size = sizeof(ev),
            .what = what,
            .session = UINT64_MAX,
            .user = nx_str_c("nobody"),
    };
    sandbox_set_scene(
            subject->sandbox, "a session event of an unknown kind", "");
    nx_list_for_each (
            link, registry_session_hooks(subject_core(subject)->registry)) {
        const struct registry_session_hook *hook =
                nx_container_of(link, struct registry_session_hook, link);
        if (stand_in_is_behind(&subject->stand_in, hook->owner)) {
            plugin_enter(hook->owner, "session");
            hook->fn(hook->user, &ev);
            plugin_leave(hook->owner);
        }
    }
}

void traffic_unknown(struct traffic *traffic, uint32_t value) {
    char type[96];
    for (int i = 0; i < TRIES; i++) {
        hostile_type(&traffic->hostile, type, sizeof(type));
        give_event(traffic, type, i % 2 == 0 ? value : NX_EVENT_BINARY);
    }
    give_session_event(traffic, 1u << 17);
}
