// The audit plugin on the fake host, with real files.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nexus/testing/fake_assert.h>

struct fixture {
    struct fake_host *host;
    char folder[64];
    char path[128];
    char text[65536]; // of the file that was read last
};

static void set(struct fixture *f, const char *key, const char *value) {
    char setting[256];
    (void)snprintf(setting, sizeof(setting), "plugins.audit.%s=%s", key, value);
    fake_host_set(f->host, setting);
}

static int set_up(void **state) {
    struct fixture *f = test_calloc(1, sizeof(*f));
    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/audit-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof(f->path), "%s/log/a.jsonl", f->folder);
    f->host = fake_host_create();
    fake_host_keep_log(f->host);
    fake_host_add(f->host, &NX_PLUGIN_SYMBOL, "audit");
    set(f, "file", f->path);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    char command[128];
    fake_host_destroy(f->host);
    (void)snprintf(command, sizeof(command), "rm -rf %s", f->folder);
    // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a test's own folder
    assert_int_equal(system(command), 0);
    test_free(f);
    return 0;
}

static const char *contents(struct fixture *f, const char *suffix) {
    char path[160];
    (void)snprintf(path, sizeof(path), "%s%s", f->path, suffix);
    int fd = open(path, O_RDONLY);
    ssize_t len = fd >= 0 ? read(fd, f->text, sizeof(f->text) - 1) : 0;
    (void)close(fd);
    f->text[len > 0 ? len : 0] = '\0';
    return f->text;
}

static size_t count(const char *text, const char *what) {
    size_t found = 0;
    for (; (text = strstr(text, what)); text++) {
        found++;
    }
    return found;
}

static nx_session_id begin(struct fixture *f) {
    FAKE_ASSERT(f->host, fake_host_start(f->host));
    return fake_host_connect(f->host, "alice");
}

static void say(struct fixture *f, nx_session_id session) {
    fake_host_send(f->host, session,
            "{\"event_type\":\"room.broadcast\",\"room_id\":\"r\","
            "\"text\":\"a secret\"}");
}

static void assert_has(const char *text, const char *part) {
    if (!strstr(text, part)) {
        print_error("no %s in:\n%s\n", part, text);
        fail();
    }
}

static void writes_a_line_for_all_that_happens(void **state) {
    struct fixture *f = *state;
    nx_session_id alice = begin(f);
    fake_host_send(
            f->host, alice, "{\"event_type\":\"room.join\",\"room_id\":\"r\"}");
    say(f, alice);
    fake_host_send(f->host, alice, "{\"event_type\":\"ping\"}");
    fake_host_disconnect(f->host, alice, 1000);
    fake_host_advance(f->host, 600);
    const char *text = contents(f, "");
    assert_int_equal(count(text, "\n"), 6);
    assert_int_equal(count(text, "\"time\":\"2026-01-31T12:00:0"), 6);
    assert_has(text,
            "\"what\":\"connected\",\"session\":1,"
            "\"user_id\":\"alice\",\"address\":");
    assert_has(text,
            "\"what\":\"joined\",\"session\":1,"
            "\"user_id\":\"alice\",\"room\":\"room:r\"}");
    assert_has(text, "\"event_type\":\"room.broadcast\",\"bytes\":");
    assert_has(text, "\"what\":\"left\"");
    assert_has(text, "\"code\":1000}");
    assert_null(strstr(text, "secret"));
}

static void writes_content_when_it_is_told_to(void **state) {
    struct fixture *f = *state;
    set(f, "content", "true");
    say(f, begin(f));
    fake_host_advance(f->host, 600);
    assert_has(contents(f, ""), "\"text\":\"a secret\"}}\n");
}

static void begins_a_new_file_when_one_is_full(void **state) {
    struct fixture *f = *state;
    set(f, "file_bytes", "4096");
    set(f, "files", "2");
    nx_session_id alice = begin(f);
    for (int i = 0; i < 200; i++) {
        say(f, alice);
        fake_host_advance(f->host, 520);
    }
    assert_in_range(strlen(contents(f, "")), 1, 4096);
    assert_in_range(strlen(contents(f, ".1")), 3000, 4096);
    assert_in_range(strlen(contents(f, ".2")), 3000, 4096);
    assert_int_equal(strlen(contents(f, ".3")), 0);
}

static void follows_a_file_that_is_moved_away(void **state) {
    struct fixture *f = *state;
    char moved[160];
    (void)snprintf(moved, sizeof(moved), "%s.moved", f->path);
    nx_session_id alice = begin(f);
    fake_host_advance(f->host, 600);
    assert_int_equal(rename(f->path, moved), 0);
    say(f, alice);
    fake_host_advance(f->host, 600);
    assert_has(contents(f, ".moved"), "connected");
    assert_int_equal(count(contents(f, ""), "\n"), 1);
}

static void ends_a_line_that_a_crash_has_cut(void **state) {
    struct fixture *f = *state;
    char folder[128];
    (void)snprintf(folder, sizeof(folder), "%s/log", f->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    int fd = open(f->path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "{\"time\":", 8), 8);
    assert_int_equal(close(fd), 0);
    (void)begin(f);
    fake_host_advance(f->host, 600);
    assert_has(contents(f, ""), "{\"time\":\n{\"time\":");
}

static void keeps_lines_while_the_disk_is_full(void **state) {
    struct fixture *f = *state;
    set(f, "file", "/dev/full");
    set(f, "buffer_bytes", "4096");
    nx_session_id alice = begin(f);
    for (int i = 0; i < 100; i++) {
        say(f, alice);
        fake_host_advance(f->host, 100);
    }
    assert_true(fake_host_logged(
            f->host, "/dev/full cannot be written: No space left on device"));
    assert_true(fake_host_is_open(f->host, alice));
    assert_true(fake_host_metric(f->host, "nexus_audit_dropped_total") > 0);
    assert_true(fake_host_metric(f->host, "nexus_audit_failures_total") > 0);
    FAKE_ASSERT_METRIC(f->host, "nexus_audit_written_bytes_total", 0);
}

static void hands_lines_over_in_a_reload(void **state) {
    struct fixture *f = *state;
    say(f, begin(f));
    FAKE_ASSERT(f->host, fake_host_reload(f->host));
    assert_int_equal(count(contents(f, ""), "\n"), 0);
    fake_host_advance(f->host, 600);
    assert_int_equal(count(contents(f, ""), "\n"), 2);
    assert_int_equal(count(contents(f, ""), "room.broadcast"), 1);
}

static void writes_what_is_left_when_the_server_stops(void **state) {
    struct fixture *f = *state;
    say(f, begin(f));
    FAKE_ASSERT(f->host, fake_host_restart(f->host));
    assert_int_equal(count(contents(f, ""), "room.broadcast"), 1);
    assert_int_equal(count(contents(f, ""), "disconnected"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(writes_a_line_for_all_that_happens),
            TEST(writes_content_when_it_is_told_to),
            TEST(begins_a_new_file_when_one_is_full),
            TEST(follows_a_file_that_is_moved_away),
            TEST(ends_a_line_that_a_crash_has_cut),
            TEST(keeps_lines_while_the_disk_is_full),
            TEST(hands_lines_over_in_a_reload),
            TEST(writes_what_is_left_when_the_server_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
