// registry_copy(): what a plugin that stays takes into another set.
#include <stdio.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "kernel/core/registry.h"
#include "tests/support/cmocka.h"

// Owners are never looked into.
static char owner_memory[2];
#define STAYS ((struct plugin *)(void *)&owner_memory[0])
#define OTHER ((struct plugin *)(void *)&owner_memory[1])

static const int table = 5;

struct sets {
    struct registry *old;
    struct registry *new;
};

static int32_t on_event(void *user, const struct nx_event *ev) {
    return 0;
}

static void on_session(void *user, const struct nx_session_event *ev) {
}

static void on_member(void *user, const struct nx_member_event *ev) {
}

static int32_t on_http(void *user, const struct nx_http_request *request) {
    return 0;
}

static int32_t on_auth(void *user, const struct nx_auth_request *request,
        struct nx_auth_decision *decision) {
    return 0;
}

static struct nx_str str(const char *text) {
    return (struct nx_str){text, strlen(text)};
}

static size_t length(const struct nx_list *list) {
    size_t count = 0;
    nx_list_for_each (link, list) {
        count++;
    }
    return count;
}

static void init(struct sets *sets) {
    sets->old = registry_create();
    sets->new = registry_create();
    assert_non_null(sets->old);
    assert_non_null(sets->new);
}

static void finish(struct sets *sets) {
    registry_destroy(sets->old);
    registry_destroy(sets->new);
}

static enum nx_err copy(struct sets *sets, const char **what) {
    *what = "";
    return registry_copy(sets->new, sets->old, STAYS, what);
}

// One of each, in an order of its own.
static void register_all(
        struct registry *registry, struct plugin *owner, const char *prefix) {
    char text[64];
    (void)snprintf(text, sizeof(text), "%s:", prefix);
    const struct nx_room_kind kind = {
            .struct_size = sizeof(kind), .prefix = text};
    assert_int_equal(registry_add_kind(registry, owner, &kind), NX_OK);
    (void)snprintf(text, sizeof(text), "%s.", prefix);
    assert_int_equal(
            registry_add_handler(registry, owner, text, on_event, owner),
            NX_OK);
    assert_int_equal(
            registry_add_observer(registry, owner, text, on_event, owner),
            NX_OK);
    (void)snprintf(text, sizeof(text), "/api/%s/{id}", prefix);
    assert_int_equal(
            registry_add_route(registry, owner, "GET", text, on_http, owner),
            NX_OK);
    assert_int_equal(
            registry_add_service(registry, owner, prefix, 3, &table), NX_OK);
    assert_int_equal(registry_add_session_hook(registry, owner,
                             NX_SESSION_OPENED, on_session, owner),
            NX_OK);
    assert_int_equal(
            registry_add_member_hook(registry, owner, on_member, owner), NX_OK);
    assert_int_equal(registry_add_auth_hook(
                             registry, owner, NX_AUTH_JOIN, on_auth, owner),
            NX_OK);
}

static void copies_everything_of_one_owner(void **state) {
    struct sets sets;
    const char *what;
    init(&sets);
    register_all(sets.old, OTHER, "other");
    register_all(sets.old, STAYS, "stays");
    assert_int_equal(copy(&sets, &what), NX_OK);

    const struct registry_handler *handler =
            registry_find_handler(sets.new, str("stays.put"));
    assert_non_null(handler);
    assert_ptr_equal(handler->owner, STAYS);
    assert_ptr_equal(handler->fn, on_event);
    assert_ptr_equal(handler->user, STAYS);
    assert_null(registry_find_handler(sets.new, str("other.put")));
    const struct registry_kind *kind =
            registry_find_kind(sets.new, str("stays:1"));
    assert_non_null(kind);
    assert_ptr_equal(kind->owner, STAYS);
    assert_null(registry_find_kind(sets.new, str("other:1")));
    const struct registry_service *service =
            registry_find_service(sets.new, "stays", 3);
    assert_non_null(service);
    assert_ptr_equal(service->table, &table);
    assert_null(registry_find_service(sets.new, "other", 3));
    assert_int_equal(length(registry_observers(sets.new)), 1);
    assert_int_equal(length(registry_session_hooks(sets.new)), 1);
    assert_int_equal(length(registry_member_hooks(sets.new)), 1);
    assert_int_equal(length(registry_auth_hooks(sets.new)), 1);
    assert_int_equal(length(registry_routes(sets.new)), 1);
    finish(&sets);
}

static void outlives_the_set_it_came_from(void **state) {
    struct sets sets;
    const char *what;
    init(&sets);
    register_all(sets.old, STAYS, "stays");
    assert_int_equal(copy(&sets, &what), NX_OK);
    registry_destroy(sets.old);
    sets.old = NULL;
    assert_string_equal(
            registry_find_handler(sets.new, str("stays.x"))->prefix.ptr,
            "stays.");
    assert_string_equal(
            registry_find_kind(sets.new, str("stays:1"))->kind.prefix,
            "stays:");
    const struct registry_route *route = nx_container_of(
            registry_routes(sets.new)->next, struct registry_route, link);
    assert_string_equal(route->method, "GET");
    assert_string_equal(route->pattern, "/api/stays/{id}");
    finish(&sets);
}

static void keeps_the_order_and_the_details(void **state) {
    struct sets sets;
    const char *what;
    init(&sets);
    static const char *const prefixes[] = {"z.", "a.b", "a.", "m."};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(registry_add_handler(
                                 sets.old, STAYS, prefixes[i], on_event, NULL),
                NX_OK);
    }
    for (uint32_t what_bits = 1; what_bits <= 2; what_bits++) {
        assert_int_equal(registry_add_session_hook(
                                 sets.old, STAYS, what_bits, on_session, NULL),
                NX_OK);
    }
    assert_int_equal(copy(&sets, &what), NX_OK);
    struct nx_buf before;
    struct nx_buf after;
    nx_buf_init(&before, 256);
    nx_buf_init(&after, 256);
    registry_list_prefixes(sets.old, &before);
    registry_list_prefixes(sets.new, &after);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    nx_buf_finish(&before);
    nx_buf_finish(&after);
    uint32_t expected = 1;
    nx_list_for_each (link, registry_session_hooks(sets.new)) {
        assert_int_equal(
                nx_container_of(link, struct registry_session_hook, link)->what,
                expected++);
    }
    finish(&sets);
}

static void says_what_is_taken(void **state) {
    struct sets sets;
    const char *what;
    init(&sets);
    assert_int_equal(
            registry_add_handler(sets.old, STAYS, "one.", on_event, NULL),
            NX_OK);
    assert_int_equal(
            registry_add_handler(sets.old, STAYS, "two.", on_event, NULL),
            NX_OK);
    assert_int_equal(
            registry_add_handler(sets.new, OTHER, "two.", on_event, NULL),
            NX_OK);
    assert_int_equal(copy(&sets, &what), NX_ERR_EXISTS);
    assert_string_equal(what, "two.");
    finish(&sets);
}

static void says_which_route_or_service_is_taken(void **state) {
    struct sets sets;
    const char *what;
    init(&sets);
    register_all(sets.old, STAYS, "stays");
    assert_int_equal(registry_add_route(sets.new, OTHER, "GET",
                             "/api/stays/{name}", on_http, NULL),
            NX_OK);
    assert_int_equal(copy(&sets, &what), NX_ERR_EXISTS);
    assert_string_equal(what, "/api/stays/{id}");
    finish(&sets);
    init(&sets);
    register_all(sets.old, STAYS, "stays");
    assert_int_equal(
            registry_add_service(sets.new, OTHER, "stays", 3, &table), NX_OK);
    assert_int_equal(copy(&sets, &what), NX_ERR_EXISTS);
    assert_string_equal(what, "stays");
    finish(&sets);
}

static void an_owner_without_anything_is_no_error(void **state) {
    struct sets sets;
    const char *what;
    init(&sets);
    register_all(sets.old, OTHER, "other");
    assert_int_equal(copy(&sets, &what), NX_OK);
    assert_int_equal(length(registry_routes(sets.new)), 0);
    finish(&sets);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(copies_everything_of_one_owner),
            cmocka_unit_test(outlives_the_set_it_came_from),
            cmocka_unit_test(keeps_the_order_and_the_details),
            cmocka_unit_test(says_what_is_taken),
            cmocka_unit_test(says_which_route_or_service_is_taken),
            cmocka_unit_test(an_owner_without_anything_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
