#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fake_host.h"
#include "fake_parts.h"

double fake_host_metric(struct fake_host *host, const char *name) {
    const struct fake_response *answer =
            fake_host_http(host, "GET", "/metrics", NULL);
    size_t len = strlen(name);
    const char *line = answer->body;
    while (line && *line != '\0') {
        if (strncmp(line, name, len) == 0 && line[len] == ' ') {
            return strtod(line + len, NULL);
        }
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    fake_host_complain(host, "there is no metric %s", name);
    return NAN;
}
