#include <pthread.h>

#include "tests/unit/kernel/core/host_fixture.h"

static pthread_t worker;
static nx_status worker_send;
static uint32_t done;
static nx_status done_status;

static void work(void *arg, const volatile int32_t *cancelled) {
    worker = pthread_self();
    // Tagged [logic]: not from here.
    worker_send = probe.sdk.send->close(probe.host, 1, 1000, nx_str_none());
    *(int *)arg += 1;
}

static void on_done(void *user, void *arg, nx_status status) {
    done++;
    done_status = status;
    assert_true(pthread_equal(pthread_self(), *(pthread_t *)user));
}

static int setup(void **state) {
    done = 0;
    return probe_setup(state);
}

static void runs_a_job_on_another_thread(void **state) {
    pthread_t self = pthread_self();
    int counter = 0;
    fake_host_keep_log(probe.fake);
    assert_int_equal(probe.sdk.jobs->submit(
                             probe.host, work, on_done, &self, &counter, NULL),
            NX_OK);
    assert_int_equal(done, 0);
    fake_host_turn(probe.fake);
    assert_int_equal(done, 1);
    assert_int_equal(done_status, NX_OK);
    assert_int_equal(counter, 1);
    assert_false(pthread_equal(worker, self));
    assert_int_equal(worker_send, NX_ERR_THREAD);
    assert_true(fake_host_logged(probe.fake, "send.close"));
}

static void *post_it(void *arg) {
    nx_status status = probe.sdk.jobs->post(probe.host, on_done, arg, NULL);
    return status == NX_OK ? arg : NULL;
}

static void accepts_posts_from_any_thread(void **state) {
    pthread_t self = pthread_self();
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, post_it, &self), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &self);
    fake_host_turn(probe.fake);
    assert_int_equal(done, 1);
}

static void needs_functions(void **state) {
    assert_int_equal(
            probe.sdk.jobs->submit(probe.host, NULL, NULL, NULL, NULL, NULL),
            NX_ERR_INVALID);
    assert_int_equal(
            probe.sdk.jobs->post(probe.host, NULL, NULL, NULL), NX_ERR_INVALID);
    probe.sdk.jobs->cancel(probe.host, 0);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, setup, probe_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(runs_a_job_on_another_thread),
            TEST(accepts_posts_from_any_thread),
            TEST(needs_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
