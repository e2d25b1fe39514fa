#include "kernel/core/descriptor.h"

#include <string.h>

#include <nexus/host.h>

#include "tests/support/cmocka.h"

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    return NX_ERR_UNSUPPORTED;
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    return NX_OK;
}

static void destroy(struct nx_plugin *plugin) {
}

// A good descriptor for each test to spoil; larger than this server knows.
struct sample {
    struct nx_plugin_entry entry;
    uint64_t newer_entry;
    struct nx_plugin_info info;
    uint64_t newer_info;
    struct nx_plugin instance;
    uint64_t newer_instance;
    char why[DESCRIPTOR_WHY_MAX];
};

static void sample_init(struct sample *s) {
    memset(s, 0, sizeof(*s));
    s->info.struct_size = sizeof(s->info);
    s->info.id = "tester";
    s->info.version = "1.0.0";
    s->entry.magic = NX_PLUGIN_MAGIC;
    s->entry.struct_size = sizeof(s->entry);
    s->entry.abi_major = NX_ABI_MAJOR;
    s->entry.info = &s->info;
    s->entry.create = create;
    s->instance.struct_size = sizeof(s->instance);
    s->instance.start = start;
    s->instance.destroy = destroy;
}

static void expect(struct sample *s, const char *why) {
    assert_false(descriptor_check(&s->entry, s->why));
    if (!strstr(s->why, why)) {
        fail_msg("expected: %s\ngot: %s", why, s->why);
    }
    sample_init(s);
}

static void accepts_the_least_that_is_needed(void **state) {
    struct sample s;
    sample_init(&s);
    assert_true(descriptor_check(&s.entry, s.why));
    assert_true(descriptor_check_instance(&s.instance, s.why));
}

static void accepts_newer_members_that_ask_for_nothing(void **state) {
    struct sample s;
    sample_init(&s);
    s.entry.struct_size += (uint32_t)sizeof(s.newer_entry);
    s.info.struct_size += (uint32_t)sizeof(s.newer_info);
    s.instance.struct_size += (uint32_t)sizeof(s.newer_instance);
    assert_true(descriptor_check(&s.entry, s.why));
    assert_true(descriptor_check_instance(&s.instance, s.why));
    s.entry.abi_minor = 99;
    assert_true(descriptor_check(&s.entry, s.why));
    s.newer_instance = 1;
    assert_false(descriptor_check_instance(&s.instance, s.why));
    assert_non_null(strstr(s.why, "members of struct nx_plugin that this"));
    s.newer_entry = 1;
    assert_false(descriptor_check(&s.entry, s.why));
    sample_init(&s);
    s.info.struct_size += (uint32_t)sizeof(s.newer_info);
    s.newer_info = 1;
    expect(&s,
            "uses members of struct nx_plugin_info that this server does "
            "not know; use a newer server");
}

static void says_what_is_wrong_with_an_entry(void **state) {
    struct sample s;
    sample_init(&s);
    s.entry.magic = 1;
    expect(&s, "does not begin with the mark of a plugin");
    s.entry.abi_major = 2;
    expect(&s, "was built for plugin ABI 2, this server speaks 1");
    s.entry.struct_size = 8;
    expect(&s, "has a struct nx_plugin_entry of 8 bytes, at least");
    s.entry.struct_size = 100000;
    expect(&s, "nx_plugin_entry");
    s.entry.reserved0 = 1;
    expect(&s, "reserved0");
    s.entry.create = NULL;
    expect(&s, "has no create()");
    s.entry.info = NULL;
    expect(&s, "has no info");
}

static void says_what_is_wrong_with_an_info(void **state) {
    struct sample s;
    sample_init(&s);
    static const char *const ids[] = {NULL, "", "Chat", "1chat", "-chat",
            "chat room", "chat/../x", "a23456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        s.info.id = ids[i];
        expect(&s, "has the id \"");
    }
    s.info.version = NULL;
    expect(&s, "states no version");
    s.info.version = "";
    expect(&s, "states no version");
    s.info.flags = 1u << 5;
    expect(&s, "sets flags 0x20");
    s.info.state_version_min = 2;
    s.info.state_version = 1;
    expect(&s, "reads states from version 2 but writes 1");
    s.info.struct_size = 4;
    expect(&s, "has a struct nx_plugin_info of 4 bytes");
    static const struct nx_setting odd_kind[] = {{.key = "a", .kind = 9}, {0}};
    s.info.settings = odd_kind;
    expect(&s, "declares the setting \"a\" with a kind or flags that");
    static const struct nx_setting odd_flags[] = {
            {.key = "good", .kind = NX_SETTING_INT},
            {.key = "b", .kind = NX_SETTING_STRING, .flags = 1u << 9}, {0}};
    s.info.settings = odd_flags;
    expect(&s, "declares the setting \"b\" with a kind or flags that");
    s.info.prefixes = (const char *const[]){
            "0123456789012345678901234567890123456789012345678901234567890123"
            "4.",
            NULL};
    expect(&s, "claims the prefix \"0123");
}

static void says_what_is_wrong_with_an_instance(void **state) {
    struct sample s;
    sample_init(&s);
    assert_false(descriptor_check_instance(NULL, s.why));
    assert_string_equal(s.why, "create() returned no instance");
    s.instance.start = NULL;
    assert_false(descriptor_check_instance(&s.instance, s.why));
    assert_string_equal(s.why, "its instance has no start()");
    s.instance.start = start;
    s.instance.reserved0 = 1;
    assert_false(descriptor_check_instance(&s.instance, s.why));
    assert_non_null(strstr(s.why, "sets reserved0 of its instance"));
    s.instance.reserved0 = 0;
    s.instance.destroy = NULL;
    assert_false(descriptor_check_instance(&s.instance, s.why));
    assert_string_equal(s.why, "its instance has no destroy()");
}

static const void *offer(
        const struct nx_host *host, const char *name, uint32_t version) {
    bool has = strcmp(name, "nexus.rooms") == 0 && version <= 2;
    return has ? host : NULL;
}

static void expect_requires(const char *requirement, const char *why) {
    const char *const requires[] = {"", requirement, NULL};
    struct nx_plugin_info info = {.requires_ = requires};
    const struct nx_host host = {.abi_minor = 2, .get_interface = offer};
    char got[DESCRIPTOR_WHY_MAX] = "";
    bool good = descriptor_check_requires(&info, &host, got);
    assert_int_equal(good, !why);
    if (why && !strstr(got, why)) {
        fail_msg("expected: %s\ngot: %s", why, got);
    }
}

static void finds_what_a_plugin_requires(void **state) {
    expect_requires("nexus.rooms/1", NULL);
    expect_requires("nexus.rooms/2", NULL);
    expect_requires("nexus.rooms/3?", NULL);
    expect_requires("nexus.telepathy/1?", NULL);
    expect_requires("nexus.rooms/1.0", NULL);
    expect_requires("nexus.rooms/1.2", NULL);
    expect_requires("nexus.rooms/1.3?", NULL);
    expect_requires("nexus.rooms/1.3",
            "requires the interface nexus.rooms/1 of ABI 1.3, this server has "
            "that of 1.2; use a newer server");
    expect_requires("nexus.rooms/3.0", "nexus.rooms in version 3");
    expect_requires("nexus.telepathy/1",
            "requires the interface nexus.telepathy/1, which this server does "
            "not have");
    expect_requires("nexus.rooms/3",
            "requires the interface nexus.rooms in version 3, this server has "
            "version 2; use a newer server");
    static const char *const bad[] = {"nexus.rooms", "nexus.rooms/", "/1",
            "nexus.rooms/x", "nexus.rooms/1x", "nexus.rooms/0",
            "nexus.rooms/-1", "nexus.rooms/99999999999999999999",
            "nexus.rooms/1??", "nexus.rooms/1.", "nexus.rooms/1.x",
            "nexus.rooms/1.2.3", "nexus.rooms/.1", "nexus.rooms/1.99999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        expect_requires(bad[i], "which is not like \"nexus.rooms/1\"");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(accepts_the_least_that_is_needed),
            cmocka_unit_test(accepts_newer_members_that_ask_for_nothing),
            cmocka_unit_test(says_what_is_wrong_with_an_entry),
            cmocka_unit_test(says_what_is_wrong_with_an_info),
            cmocka_unit_test(says_what_is_wrong_with_an_instance),
            cmocka_unit_test(finds_what_a_plugin_requires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
