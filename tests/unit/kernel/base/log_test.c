#include "kernel/base/log.h"

#include <fcntl.h>
#include <iconv.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base/log_line.h"
#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

// Every test logs into a pipe and reads what came out of it.
struct sink {
    int read_fd;
    int write_fd;
    char text[LOG_LINE_MAX + 1];
};

static int open_sink(void **state) {
    struct sink *sink = calloc(1, sizeof(*sink));
    int fds[2];
    if (!sink || pipe2(fds, O_NONBLOCK) < 0) {
        free(sink);
        return -1;
    }
    sink->read_fd = fds[0];
    sink->write_fd = fds[1];
    log_set_fd(fds[1]);
    log_set_level(LOG_LEVEL_INFO);
    log_set_format(LOG_FORMAT_TEXT);
    *state = sink;
    return 0;
}

static int close_sink(void **state) {
    struct sink *sink = *state;
    log_set_fd(STDERR_FILENO);
    close(sink->read_fd);
    close(sink->write_fd);
    free(sink);
    return 0;
}

// What was written, without the time stamp of a text line.
static const char *read_line(struct sink *sink) {
    ssize_t got = read(sink->read_fd, sink->text, LOG_LINE_MAX);
    if (got <= 0) {
        return NULL;
    }
    sink->text[got] = '\0';
    return sink->text[0] == '{' ? sink->text : sink->text + 25;
}

static void writes_one_line_of_text(void **state) {
    struct sink *sink = *state;

    log_info("net", "listening", LOG_STR("address", "127.0.0.1"),
            LOG_INT("port", 8000));

    assert_string_equal(read_line(sink),
            "info net: listening address=127.0.0.1 port=8000\n");
    assert_int_equal(sink->text[10], 'T');
    assert_memory_equal(sink->text + 23, "Z ", 2);
}

static void needs_no_fields(void **state) {
    struct sink *sink = *state;

    log_info("kernel", "ready");

    assert_string_equal(read_line(sink), "info kernel: ready\n");
}

static void writes_every_kind_of_value(void **state) {
    struct sink *sink = *state;

    errno = ENOENT;
    log_error("store", "cannot open", LOG_INT("int", INT64_MIN),
            LOG_UINT("uint", UINT64_MAX), LOG_BOOL("yes", true),
            LOG_BOOL("no", 0), LOG_STRN("part", "abcdef", 3),
            LOG_STR("none", NULL), LOG_ERRNO());

    assert_string_equal(read_line(sink),
            "error store: cannot open int=-9223372036854775808 "
            "uint=18446744073709551615 yes=true no=false part=abc none=null "
            "error=\"No such file or directory\"\n");
}

static void writes_json(void **state) {
    struct sink *sink = *state;
    log_set_format(LOG_FORMAT_JSON);

    log_warn("chat", "say \"hi\"", LOG_STR("text", "a\nb\x01\xff\xc3\xa9"),
            LOG_UINT("count", 7u), LOG_BOOL("late", true),
            LOG_STR("none", NULL));

    const char *line = read_line(sink);
    assert_non_null(strstr(line,
            "\",\"level\":\"warn\",\"module\":\"chat\","
            "\"message\":\"say \\\"hi\\\"\","
            "\"text\":\"a\\nb\\u0001\\ufffd\xc3\xa9\",\"count\":7,"
            "\"late\":true,\"none\":null}\n"));
    assert_memory_equal(line, "{\"time\":\"2", 10);
}

static int evaluated;

static const char *evaluate(void) {
    evaluated++;
    return "x";
}

static void evaluates_nothing_when_the_level_is_off(void **state) {
    struct sink *sink = *state;

    log_debug("test", "off", LOG_STR("value", evaluate()));
    assert_int_equal(evaluated, 0);
    assert_null(read_line(sink));
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("test", "on", LOG_STR("value", evaluate()));

    assert_int_equal(evaluated, 1);
    assert_string_equal(read_line(sink), "debug test: on value=x\n");
}

static void obeys_the_level(void **state) {
    struct sink *sink = *state;

    log_set_level(LOG_LEVEL_ERROR);
    log_warn("test", "off");
    log_write(LOG_LEVEL_WARN, "test", "off",
            (const struct log_field[]){LOG_FIELD_END});
    assert_null(read_line(sink));
    log_error("test", "on");

    assert_string_equal(read_line(sink), "error test: on\n");
}

static void knows_levels_by_name(void **state) {
    (void)state;
    enum log_level level = LOG_LEVEL_INFO;

    assert_true(log_level_from_name("debug", &level));
    assert_int_equal(level, LOG_LEVEL_DEBUG);
    assert_true(log_level_from_name("error", &level));
    assert_int_equal(level, LOG_LEVEL_ERROR);
    assert_false(log_level_from_name("Error", &level));
    assert_false(log_level_from_name("", &level));

    assert_int_equal(level, LOG_LEVEL_ERROR);
}

static void expect_shown(
        struct sink *sink, const char *value, const char *expected) {
    char line[LOG_LINE_MAX];
    log_info("t", "m", LOG_STR("k", value));
    (void)snprintf(line, sizeof(line), "info t: m k=%s\n", expected);
    assert_string_equal(read_line(sink), line);
}

static void quotes_what_could_fake_a_line_or_a_field(void **state) {
    struct sink *sink = *state;

    expect_shown(sink, "a:b/c-d", "a:b/c-d");
    expect_shown(sink, "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f");
    expect_shown(sink, "", "\"\"");
    expect_shown(sink, "a b", "\"a b\"");
    expect_shown(sink, "a=b", "\"a=b\"");
    expect_shown(sink, "a\"b\\", "\"a\\\"b\\\\\"");
    expect_shown(sink, "a\nb\r\t", "\"a\\nb\\r\\t\"");
    expect_shown(sink, "\x1b[31m\x7f", "\"\\x1b[31m\\x7f\"");
}

static void escapes_what_is_not_utf8(void **state) {
    struct sink *sink = *state;

    expect_shown(sink, "\xff", "\"\\xff\"");
    expect_shown(sink, "\xc3", "\"\\xc3\"");                   // cut short
    expect_shown(sink, "\xc0\xaf", "\"\\xc0\\xaf\"");          // overlong
    expect_shown(sink, "\xe0\x9f\xbf", "\"\\xe0\\x9f\\xbf\""); // overlong
    expect_shown(sink, "\xed\xa0\x80", "\"\\xed\\xa0\\x80\""); // surrogate
    expect_shown(sink, "\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\"");
    expect_shown(sink, "\xc2\x9b", "\"\\xc2\\x9b\""); // C1: starts a command
    expect_shown(sink, "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
}

static void escapes_the_message_too(void **state) {
    struct sink *sink = *state;

    log_info("a b", "two\nlines", LOG_INT("a key", 1));

    assert_string_equal(read_line(sink), "info a_b: two\\nlines a_key=1\n");
}

static void cuts_long_values_between_characters(void **state) {
    struct sink *sink = *state;
    char value[2001];
    for (size_t i = 0; i < 2000; i += 2) {
        memcpy(value + i, "\xc3\xa9", 2);
    }
    value[2000] = '\0';

    log_info("t", "m", LOG_STR("k", value), LOG_INT("n", 1));

    const char *line = read_line(sink);
    const char *cut = strstr(line, "\xc3\xa9\xe2\x80\xa6 n=1\n");
    assert_non_null(cut);
    assert_in_range(strlen(line), 500, LOG_VALUE_MAX + 20);
}

static void marks_a_line_whose_fields_do_not_fit(void **state) {
    struct sink *sink = *state;
    char value[2001];
    memset(value, 'x', 2000);
    value[2000] = '\0';

    log_info("t", "m", LOG_STR("a", value), LOG_STR("b", value),
            LOG_STR("c", value), LOG_STR("d", value), LOG_INT("e", 1));

    const char *line = read_line(sink);
    size_t len = strlen(line);
    assert_string_equal(line + len - 5, " \xe2\x80\xa6\n");
    assert_non_null(strstr(line, " c=xxx"));
    assert_null(strstr(line, " d=xxx"));
    assert_null(strstr(line, " e="));
}

// Whether the C library takes all of it for UTF-8.
static bool is_utf8(char *text, size_t len) {
    uint32_t out[LOG_LINE_MAX];
    char *next_out = (char *)out;
    size_t room = sizeof(out);
    iconv_t converter = iconv_open("UTF-32LE", "UTF-8");
    size_t result = iconv(converter, &text, &len, &next_out, &room);
    iconv_close(converter);
    return result == 0 && len == 0;
}

// Returns what follows the JSON string at s, or NULL if it is not one.
static const char *after_string(const char *s) {
    if (*s++ != '"') {
        return NULL;
    }
    while (*s != '"') {
        if ((unsigned char)*s < 0x20) {
            return NULL;
        }
        if (*s++ != '\\') {
            continue;
        }
        if (*s == 'u' && strspn(s + 1, "0123456789abcdef") >= 4) {
            s += 5;
        } else if (*s && strchr("\"\\nrt", *s)) {
            s++;
        } else {
            return NULL;
        }
    }
    return s + 1;
}

// Whether s is one object of strings and plain words, and a newline.
static bool is_flat_object(const char *s) {
    char before = '{';
    while (s && *s == before) {
        s = after_string(s + 1);
        if (!s || *s++ != ':') {
            return false;
        }
        s = *s == '"' ? after_string(s) : s + strcspn(s, ",}");
        before = ',';
    }
    return s && strcmp(s, "}\n") == 0;
}

static void expect_one_line(struct log_line *line) {
    assert_in_range(line->len, 1, LOG_LINE_MAX - 1);
    assert_ptr_equal(
            memchr(line->data, '\n', line->len), line->data + line->len - 1);
    assert_null(memchr(line->data, '\0', line->len));
    assert_true(is_utf8(line->data, line->len));
}

// Whatever is logged: a line ends once, at its end, and JSON is valid.
static void is_always_one_valid_line(void **state) {
    (void)state;
    uint64_t seed = 9;

    for (int i = 0; i < 10000; i++) {
        char bytes[700];
        for (size_t n = 0; n < sizeof(bytes); n++) {
            bytes[n] = (char)prng_below(&seed, i % 2 ? 256 : 128);
        }
        struct log_field fields[] = {
                LOG_STRN("a", bytes, prng_below(&seed, 700)),
                LOG_STRN("b", bytes + 100, prng_below(&seed, 600)),
                LOG_STRN("c", bytes + 200, prng_below(&seed, 500)),
                LOG_STRN("d", bytes + 300, prng_below(&seed, 400)),
                LOG_FIELD_END};
        struct log_record record = {0, LOG_LEVEL_INFO, "m", "message", fields};
        struct log_line line;

        log_line_format(&line, LOG_FORMAT_TEXT, &record);
        expect_one_line(&line);
        log_line_format(&line, LOG_FORMAT_JSON, &record);
        expect_one_line(&line);
        line.data[line.len] = '\0';
        assert_true(is_flat_object(line.data));
    }
}

static void keeps_errno(void **state) {
    struct sink *sink = *state;

    log_set_fd(-1);
    errno = EPROTO;
    log_info("t", "m", LOG_ERRNO());
    log_set_fd(sink->write_fd);

    assert_int_equal(errno, EPROTO);
}

static void counts_lines_that_cannot_be_written(void **state) {
    struct sink *sink = *state;
    uint64_t before = log_dropped();

    // The pipe is full sooner or later, and then the writes would block.
    int written = 0;
    while (log_dropped() == before && written < 100000) {
        log_info("t", "m");
        written++;
    }
    assert_int_equal(log_dropped(), before + 1);
    log_info("t", "m");

    assert_int_equal(log_dropped(), before + 2);
    assert_non_null(read_line(sink));
}

#define THREAD_LINES 200

static void *log_lines(void *arg) {
    const char *name = arg;
    for (int i = 0; i < THREAD_LINES; i++) {
        log_info("thread", "line", LOG_STR("name", name), LOG_INT("i", i));
        log_set_level(i % 2 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG);
    }
    return NULL;
}

static void keeps_lines_of_two_threads_apart(void **state) {
    struct sink *sink = *state;
    pthread_t thread;
    char other[] = "there";
    char here[] = "here";

    assert_int_equal(pthread_create(&thread, NULL, log_lines, other), 0);
    log_lines(here);
    pthread_join(thread, NULL);

    FILE *file = fdopen(dup(sink->read_fd), "r");
    assert_non_null(file);
    char line[LOG_LINE_MAX];
    int next[2] = {0, 0};
    while (fgets(line, sizeof(line), file)) {
        char expected[LOG_LINE_MAX];
        int which = strstr(line, "name=there") ? 1 : 0;
        (void)snprintf(expected, sizeof(expected),
                "info thread: line name=%s i=%d\n", which ? other : here,
                next[which]++);
        assert_string_equal(line + 25, expected);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(next[0], THREAD_LINES);
    assert_int_equal(next[1], THREAD_LINES);
}

#define SINK_TEST(name) \
    cmocka_unit_test_setup_teardown(name, open_sink, close_sink)

int main(void) {
    const struct CMUnitTest tests[] = {
            SINK_TEST(writes_one_line_of_text),
            SINK_TEST(needs_no_fields),
            SINK_TEST(writes_every_kind_of_value),
            SINK_TEST(writes_json),
            SINK_TEST(evaluates_nothing_when_the_level_is_off),
            SINK_TEST(obeys_the_level),
            SINK_TEST(knows_levels_by_name),
            SINK_TEST(quotes_what_could_fake_a_line_or_a_field),
            SINK_TEST(escapes_what_is_not_utf8),
            SINK_TEST(escapes_the_message_too),
            SINK_TEST(cuts_long_values_between_characters),
            SINK_TEST(marks_a_line_whose_fields_do_not_fit),
            SINK_TEST(is_always_one_valid_line),
            SINK_TEST(keeps_errno),
            SINK_TEST(counts_lines_that_cannot_be_written),
            SINK_TEST(keeps_lines_of_two_threads_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
