// Random use with failing storage, breaking connections and reloads: whatever
// happens, each acknowledged message is in history once, in order.
#include "tests/support/cmocka.h"
#include "tests/support/prng.h"
#include "tests/unit/plugins/chat/chat_case.h"

#define USERS         5
#define CONVERSATIONS 14 // more than fit in the cache
#define STEPS         2000
#define ACKS_MAX      STEPS

struct ack {
    int conversation;
    int64_t seq;
    char id[40];
};

struct ledger {
    struct fake_host *host;
    uint64_t random;
    nx_session_id sessions[USERS]; // 0: away
    struct ack acks[ACKS_MAX];
    size_t count;
};

static uint32_t below(struct ledger *ledger, uint32_t bound) {
    return (uint32_t)prng_below(&ledger->random, bound);
}

static void note_ack(struct ledger *ledger, const struct fake_event *event) {
    const char *id = fake_event_str(event, "message_id");
    const char *conversation = fake_event_str(event, "conversation_id");
    if (!id || strcmp(fake_event_str(event, "ref"), "m") != 0) {
        return;
    }
    struct ack *ack = &ledger->acks[ledger->count++];
    ack->seq = fake_event_i64(event, "seq");
    ack->conversation = (int)strtol(conversation + 1, NULL, 10);
    (void)snprintf(ack->id, sizeof(ack->id), "%s", id);
}

static void read_acks(struct ledger *ledger, nx_session_id session) {
    const struct fake_event *event;
    while ((event = fake_host_next(ledger->host, session))) {
        if (strcmp(fake_event_type(event), "ack") == 0) {
            note_ack(ledger, event);
        }
    }
}

static const char *some_id(struct ledger *ledger) {
    return ledger->count > 0
            ? ledger->acks[below(ledger, (uint32_t)ledger->count)].id
            : "m00000000000000010000000000000002";
}

static void ask(struct ledger *ledger, nx_session_id session) {
    struct fake_host *host = ledger->host;
    unsigned conversation = below(ledger, CONVERSATIONS);
    static const char *const plain[] = {"chat.join", "chat.leave",
            "chat.members", "chat.history", "chat.list"};
    switch (below(ledger, 8)) {
    case 0:
        chat_case_send(host, session,
                "{'event_type':'chat.edit','message_id':'%s',"
                "'content':'new','ref':'e'}",
                some_id(ledger));
        break;
    case 1:
        chat_case_send(host, session,
                "{'event_type':'chat.read','message_id':'%s','ref':'r'}",
                some_id(ledger));
        break;
    case 2:
        chat_case_send(host, session,
                "{'event_type':'chat.typing','conversation_id':'c%u',"
                "'is_typing':true}",
                conversation);
        break;
    case 3:
        chat_case_send(host, session,
                "{'event_type':'%s','conversation_id':'c%u','ref':'p'}",
                plain[below(ledger, 5)], conversation);
        break;
    default:
        chat_case_send(host, session,
                "{'event_type':'chat.message','conversation_id':'c%u',"
                "'content':'x','ref':'m'}",
                conversation);
        break;
    }
}

static void come_or_go(struct ledger *ledger, size_t user) {
    char name[16];
    (void)snprintf(name, sizeof(name), "u%zu", user);
    if (ledger->sessions[user] == 0) {
        ledger->sessions[user] = fake_host_connect(ledger->host, name);
    } else {
        read_acks(ledger, ledger->sessions[user]);
        fake_host_disconnect(ledger->host, ledger->sessions[user], 1006);
        ledger->sessions[user] = 0;
    }
}

static void trouble(struct ledger *ledger) {
    struct fake_host *host = ledger->host;
    switch (below(ledger, 6)) {
    case 0:
        fake_host_hold_engine(host, true);
        break;
    case 1:
        fake_host_hold_engine(host, false);
        break;
    case 2:
        fake_host_hold_engine(host, false);
        FAKE_ASSERT(host, fake_host_reload(host));
        break;
    default:
        fake_host_fail(host, (enum fake_call)below(ledger, FAKE_CALLS),
                1 + below(ledger, 3), NX_ERR_ENGINE_UNAVAILABLE);
        break;
    }
}

static void step(struct ledger *ledger) {
    size_t user = below(ledger, USERS);
    uint32_t what = below(ledger, 100);
    if (what < 5) {
        come_or_go(ledger, user);
    } else if (what < 9) {
        trouble(ledger);
    } else if (ledger->sessions[user] != 0) {
        ask(ledger, ledger->sessions[user]);
    }
    fake_host_advance(ledger->host, below(ledger, 200));
    for (size_t i = 0; i < USERS; i++) {
        if (ledger->sessions[i] != 0) {
            read_acks(ledger, ledger->sessions[i]);
        }
    }
}

// How many entries of the ledger are this message.
static size_t count_entries(const struct ledger *ledger, int conversation,
        int64_t seq, const char *id) {
    size_t found = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ack *ack = &ledger->acks[i];
        found += ack->seq == seq && ack->conversation == conversation
                && strcmp(ack->id, id) == 0;
    }
    return found;
}

static size_t check_page(const struct ledger *ledger, int conversation,
        const struct fake_event *page, int64_t *last) {
    size_t found = 0;
    size_t count = fake_event_count(page, "messages");
    for (size_t i = 0; i < count; i++) {
        char field[64];
        (void)snprintf(field, sizeof(field), "messages.%zu.seq", i);
        int64_t seq = fake_event_i64(page, field);
        assert_true(seq > *last);
        *last = seq;
        (void)snprintf(field, sizeof(field), "messages.%zu.message_id", i);
        found += count_entries(
                ledger, conversation, seq, fake_event_str(page, field));
    }
    return found;
}

// Reads a whole history, and counts what of the ledger is in it.
static size_t check_history(
        struct ledger *ledger, nx_session_id session, int conversation) {
    size_t found = 0;
    int64_t last = 0;
    bool more = true;
    while (more) {
        chat_case_send(ledger->host, session,
                "{'event_type':'chat.history','conversation_id':'c%d',"
                "'after':%lld,'limit':100}",
                conversation, (long long)last);
        const struct fake_event *page =
                fake_host_await(ledger->host, session, "chat.history");
        FAKE_ASSERT(ledger->host, page != NULL);
        more = fake_event_bool(page, "has_more");
        found += check_page(ledger, conversation, page, &last);
    }
    return found;
}

static void check_seed(uint64_t seed) {
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    assert_non_null(ledger);
    ledger->host = chat_case_create("plugins.chat.cache_conversations=10");
    fake_host_set(ledger->host, "plugins.chat.history=100000");
    fake_host_set(ledger->host, "plugins.chat.cache_bytes=1048576");
    fake_host_set(ledger->host, "limits.messages_per_second=10000");
    fake_host_keep_log(ledger->host); // failures are meant to be logged
    FAKE_ASSERT(ledger->host, fake_host_start(ledger->host));
    ledger->random = seed;

    for (int i = 0; i < STEPS; i++) {
        step(ledger);
    }

    fake_host_hold_engine(ledger->host, false);
    assert_true(fake_host_restart(ledger->host));
    for (int call = 0; call < FAKE_CALLS; call++) {
        fake_host_fail(ledger->host, (enum fake_call)call, 0, NX_OK);
    }
    nx_session_id reader = fake_host_connect(ledger->host, "reader");
    size_t found = 0;
    for (int i = 0; i < CONVERSATIONS; i++) {
        found += check_history(ledger, reader, i);
    }
    assert_true(ledger->count > 100);
    assert_int_equal(found, ledger->count);
    fake_host_destroy(ledger->host);
    free(ledger);
}

static void keeps_each_acknowledged_message_once(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        check_seed(seed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(keeps_each_acknowledged_message_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
