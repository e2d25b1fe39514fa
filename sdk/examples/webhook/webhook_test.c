// The webhook plugin on the fake host, with a real receiver on a socket.

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <nexus/testing/fake_assert.h>

#include "receiver.h"

#define SECRET "a secret of 24 bytes ..."

struct fixture {
    struct fake_host *host;
    struct receiver receiver;
    nx_session_id alice;
};

static int set_up(void **state) {
    struct fixture *f = test_calloc(1, sizeof(*f));
    f->host = fake_host_create();
    fake_host_keep_log(f->host);
    fake_host_add(f->host, &NX_PLUGIN_SYMBOL, "webhook");
    fake_host_set(f->host, "plugins.webhook.events=note., room.join");
    fake_host_set(f->host, "plugins.webhook.secret=" SECRET);
    fake_host_set(f->host, "plugins.webhook.attempts=3");
    fake_host_listen(f->host, "note.");
    *state = f;
    return 0;
}

static void begin(struct fixture *f, const char *statuses) {
    char url[128];
    receiver_start(&f->receiver, statuses);
    (void)snprintf(url, sizeof(url),
            "plugins.webhook.url=http://127.0.0.1:%d/in", f->receiver.port);
    fake_host_set(f->host, url);
    FAKE_ASSERT(f->host, fake_host_start(f->host));
    f->alice = fake_host_connect(f->host, "alice");
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    fake_host_destroy(f->host);
    if (f->receiver.fd > 0) {
        receiver_stop(&f->receiver);
    }
    test_free(f);
    return 0;
}

static void note(struct fixture *f, const char *text) {
    char json[128];
    (void)snprintf(json, sizeof(json),
            "{\"event_type\":\"note.add\",\"text\":\"%s\"}", text);
    fake_host_send(f->host, f->alice, json);
}

static void posts_what_was_asked_for(void **state) {
    struct fixture *f = *state;
    char text[RECEIVER_TEXT_MAX];
    begin(f, "");
    note(f, "hello");
    fake_host_send(f->host, f->alice, "{\"event_type\":\"ping\"}");
    assert_int_equal(receiver_count(&f->receiver), 1);
    const char *body = receiver_part(&f->receiver, 0, NULL, text);
    assert_non_null(strstr(body, "\"user_id\":\"alice\""));
    assert_non_null(strstr(body,
            "\"event\":{\"event_type\":\"note.add\",\"text\":\"hello\"}}"));
    assert_string_equal(receiver_part(&f->receiver, 0, "Content-Type", text),
            "application/json");
    FAKE_ASSERT_METRIC(f->host, "nexus_webhook_delivered_total", 1);
    FAKE_ASSERT_METRIC(f->host, "nexus_webhook_waiting", 0);
}

static void signs_time_and_body(void **state) {
    struct fixture *f = *state;
    char part[RECEIVER_TEXT_MAX];
    char content[2 * RECEIVER_TEXT_MAX];
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    begin(f, "");
    note(f, "hello");
    (void)snprintf(content, sizeof(content), "%s.",
            receiver_part(&f->receiver, 0, "Nexus-Timestamp", part));
    receiver_part(&f->receiver, 0, NULL, content + strlen(content));
    assert_non_null(HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET),
            (const unsigned char *)content, strlen(content), mac, &len));
    receiver_part(&f->receiver, 0, "Nexus-Signature", part);
    assert_int_equal(strncmp(part, "v1=", 3), 0);
    for (unsigned i = 0; i < len; i++) {
        char two[3];
        (void)snprintf(two, sizeof(two), "%02x", mac[i]);
        assert_int_equal(strncmp(part + 3 + (size_t)2 * i, two, 2), 0);
    }
}

static void tries_again_later_and_later(void **state) {
    struct fixture *f = *state;
    char first[RECEIVER_TEXT_MAX];
    char last[RECEIVER_TEXT_MAX];
    begin(f, "500 503");
    note(f, "hello");
    assert_int_equal(receiver_count(&f->receiver), 1);
    fake_host_advance(f->host, 480); // of 500 to 1000
    assert_int_equal(receiver_count(&f->receiver), 1);
    fake_host_advance(f->host, 540);
    assert_int_equal(receiver_count(&f->receiver), 2);
    fake_host_advance(f->host, 460); // of 1000 to 2000 from the second on
    assert_int_equal(receiver_count(&f->receiver), 2);
    fake_host_advance(f->host, 1600);
    assert_int_equal(receiver_count(&f->receiver), 3);
    assert_string_equal(receiver_part(&f->receiver, 0, "Nexus-Delivery", first),
            receiver_part(&f->receiver, 2, "Nexus-Delivery", last));
    FAKE_ASSERT_METRIC(f->host, "nexus_webhook_delivered_total", 1);
    FAKE_ASSERT_METRIC(f->host, "nexus_webhook_retries_total", 2);
}

static void gives_up_after_its_attempts(void **state) {
    struct fixture *f = *state;
    begin(f, "500 500 500 500");
    note(f, "hello");
    fake_host_advance(f->host, 60000);
    assert_int_equal(receiver_count(&f->receiver), 3);
    FAKE_ASSERT_METRIC(f->host, "nexus_webhook_failed_total", 1);
    assert_true(fake_host_logged(
            f->host, "was given up after 3 attempts: status 500"));
}

static void asks_once_when_the_answer_is_final(void **state) {
    struct fixture *f = *state;
    begin(f, "404");
    note(f, "hello");
    fake_host_advance(f->host, 60000);
    assert_int_equal(receiver_count(&f->receiver), 1);
    FAKE_ASSERT_METRIC(f->host, "nexus_webhook_failed_total", 1);
}

static void drops_and_counts_what_has_no_room(void **state) {
    struct fixture *f = *state;
    fake_host_set(f->host, "plugins.webhook.queue=2");
    begin(f, "500 500 500");
    note(f, "one");
    note(f, "two");
    note(f, "three");
    FAKE_ASSERT_METRIC(f->host, "nexus_webhook_waiting", 2);
    FAKE_ASSERT_METRIC(f->host, "nexus_webhook_dropped_total", 1);
}

static void needs_no_receiver_to_start(void **state) {
    struct fixture *f = *state;
    begin(f, "");
    receiver_stop(&f->receiver);
    f->receiver.fd = 0;
    note(f, "hello");
    fake_host_advance(f->host, 60000);
    FAKE_ASSERT_METRIC(f->host, "nexus_webhook_failed_total", 1);
    assert_true(fake_host_logged(f->host, "status 0 "));
}

static void hands_its_queue_over_in_a_reload(void **state) {
    struct fixture *f = *state;
    char first[RECEIVER_TEXT_MAX];
    char last[RECEIVER_TEXT_MAX];
    begin(f, "500");
    note(f, "hello");
    FAKE_ASSERT(f->host, fake_host_reload(f->host));
    fake_host_advance(f->host, 20);
    assert_int_equal(receiver_count(&f->receiver), 2);
    assert_string_equal(receiver_part(&f->receiver, 0, "Nexus-Delivery", first),
            receiver_part(&f->receiver, 1, "Nexus-Delivery", last));
    assert_string_equal(receiver_part(&f->receiver, 0, NULL, first),
            receiver_part(&f->receiver, 1, NULL, last));
    FAKE_ASSERT_METRIC(f->host, "nexus_webhook_waiting", 0);
}

static void refuses_settings_that_cannot_work(void **state) {
    struct fixture *f = *state;
    fake_host_set(f->host, "plugins.webhook.url=ftp://example.org");
    assert_false(fake_host_start(f->host));
    assert_true(fake_host_logged(f->host, "begins with http:// or https://"));
    fake_host_set(f->host, "plugins.webhook.url=http://example.org");
    fake_host_set(f->host, "plugins.webhook.events=,");
    assert_false(fake_host_start(f->host));
    assert_true(fake_host_logged(f->host, "names no event type"));
    fake_host_set(f->host, "plugins.webhook.events=note.");
    fake_host_set(f->host, "plugins.webhook.secret=short");
    assert_false(fake_host_start(f->host));
    assert_true(fake_host_logged(f->host, "is too short to be one"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(posts_what_was_asked_for),
            TEST(signs_time_and_body),
            TEST(tries_again_later_and_later),
            TEST(gives_up_after_its_attempts),
            TEST(asks_once_when_the_answer_is_final),
            TEST(drops_and_counts_what_has_no_room),
            TEST(needs_no_receiver_to_start),
            TEST(hands_its_queue_over_in_a_reload),
            TEST(refuses_settings_that_cannot_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
