#include "bench/lib/proc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    STAT_USER = 12, // fields after the name: utime, and stime next to it
    DECIMAL = 10
};

static FILE *open_file(pid_t pid, const char *name) {
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    return fopen(path, "re");
}

bool proc_cpu_us(pid_t pid, uint64_t *us) {
    FILE *file = open_file(pid, "stat");
    char text[1024];
    const char *at = NULL;
    char *end = NULL;
    uint64_t ticks = 0;

    if (file == NULL) {
        return false;
    }
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    at = strrchr(text, ')'); // the name before it may hold anything
    for (unsigned i = 0; at != NULL && i < STAT_USER; i++) {
        at = strchr(at + 1, ' ');
    }
    if (at == NULL) {
        return false;
    }
    ticks = strtoull(at, &end, DECIMAL);
    ticks += strtoull(end, NULL, DECIMAL);
    *us = ticks * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
    return true;
}

/* The kilobytes of a line like "Rss:   1234 kB"; 0 when it is another. */
static uint64_t line_kb(const char *line, const char *name) {
    size_t length = strlen(name);

    if (strncmp(line, name, length) != 0) {
        return 0;
    }
    return strtoull(line + length, NULL, DECIMAL);
}

bool proc_memory(pid_t pid, struct proc_memory *memory) {
    FILE *file = open_file(pid, "smaps_rollup");
    char line[256];

    if (file == NULL) {
        return false;
    }
    *memory = (struct proc_memory){0};
    while (fgets(line, sizeof(line), file) != NULL) {
        memory->rss_kb += line_kb(line, "Rss:");
        memory->private_kb += line_kb(line, "Private_Clean:");
        memory->private_kb += line_kb(line, "Private_Dirty:");
    }
    (void)fclose(file);
    return memory->rss_kb > 0;
}

uint64_t proc_raise_files(void) {
    struct rlimit limit = {0};

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        rlim_t before = limit.rlim_cur;

        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            return before;
        }
    }
    return limit.rlim_cur;
}
