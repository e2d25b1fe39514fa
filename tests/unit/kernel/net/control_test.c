#include "kernel/net/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel/net/loop.h"
#include "tests/support/core_case.h"

#define STATUS    "{\"v\":1,\"command\":\"status\"}\n"
#define TURNS_MAX 20000000u

// A server's control socket and one client, in one thread.
struct control_case {
    char folder[64];
    char path[96];
    struct core_case c;
    struct loop *loop;
    struct control *control;
    int fd; // of the client
    size_t len;
    char got[65536];
    bool ended;
    size_t lines_wanted; // 0: the end
    unsigned turns;
};

static void init(struct control_case *t, const char *set) {
    char data_dir[80];
    memset(t, 0, sizeof(*t));
    (void)snprintf(t->folder, sizeof(t->folder), "/tmp/nexus-ctl-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    (void)snprintf(data_dir, sizeof(data_dir), "data_dir=%s", t->folder);
    (void)snprintf(t->path, sizeof(t->path), "%s/control.sock", t->folder);
    const char *const sets[] = {data_dir, set, NULL};
    core_case_init(&t->c, sets);
    t->loop = loop_create();
    assert_non_null(t->loop);
    t->control = control_create(t->loop, t->c.core);
    assert_non_null(t->control);
    t->fd = -1;
}

static void finish(struct control_case *t) {
    if (t->fd >= 0) {
        (void)close(t->fd);
    }
    control_destroy(t->control);
    assert_int_not_equal(access(t->path, F_OK), 0);
    loop_destroy(t->loop);
    core_case_finish(&t->c);
    (void)rmdir(t->folder);
}

static int dial(const struct control_case *t) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    (void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", t->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(
            connect(fd, (const struct sockaddr *)&name, sizeof(name)), 0);
    return fd;
}

static void say(const struct control_case *t, const char *text) {
    size_t len = strlen(text);
    assert_int_equal(send(t->fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
}

static size_t count_lines(const struct control_case *t) {
    size_t lines = 0;
    for (size_t i = 0; i < t->len; i++) {
        lines += t->got[i] == '\n' ? 1 : 0;
    }
    return lines;
}

static void on_turned(void *ctx) {
    struct control_case *t = ctx;
    assert_true(t->len < sizeof(t->got) - 1);
    ssize_t n = recv(t->fd, t->got + t->len, sizeof(t->got) - 1 - t->len, 0);
    t->ended = n == 0 || (n < 0 && errno != EAGAIN);
    t->len += n > 0 ? (size_t)n : 0;
    bool enough = t->lines_wanted > 0 && count_lines(t) >= t->lines_wanted;
    t->turns++;
    if (t->ended || enough || t->turns == TURNS_MAX) {
        loop_stop(t->loop);
    }
    loop_wake(t->loop);
}

// Runs until that many lines have come, 0: until the end.
static const char *await(struct control_case *t, size_t lines) {
    const struct loop_work work = {
            .core = t->c.core, .turned = on_turned, .ctx = t};
    t->lines_wanted = lines;
    t->turns = 0;
    t->len = 0;
    loop_run(t->loop, &work);
    assert_true(t->turns < TURNS_MAX);
    t->got[t->len] = '\0';
    return t->got;
}

static void answers_one_request_a_turn(void **state) {
    struct control_case t;
    struct stat info;
    (void)state;
    init(&t, NULL);
    assert_int_equal(stat(t.path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    t.fd = dial(&t);
    say(&t, STATUS STATUS STATUS);

    const char *answers = await(&t, 3);

    assert_non_null(strstr(answers, "\"ok\":true"));
    assert_true(t.turns >= 3);
    finish(&t);
}

static void gives_all_answers_to_who_sends_no_more(void **state) {
    struct control_case t;
    (void)state;
    init(&t, NULL);
    t.fd = dial(&t);
    say(&t, STATUS STATUS);
    (void)shutdown(t.fd, SHUT_WR);

    await(&t, 0);

    assert_true(t.ended);
    assert_int_equal(count_lines(&t), 2);
    finish(&t);
}

// An answer that comes in a later turn keeps the connection, and the next
// request waiting.
static void waits_for_a_late_answer(void **state) {
    struct control_case t;
    (void)state;
    init(&t, NULL);
    t.fd = dial(&t);
    say(&t, "{\"v\":1,\"command\":\"reload\"}\n" STATUS);
    (void)shutdown(t.fd, SHUT_WR);

    const char *answers = await(&t, 0);

    assert_int_equal(count_lines(&t), 2);
    assert_non_null(strstr(answers, "\"outcome\":\"refused\""));
    assert_non_null(strstr(strchr(answers, '\n'), "\"pid\""));
    finish(&t);
}

static void ends_a_line_that_is_too_long(void **state) {
    static char text[9000];
    struct control_case t;
    (void)state;
    init(&t, NULL);
    t.fd = dial(&t);
    memset(text, 'x', sizeof(text) - 1);
    say(&t, text);

    assert_non_null(strstr(await(&t, 0), "too_long"));
    assert_true(t.ended);
    finish(&t);
}

static void turns_away_one_too_many(void **state) {
    struct control_case t;
    (void)state;
    init(&t, "control.connections=1");
    int first = dial(&t);
    t.fd = dial(&t);

    assert_non_null(strstr(await(&t, 0), "control.connections"));

    (void)close(first);
    finish(&t);
}

static void ends_who_says_nothing(void **state) {
    struct control_case t;
    (void)state;
    init(&t, "control.timeout=1");
    t.fd = dial(&t);
    say(&t, STATUS);
    await(&t, 1);
    core_case_advance(&t.c, 500);
    say(&t, STATUS);
    await(&t, 1); // begins anew
    core_case_advance(&t.c, 800);
    assert_false(t.ended);
    core_case_advance(&t.c, 800);

    await(&t, 0);

    assert_true(t.ended);
    finish(&t);
}

static void a_tail_may_be_silent(void **state) {
    struct control_case t;
    (void)state;
    init(&t, "control.timeout=1");
    t.fd = dial(&t);
    say(&t, "{\"v\":1,\"command\":\"tail\"}\n");
    await(&t, 1);

    core_case_advance(&t.c, 60000);

    char byte;
    assert_int_equal(recv(t.fd, &byte, 1, 0), -1);
    assert_int_equal(errno, EAGAIN);
    finish(&t);
}

static void refuses_a_socket_that_is_in_use(void **state) {
    struct control_case t;
    (void)state;
    init(&t, NULL);
    log_set_level(LOG_LEVEL_ERROR);

    assert_null(control_create(t.loop, t.c.core));

    assert_int_equal(access(t.path, F_OK), 0);
    finish(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(answers_one_request_a_turn),
            cmocka_unit_test(gives_all_answers_to_who_sends_no_more),
            cmocka_unit_test(waits_for_a_late_answer),
            cmocka_unit_test(ends_a_line_that_is_too_long),
            cmocka_unit_test(turns_away_one_too_many),
            cmocka_unit_test(ends_who_says_nothing),
            cmocka_unit_test(a_tail_may_be_silent),
            cmocka_unit_test(refuses_a_socket_that_is_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
