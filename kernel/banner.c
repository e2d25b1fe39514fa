#include "kernel/banner.h"

#include <stdio.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/plugins.h"
#include "kernel/core/registry.h"
#include "kernel/core/settings.h"
#include "kernel/net/listener.h"
#include "kernel/net/listeners.h"
#include "nexus_version.h"

#define BANNER_MAX 4096u

#define LOGIN      "?user_id=alice&token=dev"

static void add_urls(struct nx_buf *out, const struct listeners *listeners) {
    for (size_t i = 0; i < listeners_count(listeners); i++) {
        nx_buf_append_cstr(out, i == 0 ? "" : "\n           ");
        listener_append_url(listeners_get(listeners, i), out);
        nx_buf_append_cstr(out, LOGIN);
    }
}

static void add_plugins(struct nx_buf *out, const struct core *core) {
    size_t count = plugins_count(core->plugins);
    for (size_t i = 0; i < count; i++) {
        nx_buf_appendf(out, "%s%s %s", i > 0 ? ", " : "",
                plugins_name(core->plugins, i),
                plugins_version(core->plugins, i));
    }
    nx_buf_append_cstr(out, count > 0 ? "\n  events   " : "none");
    registry_list_prefixes(core->registry, out);
}

void banner_write(const struct core *core, const struct listeners *listeners) {
    bool text = strcmp(core->settings->log_format, "text") == 0;
    if (!text || !log_enabled(LOG_LEVEL_INFO)) {
        return;
    }
    struct nx_buf out;
    nx_buf_init(&out, BANNER_MAX);
    nx_buf_append_cstr(&out, "\n  NEXUS " NEXUS_VERSION "\n  clients  ");
    add_urls(&out, listeners);
    nx_buf_append_cstr(&out, "\n  plugins  ");
    add_plugins(&out, core);
    nx_buf_appendf(&out, "\n  storage  %s%s\n  try      ",
            engine_name(core->engine),
            engine_durable(core->engine) ? "" : " (lost on restart)");
    nx_buf_append_cstr(&out, "python3 -m websockets '");
    listener_append_url(listeners_get(listeners, 0), &out);
    nx_buf_append_cstr(&out, LOGIN "'\n\n");
    if (!out.failed) {
        (void)fwrite(out.data, 1, out.len, stderr);
    }
    nx_buf_finish(&out);
}
