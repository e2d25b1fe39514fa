#include "kernel/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/support/core_case.h"

#define PATH "/tmp/nexus-supervisor-test.sock"

struct fixture {
    struct core_case core;
    struct supervisor supervisor;
    int manager; // the socket of the service manager
    char said[SUPERVISOR_TEXT_MAX];
};

// NULL removes it.
static void put_env(const char *name, const char *value) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread
    int error = value ? setenv(name, value, 1) : unsetenv(name);
    assert_int_equal(0, error);
}

static bool in_env(const char *name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread
    return getenv(name) != NULL;
}

static int listen_at(const char *name) {
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    } else {
        (void)unlink(name);
    }
    socklen_t used = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    assert_int_equal(0, bind(fd, (const struct sockaddr *)&address, used));
    return fd;
}

static void begin(struct fixture *f, const char *socket, const char *watchdog) {
    char pid[16];
    (void)snprintf(pid, sizeof(pid), "%d", getpid());
    memset(f, 0, sizeof(*f));
    core_case_init(&f->core, NULL);
    f->manager = listen_at(socket);
    put_env("NOTIFY_SOCKET", socket);
    if (watchdog) {
        put_env("WATCHDOG_USEC", watchdog);
        put_env("WATCHDOG_PID", pid);
    }
    supervisor_init(&f->supervisor);
}

static void end(struct fixture *f) {
    supervisor_finish(&f->supervisor);
    core_case_finish(&f->core);
    (void)close(f->manager);
    (void)unlink(PATH);
}

// What was said next, "" for nothing.
static const char *hear(struct fixture *f) {
    ssize_t len = recv(f->manager, f->said, sizeof(f->said) - 1, 0);
    f->said[len > 0 ? len : 0] = '\0';
    return f->said;
}

static void is_silent_without_a_manager(void **state) {
    struct supervisor supervisor;
    struct core_case c;
    core_case_init(&c, NULL);
    put_env("NOTIFY_SOCKET", NULL);
    put_env("WATCHDOG_USEC", "1000000");
    supervisor_init(&supervisor);
    supervisor_ready(&supervisor, c.core);
    supervisor_reloading(&supervisor);
    supervisor_reloaded(&supervisor);
    supervisor_stopping(&supervisor, 1000);
    assert_int_equal(-1, supervisor.fd);
    assert_false(timer_armed(&supervisor.beat));
    supervisor_finish(&supervisor);
    core_case_finish(&c);
}

static void tells_each_change_in_one_datagram(void **state) {
    static const char *const names[] = {PATH, "@nexus-supervisor-test"};
    struct fixture f;
    for (size_t i = 0; i < 2; i++) {
        begin(&f, names[i], NULL);
        assert_string_equal("", hear(&f));
        supervisor_ready(&f.supervisor, f.core.core);
        assert_string_equal(
                "READY=1\nSTATUS=serving 0 sessions, 0 rooms", hear(&f));
        supervisor_reloading(&f.supervisor);
        assert_ptr_equal(
                f.said, strstr(hear(&f), "RELOADING=1\nMONOTONIC_USEC="));
        supervisor_reloaded(&f.supervisor);
        assert_ptr_equal(f.said, strstr(hear(&f), "READY=1\n"));
        supervisor_stopping(&f.supervisor, 30000);
        assert_string_equal("STOPPING=1\nSTATUS=draining\n"
                            "EXTEND_TIMEOUT_USEC=30000000",
                hear(&f));
        assert_string_equal("", hear(&f));
        end(&f);
    }
}

static void leaves_nothing_for_children(void **state) {
    struct fixture f;
    begin(&f, PATH, "2000000");
    assert_false(in_env("NOTIFY_SOCKET"));
    assert_false(in_env("WATCHDOG_USEC"));
    assert_false(in_env("WATCHDOG_PID"));
    assert_true(fcntl(f.supervisor.fd, F_GETFD) & FD_CLOEXEC);
    end(&f);
}

static void beats_twice_in_the_time_of_the_watchdog(void **state) {
    struct fixture f;
    struct link alice;
    begin(&f, PATH, "2000000");
    supervisor_ready(&f.supervisor, f.core.core);
    assert_string_not_equal("", hear(&f));
    core_case_connect(&f.core, &alice, "alice");
    core_case_advance(&f.core, 990);
    assert_string_equal("", hear(&f));
    for (int i = 0; i < 3; i++) {
        core_case_advance(&f.core, 1010);
        assert_string_equal(
                "WATCHDOG=1\nSTATUS=serving 1 sessions, 0 rooms", hear(&f));
        assert_string_equal("", hear(&f));
    }
    core_case_leave(&f.core, &alice);
    end(&f);
}

static void tells_how_many_there_are_without_a_watchdog(void **state) {
    struct fixture f;
    begin(&f, PATH, NULL);
    supervisor_ready(&f.supervisor, f.core.core);
    assert_string_not_equal("", hear(&f));
    core_case_advance(&f.core, 30010);
    assert_string_equal("STATUS=serving 0 sessions, 0 rooms", hear(&f));
    end(&f);
}

static void does_not_beat_for_another_process(void **state) {
    struct supervisor supervisor;
    put_env("NOTIFY_SOCKET", PATH);
    put_env("WATCHDOG_USEC", "2000000");
    put_env("WATCHDOG_PID", "1");
    supervisor_init(&supervisor);
    assert_int_equal(0, supervisor.watchdog_us);
    supervisor_finish(&supervisor);
}

static void takes_no_nonsense_from_the_environment(void **state) {
    static const char *const names[] = {"", "@", "/", "relative", "vsock:2:3"};
    static const char *const times[] = {"", "-5", "2s", "99999999999999999999"};
    struct supervisor supervisor;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        put_env("NOTIFY_SOCKET", names[i]);
        supervisor_init(&supervisor);
        assert_int_equal(-1, supervisor.fd);
        supervisor_finish(&supervisor);
    }
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        put_env("NOTIFY_SOCKET", PATH);
        put_env("WATCHDOG_USEC", times[i]);
        supervisor_init(&supervisor);
        assert_int_equal(0, supervisor.watchdog_us);
        supervisor_finish(&supervisor);
    }
}

static void lives_with_a_manager_that_is_gone(void **state) {
    struct fixture f;
    begin(&f, PATH, "2000000");
    (void)close(f.manager);
    supervisor_ready(&f.supervisor, f.core.core);
    assert_true(f.supervisor.complained);
    core_case_advance(&f.core, 1010);
    // A manager that comes back, as after an upgrade of systemd.
    f.manager = listen_at(PATH);
    core_case_advance(&f.core, 1010);
    assert_ptr_equal(f.said, strstr(hear(&f), "WATCHDOG=1\n"));
    end(&f);
}

static void tells_the_last_change_again_when_there_was_no_room(void **state) {
    struct fixture f;
    begin(&f, PATH, NULL);
    supervisor_ready(&f.supervisor, f.core.core);
    // Until its queue is full.
    for (int i = 0; f.supervisor.owed[0] == '\0'; i++) {
        assert_true(i < 100000);
        supervisor_reloading(&f.supervisor);
    }
    supervisor_stopping(&f.supervisor, 1000);
    while (hear(&f)[0] != '\0') {
        assert_null(strstr(f.said, "STOPPING"));
    }
    core_case_advance(&f.core, 110);
    assert_ptr_equal(f.said, strstr(hear(&f), "STOPPING=1\n"));
    assert_ptr_equal(f.said, strstr(hear(&f), "STATUS="));
    core_case_advance(&f.core, 1000);
    assert_string_equal("", hear(&f));
    end(&f);
}

static void asks_for_as_long_as_it_needs_to_stop(void **state) {
    struct fixture f;
    begin(&f, PATH, "2000000");
    supervisor_ready(&f.supervisor, f.core.core);
    assert_string_not_equal("", hear(&f));
    supervisor_stopping(&f.supervisor, 130000);
    assert_non_null(strstr(hear(&f), "\nEXTEND_TIMEOUT_USEC=130000000"));
    assert_non_null(strstr(f.said, "\nWATCHDOG_USEC=130000000"));
    // Whoever wants a reload now gets none.
    supervisor_reloading(&f.supervisor);
    supervisor_reloaded(&f.supervisor);
    assert_string_equal("", hear(&f));
    end(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(is_silent_without_a_manager),
            cmocka_unit_test(tells_each_change_in_one_datagram),
            cmocka_unit_test(leaves_nothing_for_children),
            cmocka_unit_test(beats_twice_in_the_time_of_the_watchdog),
            cmocka_unit_test(tells_how_many_there_are_without_a_watchdog),
            cmocka_unit_test(does_not_beat_for_another_process),
            cmocka_unit_test(takes_no_nonsense_from_the_environment),
            cmocka_unit_test(lives_with_a_manager_that_is_gone),
            cmocka_unit_test(
                    tells_the_last_change_again_when_there_was_no_room),
            cmocka_unit_test(asks_for_as_long_as_it_needs_to_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
