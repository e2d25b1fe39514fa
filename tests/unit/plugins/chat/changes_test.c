#include "tests/support/cmocka.h"
#include "tests/support/prng.h"
#include "tests/unit/plugins/chat/chat_case.h"

#define EPOCH_SIZE 17
#define ID_SIZE    40

static void copy(char *out, size_t size, const char *text) {
    assert_non_null(text);
    assert_true(strlen(text) < size);
    (void)snprintf(out, size, "%s", text);
}

// Says so many messages, "1" and on, and keeps the id of the first.
static void say_many(struct fake_host *host, nx_session_id session, int count,
        char first[ID_SIZE]) {
    for (int i = 1; i <= count; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "%d", i);
        const struct fake_event *ack = chat_case_say(host, session, text);
        if (i == 1 && first) {
            copy(first, ID_SIZE, fake_event_str(ack, "message_id"));
        }
        fake_host_advance(host, 100); // stay below the rate limit
    }
    fake_host_skip(host, session);
}

static void edit(struct fake_host *host, nx_session_id session, const char *id,
        const char *content) {
    chat_case_send(host, session,
            "{'event_type':'chat.edit','message_id':'%s','content':'%s'}", id,
            content);
    fake_host_advance(host, 100);
    fake_host_skip(host, session);
}

static void delete (
        struct fake_host *host, nx_session_id session, const char *id) {
    chat_case_send(host, session,
            "{'event_type':'chat.delete','message_id':'%s'}", id);
    fake_host_advance(host, 100);
    fake_host_skip(host, session);
}

static void epoch_of(
        struct fake_host *host, nx_session_id session, char epoch[EPOCH_SIZE]) {
    copy(epoch, EPOCH_SIZE,
            fake_event_str(chat_case_history(host, session, ""), "epoch"));
}

// What came behind the position, with members of the request such as
// ",'limit':2".
static const struct fake_event *changes(struct fake_host *host,
        nx_session_id session, const char *epoch, int64_t offset,
        const char *more) {
    chat_case_send(host, session,
            "{'event_type':'chat.changes','conversation_id':'c',"
            "'since':{'epoch':'%s','offset':%lld}%s}",
            epoch, (long long)offset, more);
    const struct fake_event *answer =
            fake_host_await(host, session, "chat.changes");
    FAKE_ASSERT(host, answer != NULL);
    return answer;
}

static void gives_what_is_new_and_what_has_changed(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    char epoch[EPOCH_SIZE];
    char first[ID_SIZE];
    say_many(host, alice, 3, first);
    epoch_of(host, alice, epoch);
    edit(host, alice, first, "one");
    edit(host, alice, first, "ONE");
    say_many(host, alice, 1, NULL);

    const struct fake_event *answer = changes(host, alice, epoch, 3, "");
    FAKE_ASSERT_STR(answer, "conversation_id", "c");
    assert_int_equal(fake_event_count(answer, "messages"), 2);
    FAKE_ASSERT_I64(answer, "messages.0.seq", 1);
    FAKE_ASSERT_STR(answer, "messages.0.event_type", "chat.message");
    FAKE_ASSERT_STR(answer, "messages.0.content", "ONE");
    FAKE_ASSERT_I64(answer, "messages.0.version", 3);
    FAKE_ASSERT_I64(answer, "messages.1.seq", 6);
    assert_true(fake_event_bool(answer, "recovered"));
    assert_false(fake_event_bool(answer, "has_more"));
    FAKE_ASSERT_STR(answer, "epoch", epoch);
    FAKE_ASSERT_I64(answer, "seq", 6);
    FAKE_ASSERT_I64(answer, "first_seq", 1);
}

static void gives_a_tombstone_for_what_was_deleted(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    char epoch[EPOCH_SIZE];
    char first[ID_SIZE];
    say_many(host, alice, 2, first);
    epoch_of(host, alice, epoch);
    delete (host, alice, first);

    const struct fake_event *answer = changes(host, alice, epoch, 2, "");
    assert_int_equal(fake_event_count(answer, "messages"), 1);
    FAKE_ASSERT_STR(answer, "messages.0.message_id", first);
    assert_true(fake_event_bool(answer, "messages.0.deleted"));
    assert_false(fake_event_has(answer, "messages.0.content"));
    FAKE_ASSERT_I64(answer, "seq", 3);
}

static void gives_nothing_to_who_has_all(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    char epoch[EPOCH_SIZE];
    say_many(host, alice, 2, NULL);
    epoch_of(host, alice, epoch);

    const struct fake_event *answer = changes(host, alice, epoch, 2, "");
    assert_int_equal(fake_event_count(answer, "messages"), 0);
    assert_true(fake_event_bool(answer, "recovered"));
    FAKE_ASSERT_I64(answer, "seq", 2);
}

// One that changes again moves behind the pages to come.
static void goes_on_behind_the_last_of_a_page(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    char epoch[EPOCH_SIZE];
    char first[ID_SIZE];
    say_many(host, alice, 4, first);
    epoch_of(host, alice, epoch);

    const struct fake_event *answer =
            changes(host, alice, epoch, 0, ",'limit':2");
    assert_int_equal(fake_event_count(answer, "messages"), 2);
    FAKE_ASSERT_STR(answer, "messages.0.content", "1");
    assert_true(fake_event_bool(answer, "has_more"));
    FAKE_ASSERT_I64(answer, "seq", 2);

    edit(host, alice, first, "one");
    answer = changes(host, alice, epoch, 2, ",'limit':2");
    FAKE_ASSERT_STR(answer, "messages.0.content", "3");
    FAKE_ASSERT_STR(answer, "messages.1.content", "4");
    assert_true(fake_event_bool(answer, "has_more"));
    FAKE_ASSERT_I64(answer, "seq", 4);

    answer = changes(host, alice, epoch, 4, ",'limit':2");
    assert_int_equal(fake_event_count(answer, "messages"), 1);
    FAKE_ASSERT_STR(answer, "messages.0.content", "one");
    assert_false(fake_event_bool(answer, "has_more"));
    FAKE_ASSERT_I64(answer, "seq", 5);
}

static void says_when_it_cannot_reach_back(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("plugins.chat.history=10");
    nx_session_id alice = fake_host_connect(host, "alice");
    char epoch[EPOCH_SIZE];
    say_many(host, alice, 15, NULL);
    epoch_of(host, alice, epoch);

    const struct fake_event *answer = changes(host, alice, epoch, 4, "");
    assert_false(fake_event_bool(answer, "recovered"));
    assert_int_equal(fake_event_count(answer, "messages"), 0);
    FAKE_ASSERT_I64(answer, "first_seq", 6);
    FAKE_ASSERT_I64(answer, "seq", 15);
    answer = changes(host, alice, epoch, 0, "");
    assert_false(fake_event_bool(answer, "recovered"));

    answer = changes(host, alice, epoch, 5, "");
    assert_true(fake_event_bool(answer, "recovered"));
    assert_int_equal(fake_event_count(answer, "messages"), 10);
    fake_host_destroy(host);
}

static void knows_no_positions_of_another_log(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    char epoch[EPOCH_SIZE];
    say_many(host, alice, 3, NULL);
    epoch_of(host, alice, epoch);

    const struct fake_event *answer = changes(host, alice, "abc", 2, "");
    assert_false(fake_event_bool(answer, "recovered"));
    FAKE_ASSERT_STR(answer, "epoch", epoch);
    answer = changes(host, alice, epoch, 4, "");
    assert_false(fake_event_bool(answer, "recovered"));
    // From the beginning is the same in every log.
    answer = changes(host, alice, "abc", 0, "");
    assert_true(fake_event_bool(answer, "recovered"));
    assert_int_equal(fake_event_count(answer, "messages"), 3);
}

static void reads_the_log_after_a_restart(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    char epoch[EPOCH_SIZE];
    char first[ID_SIZE];
    say_many(host, alice, 3, first);
    epoch_of(host, alice, epoch);
    edit(host, alice, first, "one");
    assert_true(fake_host_restart(host));
    alice = fake_host_connect(host, "alice");

    const struct fake_event *answer = changes(host, alice, epoch, 3, "");
    assert_true(fake_event_bool(answer, "recovered"));
    assert_int_equal(fake_event_count(answer, "messages"), 1);
    FAKE_ASSERT_STR(answer, "messages.0.content", "one");
}

static void ends_an_answer_before_it_is_too_large(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    char content[3001];
    memset(content, 'x', 3000);
    content[3000] = '\0';
    for (int i = 0; i < 100; i++) {
        chat_case_say(host, alice, content);
        fake_host_advance(host, 100);
    }

    const struct fake_event *answer =
            changes(host, alice, "0", 0, ",'limit':100");
    size_t count = fake_event_count(answer, "messages");
    assert_in_range(count, 60, 90);
    assert_true(fake_event_bool(answer, "has_more"));
    assert_true(strlen(fake_event_text(answer)) < 300000);
    FAKE_ASSERT_I64(answer, "seq", (int64_t)count);
}

static void refuses_what_is_no_position(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_say(host, alice, "x");
    static const char *const bad[] = {
            "",
            ",'since':3",
            ",'since':{}",
            ",'since':{'epoch':'1'}",
            ",'since':{'epoch':'1','offset':-1}",
            ",'since':{'epoch':'1','offset':'1'}",
            ",'since':{'epoch':'','offset':1}",
            ",'since':{'epoch':'12345678123456781','offset':1}",
            ",'since':{'epoch':'xyz','offset':1}",
            ",'since':{'epoch':1,'offset':1}",
            ",'since':{'epoch':'1','offset':1},'limit':0",
            ",'since':{'epoch':'1','offset':1},'limit':101",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        chat_case_send(host, alice,
                "{'event_type':'chat.changes','conversation_id':'c'%s}",
                bad[i]);
        FAKE_EXPECT(error, host, alice, "error");
        FAKE_ASSERT_STR(
                error, "code", i == 0 ? "missing_field" : "invalid_field");
        fake_host_advance(host, 100);
    }
}

static void is_closed_to_who_is_no_member(void **state) {
    (void)state;
    struct fake_host *host =
            chat_case_with("plugins.chat.open_conversations=false");
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id eve = fake_host_connect(host, "eve");
    chat_case_say(host, alice, "private");

    chat_case_send(host, eve,
            "{'event_type':'chat.changes','conversation_id':'c',"
            "'since':{'epoch':'0','offset':0}}");
    FAKE_EXPECT(error, host, eve, "error");
    FAKE_ASSERT_STR(error, "code", "not_member");
    fake_host_destroy(host);
}

// ---- a client that follows by changes alone ----

#define STEPS        1500
#define MESSAGES_MAX 2000

struct copy {
    char content[16]; // "": deleted, or never seen
    int64_t seq;
};

struct follower {
    struct copy copies[MESSAGES_MAX];
    char epoch[EPOCH_SIZE];
    int64_t at;
};

static void take(struct follower *follower, const struct fake_event *answer) {
    size_t count = fake_event_count(answer, "messages");
    for (size_t i = 0; i < count; i++) {
        char path[48];
        (void)snprintf(path, sizeof(path), "messages.%zu.seq", i);
        int64_t seq = fake_event_i64(answer, path);
        assert_in_range(seq, 1, MESSAGES_MAX - 1);
        (void)snprintf(path, sizeof(path), "messages.%zu.content", i);
        const char *content = fake_event_str(answer, path);
        copy(follower->copies[seq].content, sizeof(follower->copies[0].content),
                content ? content : "");
        follower->copies[seq].seq = seq;
    }
    for (int64_t i = 0; i < fake_event_i64(answer, "first_seq"); i++) {
        follower->copies[i].seq = 0;
    }
    copy(follower->epoch, EPOCH_SIZE, fake_event_str(answer, "epoch"));
}

static void read_all(struct fake_host *host, nx_session_id session,
        struct follower *follower) {
    memset(follower->copies, 0, sizeof(follower->copies));
    const struct fake_event *answer =
            chat_case_history(host, session, ",'limit':100");
    assert_false(fake_event_bool(answer, "has_more"));
    take(follower, answer);
    follower->at = fake_event_i64(answer, "last_seq");
}

// One page; true when there is more.
static bool follow(struct fake_host *host, nx_session_id session,
        struct follower *follower) {
    const struct fake_event *answer =
            changes(host, session, follower->epoch, follower->at, ",'limit':3");
    if (!fake_event_bool(answer, "recovered")) {
        read_all(host, session, follower);
        return false;
    }
    take(follower, answer);
    follower->at = fake_event_i64(answer, "seq");
    return fake_event_bool(answer, "has_more");
}

static void change_something(struct fake_host *host, nx_session_id session,
        uint64_t *seed, char ids[8][ID_SIZE], int step) {
    char *id = ids[prng_below(seed, 8)];
    char text[16];
    (void)snprintf(text, sizeof(text), "%d", step);
    uint64_t what = prng_below(seed, 8);
    if (what == 0) {
        delete (host, session, id);
    } else if (what < 5) {
        edit(host, session, id, text);
    } else {
        copy(id, ID_SIZE,
                fake_event_str(
                        chat_case_say(host, session, text), "message_id"));
        fake_host_advance(host, 100);
        fake_host_skip(host, session);
    }
}

static void assert_equal(
        const struct follower *one, const struct follower *other) {
    assert_int_equal(one->at, other->at);
    for (size_t i = 0; i < MESSAGES_MAX; i++) {
        assert_int_equal(one->copies[i].seq, other->copies[i].seq);
        if (one->copies[i].seq > 0) {
            assert_string_equal(
                    one->copies[i].content, other->copies[i].content);
        }
    }
}

// Follows to the end and compares.
static void catch_up(struct fake_host *host, nx_session_id session,
        struct follower *follower) {
    static struct follower truth;
    bool more = true;
    while (more) {
        more = follow(host, session, follower);
    }
    read_all(host, session, &truth);
    assert_equal(follower, &truth);
}

static void makes_a_follower_equal_to_the_history(void **state) {
    (void)state;
    static struct follower bob = {.epoch = "0"};
    static char ids[8][ID_SIZE];
    struct fake_host *host = chat_case_with("plugins.chat.history=60");
    nx_session_id alice = fake_host_connect(host, "alice");
    uint64_t seed = 7;
    say_many(host, alice, 1, ids[0]);
    for (int i = 1; i < 8; i++) {
        copy(ids[i], ID_SIZE, ids[0]);
    }
    for (int step = 1; step <= STEPS; step++) {
        change_something(host, alice, &seed, ids, step);
        // Now and then away for long enough to lose the thread.
        bool away = step % 500 > 400;
        if (!away && prng_below(&seed, 3) == 0) {
            (void)follow(host, alice, &bob);
        }
        if (!away && step % 50 == 0) {
            catch_up(host, alice, &bob);
        }
    }
    catch_up(host, alice, &bob);
    fake_host_destroy(host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(gives_what_is_new_and_what_has_changed),
            CHAT_TEST(gives_a_tombstone_for_what_was_deleted),
            CHAT_TEST(gives_nothing_to_who_has_all),
            CHAT_TEST(goes_on_behind_the_last_of_a_page),
            cmocka_unit_test(says_when_it_cannot_reach_back),
            CHAT_TEST(knows_no_positions_of_another_log),
            CHAT_TEST(reads_the_log_after_a_restart),
            CHAT_TEST(ends_an_answer_before_it_is_too_large),
            CHAT_TEST(refuses_what_is_no_position),
            cmocka_unit_test(is_closed_to_who_is_no_member),
            cmocka_unit_test(makes_a_follower_equal_to_the_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
