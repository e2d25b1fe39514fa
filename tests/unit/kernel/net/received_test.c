#include "kernel/net/received.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/net/address.h"
#include "tests/support/cmocka.h"

struct pair {
    int client;
    int server;
};

static struct pair connect_pair(void) {
    struct address address;
    struct pair pair;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(address_parse(&address, "127.0.0.1", 0));
    assert_int_equal(bind(listener, (const struct sockaddr *)&address.storage,
                             address.len),
            0);
    assert_int_equal(listen(listener, 1), 0);
    assert_true(address_of_socket(&address, listener));
    pair.client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(
            connect(pair.client, (const struct sockaddr *)&address.storage,
                    address.len),
            0);
    pair.server = accept(listener, NULL, NULL);
    assert_true(pair.server >= 0);
    assert_int_equal(close(listener), 0);
    return pair;
}

static void expect(int fd, uint64_t expected) {
    uint64_t bytes = 99;
    assert_true(received_bytes(fd, &bytes));
    assert_int_equal(bytes, expected);
}

static void counts_what_was_read_and_not_what_waits(void **state) {
    (void)state;
    char bytes[16];
    struct pair pair = connect_pair();
    expect(pair.server, 0);
    assert_int_equal(send(pair.client, "0123456789", 10, 0), 10);
    expect(pair.server, 0);
    assert_int_equal(recv(pair.server, bytes, 4, 0), 4);
    expect(pair.server, 4);
    assert_int_equal(recv(pair.server, bytes, 16, 0), 6);
    expect(pair.server, 10);
    assert_int_equal(close(pair.client), 0);
    assert_int_equal(close(pair.server), 0);
}

static void says_when_it_is_no_tcp_connection(void **state) {
    (void)state;
    uint64_t bytes;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_false(received_bytes(fds[0], &bytes));
    assert_false(received_bytes(-1, &bytes));
    assert_int_equal(close(fds[0]), 0);
    assert_int_equal(close(fds[1]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(counts_what_was_read_and_not_what_waits),
            cmocka_unit_test(says_when_it_is_no_tcp_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
