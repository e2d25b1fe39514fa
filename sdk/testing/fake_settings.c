#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_parts.h"
#include "kernel/core/settings.h"

// The plugin list has to stand in a file; this one is in memory.
static int write_file(const struct fake_host *host, char *path, size_t size) {
    int fd = memfd_create("nexus.conf", MFD_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    (void)dprintf(fd, "plugins = (");
    const char *separator = "";
    nx_list_for_each (link, &host->plugins) {
        const struct fake_plugin *plugin =
                nx_container_of(link, struct fake_plugin, link);
        (void)dprintf(
                fd, "%s\n    { name = \"%s\"; }", separator, plugin->name);
        separator = ",";
    }
    (void)dprintf(fd, ");\n");
    (void)snprintf(path, size, "/proc/self/fd/%d", fd);
    return fd;
}

struct settings *fake_settings_read(struct fake_host *host) {
    char path[32];
    int fd = write_file(host, path, sizeof(path));
    if (fd < 0) {
        fake_host_complain(host, "no memory for a file");
        return NULL;
    }
    const struct settings_source source = {
            .file = path,
            .sets = (const char *const *)host->sets,
            .set_count = host->set_count,
    };
    struct settings_errors errors;
    settings_errors_init(&errors);
    struct settings *settings = settings_create(&source, &errors);
    (void)close(fd);
    if (!settings) {
        fake_host_complain(
                host, "%s", errors.texts[0] ? errors.texts[0] : "no memory");
    }
    settings_errors_finish(&errors);
    return settings;
}
