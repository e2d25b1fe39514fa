#include "kernel/core/jobs.h"

#include <pthread.h>
#include <semaphore.h>

#include "kernel/core/engine.h"
#include "tests/unit/kernel/core/plugin_fixture.h"

static const struct nx_plugin_info info = {.struct_size = sizeof(info),
        .id = "tester",
        .version = "1.0.0"};

static const struct nx_plugin_entry entry = {.magic = NX_PLUGIN_MAGIC,
        .struct_size = sizeof(entry),
        .abi_major = NX_ABI_MAJOR,
        .info = &info};

// One job, or several that are alike. Counters are read after a wait.
struct work {
    sem_t begun;
    sem_t go; // the function waits for it, when it is to
    bool waits;
    bool watches; // until it is cancelled
    pthread_t thread;
    int ran; // atomic
    int done;
    nx_status status;
    char order[16];
};

static void work_init(struct work *work) {
    memset(work, 0, sizeof(*work));
    sem_init(&work->begun, 0, 0);
    sem_init(&work->go, 0, 0);
}

static void work_finish(struct work *work) {
    sem_destroy(&work->begun);
    sem_destroy(&work->go);
}

static void run(void *arg, const volatile int32_t *cancelled) {
    struct work *work = arg;
    if (__atomic_fetch_add(&work->ran, 1, __ATOMIC_SEQ_CST) == 0) {
        work->thread = pthread_self();
    }
    sem_post(&work->begun);
    if (work->waits) {
        sem_wait(&work->go);
    }
    while (work->watches && !__atomic_load_n(cancelled, __ATOMIC_RELAXED)) {
        sched_yield();
    }
}

static int ran(struct work *work) {
    return __atomic_load_n(&work->ran, __ATOMIC_SEQ_CST);
}

static void finished(void *user, void *arg, nx_status status) {
    struct work *work = arg;
    assert_ptr_equal(user, work);
    work->done++;
    work->status = status;
}

static struct jobs_request request_of(struct plugin *owner, struct work *work) {
    return (struct jobs_request){.owner = owner,
            .fn = run,
            .done = finished,
            .user = work,
            .arg = work};
}

static nx_job_id submit(
        struct plugin_fixture *f, struct plugin *owner, struct work *work) {
    const struct jobs_request request = request_of(owner, work);
    nx_job_id id = 0;
    assert_int_equal(jobs_submit(f->core->jobs, &request, &id), NX_OK);
    assert_true(id > 0);
    return id;
}

static void begin(struct plugin_fixture *f, const char *config,
        struct plugin **owner, struct work *work) {
    plugin_fixture_init(f, config);
    *owner = plugin_create(f->core, "tester", "", &entry);
    assert_non_null(*owner);
    (*owner)->phase = PHASE_RUNNING;
    work_init(work);
}

static void end(
        struct plugin_fixture *f, struct plugin *owner, struct work *work) {
    plugin_destroy(owner);
    plugin_fixture_finish(f);
    work_finish(work);
}

static void works_on_a_thread_and_completes_on_the_loops(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    begin(&f, "", &owner, &work);
    (void)submit(&f, owner, &work);
    assert_int_equal(jobs_pending(f.core->jobs, owner), 1);
    plugin_fixture_wait(&f);
    assert_int_equal(work.done, 0);
    assert_false(jobs_run(f.core->jobs));
    assert_int_equal(work.done, 1);
    assert_int_equal(work.status, NX_OK);
    assert_false(pthread_equal(work.thread, pthread_self()));
    assert_int_equal(jobs_pending(f.core->jobs, owner), 0);
    assert_int_equal(owner->calls, 1); // inside plugin_enter()
    end(&f, owner, &work);
}

static void works_on_as_many_threads_as_are_set(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    begin(&f, "jobs = { threads = 3; };", &owner, &work);
    work.waits = true;
    for (int i = 0; i < 4; i++) {
        (void)submit(&f, owner, &work);
    }
    for (int i = 0; i < 3; i++) {
        sem_wait(&work.begun);
    }
    assert_int_equal(ran(&work), 3);
    for (int i = 0; i < 4; i++) {
        sem_post(&work.go);
    }
    while (work.done < 4) {
        plugin_fixture_wait(&f);
        (void)jobs_run(f.core->jobs);
    }
    end(&f, owner, &work);
}

static void refuses_more_than_the_queue_holds(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    begin(&f, "jobs = { threads = 1; queue = 2; };", &owner, &work);
    work.waits = true;
    (void)submit(&f, owner, &work);
    sem_wait(&work.begun); // it does not wait in the queue any more
    (void)submit(&f, owner, &work);
    (void)submit(&f, owner, &work);
    const struct jobs_request request = request_of(owner, &work);
    nx_job_id id = 77;
    assert_int_equal(jobs_submit(f.core->jobs, &request, &id), NX_ERR_LIMIT);
    assert_int_equal(f.core->stats->refused[LIMIT_JOBS_QUEUE], 1);
    assert_int_equal(id, 77);
    for (int i = 0; i < 3; i++) {
        sem_post(&work.go);
    }
    jobs_drop_owner(f.core->jobs, owner);
    assert_int_equal(work.done, 3);
    end(&f, owner, &work);
}

static void a_cancelled_job_that_waits_is_not_run(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    struct work second;
    begin(&f, "jobs = { threads = 1; };", &owner, &work);
    work_init(&second);
    work.waits = true;
    (void)submit(&f, owner, &work);
    sem_wait(&work.begun);
    nx_job_id id = submit(&f, owner, &second);
    jobs_cancel(f.core->jobs, owner, id);
    jobs_cancel(f.core->jobs, owner, id);
    plugin_fixture_wait(&f);
    (void)jobs_run(f.core->jobs);
    assert_int_equal(second.done, 1);
    assert_int_equal(second.status, NX_ERR_CANCELLED);
    assert_int_equal(ran(&second), 0);
    jobs_cancel(f.core->jobs, owner, id); // finished
    sem_post(&work.go);
    jobs_drop_owner(f.core->jobs, owner);
    end(&f, owner, &work);
    work_finish(&second);
}

static void a_cancelled_job_that_runs_is_asked_to_stop(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    begin(&f, "", &owner, &work);
    work.watches = true;
    nx_job_id id = submit(&f, owner, &work);
    sem_wait(&work.begun);
    jobs_cancel(f.core->jobs, owner, id);
    plugin_fixture_wait(&f);
    (void)jobs_run(f.core->jobs);
    assert_int_equal(work.done, 1);
    assert_int_equal(work.status, NX_ERR_CANCELLED);
    end(&f, owner, &work);
}

static void only_the_owner_can_cancel(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    begin(&f, "", &owner, &work);
    struct plugin *other = plugin_create(f.core, "other", "", &entry);
    work.waits = true;
    nx_job_id id = submit(&f, owner, &work);
    sem_wait(&work.begun);
    jobs_cancel(f.core->jobs, other, id);
    jobs_cancel(f.core->jobs, owner, 0);
    jobs_cancel(f.core->jobs, owner, id + 1);
    sem_post(&work.go);
    plugin_fixture_wait(&f);
    (void)jobs_run(f.core->jobs);
    assert_int_equal(work.status, NX_OK);
    plugin_destroy(other);
    end(&f, owner, &work);
}

static void note_order(void *user, void *arg, nx_status status) {
    struct work *work = user;
    assert_int_equal(status, NX_OK);
    work->order[work->done++] = *(char *)arg;
}

static char letters[] = "abcdef";

static void *post_from_thread(void *arg) {
    struct plugin *owner = arg;
    struct work *work = owner->host.ctx;
    for (size_t i = 0; i < 6; i++) {
        if (jobs_post(owner->core->jobs, owner, note_order, work, &letters[i])
                != NX_OK) {
            return owner;
        }
    }
    return NULL;
}

static void posts_arrive_in_order(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    begin(&f, "", &owner, &work);
    owner->host.ctx = &work;
    pthread_t thread;
    void *failed = NULL;
    assert_int_equal(pthread_create(&thread, NULL, post_from_thread, owner), 0);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_int_equal(jobs_pending(f.core->jobs, owner), 6);
    assert_false(jobs_run(f.core->jobs));
    assert_string_equal(work.order, letters);
    end(&f, owner, &work);
}

// One plugin that asks for too much leaves the others their part.
static void refuses_more_than_the_quota_of_a_plugin(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    begin(&f, "quota = { jobs = 2; posts = 1; };", &owner, &work);
    struct plugin *other = plugin_create(f.core, "other", "", &entry);
    const struct jobs_request request = request_of(owner, &work);
    (void)submit(&f, owner, &work);
    (void)submit(&f, owner, &work);
    assert_int_equal(jobs_submit(f.core->jobs, &request, NULL), NX_ERR_LIMIT);
    assert_int_equal(f.core->stats->refused[LIMIT_QUOTA_JOBS], 1);
    (void)submit(&f, other, &work);
    jobs_drop_owner(f.core->jobs, owner);
    (void)submit(&f, owner, &work);
    jobs_drop_owner(f.core->jobs, owner);
    jobs_drop_owner(f.core->jobs, other);
    assert_int_equal(
            jobs_post(f.core->jobs, owner, finished, &work, &work), NX_OK);
    assert_int_equal(jobs_post(f.core->jobs, owner, finished, &work, &work),
            NX_ERR_LIMIT);
    assert_int_equal(
            jobs_post(f.core->jobs, other, finished, &work, &work), NX_OK);
    (void)jobs_run(f.core->jobs);
    assert_int_equal(f.core->stats->refused[LIMIT_QUOTA_POSTS], 1);
    assert_int_equal(
            jobs_post(f.core->jobs, owner, finished, &work, &work), NX_OK);
    (void)jobs_run(f.core->jobs);
    plugin_destroy(other);
    end(&f, owner, &work);
}

static void refuses_more_posts_than_its_limit(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    begin(&f, "quota = { posts = 65536; };", &owner, &work);
    for (unsigned i = 0; i < JOBS_POSTS_MAX; i++) {
        assert_int_equal(
                jobs_post(f.core->jobs, owner, finished, &work, &work), NX_OK);
    }
    assert_int_equal(jobs_post(f.core->jobs, owner, finished, &work, &work),
            NX_ERR_LIMIT);
    (void)jobs_run(f.core->jobs);
    assert_int_equal(work.done, JOBS_POSTS_MAX);
    assert_int_equal(
            jobs_post(f.core->jobs, owner, finished, &work, &work), NX_OK);
    (void)jobs_run(f.core->jobs);
    end(&f, owner, &work);
}

static void post_again(void *user, void *arg, nx_status status) {
    struct plugin *owner = arg;
    struct work *work = user;
    work->done++;
    assert_int_equal(
            jobs_post(owner->core->jobs, owner, post_again, user, arg), NX_OK);
}

static void what_a_completion_posts_waits_for_the_next_run(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    begin(&f, "", &owner, &work);
    assert_int_equal(
            jobs_post(f.core->jobs, owner, post_again, &work, owner), NX_OK);
    plugin_fixture_wait(&f);
    assert_true(jobs_run(f.core->jobs));
    assert_int_equal(work.done, 1);
    plugin_fixture_wait(&f); // told that there is more
    assert_true(jobs_run(f.core->jobs));
    assert_int_equal(work.done, 2);
    // A plugin that never stops does not stop the server from stopping.
    jobs_drop_owner(f.core->jobs, owner);
    assert_int_equal(jobs_pending(f.core->jobs, owner), 0);
    plugin_fixture_expect_log(&f, "posts without end");
    end(&f, owner, &work);
}

struct answered {
    struct plugin *owner;
    struct work *work;
};

static void post_what_follows(void *user, const struct nx_fact_result *result) {
    const struct answered *answered = user;
    (void)result;
    assert_int_equal(jobs_post(answered->owner->core->jobs, answered->owner,
                             finished, answered->work, answered->work),
            NX_OK);
}

static void what_an_engine_completion_posts_is_of_the_same_turn(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    begin(&f, "", &owner, &work);
    struct answered answered = {.owner = owner, .work = &work};
    const struct engine_asker asker = {.owner = owner,
            .space = nx_str_c("tester"),
            .done = post_what_follows,
            .user = &answered};
    assert_int_equal(
            engine_get(f.core->engine, &asker, nx_str_c("key")), NX_OK);
    core_turn(f.core);
    assert_int_equal(work.done, 1);
    end(&f, owner, &work);
}

static void an_owner_that_goes_gets_every_completion_first(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    struct work waiting;
    struct work stays;
    begin(&f, "jobs = { threads = 1; };", &owner, &work);
    struct plugin *other = plugin_create(f.core, "other", "", &entry);
    work_init(&waiting);
    work_init(&stays);
    work.watches = true;
    (void)submit(&f, owner, &work);
    sem_wait(&work.begun);
    (void)submit(&f, owner, &waiting);
    (void)submit(&f, other, &stays);
    assert_int_equal(
            jobs_post(f.core->jobs, owner, finished, &work, &work), NX_OK);
    jobs_drop_owner(f.core->jobs, owner);
    assert_int_equal(work.done, 2);
    assert_int_equal(waiting.done, 1);
    assert_int_equal(waiting.status, NX_ERR_CANCELLED);
    assert_int_equal(ran(&waiting), 0);
    assert_int_equal(jobs_pending(f.core->jobs, owner), 0);
    while (stays.done == 0) {
        plugin_fixture_wait(&f);
        (void)jobs_run(f.core->jobs);
    }
    assert_int_equal(stays.status, NX_OK);
    plugin_destroy(other);
    end(&f, owner, &work);
    work_finish(&waiting);
    work_finish(&stays);
}

static void the_kernel_itself_may_have_jobs(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    begin(&f, "", &owner, &work);
    (void)submit(&f, NULL, &work);
    plugin_fixture_wait(&f);
    (void)jobs_run(f.core->jobs);
    assert_int_equal(work.done, 1);
    // One without a completion is forgotten when it is done.
    const struct jobs_request request = {.fn = run, .arg = &work};
    assert_int_equal(jobs_submit(f.core->jobs, &request, NULL), NX_OK);
    jobs_drop_owner(f.core->jobs, NULL);
    end(&f, owner, &work);
}

static void ends_with_jobs_of_every_state(void **state) {
    struct plugin_fixture f;
    struct plugin *owner;
    struct work work;
    begin(&f, "jobs = { threads = 1; };", &owner, &work);
    struct jobs *jobs = jobs_create(f.core);
    assert_non_null(jobs);
    const struct jobs_request request = request_of(NULL, &work);
    assert_int_equal(jobs_submit(jobs, &request, NULL), NX_OK);
    plugin_fixture_wait(&f); // one is done
    work.waits = true;
    assert_int_equal(jobs_submit(jobs, &request, NULL), NX_OK);
    sem_wait(&work.begun);
    sem_wait(&work.begun); // one runs
    assert_int_equal(jobs_submit(jobs, &request, NULL), NX_OK);
    assert_int_equal(jobs_post(jobs, NULL, finished, &work, &work), NX_OK);
    sem_post(&work.go);
    sem_post(&work.go);
    jobs_destroy(jobs);
    assert_int_equal(work.done, 0);
    end(&f, owner, &work);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(works_on_a_thread_and_completes_on_the_loops),
            cmocka_unit_test(works_on_as_many_threads_as_are_set),
            cmocka_unit_test(refuses_more_than_the_queue_holds),
            cmocka_unit_test(a_cancelled_job_that_waits_is_not_run),
            cmocka_unit_test(a_cancelled_job_that_runs_is_asked_to_stop),
            cmocka_unit_test(only_the_owner_can_cancel),
            cmocka_unit_test(posts_arrive_in_order),
            cmocka_unit_test(refuses_more_than_the_quota_of_a_plugin),
            cmocka_unit_test(refuses_more_posts_than_its_limit),
            cmocka_unit_test(what_a_completion_posts_waits_for_the_next_run),
            cmocka_unit_test(
                    what_an_engine_completion_posts_is_of_the_same_turn),
            cmocka_unit_test(an_owner_that_goes_gets_every_completion_first),
            cmocka_unit_test(the_kernel_itself_may_have_jobs),
            cmocka_unit_test(ends_with_jobs_of_every_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
