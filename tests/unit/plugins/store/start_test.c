// What the store finds when it starts, and what it refuses to touch.

#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/plugins/store/store_fixture.h"

struct bytes {
    size_t len;
    char data[1 << 16];
};

static struct bytes before;
static struct bytes after;

static void read_file(const char *name, struct bytes *bytes) {
    FILE *file = fopen(file_path(name), "r");
    assert_non_null(file);
    bytes->len = fread(bytes->data, 1, sizeof(bytes->data), file);
    assert_int_equal(fclose(file), 0);
}

static void write_file(const char *name, const char *text, size_t len) {
    FILE *file = fopen(file_path(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

// The start fails, says why and what to do, and leaves the file as it is.
static void refuses(const char *why, const char *advice) {
    read_file("store.db", &before);
    fake_host_keep_log(host);
    assert_false(try_start());
    read_file("store.db", &after);
    assert_true(fake_host_logged(host, why));
    assert_true(fake_host_logged(host, advice));
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
}

// A database as a server leaves it.
static void make_database(void) {
    assert_true(try_start());
    assert_int_equal(run_plain("room", "1"), NX_OK);
    fake_host_destroy(host);
    make_host();
}

static void makes_the_folder_for_its_owner_alone(void **state) {
    (void)state;
    struct stat info;
    set("folder", file_path("a/b/c"));
    assert_true(try_start());
    assert_int_equal(run_plain("room", "1"), NX_OK);
    assert_int_equal(stat(file_path("a/b"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(stat(file_path("a/b/c/store.db"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void writes_what_others_recognise(void **state) {
    (void)state;
    make_database();
    assert_int_equal(number("PRAGMA application_id"), 0x4e585331);
    assert_int_equal(number("PRAGMA user_version"), 1);
    assert_int_equal(number("SELECT count(*) FROM record"), 1);
}

static void leaves_one_file_when_it_stops(void **state) {
    (void)state;
    make_database();
    assert_int_not_equal(access(file_path("store.db-wal"), F_OK), 0);
    assert_int_not_equal(access(file_path("store.db-shm"), F_OK), 0);
}

static void starts_on_an_empty_file(void **state) {
    (void)state;
    write_file("store.db", "", 0);
    assert_true(try_start());
    assert_int_equal(run_plain("room", "1"), NX_OK);
}

static void finishes_a_file_that_was_only_begun(void **state) {
    (void)state;
    sqlite3 *db = open_file();
    execute(db, "PRAGMA journal_mode = WAL; VACUUM");
    (void)sqlite3_close(db);
    assert_true(try_start());
    assert_int_equal(run_plain("room", "1"), NX_OK);
}

static void refuses_a_file_that_is_no_database(void **state) {
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof(text));
    write_file("store.db", text, sizeof(text));
    refuses("it is not a database", "was not touched");
}

static void refuses_the_database_of_another_program(void **state) {
    (void)state;
    sqlite3 *db = open_file();
    execute(db, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    (void)sqlite3_close(db);
    refuses("a database of another program", "plugins.store.folder");

    db = open_file();
    execute(db, "DROP TABLE t; PRAGMA application_id = 7");
    (void)sqlite3_close(db);
    refuses("a database of another program", "plugins.store.folder");
}

static void refuses_a_newer_schema(void **state) {
    (void)state;
    make_database();
    sqlite3 *db = open_file();
    execute(db, "PRAGMA user_version = 2");
    (void)sqlite3_close(db);
    refuses("has schema version 2, this program knows 1",
            "run the newer version");
}

// Begins of pages after the first two; each holds a table.
static void damage(void) {
    int fd = open(file_path("store.db"), O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    for (off_t page = 2; page < 9; page++) {
        assert_int_equal(
                pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, page * 4096),
                8);
    }
    assert_int_equal(close(fd), 0);
}

static void refuses_a_damaged_file(void **state) {
    (void)state;
    make_database();
    damage();
    refuses("is damaged", "restore the last backup");
}

static void examines_only_files_below_its_limit(void **state) {
    (void)state;
    make_database();
    sqlite3 *db = open_file();
    execute(db, "PRAGMA writable_schema = ON; CREATE TABLE spare (a)");
    (void)sqlite3_close(db);
    set("check_bytes", "0");
    assert_true(try_start());
}

static void refuses_a_folder_that_another_server_uses(void **state) {
    (void)state;
    struct fake_host *first = host;
    assert_true(try_start());
    assert_int_equal(run_plain("room", "1"), NX_OK);

    make_host();
    fake_host_keep_log(host);
    char text[64];
    (void)snprintf(text, sizeof(text), "(process %ld)", (long)getpid());
    assert_false(fake_host_start(host));
    assert_true(fake_host_logged(host, "another server"));
    assert_true(fake_host_logged(host, text));
    fake_host_destroy(host);

    host = first;
    assert_int_equal(run_plain("room", "2"), NX_OK);
    assert_true(seen.published.offset == 2);
}

static void refuses_a_locked_database(void **state) {
    (void)state;
    make_database();
    sqlite3 *other = open_file();
    execute(other, "BEGIN IMMEDIATE");
    set("busy_timeout_ms", "20");
    fake_host_keep_log(host);
    assert_false(try_start());
    assert_true(fake_host_logged(host, "database is locked"));
    assert_true(fake_host_logged(host, "fuser"));
    (void)sqlite3_close(other);
    assert_true(try_start());
}

static void refuses_a_file_in_the_place_of_the_folder(void **state) {
    (void)state;
    write_file("file", "", 0);
    set("folder", file_path("file"));
    fake_host_keep_log(host);
    assert_false(try_start());
    assert_true(fake_host_logged(host, "Not a directory"));
}

static void keeps_to_the_size_it_may_have(void **state) {
    (void)state;
    char payload[3000];
    memset(payload, 'x', sizeof(payload) - 1);
    payload[sizeof(payload) - 1] = '\0';
    set("max_bytes", "1048576");
    assert_true(try_start());
    nx_status status = NX_OK;
    size_t stored = 0;
    struct nx_provider_publish publish = request(payload);
    publish.keep_count = 100000;
    while (status == NX_OK && stored < 2000) {
        status = run(&publish);
        stored += status == NX_OK ? 1 : 0;
    }
    assert_int_equal(status, NX_ERR_ENGINE_UNAVAILABLE);
    assert_true(stored > 100);
    assert_non_null(strstr(seen.why, "full"));
    // Trimming makes room again.
    publish.keep_count = 10;
    assert_string_not_equal(history("room", NX_HISTORY_BEFORE, 0), "");
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, set_up_folder, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(makes_the_folder_for_its_owner_alone),
            TEST(writes_what_others_recognise),
            TEST(leaves_one_file_when_it_stops),
            TEST(starts_on_an_empty_file),
            TEST(finishes_a_file_that_was_only_begun),
            TEST(refuses_a_file_that_is_no_database),
            TEST(refuses_the_database_of_another_program),
            TEST(refuses_a_newer_schema),
            TEST(refuses_a_damaged_file),
            TEST(examines_only_files_below_its_limit),
            TEST(refuses_a_folder_that_another_server_uses),
            TEST(refuses_a_locked_database),
            TEST(refuses_a_file_in_the_place_of_the_folder),
            TEST(keeps_to_the_size_it_may_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
