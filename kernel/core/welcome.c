#include "kernel/core/welcome.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include <nexus/types.h>
#include <nexus/util/buf.h>

#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/message_sizes.h"
#include "kernel/core/registry.h"
#include "kernel/core/resume.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"

#define FEATURES_MAX 8192u

void welcome_connection_id(
        const struct session *session, char out[WELCOME_ID_SIZE]) {
    (void)snprintf(out, WELCOME_ID_SIZE, "c-%" PRIx64, session->id);
}

static void put_identity(struct nx_writer *w, const struct session *session,
        const struct resume_ticket *ticket) {
    bool resumed = ticket->asked && ticket->outcome == RESUME_DONE;
    bool kept = ticket->token[0] != '\0';
    char id[WELCOME_ID_SIZE];
    welcome_connection_id(session, id);
    writer_put_cstr(w, "connection_id", id);
    writer_put_cstr(w, "device_id", session->device);
    writer_begin_object(w, "session");
    writer_put_cstr(w, "id", ticket->id);
    if (kept) {
        writer_put_cstr(w, "resume_token", ticket->token);
    }
    writer_put_bool(w, "resumed", resumed);
    if (ticket->asked && !resumed) {
        writer_put_cstr(w, "reason", resume_outcome_word(ticket->outcome));
    }
    writer_put_i64(
            w, "window", kept ? session->core->settings->resume_window : 0);
    writer_end(w);
}

void welcome_put_features(struct nx_writer *w, const struct core *core) {
    struct nx_buf prefixes;
    nx_buf_init(&prefixes, FEATURES_MAX);
    nx_buf_append_char(&prefixes, '[');
    registry_list_prefixes(core->registry, &prefixes);
    nx_buf_append_char(&prefixes, ']');
    struct nx_str json = {prefixes.data, prefixes.len};
    if (!prefixes.failed) {
        writer_put_raw(w, "features", json);
    }
    nx_buf_finish(&prefixes);
}

static void put_limits(struct nx_writer *w, const struct core *core) {
    const struct settings *settings = core->settings;
    writer_begin_object(w, "heartbeat");
    writer_put_i64(w, "interval", settings->heartbeat_interval);
    writer_put_i64(w, "timeout", settings->heartbeat_timeout);
    writer_end(w);
    writer_begin_object(w, "limits");
    writer_put_i64(w, "message_bytes", settings->limits_message_bytes);
    message_sizes_put(core->message_sizes, w, settings, core->registry);
    writer_put_i64(
            w, "messages_per_second", settings->limits_messages_per_second);
    writer_end(w);
}

struct nx_writer *welcome_event(
        const struct session *session, const struct resume_ticket *ticket) {
    const struct core *core = session->core;
    struct nx_writer *w = writer_event(
            core->writers, "system.message", user_name(session->user));
    writer_put_cstr(w, "message", "Connected to NEXUS");
    put_identity(w, session, ticket);
    welcome_put_features(w, core);
    put_limits(w, core);
    writer_put_bool(w, "durable", engine_durable(core->engine));
    return w;
}
