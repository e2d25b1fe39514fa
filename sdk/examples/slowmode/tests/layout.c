// What the headers say of each struct that src/ffi.rs has, in the same order.

#include <stddef.h>
#include <stdio.h>

#include <nexus/sdk.h>

#define SIZE(type)       printf("%s %zu\n", #type, sizeof(struct type))
#define AT(type, member) AT_AS(type, member, #member)
#define AT_AS(type, member, name) \
    printf("%s.%s %zu\n", #type, name, offsetof(struct type, member))

static void plugin(void) {
    SIZE(nx_str), AT(nx_str, ptr), AT(nx_str, len);
    SIZE(nx_host), AT(nx_host, struct_size), AT(nx_host, abi_major);
    AT(nx_host, abi_minor), AT(nx_host, ctx), AT(nx_host, server_version);
    AT(nx_host, get_interface);
    SIZE(nx_setting), AT(nx_setting, key), AT(nx_setting, kind);
    AT(nx_setting, flags), AT(nx_setting, fallback), AT(nx_setting, range);
    AT(nx_setting, help);
    SIZE(nx_plugin_info), AT(nx_plugin_info, struct_size);
    AT(nx_plugin_info, flags), AT(nx_plugin_info, state_version);
    AT(nx_plugin_info, state_version_min), AT(nx_plugin_info, id);
    AT(nx_plugin_info, version), AT(nx_plugin_info, license);
    AT(nx_plugin_info, description), AT(nx_plugin_info, prefixes);
    AT_AS(nx_plugin_info, requires_, "requires");
    AT(nx_plugin_info, settings);
    SIZE(nx_plugin_entry), AT(nx_plugin_entry, magic);
    AT(nx_plugin_entry, struct_size), AT(nx_plugin_entry, abi_major);
    AT(nx_plugin_entry, abi_minor), AT(nx_plugin_entry, reserved0);
    AT(nx_plugin_entry, info), AT(nx_plugin_entry, create);
}

static void instance(void) {
    SIZE(nx_state_writer), AT(nx_state_writer, struct_size);
    AT(nx_state_writer, ctx), AT(nx_state_writer, write);
    SIZE(nx_state_reader), AT(nx_state_reader, struct_size);
    AT(nx_state_reader, state_version), AT(nx_state_reader, ctx);
    AT(nx_state_reader, total), AT(nx_state_reader, read);
    SIZE(nx_plugin), AT(nx_plugin, struct_size), AT(nx_plugin, self);
    AT(nx_plugin, configure), AT(nx_plugin, start), AT(nx_plugin, quiesce);
    AT(nx_plugin, save_state), AT(nx_plugin, resume), AT(nx_plugin, destroy);
    AT(nx_plugin, get_interface);
}

static void events(void) {
    SIZE(nx_field), AT(nx_field, name), AT(nx_field, kinds);
    AT(nx_field, flags), AT(nx_field, min), AT(nx_field, max);
    SIZE(nx_event), AT(nx_event, struct_size), AT(nx_event, kind);
    AT(nx_event, seq), AT(nx_event, received_ns), AT(nx_event, session);
    AT(nx_event, op), AT(nx_event, type), AT(nx_event, user);
    AT(nx_event, ref), AT(nx_event, raw), AT(nx_event, json);
    SIZE(nx_auth_request), AT(nx_auth_request, struct_size);
    AT(nx_auth_request, action), AT(nx_auth_request, op);
    AT(nx_auth_request, session), AT(nx_auth_request, user);
    AT(nx_auth_request, token), AT(nx_auth_request, address);
    AT(nx_auth_request, room), AT(nx_auth_request, type);
    AT(nx_auth_request, method), AT(nx_auth_request, path);
    SIZE(nx_auth_decision), AT(nx_auth_decision, struct_size);
    AT(nx_auth_decision, verdict), AT(nx_auth_decision, user);
    AT(nx_auth_decision, reason), AT(nx_auth_decision, expires_ms);
}

int main(void) {
    plugin();
    instance();
    events();
    AT(nx_log_v1, write);
    AT(nx_config_v1, get_int), AT(nx_config_v1, get_str);
    AT(nx_json_v1, expect), AT(nx_json_v1, object), AT(nx_json_v1, put_i64);
    AT(nx_router_v1, handle), AT(nx_router_v1, reply);
    AT(nx_timers_v1, now_ms);
    AT(nx_auth_v1, hook);
    return 0;
}
