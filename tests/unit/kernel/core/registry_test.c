#include "kernel/core/registry.h"

#include <string.h>

#include <nexus/util/buf.h>

#include "tests/support/cmocka.h"

// Owners are never looked into.
static char owner_memory[2];
#define OWNER_A ((struct plugin *)(void *)&owner_memory[0])
#define OWNER_B ((struct plugin *)(void *)&owner_memory[1])

static struct nx_str str(const char *text) {
    return (struct nx_str){text, strlen(text)};
}

static int32_t on_event(void *user, const struct nx_event *ev) {
    (void)user;
    (void)ev;
    return 0;
}

static void on_session(void *user, const struct nx_session_event *ev) {
    (void)user;
    (void)ev;
}

static int32_t on_http(void *user, const struct nx_http_request *request) {
    (void)user;
    (void)request;
    return 0;
}

static int32_t on_auth(void *user, const struct nx_auth_request *request,
        struct nx_auth_decision *decision) {
    (void)user;
    (void)request;
    (void)decision;
    return 0;
}

static int set_up(void **state) {
    *state = registry_create();
    return *state ? 0 : -1;
}

static int tear_down(void **state) {
    registry_destroy(*state);
    return 0;
}

static enum nx_err handle(
        struct registry *registry, struct plugin *owner, const char *prefix) {
    return registry_add_handler(registry, owner, prefix, on_event, NULL);
}

// The prefix that an event type is handled by, "" when by none.
static const char *handled_by(
        const struct registry *registry, const char *type) {
    const struct registry_handler *handler =
            registry_find_handler(registry, str(type));
    return handler ? handler->prefix.ptr : "";
}

// ---- handlers ----

static void gives_an_event_to_the_longest_prefix(void **state) {
    struct registry *registry = *state;
    assert_int_equal(handle(registry, OWNER_A, "chat."), NX_OK);
    assert_int_equal(handle(registry, OWNER_A, "chat.room."), NX_OK);
    assert_int_equal(handle(registry, OWNER_A, "chat.room.join"), NX_OK);

    assert_string_equal(
            handled_by(registry, "chat.room.join"), "chat.room.join");
    assert_string_equal(handled_by(registry, "chat.room.leave"), "chat.room.");
    assert_string_equal(handled_by(registry, "chat.room.join.x"), "chat.room.");
    assert_string_equal(handled_by(registry, "chat.message"), "chat.");
    assert_string_equal(handled_by(registry, "chat.a.b.c.d"), "chat.");
}

static void matches_prefixes_at_dots_only(void **state) {
    struct registry *registry = *state;
    assert_int_equal(handle(registry, OWNER_A, "chat."), NX_OK);
    assert_int_equal(handle(registry, OWNER_A, "notification"), NX_OK);

    assert_string_equal(handled_by(registry, "chatter"), "");
    assert_string_equal(handled_by(registry, "chat"), "");
    assert_string_equal(handled_by(registry, "chat."), "chat.");
    assert_string_equal(handled_by(registry, "notification"), "notification");
    assert_string_equal(handled_by(registry, "notification.read"), "");
    assert_string_equal(handled_by(registry, "notificatio"), "");
    assert_string_equal(handled_by(registry, ""), "");
    assert_null(registry_find_handler(
            registry, (struct nx_str){"chat.message", 4}));
}

static void refuses_a_second_owner_of_a_prefix(void **state) {
    struct registry *registry = *state;
    assert_int_equal(handle(registry, OWNER_A, "chat."), NX_OK);
    assert_int_equal(handle(registry, OWNER_B, "chat."), NX_ERR_EXISTS);
    assert_int_equal(handle(registry, NULL, "chat."), NX_ERR_EXISTS);
    assert_int_equal(handle(registry, OWNER_B, "chat"), NX_OK);
    assert_ptr_equal(
            registry_find_handler(registry, str("chat.x"))->owner, OWNER_A);
    assert_ptr_equal(
            registry_find_handler(registry, str("chat"))->owner, OWNER_B);
}

static void refuses_prefixes_that_no_event_has(void **state) {
    struct registry *registry = *state;
    char longest[66];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[65] = '\0';
    assert_int_equal(handle(registry, OWNER_A, longest), NX_ERR_INVALID);
    assert_int_equal(handle(registry, OWNER_A, longest + 1), NX_OK);
    assert_int_equal(handle(registry, OWNER_A, ""), NX_ERR_INVALID);
    assert_int_equal(handle(registry, OWNER_A, NULL), NX_ERR_INVALID);
    assert_int_equal(handle(registry, OWNER_A, "a b"), NX_ERR_INVALID);
    assert_int_equal(handle(registry, OWNER_A, "\xc3\xa4."), NX_ERR_INVALID);
    assert_int_equal(registry_add_handler(registry, OWNER_A, "x.", NULL, NULL),
            NX_ERR_INVALID);
}

static void lists_what_plugins_serve_in_their_order(void **state) {
    struct registry *registry = *state;
    struct nx_buf out;
    nx_buf_init(&out, 256);
    handle(registry, OWNER_B, "zoo.");
    handle(registry, NULL, "ping");
    handle(registry, OWNER_A, "chat.");
    handle(registry, OWNER_A, "notification");

    registry_list_prefixes(registry, &out);
    assert_string_equal(out.data, "\"zoo.\",\"chat.\",\"notification\"");
    nx_buf_finish(&out);
}

// ---- lists ----

static void keeps_hooks_in_the_order_of_registration(void **state) {
    struct registry *registry = *state;
    int first = 0;
    int second = 0;
    assert_int_equal(
            registry_add_observer(registry, OWNER_A, "", on_event, &first),
            NX_OK);
    assert_int_equal(registry_add_observer(
                             registry, OWNER_B, "chat.", on_event, &second),
            NX_OK);
    assert_int_equal(registry_add_session_hook(registry, OWNER_A,
                             NX_SESSION_OPENED, on_session, &first),
            NX_OK);
    assert_int_equal(registry_add_auth_hook(
                             registry, OWNER_A, NX_AUTH_HTTP, on_auth, &first),
            NX_OK);

    const struct nx_list *observers = registry_observers(registry);
    const struct registry_handler *one =
            nx_container_of(observers->next, struct registry_handler, link);
    const struct registry_handler *two =
            nx_container_of(observers->prev, struct registry_handler, link);
    assert_ptr_equal(one->user, &first);
    assert_int_equal(one->prefix.len, 0);
    assert_ptr_equal(two->user, &second);
    assert_string_equal(two->prefix.ptr, "chat.");
    assert_false(nx_list_empty(registry_session_hooks(registry)));
    assert_false(nx_list_empty(registry_auth_hooks(registry)));
}

// ---- kinds ----

static void finds_the_kind_of_a_room_by_its_prefix(void **state) {
    struct registry *registry = *state;
    char prefix[] = "chat:";
    char field[] = "seq";
    const struct nx_room_kind kind = {.struct_size = sizeof(kind),
            .prefix = prefix,
            .offset_field = field,
            .keep_count = 7};
    assert_int_equal(registry_add_kind(registry, OWNER_A, &kind), NX_OK);
    memset(prefix, 'x', 5);
    memset(field, 'x', 3);

    const struct registry_kind *found =
            registry_find_kind(registry, str("chat:a:b"));
    assert_non_null(found);
    assert_string_equal(found->kind.prefix, "chat:");
    assert_string_equal(found->kind.offset_field, "seq");
    assert_int_equal(found->kind.keep_count, 7);
    assert_non_null(registry_find_kind(registry, str("chat:")));
    assert_null(registry_find_kind(registry, str("chat")));
    assert_null(registry_find_kind(registry, str("chatter:a")));
    assert_null(registry_find_kind(registry, str("x:chat:")));
    assert_null(registry_find_kind(registry, (struct nx_str){NULL, 0}));
}

static enum nx_err define(
        struct registry *registry, const char *prefix, const char *field) {
    const struct nx_room_kind kind = {.struct_size = sizeof(kind),
            .prefix = prefix,
            .offset_field = field};
    return registry_add_kind(registry, OWNER_B, &kind);
}

static void refuses_kinds_that_no_room_or_record_can_have(void **state) {
    struct registry *registry = *state;
    static const char *const bad[] = {NULL, "", ":", "chat", "a:b", "a:b:"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(define(registry, bad[i], NULL), NX_ERR_INVALID);
    }
    assert_int_equal(define(registry, "a:", "se\"q"), NX_ERR_INVALID);
    assert_int_equal(define(registry, "a:", ""), NX_ERR_INVALID);
    assert_int_equal(define(registry, "a:", "seq"), NX_OK);
    assert_int_equal(define(registry, "a:", "other"), NX_ERR_EXISTS);
    assert_int_equal(define(registry, "b:", NULL), NX_OK);
}

// ---- routes ----

static enum nx_err route(
        struct registry *registry, const char *method, const char *pattern) {
    return registry_add_route(
            registry, OWNER_A, method, pattern, on_http, NULL);
}

static void refuses_a_second_route_for_the_same_paths(void **state) {
    struct registry *registry = *state;
    assert_int_equal(route(registry, "GET", "/a/{b}"), NX_OK);
    assert_int_equal(route(registry, "GET", "/a/{b}"), NX_ERR_EXISTS);
    assert_int_equal(route(registry, "GET", "/a/{other}"), NX_ERR_EXISTS);
    assert_int_equal(route(registry, "POST", "/a/{b}"), NX_OK);
    assert_int_equal(route(registry, "GET", "/a/b"), NX_OK);
    assert_int_equal(route(registry, "GET", "/a/{b}/c"), NX_OK);
}

static void refuses_routes_that_no_request_can_take(void **state) {
    struct registry *registry = *state;
    static const char *const bad[] = {NULL, "", "a", "/a{b}", "/{b}/{b}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(route(registry, "GET", bad[i]), NX_ERR_INVALID);
    }
    assert_int_equal(route(registry, NULL, "/a"), NX_ERR_INVALID);
    assert_int_equal(route(registry, "", "/a"), NX_ERR_INVALID);
    assert_int_equal(route(registry, "get", "/a"), NX_ERR_INVALID);
    assert_int_equal(route(registry, "GET /", "/a"), NX_ERR_INVALID);
    assert_true(nx_list_empty(registry_routes(registry)));
}

// ---- services ----

static void finds_a_service_by_name_and_version(void **state) {
    struct registry *registry = *state;
    static const int table = 1;
    assert_int_equal(
            registry_add_service(registry, OWNER_A, "poll", 2, &table), NX_OK);
    assert_int_equal(registry_add_service(registry, OWNER_B, "poll", 3, &table),
            NX_ERR_EXISTS);
    assert_int_equal(registry_add_service(registry, OWNER_B, "", 1, &table),
            NX_ERR_INVALID);
    assert_int_equal(registry_add_service(registry, OWNER_B, "x", 1, NULL),
            NX_ERR_INVALID);

    assert_ptr_equal(registry_find_service(registry, "poll", 2)->table, &table);
    assert_null(registry_find_service(registry, "poll", 1));
    assert_null(registry_find_service(registry, "pol", 2));
}

int main(void) {
    struct CMUnitTest tests[] = {
            cmocka_unit_test(gives_an_event_to_the_longest_prefix),
            cmocka_unit_test(matches_prefixes_at_dots_only),
            cmocka_unit_test(refuses_a_second_owner_of_a_prefix),
            cmocka_unit_test(refuses_prefixes_that_no_event_has),
            cmocka_unit_test(lists_what_plugins_serve_in_their_order),
            cmocka_unit_test(keeps_hooks_in_the_order_of_registration),
            cmocka_unit_test(finds_the_kind_of_a_room_by_its_prefix),
            cmocka_unit_test(refuses_kinds_that_no_room_or_record_can_have),
            cmocka_unit_test(refuses_a_second_route_for_the_same_paths),
            cmocka_unit_test(refuses_routes_that_no_request_can_take),
            cmocka_unit_test(finds_a_service_by_name_and_version),
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tests[i].setup_func = set_up;
        tests[i].teardown_func = tear_down;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
