#include <dirent.h>

#include "kernel/ctl/check/allocations.h"
#include "kernel/ctl/check/subject.h"

static int64_t count_names(const char *path) {
    DIR *folder = opendir(path);
    int64_t count = 0;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): a folder of our own
    while (folder && readdir(folder)) {
        count++;
    }
    if (folder) {
        (void)closedir(folder);
    }
    return count;
}

void subject_measure(struct subject_use *use) {
    use->files = count_names("/proc/self/fd");
    use->threads = count_names("/proc/self/task");
    use->bytes = allocations_bytes();
}
