// Random use by users whose connections break, whose sessions are resumed and
// whose server dies, while storage answers late: each of them has every record
// since it joined, in order, and is told of no gap.
#include <inttypes.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"
#include "tests/unit/plugins/chat/offline_case.h"

#define STEPS         300
#define SETTLE_EVERY  60
#define PEOPLE        3
#define CONVERSATIONS 2
#define RECORDS_MAX   1000

#define SEEDS         25 // or as many as NEXUS_TEST_SEEDS says

// What a client knows of a conversation.
struct place {
    bool member;
    uint64_t joined; // the end of the log when it had joined
    char epoch[32];  // of its log
    bool has[RECORDS_MAX + 2];
    uint64_t last; // in this connection
    bool turned;   // it went back, as it may once in a session resumed
};

struct person {
    char name[8];
    const char *device;    // NULL: it has not named its device
    nx_session_id session; // 0: away
    char token[128];
    bool resumed;
    bool muted; // what comes is not proved
    bool full;  // its socket takes nothing
    struct place places[CONVERSATIONS];
};

struct run {
    struct fake_host *host;
    struct person people[PEOPLE];
    uint64_t acknowledged[CONVERSATIONS]; // the newest
    bool held;
    uint64_t random;
    uint64_t seed;
};

static unsigned below(struct run *run, unsigned bound) {
    return (unsigned)prng_below(&run->random, bound);
}

static void complain(const struct run *run, const struct person *person,
        unsigned conversation, const char *what, uint64_t seq) {
    fail_msg("seed %" PRIu64 ": %s in c%u: %s %" PRIu64, run->seed,
            person->name, conversation, what, seq);
}

// ---- what clients hear ----

static void hear_record(struct run *run, struct person *person,
        const struct fake_event *event) {
    unsigned conversation =
            (unsigned)(fake_event_str(event, "conversation_id")[1] - '0');
    struct place *place = &person->places[conversation];
    uint64_t seq = (uint64_t)fake_event_i64(event, "seq");
    assert_in_range(seq, 1, RECORDS_MAX);
    if (seq <= place->last) {
        if (place->turned || !person->resumed) {
            complain(run, person, conversation, "out of order", seq);
        }
        place->turned = true;
    }
    place->last = seq;
    place->has[seq] = true;
}

// Refs are "j" and "s" for joined and said, and the conversation.
static void hear_answer(struct run *run, struct person *person,
        const struct fake_event *event) {
    const char *ref = fake_event_str(event, "ref");
    unsigned conversation = (unsigned)(ref[1] - '0');
    struct place *place = &person->places[conversation];
    uint64_t seq = (uint64_t)fake_event_i64(event, "seq");
    if (ref[0] == 's') {
        if (run->acknowledged[conversation] < seq) {
            run->acknowledged[conversation] = seq;
        }
        return;
    }
    (void)snprintf(place->epoch, sizeof(place->epoch), "%s",
            fake_event_str(event, "epoch"));
    if (fake_event_has(event, "recovered")
            && !fake_event_bool(event, "recovered")) {
        complain(run, person, conversation, "not recovered", seq);
    }
    place->last = 0; // what it asked for comes now, be it once more
    place->turned = false;
    if (!place->member) {
        place->member = true;
        place->joined = seq;
    }
}

static bool hear_one(struct run *run, struct person *person) {
    const struct fake_event *event = fake_host_next(run->host, person->session);
    if (!event) {
        return false;
    }
    const char *type = fake_event_type(event);
    if (strcmp(type, "chat.message") == 0) {
        hear_record(run, person, event);
    } else if (strcmp(type, "ack") == 0) {
        hear_answer(run, person, event);
    } else if (strcmp(type, "system.gap") == 0
            || (strcmp(type, "error") == 0
                    && !fake_event_is(event, "code", "gone"))) {
        fail_msg("seed %" PRIu64 ": %s: %s", run->seed, person->name,
                fake_event_text(event));
    }
    return true;
}

static void hear_all(struct run *run, struct person *person) {
    while (person->session != 0 && hear_one(run, person)) {
    }
}

// ---- what clients do ----

static struct person *somebody(struct run *run) {
    return &run->people[below(run, PEOPLE)];
}

static void mute(struct run *run, struct person *person, bool muted) {
    if (!muted) {
        hear_all(run, person); // all of it is proved now
    }
    person->muted = muted;
    fake_host_hold_pongs(run->host, person->session, muted);
    fake_host_turn(run->host);
}

static void fill(struct run *run, struct person *person, bool full) {
    person->full = full;
    fake_host_stop_reading(run->host, person->session, full);
    fake_host_turn(run->host);
}

// The connection ends: of what was on its way, some has arrived.
static void part(struct run *run, struct person *person) {
    unsigned count = 0;
    if (person->muted) {
        count = below(run,
                1 + (unsigned)fake_host_unread(run->host, person->session));
        while (count-- > 0 && hear_one(run, person)) {
        }
    } else {
        hear_all(run, person);
    }
    person->session = 0;
    person->muted = false;
    person->full = false;
}

static void lose(struct run *run, struct person *person) {
    nx_session_id session = person->session;
    part(run, person);
    fake_host_disconnect(run->host, session, 1006);
}

static void connect(struct run *run, struct person *person, bool resume) {
    char query[256];
    const char *device = person->device ? person->device : "";
    (void)snprintf(query, sizeof(query), "user_id=%s%s%s%s%s", person->name,
            person->device ? "&device_id=" : "", device,
            resume ? "&resume=" : "", resume ? person->token : "");
    person->session = fake_host_connect_query(run->host, query);
    const struct fake_event *welcome =
            fake_host_welcome(run->host, person->session);
    FAKE_ASSERT(run->host, welcome != NULL);
    person->resumed = fake_event_bool(welcome, "session.resumed");
    (void)snprintf(person->token, sizeof(person->token), "%s",
            fake_event_str(welcome, "session.resume_token"));
    for (unsigned i = 0; i < CONVERSATIONS; i++) {
        person->places[i].last = 0;
        person->places[i].turned = false;
    }
}

static void come(struct run *run, struct person *person, bool resume) {
    bool muted = below(run, 3) == 0;
    if (muted) {
        // Nothing is sent before it is known that it will not be proved.
        fake_host_hold_engine(run->host, true);
    }
    connect(run, person, resume && person->token[0] != '\0');
    if (muted) {
        mute(run, person, true);
        fake_host_hold_engine(run->host, run->held);
    }
}

static void come_or_go(struct run *run, struct person *person) {
    if (person->session == 0) {
        come(run, person, below(run, 4) > 0);
    } else if (below(run, 4) > 0) {
        lose(run, person);
    } else {
        // It comes before the server has noticed that it went.
        nx_session_id former = person->session;
        part(run, person);
        fake_host_hold_pongs(run->host, former, true);
        come(run, person, true);
        fake_host_disconnect(run->host, former, 1006);
    }
}

__attribute__((format(printf, 3, 4))) static void request(
        struct run *run, const struct person *person, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    fake_host_send_quietly(run->host, person->session, text);
    if (below(run, 2) == 0) {
        fake_host_turn(run->host);
    }
}

static void say(struct run *run, const struct person *person) {
    unsigned conversation = below(run, CONVERSATIONS);
    if (person->session != 0 && person->places[conversation].member) {
        request(run, person,
                "{'event_type':'chat.message','conversation_id':'c%u',"
                "'content':'x','ref':'s%u'}",
                conversation, conversation);
    }
}

// All up to here has come since it joined.
static uint64_t position_of(const struct place *place) {
    uint64_t seq = place->joined;
    while (place->has[seq + 1]) {
        seq++;
    }
    return seq;
}

static void join(struct run *run, const struct person *person) {
    unsigned conversation = below(run, CONVERSATIONS);
    const struct place *place = &person->places[conversation];
    bool positioned = place->member && strtoull(place->epoch, NULL, 16) != 0;
    if (person->session != 0 && positioned && below(run, 2) == 0) {
        request(run, person,
                "{'event_type':'chat.join','conversation_id':'c%u',"
                "'ref':'j%u','since':{'epoch':'%s','offset':%" PRIu64 "}}",
                conversation, conversation, place->epoch, position_of(place));
    } else if (person->session != 0) {
        request(run, person,
                "{'event_type':'chat.join','conversation_id':'c%u',"
                "'ref':'j%u'}",
                conversation, conversation);
    }
}

// ---- what happens to the server ----

static void hold(struct run *run, bool held) {
    run->held = held;
    fake_host_hold_engine(run->host, held);
}

static void everybody_parts(struct run *run) {
    for (unsigned i = 0; i < PEOPLE; i++) {
        if (run->people[i].session != 0) {
            part(run, &run->people[i]);
        }
    }
}

static void kill_server(struct run *run) {
    everybody_parts(run);
    size_t done = below(run, 3) == 0 ? SIZE_MAX : below(run, 6);
    FAKE_ASSERT(run->host, fake_host_kill(run->host, done));
    fake_host_advance(run->host, 1); // no server is back in the same moment
    run->held = false;
}

static void restart(struct run *run) {
    hold(run, false);
    everybody_parts(run);
    FAKE_ASSERT(run->host, fake_host_restart(run->host));
}

static void reload(struct run *run) {
    hold(run, false);
    FAKE_ASSERT(run->host, fake_host_reload(run->host));
    fake_host_turn(run->host);
}

// ---- all together ----

static void check(const struct run *run, const struct person *person,
        unsigned conversation, uint64_t last) {
    const struct place *place = &person->places[conversation];
    if (!place->member) {
        return;
    }
    for (uint64_t seq = place->joined + 1; seq <= last; seq++) {
        if (!place->has[seq]) {
            complain(run, person, conversation, "did not get", seq);
        }
    }
}

// The end of a log, as its history has it.
static uint64_t end_of(
        struct run *run, nx_session_id reader, unsigned conversation) {
    chat_case_send(run->host, reader,
            "{'event_type':'chat.join','conversation_id':'c%u','ref':'end'}",
            conversation);
    const struct fake_event *ack = fake_host_await(run->host, reader, "ack");
    FAKE_ASSERT(run->host, ack != NULL);
    return (uint64_t)fake_event_i64(ack, "seq");
}

// Everybody is there and gets everything.
static void settle(struct run *run) {
    hold(run, false);
    for (unsigned i = 0; i < PEOPLE; i++) {
        struct person *person = &run->people[i];
        if (person->session == 0) {
            come(run, person, below(run, 2) == 0);
        }
        fill(run, person, false);
        mute(run, person, false);
    }
    fake_host_advance(run->host, 5000);
    nx_session_id reader = fake_host_connect(run->host, "reader");
    for (unsigned i = 0; i < PEOPLE; i++) {
        hear_all(run, &run->people[i]);
    }
    for (unsigned i = 0; i < PEOPLE * CONVERSATIONS; i++) {
        unsigned conversation = i % CONVERSATIONS;
        uint64_t last = end_of(run, reader, conversation);
        assert_true(last >= run->acknowledged[conversation]);
        check(run, &run->people[i / CONVERSATIONS], conversation, last);
    }
    fake_host_disconnect(run->host, reader, 1000);
}

static void step_person(struct run *run, struct person *person, unsigned what) {
    if (what < 24) {
        say(run, person);
    } else if (what < 29) {
        join(run, person);
    } else if (what < 42) {
        come_or_go(run, person);
    } else if (person->session != 0 && what < 50) {
        mute(run, person, !person->muted);
    } else if (person->session != 0) {
        fill(run, person, !person->full);
    }
}

static void step(struct run *run) {
    unsigned what = below(run, 100);
    if (what < 56) {
        step_person(run, somebody(run), what);
    } else if (what < 64) {
        hold(run, !run->held);
    } else if (what < 80) {
        fake_host_step_engine(run->host, run->held ? 1 + below(run, 4) : 0);
    } else if (what < 92) {
        fake_host_advance(
                run->host, below(run, 4) == 0 ? 2500 : 1 + below(run, 300));
    } else if (what < 97) {
        kill_server(run);
    } else if (what < 98) {
        restart(run);
    } else if (what < 99) {
        reload(run);
    }
    for (unsigned i = 0; i < PEOPLE; i++) {
        if (!run->people[i].muted) {
            hear_all(run, &run->people[i]);
        }
    }
}

static void begin(struct run *run) {
    static const char *const devices[PEOPLE] = {"phone", "desk", NULL};
    run->host = chat_case_create("limits.messages_per_second=0");
    fake_host_be_durable(run->host);
    fake_host_set(run->host, "offline.max_per_user=1000");
    fake_host_set(run->host, "heartbeat.interval=3600"); // some never answer
    fake_host_set(run->host, "heartbeat.timeout=7200");
    fake_host_set(run->host, "overload.engine_oldest_ms=0"); // it is held
    fake_host_set(run->host, "resume.refresh=1");
    fake_host_set(run->host, "resume.window=3600");
    FAKE_ASSERT(run->host, fake_host_start(run->host));
    for (unsigned i = 0; i < PEOPLE; i++) {
        struct person *person = &run->people[i];
        (void)snprintf(person->name, sizeof(person->name), "u%u", i);
        person->device = devices[i];
    }
}

static void check_seed(uint64_t seed) {
    struct run *run = calloc(1, sizeof(*run));
    assert_non_null(run);
    run->random = seed;
    run->seed = seed;
    begin(run);
    for (unsigned i = 1; i <= STEPS; i++) {
        step(run);
        if (i % SETTLE_EVERY == 0) {
            settle(run);
        }
    }
    fake_host_destroy(run->host);
    free(run);
}

static void everybody_has_everything_once_more(void **state) {
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
            cmocka_unit_test(everybody_has_everything_once_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
