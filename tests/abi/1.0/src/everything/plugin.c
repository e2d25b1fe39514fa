// Life, settings, state, and everything that is registered.

#include <stdlib.h>

#include "everything.h"

static struct everything *of(struct nx_plugin *plugin) {
    return plugin->self;
}

// ---- what the server calls ----

static int32_t fail(struct everything *e, const struct nx_event *ev) {
    const struct nx_failure failure = {.struct_size = sizeof(failure),
            .status = NX_ERR_CONFLICT,
            .code = "everything_failed",
            .message = nx_str_c("as it should"),
            .details = e->nx.json->object(e->nx.host),
            .retry_after_ms = 1500};
    e->nx.json->put_bool(failure.details, "detail", 1);
    CHECK(NX(router, fail)(e->nx.host, ev->op, &failure) == NX_OK);
    return NX_DONE;
}

static int32_t on_event(void *user, const struct nx_event *ev) {
    struct everything *e = user;
    saw(e, "nx_event_fn");
    CHECK_HAS(ev, json);
    CHECK(ev->kind == NX_EVENT_JSON && ev->raw.len > 0 && ev->seq > 0);
    if (nx_str_is(ev->type, "everything.raised")) {
        CHECK(ev->session == 0 && ev->op == 0);
        return NX_DONE;
    }
    CHECK(ev->session != 0);
    if (nx_str_is(ev->type, "everything.run")) {
        return everything_run(e, ev);
    }
    if (nx_str_is(ev->type, "everything.leave")) {
        return everything_leave(e, ev);
    }
    if (nx_str_is(ev->type, "everything.report")) {
        return everything_report(e, ev);
    }
    if (nx_str_is(ev->type, "everything.fail")) {
        return fail(e, ev);
    }
    if (nx_str_is(ev->type, "everything.close")) {
        CHECK(NX(send, close)(
                      e->nx.host, ev->session, 4000, nx_str_c("everything"))
                == NX_OK);
        return NX_DONE;
    }
    return NX_PASS;
}

static int32_t on_observed(void *user, const struct nx_event *ev) {
    struct everything *e = user;
    CHECK(ev->op == 0);
    return NX_DONE;
}

static void on_session(void *user, const struct nx_session_event *ev) {
    struct everything *e = user;
    saw(e, "nx_session_fn");
    CHECK_HAS(ev, reserved0);
    CHECK(ev->reserved0 == 0 && ev->session != 0 && ev->user.len > 0);
    saw(e,
            ev->what == NX_SESSION_OPENED           ? "NX_SESSION_OPENED"
                    : ev->what == NX_SESSION_CLOSED ? "NX_SESSION_CLOSED"
                                                    : "NX_SESSION_ACTIVE");
}

static void on_member(void *user, const struct nx_member_event *ev) {
    struct everything *e = user;
    saw(e, "nx_room_kind.on_member");
    CHECK_HAS(ev, members);
    CHECK(ev->what == NX_MEMBER_JOINED || ev->what == NX_MEMBER_LEFT);
}

static void on_any_member(void *user, const struct nx_member_event *ev) {
    struct everything *e = user;
    saw(e, "nx_member_fn");
    CHECK(ev->room != 0 && ev->session != 0);
}

static void on_record(void *user, nx_room_id room, struct nx_str room_name,
        const struct nx_record *record) {
    struct everything *e = user;
    saw(e, "nx_room_kind.on_record");
    CHECK_HAS(record, payload);
    CHECK(record->reserved0 == 0 && record->offset > 0);
    CHECK(nx_str_starts(room_name, nx_str_c("everything:")));
}

static void on_received(void *user, const struct nx_received_event *ev) {
    struct everything *e = user;
    saw(e, "nx_room_kind.on_received");
    CHECK_HAS(ev, upto);
    CHECK(ev->reserved0 == 0 && ev->upto > ev->after);
}

static void decide(void *user, void *arg, nx_status status) {
    struct everything *e = user;
    nx_op_id *op = arg;
    const struct nx_auth_decision allow = {.struct_size = sizeof(allow),
            .verdict = NX_AUTH_ALLOW,
            .user = nx_str_c("later")};
    if (status == NX_OK) {
        CHECK(NX(auth, decide)(e->nx.host, *op, &allow) == NX_OK);
    }
    free(op);
}

static int32_t on_auth(void *user, const struct nx_auth_request *request,
        struct nx_auth_decision *decision) {
    struct everything *e = user;
    saw(e, "nx_auth_fn");
    CHECK_HAS(request, path);
    CHECK_HAS(decision, expires_ms);
    if (request->action != NX_AUTH_CONNECT
            || !nx_str_is(request->user, "later")) {
        return NX_AUTH_DEFER;
    }
    nx_op_id *op = malloc(sizeof(*op));
    if (!op) {
        return NX_AUTH_DENY;
    }
    *op = request->op;
    if (e->nx.jobs->post(e->nx.host, decide, e, op) != NX_OK) {
        free(op);
        return NX_AUTH_DENY;
    }
    return NX_AUTH_LATER;
}

static int32_t on_route(void *user, const struct nx_http_request *request) {
    struct everything *e = user;
    static const char *const known[] = {"q", NULL};
    saw(e, "nx_http_fn");
    CHECK_HAS(request, handle);
    CHECK(request->reserved0 == 0 && request->address.len > 0);
    nx_status status = NX(http, expect_query)(e->nx.host, request, known);
    if (status != NX_OK) {
        return status;
    }
    struct nx_writer *out = e->nx.json->object(e->nx.host);
    e->nx.json->put_str(out, "name", NX(http, param)(request, "name"));
    e->nx.json->put_str(out, "q", NX(http, query)(request, "q"));
    e->nx.json->put_str(
            out, "header", NX(http, header)(request, "idempotency-key"));
    CHECK(NX(http, respond)(e->nx.host, request->op, 200, out) == NX_OK);
    return NX_DONE;
}

static int32_t on_bytes(void *user, const struct nx_http_request *request) {
    struct everything *e = user;
    CHECK(NX(http, respond_bytes)(e->nx.host, request->op, 200,
                  "application/json", nx_bytes_n("[1]", 3))
            == NX_OK);
    return NX_DONE;
}

static int32_t on_problem(void *user, const struct nx_http_request *request) {
    struct everything *e = user;
    CHECK(NX(http, problem)(e->nx.host, request->op, NX_ERR_CONFLICT,
                  nx_str_c("as it should"))
            == NX_OK);
    return NX_DONE;
}

// ---- registering ----

static nx_status first_error(nx_status a, nx_status b) {
    return a != NX_OK ? a : b;
}

static nx_status define_metrics(struct everything *e) {
    const struct nx_host *host = e->nx.host;
    nx_status status = NX(metrics, define)(
            host, NX_METRIC_COUNTER, "jobs_total", "Jobs done.", &e->counter);
    status = first_error(status,
            e->nx.metrics->define(
                    host, NX_METRIC_GAUGE, "level", "A level.", &e->gauge));
    return first_error(status,
            e->nx.metrics->define(host, NX_METRIC_HISTOGRAM, "wait_seconds",
                    "A time.", &e->histogram));
}

static nx_status add_routes(struct everything *e) {
    const struct nx_host *host = e->nx.host;
    nx_status status =
            NX(http, route)(host, "GET", "/api/everything/{name}", on_route, e);
    status = first_error(status,
            e->nx.http->route(
                    host, "GET", "/api/everything-bytes", on_bytes, e));
    return first_error(status,
            e->nx.http->route(
                    host, "GET", "/api/everything-problem", on_problem, e));
}

static nx_status add_hooks(struct everything *e) {
    const struct nx_host *host = e->nx.host;
    nx_status status = NX(router, handle)(host, "everything.", on_event, e);
    status = first_error(status, NX(router, observe)(host, "", on_observed, e));
    status = first_error(status,
            NX(router, on_session)(host,
                    NX_SESSION_OPENED | NX_SESSION_CLOSED | NX_SESSION_ACTIVE,
                    on_session, e));
    status = first_error(status, NX(rooms, observe)(host, on_any_member, e));
    return first_error(status,
            NX(auth, hook)(host,
                    NX_AUTH_CONNECT | NX_AUTH_JOIN | NX_AUTH_SEND
                            | NX_AUTH_HTTP,
                    on_auth, e));
}

static void on_repeat(void *user, nx_timer_id timer) {
    struct everything *e = user;
    CHECK(timer == e->repeating);
}

nx_status everything_register(struct everything *e) {
    static const struct {
        uint32_t struct_size;
        uint32_t version;
    } service = {sizeof(service), 1};
    const struct nx_room_kind kind = {.struct_size = sizeof(kind),
            .flags = NX_ROOM_TRACKED,
            .prefix = "everything:",
            .offset_field = "seq",
            .keep_count = 100,
            .keep_age_ms = 3600000,
            .user = e,
            .on_member = on_member,
            .on_record = on_record,
            .on_received = on_received};
    const struct nx_host *host = e->nx.host;
    nx_status status = add_hooks(e);
    status = first_error(status, NX(rooms, define)(host, &kind));
    status = first_error(status, define_metrics(e));
    status = first_error(status, add_routes(e));
    status = first_error(status,
            NX(service, offer)(host, "everything.service", 1, &service));
    return first_error(status,
            e->nx.timers->set(host, 10, 10, on_repeat, e, &e->repeating));
}

// ---- life ----

static nx_status configure(struct nx_plugin *plugin,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    struct everything *e = of(plugin);
    saw(e, "nx_plugin.configure");
    int64_t number = NX(config, get_int)(cfg, "number");
    CHECK(NX(config, get_bool)(cfg, "truth") == 1);
    CHECK(nx_str_is(NX(config, get_str)(cfg, "word"), "red"));
    CHECK(NX(config, get_server_int)(cfg, "offline.max_per_user") > 0);
    CHECK(NX(config, data_dir)(cfg).len > 0);
    if (number == 13) {
        NX(config, problem)(diag, "number", nx_str_c("brings bad luck"));
        return NX_ERR_INVALID;
    }
    if (mode == NX_CONFIGURE_APPLY) {
        e->number = number;
    }
    return NX_OK;
}

static nx_status restore(
        struct everything *e, const struct nx_state_reader *prev) {
    char text[SEEN_MAX * NAME_SIZE + 1];
    size_t len = 0;
    size_t got = 1;
    CHECK_HAS(prev, read);
    saw(e, "nx_state_reader.read");
    while (got > 0 && len < sizeof(text) - 1) {
        got = prev->read(prev, text + len, sizeof(text) - 1 - len);
        len += got;
    }
    text[len] = '\0';
    CHECK(len == prev->total && prev->state_version == 1);
    for (char *name = text, *end = NULL; (end = strchr(name, '\n')) != NULL;
            name = end + 1) {
        *end = '\0';
        saw(e, name);
        e->restored++;
    }
    return NX_OK;
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct everything *e = of(plugin);
    saw(e, "nx_plugin.start");
    CHECK(NX(log, level)(e->nx.host) <= NX_LOG_ERROR);
    const struct nx_log_field fields[] = {
            {nx_str_c("number"), nx_str_c("one")}};
    NX(log, write)
    (e->nx.host, NX_LOG_INFO, nx_str_c("everything starts"), fields, 1);
    if (prev && restore(e, prev) != NX_OK) {
        return NX_ERR_INVALID;
    }
    return everything_register(e);
}

static nx_status quiesce(struct nx_plugin *plugin, uint32_t reason) {
    struct everything *e = of(plugin);
    saw(e, "nx_plugin.quiesce");
    CHECK(reason >= NX_QUIESCE_RELOAD && reason <= NX_QUIESCE_SHUTDOWN);
    return NX_OK;
}

static nx_status save_state(
        const struct nx_plugin *plugin, const struct nx_state_writer *writer) {
    const struct everything *e = plugin->self;
    static const char *const more[] = {
            "nx_plugin.save_state\n", "nx_state_writer.write\n"};
    nx_status status = NX_HAS(writer, write) ? NX_OK : NX_ERR_INVALID;
    for (size_t i = 0; status == NX_OK && i < e->seen_count; i++) {
        status = writer->write(writer, e->seen[i], strlen(e->seen[i]));
        if (status == NX_OK) {
            status = writer->write(writer, "\n", 1);
        }
    }
    for (size_t i = 0; status == NX_OK && i < 2; i++) {
        status = writer->write(writer, more[i], strlen(more[i]));
    }
    return status;
}

static void resume(struct nx_plugin *plugin) {
    saw(of(plugin), "nx_plugin.resume");
}

static void destroy(struct nx_plugin *plugin) {
    free(plugin->self);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct everything *e = calloc(1, sizeof(*e));
    if (!e) {
        return NX_ERR_NO_MEMORY;
    }
    saw(e, "nx_plugin_entry.create");
    nx_sdk_load(&e->nx, host);
    saw(e, "nx_host.get_interface");
    CHECK(host->struct_size == sizeof(*host));
    CHECK(host->abi_major == 1 && host->server_version);
    CHECK(host->get_interface(host, "nexus.moon", 1) == NULL);
    CHECK(host->get_interface(host, NX_IFACE_ROOMS, 999) == NULL);
    // A restart of the same code in a reload has destroyed the one before.
    saw(e, "nx_plugin.destroy");
    e->base.struct_size = sizeof(e->base);
    e->base.self = e;
    e->base.configure = configure;
    e->base.start = start;
    e->base.quiesce = quiesce;
    e->base.save_state = save_state;
    e->base.resume = resume;
    e->base.destroy = destroy;
    *out = &e->base;
    return NX_OK;
}

static const struct nx_setting settings[] = {
        {"number", NX_SETTING_INT, 0, "7", "1..100", "A number."},
        {"truth", NX_SETTING_BOOL, 0, "true", NULL, "A truth."},
        {"word", NX_SETTING_STRING, NX_SETTING_LIVE, "red", "red|green",
                "A word."},
        {NULL, 0, 0, NULL, NULL, NULL},
};

NX_PLUGIN("everything", "1.0.0", "MIT", "uses all of ABI 1.0", 1, 1,
        ("everything."),
        ("nexus.log/1", "nexus.config/1", "nexus.json/1", "nexus.router/1",
                "nexus.send/1", "nexus.rooms/1", "nexus.users/1",
                "nexus.timers/1", "nexus.jobs/1", "nexus.auth/1",
                "nexus.http/1", "nexus.engine/1", "nexus.metrics/1",
                "nexus.service/1", "nexus.moon/1?"),
        settings, create);
