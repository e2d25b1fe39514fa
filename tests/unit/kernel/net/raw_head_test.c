#include "kernel/net/raw_head.h"

#include <stdio.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "tests/support/cmocka.h"

#define OPENING "GET /ws HTTP/1.1\r\n"
#define HOST    "Host: x\r\n"

static struct nx_buf out;
static bool upgrade;

static int set_up(void **state) {
    (void)state;
    nx_buf_init(&out, 65536);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    nx_buf_finish(&out);
    return 0;
}

// --- the end --------------------------------------------------------------

static enum raw_head_state find(const char *text, size_t *end) {
    return raw_head_find(text, strlen(text), 0, end);
}

static void expect_end(const char *head, const char *behind) {
    char text[512];
    size_t end = 0;
    (void)snprintf(text, sizeof(text), "%s%s", head, behind);
    assert_int_equal(find(text, &end), RAW_HEAD_WHOLE);
    assert_int_equal(end, strlen(head));
}

static void finds_the_empty_line(void **state) {
    (void)state;
    expect_end("GET / HTTP/1.1\r\nA: b\r\n\r\n", "");
    expect_end("GET / HTTP/1.1\r\nA: b\r\n\r\n", "\x81\x80mask\n\n\r\n\r\n");
    expect_end("GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n");
}

static void passes_over_empty_lines_in_front(void **state) {
    (void)state;
    expect_end("\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n", "x");
}

static void finds_it_however_the_bytes_come(void **state) {
    (void)state;
    static const char text[] = "\r\nGET / HTTP/1.1\r\nA: b\r\n\r\nbehind";
    const size_t whole = strlen(text) - strlen("behind");
    for (size_t first = 0; first < whole; first++) {
        size_t end = 0;
        assert_int_equal(raw_head_find(text, first, 0, &end), RAW_HEAD_PARTIAL);
        assert_int_equal(
                raw_head_find(text, strlen(text), first, &end), RAW_HEAD_WHOLE);
        assert_int_equal(end, whole);
    }
}

static void sees_early_what_is_no_request(void **state) {
    (void)state;
    static const char *const texts[] = {"\x16\x03\x01", "\x81", "\r\n ", "\n",
            "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nA: b\n", "(", "\r\n\r\r"};
    size_t end;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(find(texts[i], &end), RAW_HEAD_WRONG);
        assert_int_equal(
                raw_head_objection(texts[i], strlen(texts[i])).status, 400);
    }
    assert_string_equal(raw_head_objection("\x16\x03", 2).detail,
            "this port does not speak TLS");
}

static void tells_what_is_too_long(void **state) {
    (void)state;
    assert_int_equal(raw_head_excess("\r\nGET /xxxx", 11).status, 414);
    assert_int_equal(raw_head_excess("GET / HTTP/1.1\r\nA", 17).status, 431);
}

static void knows_requests_of_heads(void **state) {
    (void)state;
    assert_true(raw_head_is_head("\r\nHEAD / ", 9));
    assert_false(raw_head_is_head("HEAD", 4));
    assert_false(raw_head_is_head("GET / HTTP/1.1", 14));
}

// --- rewriting ------------------------------------------------------------

static struct refusal rewrite(const char *text) {
    nx_buf_clear(&out);
    return raw_head_rewrite(text, strlen(text), &out, &upgrade);
}

static void expect_rewritten(const char *text, const char *wanted) {
    assert_int_equal(rewrite(text).status, 0);
    assert_int_equal(out.len, strlen(wanted));
    assert_memory_equal(out.data, wanted, out.len);
}

static void expect_refused(const char *text, uint32_t status) {
    struct refusal refusal = rewrite(text);
    assert_int_equal(refusal.status, status);
    assert_true(*refusal.code && *refusal.detail);
}

static void expect_refused_header(const char *line) {
    char text[512];
    (void)snprintf(text, sizeof(text), OPENING HOST "%s\r\nA: b\r\n\r\n", line);
    expect_refused(text, 400);
}

static void keeps_what_somebody_reads(void **state) {
    (void)state;
    expect_rewritten("POST /a?b=c%20d HTTP/1.0\r\nHOST:x\r\nCookie: a=b\r\n"
                     "content-LENGTH:\t5 \r\nX-Empty:\r\n"
                     "X-Forwarded-For: a, b\r\nX-Forwarded-For: c\r\n\r\n",
            "POST /a?b=c%20d HTTP/1.0\r\nhost: x\r\ncontent-length: 5\r\n"
            "x-forwarded-for: a, b\r\nx-forwarded-for: c\r\n\r\n");
    assert_false(upgrade);
}

static void finds_the_websocket_among_upgrades(void **state) {
    (void)state;
    static const char wanted[] =
            OPENING "connection: Upgrade\r\nupgrade: websocket\r\n\r\n";
    expect_rewritten(OPENING "Connection: Upgrade\r\n"
                             "Upgrade: WebSocket\r\n\r\n",
            wanted);
    assert_true(upgrade);
    expect_rewritten(OPENING "Upgrade: h2c, foo/1\r\n"
                             "Upgrade: x,websocket ,y\r\n"
                             "Connection: Upgrade\r\n\r\n",
            wanted);
    assert_true(upgrade);
    expect_rewritten(OPENING "Upgrade: websocket/13, websockets\r\n\r\n",
            OPENING "\r\n");
    assert_false(upgrade);
}

static void leaves_no_empty_elements_in_lists(void **state) {
    (void)state;
    expect_rewritten(OPENING "Connection: , ,keep-alive ,\tUpgrade,,\r\n"
                             "Sec-WebSocket-Protocol: ,, \r\n\r\n",
            OPENING "connection: keep-alive,Upgrade\r\n\r\n");
}

static void takes_an_empty_origin_for_null(void **state) {
    (void)state;
    expect_rewritten(
            OPENING "Origin: \t\r\n\r\n", OPENING "origin: null\r\n\r\n");
}

static void refuses_bad_request_lines(void **state) {
    (void)state;
    expect_refused("GET /\r\n\r\n", 400);
    expect_refused("GET\r\n\r\n", 400);
    expect_refused("GET  / HTTP/1.1\r\n\r\n", 400);
    expect_refused("GET / x HTTP/1.1\r\n\r\n", 400);
    expect_refused("GET / HTTP/1.1 \r\n\r\n", 400);
    expect_refused("GET / http/1.1\r\n\r\n", 400);
    expect_refused("GET / HTTP/1.10\r\n\r\n", 400);
    expect_refused("GET / HTTP/2.0\r\n\r\n", 505);
    expect_refused("GET / HTTP/1.2\r\n\r\n", 505);
    expect_refused("get / HTTP/1.1\r\n\r\n", 501);
    expect_refused("BREW / HTTP/1.1\r\n\r\n", 501);
    expect_refused("CONNECT a:80 HTTP/1.1\r\n\r\n", 501);
    expect_refused("G(T / HTTP/1.1\r\n\r\n", 400);
}

static void refuses_bad_targets(void **state) {
    (void)state;
    static const char *const targets[] = {"a", "*", "a:80", "/a#b", "/\x80",
            "/a\tb", "/a\rb", "/%", "/%0", "/%zz", "/?a=%00", "http://",
            "ftp://x/"};
    char text[128];
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        (void)snprintf(
                text, sizeof(text), "GET %s HTTP/1.1\r\n\r\n", targets[i]);
        expect_refused(text, 400);
    }
    assert_int_equal(rewrite("OPTIONS * HTTP/1.1\r\n\r\n").status, 0);
    assert_int_equal(rewrite("GET HTTPS://x/ws HTTP/1.1\r\n\r\n").status, 0);
    assert_int_equal(rewrite("GET /{a}|\"b\" HTTP/1.1\r\n\r\n").status, 0);
}

static void refuses_bad_headers(void **state) {
    (void)state;
    static const char *const lines[] = {"nonsense", ": x", "A : b", "A\t: b",
            " folded: x", "\tfolded", "A B: c", "A(b): c", "A\x80: b",
            "A: b\rc", "A: b\x01", "A: b\x7f",
            "Content-Length:", "Transfer-Encoding: \t"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        expect_refused_header(lines[i]);
    }
    static const char zero[] = OPENING "A: b\0c\r\n\r\n";
    nx_buf_clear(&out);
    assert_int_equal(
            raw_head_rewrite(zero, sizeof(zero) - 1, &out, &upgrade).status,
            400);
    assert_int_equal(rewrite(OPENING "A: caf\xe9 \xff\r\n\r\n").status, 0);
}

static void tells_when_memory_is_out(void **state) {
    (void)state;
    struct nx_buf small;
    nx_buf_init(&small, 20);
    const char *text = OPENING HOST "\r\n";
    assert_int_equal(
            raw_head_rewrite(text, strlen(text), &small, &upgrade).status, 503);
    nx_buf_finish(&small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(finds_the_empty_line),
            cmocka_unit_test(passes_over_empty_lines_in_front),
            cmocka_unit_test(finds_it_however_the_bytes_come),
            cmocka_unit_test(sees_early_what_is_no_request),
            cmocka_unit_test(tells_what_is_too_long),
            cmocka_unit_test(knows_requests_of_heads),
            cmocka_unit_test(keeps_what_somebody_reads),
            cmocka_unit_test(finds_the_websocket_among_upgrades),
            cmocka_unit_test(leaves_no_empty_elements_in_lists),
            cmocka_unit_test(takes_an_empty_origin_for_null),
            cmocka_unit_test(refuses_bad_request_lines),
            cmocka_unit_test(refuses_bad_targets),
            cmocka_unit_test(refuses_bad_headers),
            cmocka_unit_test(tells_when_memory_is_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
