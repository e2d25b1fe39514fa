// bad_abi - was built for a later server.
#include "tests/plugins/bad.h"

static const struct nx_plugin_info info = {.struct_size = sizeof(info),
        .id = "bad_abi",
        .version = "1.0.0"};

const struct nx_plugin_entry NX_PLUGIN_SYMBOL = {.magic = NX_PLUGIN_MAGIC,
        .struct_size = sizeof(struct nx_plugin_entry),
        .abi_major = 2,
        .info = &info,
        .create = bad_create};
