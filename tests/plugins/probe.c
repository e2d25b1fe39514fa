/*
 * probe - counts every callback it gets, and does on demand what plugins do.
 *
 * probe.echo    answers with the members of the request
 * probe.counts  answers with struct probe_counts
 * probe.deny    fails with `forbidden`
 * probe.pass    is not its own
 * probe.later   answers from a timer, {"delay_ms": n}
 * probe.work    answers from the completion of a job
 * probe.publish publishes the request to {"room": "probe:x"}
 * probe.raise   raises probe.raised, which is only counted
 *
 * Its settings make its own steps go wrong, or take time.
 */
#include "tests/plugins/probe.h"

#include <stdbool.h>
#include <stdlib.h>

#include <nexus/sdk.h>
#include <nexus/util/list.h>

struct probe {
    struct nx_plugin base;
    struct nx_sdk nx;
    struct probe_counts counts;
    int64_t again; // so often quiesce() asks for time
    int32_t busy;  // quiesce() leaves a job behind
    nx_metric_id events_total;
    struct nx_list late; // struct late::link
};

// A request that is answered later. Freed by whatever answers it, or with
// the instance.
struct late {
    struct nx_list link; // struct probe::late
    struct probe *probe;
    nx_op_id op;
};

static struct probe *probe_of(struct nx_plugin *base) {
    return base->self;
}

static struct late *late_create(struct probe *probe, nx_op_id op) {
    struct late *late = malloc(sizeof(*late));
    if (late) {
        late->probe = probe;
        late->op = op;
        nx_list_append(&probe->late, &late->link);
    }
    return late;
}

static void late_free(struct late *late) {
    nx_list_remove(&late->link);
    free(late);
}

// Answers with the counters, whatever was asked.
static void answer(struct probe *probe, nx_op_id op) {
    const struct nx_json_v1 *json = probe->nx.json;
    struct nx_writer *out = json->object(probe->nx.host);
#define PROBE_PUT(name) json->put_u64(out, #name, probe->counts.name);
    PROBE_COUNTS(PROBE_PUT)
#undef PROBE_PUT
    probe->nx.router->reply(probe->nx.host, op, out, NX_REPLY_RESULT);
}

static void on_timer(void *user, nx_timer_id timer) {
    struct late *late = user;
    late->probe->counts.timers++;
    answer(late->probe, late->op);
    late_free(late);
}

static int32_t answer_later(struct probe *probe, const struct nx_event *ev) {
    const struct nx_json_v1 *json = probe->nx.json;
    int64_t delay_ms = 0;
    (void)json->i64(json->get(ev->json, "delay_ms"), &delay_ms);
    struct late *late = late_create(probe, ev->op);
    if (!late) {
        return NX_ERR_NO_MEMORY;
    }
    nx_status status = probe->nx.timers->set(probe->nx.host,
            delay_ms > 0 ? (uint64_t)delay_ms : 0, 0, on_timer, late, NULL);
    if (status != NX_OK) {
        late_free(late);
        return status;
    }
    return NX_LATER;
}

static void work(void *arg, const volatile int32_t *cancelled) {
    struct late *late = arg;
    __atomic_fetch_add(&late->probe->counts.works, 1, __ATOMIC_RELAXED);
}

static void on_work_done(void *user, void *arg, nx_status status) {
    struct probe *probe = user;
    struct late *late = arg;
    probe->counts.work_done += status == NX_OK ? 1 : 0;
    probe->counts.work_cancelled += status == NX_ERR_CANCELLED ? 1 : 0;
    if (late->op != 0) {
        answer(probe, late->op);
    }
    late_free(late);
}

static int32_t start_work(struct probe *probe, nx_op_id op) {
    struct late *late = late_create(probe, op);
    if (!late) {
        return NX_ERR_NO_MEMORY;
    }
    nx_status status = probe->nx.jobs->submit(
            probe->nx.host, work, on_work_done, probe, late, NULL);
    if (status != NX_OK) {
        late_free(late);
        return status;
    }
    return NX_LATER;
}

static void on_published(void *user, const struct nx_publish_result *result) {
    struct late *late = user;
    late->probe->counts.published++;
    if (late->op != 0) {
        answer(late->probe, late->op);
    }
    late_free(late);
}

static int32_t publish(struct probe *probe, const struct nx_event *ev) {
    const struct nx_json_v1 *json = probe->nx.json;
    struct late *late = late_create(probe, ev->op);
    if (!late) {
        return NX_ERR_NO_MEMORY;
    }
    struct nx_str room = json->str(json->get(ev->json, "room"));
    struct nx_writer *out =
            json->event(probe->nx.host, "probe.record", ev->user);
    json->put_members(out, ev->json,
            (const char *const[]){"event_type", "event_id", "timestamp",
                    "user_id", "ref", NULL});
    nx_status status = probe->nx.engine->publish(
            probe->nx.host, room, out, NULL, on_published, late);
    if (status != NX_OK) {
        late_free(late);
        return status;
    }
    return NX_LATER;
}

static int32_t raise_event(struct probe *probe, const struct nx_event *ev) {
    struct nx_str type = nx_str_c("probe.raised");
    return probe->nx.router->emit(probe->nx.host, type, ev->user,
            probe->nx.json->event(probe->nx.host, type.ptr, ev->user));
}

static int32_t echo(struct probe *probe, const struct nx_event *ev) {
    struct nx_writer *out = probe->nx.json->object(probe->nx.host);
    probe->nx.json->put_members(out, ev->json,
            (const char *const[]){
                    "event_type", "event_id", "timestamp", "ref", NULL});
    probe->nx.router->reply(probe->nx.host, ev->op, out, NX_REPLY_RESULT);
    return NX_DONE;
}

static bool is(const struct nx_event *ev, const char *type) {
    return nx_str_eq(ev->type, nx_str_c(type));
}

static int32_t on_event(void *user, const struct nx_event *ev) {
    struct probe *probe = user;
    probe->counts.events++;
    probe->nx.metrics->add(probe->nx.host, probe->events_total, 1);
    if (is(ev, "probe.echo")) {
        return echo(probe, ev);
    }
    if (is(ev, "probe.counts")) {
        answer(probe, ev->op);
        return NX_DONE;
    }
    if (is(ev, "probe.later")) {
        return answer_later(probe, ev);
    }
    if (is(ev, "probe.work")) {
        return start_work(probe, ev->op);
    }
    if (is(ev, "probe.publish")) {
        return publish(probe, ev);
    }
    if (is(ev, "probe.raise")) {
        return raise_event(probe, ev);
    }
    if (is(ev, "probe.raised")) {
        return NX_DONE;
    }
    return is(ev, "probe.deny") ? NX_ERR_FORBIDDEN : NX_PASS;
}

static int32_t on_observed(void *user, const struct nx_event *ev) {
    struct probe *probe = user;
    probe->counts.observed++;
    return NX_DONE;
}

static void on_session(void *user, const struct nx_session_event *ev) {
    struct probe *probe = user;
    probe->counts.opened += ev->what == NX_SESSION_OPENED ? 1 : 0;
    probe->counts.closed += ev->what == NX_SESSION_CLOSED ? 1 : 0;
}

static void on_member(void *user, const struct nx_member_event *ev) {
    struct probe *probe = user;
    probe->counts.joined += ev->what == NX_MEMBER_JOINED ? 1 : 0;
    probe->counts.left += ev->what == NX_MEMBER_LEFT ? 1 : 0;
}

static void on_record(void *user, nx_room_id room, struct nx_str room_name,
        const struct nx_record *record) {
    struct probe *probe = user;
    probe->counts.records++;
}

static void on_start_timer(void *user, nx_timer_id timer) {
    struct probe *probe = user;
    probe->counts.timers++;
}

static nx_status configure(struct nx_plugin *base, const struct nx_config *cfg,
        struct nx_diag *diag, uint32_t mode) {
    struct probe *probe = probe_of(base);
    const struct nx_config_v1 *config = probe->nx.config;
    probe->counts.checks += mode == NX_CONFIGURE_CHECK ? 1 : 0;
    if (mode == NX_CONFIGURE_APPLY) {
        probe->counts.applies++;
        probe->again = config->get_int(cfg, "again");
        probe->busy = config->get_bool(cfg, "busy");
    }
    return NX_OK;
}

static nx_status register_all(struct probe *probe) {
    const struct nx_sdk *nx = &probe->nx;
    const struct nx_room_kind kind = {.struct_size = sizeof(kind),
            .prefix = "probe:",
            .offset_field = "seq",
            .keep_count = 100,
            .user = probe,
            .on_member = on_member,
            .on_record = on_record};
    const nx_status results[] = {
            nx->router->handle(nx->host, "probe.", on_event, probe),
            nx->router->observe(nx->host, "", on_observed, probe),
            nx->router->on_session(nx->host,
                    NX_SESSION_OPENED | NX_SESSION_CLOSED, on_session, probe),
            nx->rooms->define(nx->host, &kind),
            nx->metrics->define(nx->host, NX_METRIC_COUNTER, "events_total",
                    "Events handled.", &probe->events_total),
            nx->service->offer(nx->host, PROBE_SERVICE, 1, &probe->counts),
            nx->timers->set(nx->host, 100, 0, on_start_timer, probe, NULL),
    };
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        if (results[i] != NX_OK) {
            return results[i];
        }
    }
    return NX_OK;
}

static nx_status start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct probe *probe = probe_of(base);
    probe->counts.starts++;
    return register_all(probe);
}

static void on_post(void *user, void *arg, nx_status status) {
    struct probe *probe = user;
    probe->counts.posts++;
}

static nx_status quiesce(struct nx_plugin *base, uint32_t reason) {
    struct probe *probe = probe_of(base);
    probe->counts.quiesces++;
    if (probe->busy) {
        probe->busy = 0;
        return probe->nx.jobs->post(probe->nx.host, on_post, probe, NULL);
    }
    if (probe->again > 0) {
        probe->again--;
        return NX_ERR_AGAIN;
    }
    return NX_OK;
}

static void destroy(struct nx_plugin *base) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&probe_of(base)->late)) != NULL) {
        late_free(nx_container_of(link, struct late, link));
    }
    free(probe_of(base));
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct probe *probe = calloc(1, sizeof(*probe));
    if (!probe) {
        return NX_ERR_NO_MEMORY;
    }
    nx_sdk_load(&probe->nx, host);
    nx_list_init(&probe->late);
    probe->counts.creates = 1;
    probe->base.struct_size = sizeof(probe->base);
    probe->base.self = probe;
    probe->base.configure = configure;
    probe->base.start = start;
    probe->base.quiesce = quiesce;
    probe->base.destroy = destroy;
    *out = &probe->base;
    return NX_OK;
}

static const struct nx_setting settings[] = {
        {"again", NX_SETTING_INT, 0, "0", "0..1000",
                "So often quiesce() asks for time."},
        {"busy", NX_SETTING_BOOL, 0, "false", NULL,
                "Whether quiesce() leaves a completion behind."},
        {NULL, 0, 0, NULL, NULL, NULL},
};

NX_PLUGIN("probe", "1.2.3", "MIT", "counts what happens to it", 0, 0,
        ("probe."),
        ("nexus.log/1", "nexus.json/1", "nexus.router/1", "nexus.rooms/1",
                "nexus.telepathy/9?"),
        settings, create);
