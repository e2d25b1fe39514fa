// Every call that an event handler may make, and what comes of it.

#include "everything.h"

#define ROOM "everything:room"

// ---- json ----

static int32_t each_member(
        void *user, struct nx_str key, const struct nx_json *value) {
    struct everything *e = user;
    saw(e, "nx_json_each_fn");
    CHECK(key.len > 0 && value);
    return 0;
}

static void read_json(struct everything *e, const struct nx_event *ev) {
    const struct nx_host *host = e->nx.host;
    const struct nx_json *object = NX(json, get)(ev->json, "object");
    const struct nx_json *array = e->nx.json->get(object, "array");
    int64_t integer = 0;
    double number = 0;
    int32_t boolean = 0;
    CHECK(NX(json, kind)(object) == NX_JSON_OBJECT);
    CHECK(NX(json, count)(array) == 3);
    CHECK(NX(json, i64)(NX(json, at)(array, 0), &integer) == NX_OK);
    CHECK(NX(json, f64)(e->nx.json->at(array, 1), &number) == NX_OK);
    CHECK(NX(json, boolean)(e->nx.json->at(array, 2), &boolean) == NX_OK);
    CHECK(integer == 7 && number > 1.4 && number < 1.6 && boolean == 1);
    CHECK(nx_str_is(NX(json, str)(e->nx.json->get(object, "text")), "é\n"));
    CHECK(nx_str_is(NX(json, raw)(host, e->nx.json->at(array, 2)), "true"));
    NX(json, each)(object, each_member, e);
    const struct nx_json *parsed =
            NX(json, parse)(host, nx_str_c("{\"a\":[null]}"));
    CHECK(e->nx.json->count(parsed) == 1);
    CHECK(e->nx.json->kind(e->nx.json->get(parsed, "b")) == NX_JSON_NONE);
}

// Ends as an event for the client, who can look at all of it.
static struct nx_writer *write_json(
        struct everything *e, const struct nx_event *ev) {
    struct nx_writer *out =
            NX(json, event)(e->nx.host, "everything.written", ev->user);
    const struct nx_json *object = e->nx.json->get(ev->json, "object");
    static const char *const except[] = {"array", NULL};
    CHECK(out != NULL);
    NX(json, put_str)(out, "str", nx_str_c("\"ü\""));
    NX(json, put_i64)(out, "i64", INT64_MIN);
    NX(json, put_u64)(out, "u64", UINT64_MAX);
    NX(json, put_f64)(out, "f64", 0.5);
    NX(json, put_bool)(out, "bool", 1);
    NX(json, put_null)(out, "null");
    NX(json, put_json)(out, "json", object);
    NX(json, put_raw)(out, "raw", nx_str_c("[1,2]"));
    NX(json, begin_object)(out, "object");
    NX(json, put_members)(out, object, except);
    NX(json, end)(out);
    NX(json, begin_array)(out, "array");
    e->nx.json->put_i64(out, NULL, 1);
    e->nx.json->end(out);
    CHECK(NX(json, text)(out).len > 0);
    NX(json, discard)(NX(json, object)(e->nx.host));
    return out;
}

// ---- users, timers, jobs, the rest ----

static int32_t each_session(
        void *user, nx_session_id session, struct nx_str user_name) {
    struct everything *e = user;
    saw(e, "nx_each_session_fn");
    CHECK(session != 0 && user_name.len > 0);
    return 0;
}

static int32_t each_user(
        void *user, struct nx_str user_name, uint32_t sessions) {
    struct everything *e = user;
    saw(e, "nx_each_user_fn");
    CHECK(user_name.len > 0 && sessions > 0);
    return 0;
}

static int32_t each_room(void *user, nx_room_id room, struct nx_str room_name) {
    struct everything *e = user;
    saw(e, "nx_each_room_fn");
    CHECK(room != 0 && room_name.len > 0);
    return 0;
}

static void use_users(struct everything *e, const struct nx_event *ev) {
    const struct nx_host *host = e->nx.host;
    struct nx_session_info info;
    memset(&info, 0xff, sizeof(info));
    info.struct_size = sizeof(info);
    CHECK(NX(users, session_info)(host, ev->session, &info) == NX_OK);
    CHECK(info.session == ev->session && nx_str_eq(info.user, ev->user));
    CHECK(info.address.len > 0 && info.connected_ms > 0);
    CHECK(NX(users, session_count)(host, ev->user) >= 1);
    NX(users, each_session)(host, ev->user, each_session, e);
    NX(users, each_user)(host, each_user, e);
    CHECK(NX(users, data_set)(host, ev->session, "key", nx_bytes_n("abc", 3))
            == NX_OK);
    CHECK(NX(users, data_get)(host, ev->session, "key").len == 3);
    CHECK(NX(users, notice)(host, ev->session) == NX_OK);
    CHECK(NX(users, hide)(host, ev->user, 1) == NX_OK);
    CHECK(NX(users, is_hidden)(host, ev->user) == 1);
    CHECK(e->nx.users->hide(host, ev->user, 0) == NX_OK);
}

static void on_timer(void *user, nx_timer_id timer) {
    struct everything *e = user;
    saw(e, "nx_timer_fn");
    CHECK(timer != 0);
}

static void use_timers(struct everything *e) {
    const struct nx_host *host = e->nx.host;
    nx_timer_id timer = 0;
    CHECK(NX(timers, set)(host, 1, 0, on_timer, e, NULL) == NX_OK);
    CHECK(e->nx.timers->set(host, 60000, 0, on_timer, e, &timer) == NX_OK);
    NX(timers, cancel)(host, timer);
    e->nx.timers->cancel(host, 0);
    CHECK(NX(timers, now_ms)(host) > 0);
    CHECK(NX(timers, wall_ms)(host) > INT64_C(1600000000000));
}

// On a thread of the pool: may call what is tagged [any], and that only.
static void work(void *arg, const volatile int32_t *cancelled) {
    struct everything *e = arg;
    e->worked = *cancelled ? 0 : 1;
    e->nx.metrics->add(e->nx.host, e->counter, 1);
    nx_logf(&e->nx, NX_LOG_DEBUG, "works on thread %d", 1);
}

static void worked(void *user, void *arg, nx_status status) {
    struct everything *e = user;
    saw(e, "nx_job_fn");
    saw(e, "nx_job_done_fn");
    CHECK(arg == e && status == NX_OK && e->worked == 1);
}

static void posted(void *user, void *arg, nx_status status) {
    struct everything *e = user;
    CHECK(arg == NULL && status == NX_OK);
}

static void use_the_rest(struct everything *e, const struct nx_event *ev) {
    const struct nx_host *host = e->nx.host;
    nx_job_id job = 0;
    CHECK(NX(jobs, submit)(host, work, worked, e, e, &job) == NX_OK);
    CHECK(NX(jobs, post)(host, posted, e, NULL) == NX_OK);
    NX(jobs, cancel)(host, 0);
    NX(metrics, add)(host, e->histogram, 0.1);
    NX(metrics, set)(host, e->gauge, 3);
    CHECK(NX(service, find)(host, "everything.service", 1) != NULL);
    CHECK(e->nx.service->find(host, "everything.service", 2) == NULL);
    CHECK(NX(router, emit)(host, nx_str_c("everything.raised"), ev->user,
                  e->nx.json->object(host))
            == NX_OK);
}

// ---- sending ----

static void on_tracked(
        void *user, nx_session_id session, uint64_t cookie, uint32_t outcome) {
    struct everything *e = user;
    saw(e, "nx_tracked_fn");
    CHECK(session != 0 && cookie == 99);
    CHECK(outcome == NX_TRACKED_RECEIVED || outcome == NX_TRACKED_LOST);
}

static struct nx_writer *event_of(struct everything *e, const char *type) {
    return e->nx.json->event(e->nx.host, type, nx_str_none());
}

static void use_send(struct everything *e, const struct nx_event *ev) {
    const struct nx_host *host = e->nx.host;
    const struct nx_send_opts opts = {.struct_size = sizeof(opts),
            .cls = NX_CLASS_DROPPABLE,
            .coalesce_key = nx_str_c("key")};
    const struct nx_send_opts urgent = {
            .struct_size = sizeof(urgent), .cls = NX_CLASS_URGENT};
    uint32_t count = 0;
    CHECK(NX(send, to_session)(host, ev->session, write_json(e, ev), NULL)
            == NX_OK);
    CHECK(NX(send, to_sessions)(host, &ev->session, 1,
                  event_of(e, "everything.sessions"), &opts, &count)
            == NX_OK);
    CHECK(count == 1);
    CHECK(NX(send, to_user)(
                  host, ev->user, event_of(e, "everything.user"), NULL, &count)
            == NX_OK);
    CHECK(NX(send, to_all)(host, event_of(e, "everything.all"), NULL, NULL)
            == NX_OK);
    CHECK(NX(send, tracked)(host, ev->session,
                  event_of(e, "everything.tracked"), &urgent, 99, on_tracked, e)
            == NX_OK);
    CHECK(NX(send, queued_bytes)(host, ev->session) > 0);
}

// ---- rooms and engine: one completion after the other ----

static void finish_run(struct everything *e) {
    const struct nx_host *host = e->nx.host;
    struct nx_writer *out = e->nx.json->object(host);
    e->runs++;
    e->nx.json->put_u64(out, "runs", e->runs);
    CHECK(NX(router, reply)(host, e->op, out, NX_REPLY_RESULT) == NX_OK);
    e->op = 0;
}

static void on_removed(void *user, const struct nx_fact_result *result) {
    struct everything *e = user;
    CHECK(result->status == NX_OK);
    finish_run(e);
}

static void on_scanned(void *user, const struct nx_fact_result *result) {
    struct everything *e = user;
    CHECK_HAS(result, facts);
    CHECK(result->status == NX_OK && result->count >= 1);
    for (size_t i = 0; i < result->count; i++) {
        const struct nx_fact *fact = &result->facts[i];
        CHECK_HAS(fact, revision);
        CHECK(nx_str_starts(fact->key, nx_str_c("fact")));
    }
    CHECK(NX(engine, remove)(e->nx.host, nx_str_c("fact"), on_removed, e)
            == NX_OK);
}

static void on_got(void *user, const struct nx_fact_result *result) {
    struct everything *e = user;
    CHECK(result->status == NX_OK && result->count == 1);
    CHECK(result->count == 1 && result->facts[0].value.len == 5);
    CHECK(NX(engine, scan)(e->nx.host, nx_str_c("fact"), nx_str_none(), 10,
                  on_scanned, e)
            == NX_OK);
}

static void on_put(void *user, const struct nx_fact_result *result) {
    struct everything *e = user;
    saw(e, "nx_fact_fn");
    CHECK_HAS(result, facts);
    CHECK(result->status == NX_OK && result->revision > 0);
    CHECK(NX(engine, get)(e->nx.host, nx_str_c("fact"), on_got, e) == NX_OK);
}

static void on_history(void *user, const struct nx_history_result *result) {
    struct everything *e = user;
    saw(e, "nx_history_fn");
    CHECK_HAS(result, records);
    CHECK(result->status == NX_OK && result->count >= 1);
    for (size_t i = 0; i < result->count; i++) {
        const struct nx_record *record = &result->records[i];
        CHECK_HAS(record, payload);
        CHECK(record->offset == result->records[0].offset + i);
        CHECK(record->payload.len > 0);
    }
    CHECK(NX(engine, put)(e->nx.host, nx_str_c("fact"), nx_bytes_n("value", 5),
                  0, NX_PUT_ANY, on_put, e)
            == NX_OK);
}

static void on_published(void *user, const struct nx_publish_result *result) {
    struct everything *e = user;
    saw(e, "nx_published_fn");
    CHECK_HAS(result, memo);
    CHECK(result->status == NX_OK && result->offset > 0);
    CHECK(NX(engine, history)(e->nx.host, nx_str_c(ROOM), NX_HISTORY_AFTER, 0,
                  100, on_history, e)
            == NX_OK);
}

static void use_room(struct everything *e, nx_room_id room) {
    const struct nx_host *host = e->nx.host;
    CHECK(NX(rooms, find)(host, nx_str_c(ROOM)) == room);
    CHECK(nx_str_is(NX(rooms, name)(host, room), ROOM));
    CHECK(NX(rooms, is_member)(host, room, e->session) == 1);
    CHECK(NX(rooms, count)(host, room) == 1);
    CHECK(NX(rooms, user_count)(host, room) == 1);
    NX(rooms, each_session)(host, room, each_session, e);
    NX(rooms, each_user)(host, room, each_user, e);
    NX(rooms, each_room_of)(host, e->session, each_room, e);
    CHECK(NX(rooms, data_set)(host, room, "key", nx_bytes_n("abc", 3))
            == NX_OK);
    CHECK(NX(rooms, data_get)(host, room, "key").len == 3);
    CHECK(NX(send, to_room)(
                  host, room, event_of(e, "everything.room"), NULL, NULL)
            == NX_OK);
}

static void on_joined(void *user, const struct nx_join_result *result) {
    struct everything *e = user;
    const struct nx_publish_opts opts = {
            .struct_size = sizeof(opts), .dedupe_ttl_s = 60};
    saw(e, "nx_join_fn");
    CHECK_HAS(result, records);
    CHECK(result->status == NX_OK && result->room != 0);
    use_room(e, result->room);
    int32_t durable = NX(engine, durable)(e->nx.host);
    CHECK(durable == 0 || durable == 1);
    CHECK(NX(engine, publish)(e->nx.host, nx_str_c(ROOM),
                  event_of(e, "everything.record"), &opts, on_published, e)
            == NX_OK);
}

int32_t everything_leave(struct everything *e, const struct nx_event *ev) {
    const struct nx_host *host = e->nx.host;
    CHECK(NX(rooms, leave)(host, nx_str_c(ROOM), ev->session) == NX_OK);
    CHECK(NX(rooms, expel)(host, nx_str_c(ROOM), nx_str_c("nobody")) == NX_OK);
    return NX_DONE;
}

int32_t everything_run(struct everything *e, const struct nx_event *ev) {
    static const struct nx_field fields[] = {
            {"object", NX_JSON_OBJECT, NX_FIELD_REQUIRED, 0, 0},
            {NULL, 0, 0, 0, 0}};
    nx_status status = NX(json, expect)(e->nx.host, ev, fields);
    if (status != NX_OK) {
        return status;
    }
    if (e->op != 0) {
        return NX_ERR_AGAIN;
    }
    e->op = ev->op;
    e->session = ev->session;
    read_json(e, ev);
    use_users(e, ev);
    use_timers(e);
    use_the_rest(e, ev);
    use_send(e, ev);
    status = NX(rooms, join)(
            e->nx.host, nx_str_c(ROOM), ev->session, NULL, on_joined, e);
    if (status != NX_OK) {
        e->op = 0;
    }
    return status == NX_OK ? NX_LATER : status;
}
