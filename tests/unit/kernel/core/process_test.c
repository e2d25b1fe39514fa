#include "kernel/core/process.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

static uint64_t descriptors_below(int end) {
    uint64_t count = 0;
    for (int fd = 0; fd < end; fd++) {
        count += fcntl(fd, F_GETFD) != -1 ? 1 : 0;
    }
    return count;
}

static void counts_open_descriptors(void **state) {
    (void)state;
    struct process_usage before;
    struct process_usage after;
    int ends[2];
    process_read(&before);
    assert_int_equal(pipe(ends), 0);
    process_read(&after);
    assert_int_equal(after.open_fds, before.open_fds + 2);
    assert_int_equal(after.open_fds, descriptors_below(1024));
    assert_true(before.max_fds > after.open_fds);
    close(ends[0]);
    close(ends[1]);
    process_read(&after);
    assert_int_equal(after.open_fds, before.open_fds);
}

static void tells_memory_in_use_from_address_space(void **state) {
    (void)state;
    enum {
        BYTES = 32 << 20
    };
    struct process_usage before;
    struct process_usage after;
    process_read(&before);
    char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    process_read(&after);
    assert_true(after.virtual_bytes >= before.virtual_bytes + BYTES);
    assert_true(after.resident_bytes < before.resident_bytes + BYTES / 2);

    memset(memory, 1, BYTES);
    process_read(&after);
    assert_true(after.resident_bytes > before.resident_bytes + BYTES / 2);
    assert_int_equal(munmap(memory, BYTES), 0);
}

static void sees_the_time_it_takes(void **state) {
    (void)state;
    struct process_usage usage;
    double before = process_cpu_seconds();
    volatile unsigned spin = 0;
    while (process_cpu_seconds() <= before) {
        spin++;
    }
    process_read(&usage);
    assert_true(usage.cpu_seconds > before);
    assert_true(usage.cpu_seconds < before + 60);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(counts_open_descriptors),
            cmocka_unit_test(tells_memory_in_use_from_address_space),
            cmocka_unit_test(sees_the_time_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
