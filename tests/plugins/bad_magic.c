// bad_magic - exports the symbol of a plugin, but is none.
#include "tests/plugins/bad.h"

static const struct nx_plugin_info info = {.struct_size = sizeof(info),
        .id = "bad_magic",
        .version = "1.0.0"};

const struct nx_plugin_entry NX_PLUGIN_SYMBOL = {.magic = 0x44414221,
        .struct_size = sizeof(struct nx_plugin_entry),
        .abi_major = NX_ABI_MAJOR,
        .info = &info,
        .create = bad_create};
