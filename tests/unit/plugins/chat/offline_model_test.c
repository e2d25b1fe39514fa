// Random use by several users with several devices, against a simple model of
// what each device has: nothing is lost, nothing comes again that was proved,
// the order is kept, no more waits than may, and gaps are exact.
#include "tests/support/offline_model.h"

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"
#include "tests/unit/plugins/chat/chat_case.h"

#define STEPS 400
#define CROWD 3

#define SEEDS 25 // or as many as NEXUS_TEST_SEEDS says

struct run {
    struct fake_host *host;
    struct model model;
    nx_session_id sessions[USERS][DEVICES]; // 0: away
    uint64_t random;
};

static unsigned below(struct run *run, unsigned bound) {
    return (unsigned)prng_below(&run->random, bound);
}

static int conversation_of(const struct fake_event *event) {
    const char *name = fake_event_str(event, "conversation_id");
    return name ? name[1] - '0' : -1;
}

// ---- what clients hear ----

static void note_id(struct model *model, const struct fake_event *ack) {
    const char *id = fake_event_str(ack, "message_id");
    int64_t seq = fake_event_i64(ack, "seq");
    if (id && seq > 0) {
        struct model_log *log = &model->logs[conversation_of(ack)];
        (void)snprintf(
                log->records[seq].id, sizeof(log->records[seq].id), "%s", id);
    }
}

static void hear(struct run *run, unsigned user, unsigned device,
        const struct fake_event *event) {
    struct model *model = &run->model;
    const char *type = fake_event_type(event);
    struct heard heard = {.conversation = conversation_of(event)};
    if (strcmp(type, "ack") == 0) {
        note_id(model, event);
        return;
    }
    if (strcmp(type, "system.gap") == 0) {
        heard.from = (uint64_t)fake_event_i64(event, "from");
        heard.seq = (uint64_t)fake_event_i64(event, "to");
        model_hears(model, user, device, &heard);
        return;
    }
    heard.deleted = strcmp(type, "chat.delete") == 0;
    heard.change = heard.deleted || strcmp(type, "chat.edit") == 0;
    if (!heard.change && strcmp(type, "chat.message") != 0) {
        return;
    }
    heard.seq = (uint64_t)fake_event_i64(event, "seq");
    heard.deleted = heard.deleted || fake_event_bool(event, "deleted");
    heard.version = heard.deleted ? 0 : fake_event_i64(event, "version");
    model_hears(model, user, device, &heard);
}

static void listen_to(struct run *run, unsigned user, unsigned device) {
    nx_session_id session = run->sessions[user][device];
    const struct fake_event *event;
    while (session != 0 && (event = fake_host_next(run->host, session))) {
        hear(run, user, device, event);
    }
}

static void listen_to_all(struct run *run) {
    for (unsigned i = 0; i < USERS * DEVICES; i++) {
        listen_to(run, i / DEVICES, i % DEVICES);
    }
    model_settled(&run->model);
}

// ---- what clients do ----

static nx_session_id some_session(
        struct run *run, unsigned *user, unsigned *device) {
    *user = below(run, USERS);
    *device = below(run, DEVICES);
    return run->sessions[*user][*device];
}

static void say(struct run *run) {
    unsigned user;
    unsigned device;
    nx_session_id session = some_session(run, &user, &device);
    unsigned conversation = below(run, CONVERSATIONS);
    if (session == 0 || !run->model.members[user][conversation].is) {
        return;
    }
    chat_case_send(run->host, session,
            "{'event_type':'chat.message','conversation_id':'c%u',"
            "'content':'x','ref':'m'}",
            conversation);
    model_record(&run->model, user, conversation, 0, false);
}

static void change(struct run *run) {
    unsigned user;
    unsigned device;
    nx_session_id session = some_session(run, &user, &device);
    unsigned conversation = below(run, CONVERSATIONS);
    const struct model_log *log = &run->model.logs[conversation];
    if (session == 0 || log->last == 0) {
        return;
    }
    uint64_t seq = 1 + below(run, (unsigned)log->last);
    const struct model_record *record = &log->records[seq];
    if (record->target != 0 || record->deleted
            || seq < model_first(&run->model, conversation)
            || record->author != user) {
        return;
    }
    bool delete = below(run, 3) == 0;
    chat_case_send(run->host, session,
            "{'event_type':'%s','message_id':'%s','content':'y'}",
            delete ? "chat.delete" : "chat.edit", record->id);
    model_record(&run->model, user, conversation, seq, delete);
}

// The client says itself that it has something.
static void acknowledge(struct run *run) {
    // event_type, and the names of what it is about
    static const char *const forms[][4] = {
            {"chat.delivered", "conversation_id", "", "seq"},
            {"chat.read", "conversation_id", "", "seq"},
            {"system.ack", "room", "chat:", "offset"},
    };
    unsigned user;
    unsigned device;
    nx_session_id session = some_session(run, &user, &device);
    unsigned conversation = below(run, CONVERSATIONS);
    unsigned last = (unsigned)run->model.logs[conversation].last;
    if (session == 0 || last == 0
            || !run->model.members[user][conversation].is) {
        return;
    }
    unsigned seq = 1 + below(run, last);
    const char *const *form = forms[below(run, 3)];
    chat_case_send(run->host, session,
            "{'event_type':'%s','%s':'%sc%u','%s':%u}", form[0], form[1],
            form[2], conversation, form[3], seq);
    model_has(&run->model, user, device, conversation, seq);
}

// Others write while a device is on its way in: each message reaches it with
// what it has missed, or live, or in between.
static void crowd(struct run *run, unsigned conversation) {
    for (unsigned i = 0; i < CROWD; i++) {
        unsigned user;
        unsigned device;
        nx_session_id session = some_session(run, &user, &device);
        if (session == 0 || !run->model.devices[user][device].here
                || !run->model.members[user][conversation].is) {
            continue;
        }
        char text[128];
        (void)snprintf(text, sizeof(text),
                "{\"event_type\":\"chat.message\",\"content\":\"x\","
                "\"conversation_id\":\"c%u\",\"ref\":\"m\"}",
                conversation);
        fake_host_send_quietly(run->host, session, text);
        model_record(&run->model, user, conversation, 0, false);
    }
}

static void come(struct run *run, unsigned user, unsigned device) {
    char query[64];
    (void)snprintf(
            query, sizeof(query), "user_id=u%u&device_id=d%u", user, device);
    bool answers = below(run, 3) > 0;
    // Nothing is sent before it is known whether it will be proved.
    fake_host_hold_engine(run->host, true);
    run->sessions[user][device] = fake_host_connect_query(run->host, query);
    fake_host_hold_pongs(run->host, run->sessions[user][device], !answers);
    if (answers
            && model_waiting(&run->model, user, device)
                    <= MODEL_BUDGET - CROWD) {
        crowd(run, below(run, CONVERSATIONS));
    }
    fake_host_hold_engine(run->host, false);
    model_comes(&run->model, user, device, answers);
    fake_host_turn(run->host);
}

static void go(struct run *run, unsigned user, unsigned device) {
    fake_host_disconnect(run->host, run->sessions[user][device], 1006);
    run->sessions[user][device] = 0;
    model_goes(&run->model, user, device);
}

static void come_or_go(struct run *run) {
    unsigned user;
    unsigned device;
    if (some_session(run, &user, &device) == 0) {
        come(run, user, device);
    } else {
        go(run, user, device);
    }
}

// A client that did not answer does so now, or the other way around.
static void change_mind(struct run *run) {
    unsigned user;
    unsigned device;
    nx_session_id session = some_session(run, &user, &device);
    if (session != 0) {
        bool answers = below(run, 2) == 0;
        fake_host_hold_pongs(run->host, session, !answers);
        fake_host_turn(run->host);
        model_answers(&run->model, user, device, answers);
    }
}

static void join_one(struct run *run, unsigned user, unsigned device,
        unsigned conversation) {
    chat_case_send(run->host, run->sessions[user][device],
            "{'event_type':'chat.join','conversation_id':'c%u'}", conversation);
    model_joins(&run->model, user, conversation);
}

static void join(struct run *run) {
    unsigned user;
    unsigned device;
    nx_session_id session = some_session(run, &user, &device);
    unsigned conversation = below(run, CONVERSATIONS);
    if (session != 0 && !run->model.members[user][conversation].is) {
        join_one(run, user, device, conversation);
    }
}

static void restart(struct run *run) {
    assert_true(fake_host_restart(run->host));
    for (unsigned i = 0; i < USERS * DEVICES; i++) {
        nx_session_id *session = &run->sessions[i / DEVICES][i % DEVICES];
        if (*session != 0) {
            *session = 0;
            model_goes(&run->model, i / DEVICES, i % DEVICES);
        }
    }
}

static void step(struct run *run) {
    unsigned what = below(run, 100);
    fake_host_advance(run->host, 1 + below(run, 900));
    if (what < 50) {
        say(run);
    } else if (what < 65) {
        change(run);
    } else if (what < 83) {
        come_or_go(run);
    } else if (what < 88) {
        change_mind(run);
    } else if (what < 93) {
        acknowledge(run);
    } else if (what < 96) {
        join(run);
    } else if (what < 98) {
        FAKE_ASSERT(run->host, fake_host_reload(run->host));
        fake_host_turn(run->host);
        model_reloads(&run->model);
    } else if (what < 99) {
        restart(run);
    }
    listen_to_all(run);
}

static void join_most(struct run *run, unsigned user) {
    for (unsigned i = 0; i < CONVERSATIONS; i++) {
        if (below(run, 3) > 0) {
            join_one(run, user, 0, i);
        }
    }
}

// Everybody is in most conversations, and joins the others later.
static void begin(struct run *run) {
    for (unsigned user = 0; user < USERS; user++) {
        come(run, user, 0);
        join_most(run, user);
    }
    listen_to_all(run);
}

static void check_seed(uint64_t seed) {
    struct run *run = calloc(1, sizeof(*run));
    assert_non_null(run);
    run->random = seed;
    run->host = chat_case_create("limits.messages_per_second=10000");
    fake_host_set(run->host, "heartbeat.interval=3600"); // some never answer
    fake_host_set(run->host, "heartbeat.timeout=7200");
    fake_host_set(run->host, "plugins.chat.history=" MODEL_HISTORY_TEXT);
    fake_host_set(run->host, "offline.max_per_user=" MODEL_BUDGET_TEXT);
    FAKE_ASSERT(run->host, fake_host_start(run->host));
    model_init(&run->model, seed);
    begin(run);
    for (int i = 0; i < STEPS; i++) {
        step(run);
    }
    fake_host_destroy(run->host);
    free(run);
}

static void gives_each_device_what_it_missed(void **state) {
    (void)state;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
    const char *wanted = getenv("NEXUS_TEST_SEEDS");
    uint64_t seeds = wanted ? strtoull(wanted, NULL, 10) : SEEDS;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        check_seed(seed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(gives_each_device_what_it_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
