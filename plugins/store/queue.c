#include "plugins/store/queue.h"

#include <errno.h>
#include <time.h>

#define NS_IN_MS 1000000L

void queue_init(struct queue *queue) {
    *queue = (struct queue){.max_count = 1, .max_bytes = 1};
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->work, &attributes);
    pthread_condattr_destroy(&attributes);
    nx_list_init(&queue->waiting);
    nx_list_init(&queue->done);
}

static void destroy_all(struct nx_list *list) {
    struct nx_list *link = NULL;
    while ((link = nx_list_take_first(list))) {
        request_destroy(nx_container_of(link, struct request, link));
    }
}

void queue_finish(struct queue *queue) {
    destroy_all(&queue->waiting);
    destroy_all(&queue->done);
    pthread_cond_destroy(&queue->work);
    pthread_mutex_destroy(&queue->lock);
}

static struct request *request_at(struct nx_list *link) {
    return nx_container_of(link, struct request, link);
}

// --- asking ---------------------------------------------------------------

// Called with the lock.
static nx_status check_room(const struct queue *queue, size_t bytes) {
    if (bytes > queue->max_bytes) {
        return NX_ERR_TOO_LARGE;
    }
    return queue->count >= queue->max_count
                    || queue->bytes > queue->max_bytes - bytes
            ? NX_ERR_ENGINE_BUSY
            : NX_OK;
}

static void finish_unwritten(struct request *request) {
    request->published = (struct nx_publish_result){
            .struct_size = sizeof(request->published),
            .status = NX_OK,
            .time_ms = request->now_ms,
            .memo = {request->text[REQUEST_MEMO].ptr,
                    request->text[REQUEST_MEMO].len},
    };
    request->deliver = (request->flags & NX_PUBLISH_SILENT) == 0;
}

// Called with the lock. Returns whether somebody must post.
static bool add(struct queue *queue, struct request *request) {
    queue->count++;
    queue->bytes += request->bytes;
    bool needs_nothing =
            request->kind == REQUEST_PUBLISH && !request_writes(request);
    if (needs_nothing && queue->busy == 0) {
        finish_unwritten(request);
        nx_list_append(&queue->done, &request->link);
        bool post = !queue->posted;
        queue->posted = true;
        return post;
    }
    nx_list_append(&queue->waiting, &request->link);
    queue->busy++;
    if (queue->sleeping) {
        queue->sleeping = false;
        pthread_cond_signal(&queue->work);
    }
    return false;
}

nx_status queue_push(
        struct queue *queue, const struct request *template, bool *done) {
    *done = false;
    pthread_mutex_lock(&queue->lock);
    nx_status status = check_room(queue, request_size(template));
    pthread_mutex_unlock(&queue->lock);
    if (status != NX_OK) {
        return status;
    }
    // Only this thread adds, so the room is still there.
    struct request *request = request_create(template);
    if (!request) {
        return NX_ERR_NO_MEMORY;
    }
    pthread_mutex_lock(&queue->lock);
    *done = add(queue, request);
    pthread_mutex_unlock(&queue->lock);
    return NX_OK;
}

// --- the writer -----------------------------------------------------------

static struct timespec moment_after(int timeout_ms) {
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += timeout_ms % 1000 * NS_IN_MS;
    if (at.tv_nsec >= 1000 * NS_IN_MS) {
        at.tv_sec++;
        at.tv_nsec -= 1000 * NS_IN_MS;
    }
    return at;
}

// Called with the lock.
static bool is_ready(const struct queue *queue) {
    return !nx_list_empty(&queue->waiting)
            && queue->answer_bytes < QUEUE_ANSWER_BYTES;
}

// Called with the lock.
static bool is_over(const struct queue *queue) {
    return queue->stopping && nx_list_empty(&queue->waiting);
}

// Called with the lock. False: timeout_ms passed, or it was woken for
// something else.
static bool wait_for_work(struct queue *queue, int timeout_ms) {
    if (is_ready(queue)) {
        return true;
    }
    if (is_over(queue)) {
        return false;
    }
    struct timespec until = moment_after(timeout_ms < 0 ? 0 : timeout_ms);
    queue->sleeping = true;
    while (queue->sleeping) {
        int error = timeout_ms < 0
                ? pthread_cond_wait(&queue->work, &queue->lock)
                : pthread_cond_timedwait(&queue->work, &queue->lock, &until);
        if (error == ETIMEDOUT) {
            queue->sleeping = false;
        }
    }
    return is_ready(queue);
}

// Called with the lock.
static void take_waiting(struct queue *queue, struct nx_list *batch,
        size_t max_count, size_t max_bytes) {
    size_t count = 0;
    size_t bytes = 0;
    while (count < max_count && bytes < max_bytes) {
        struct nx_list *link = nx_list_take_first(&queue->waiting);
        if (!link) {
            break;
        }
        bytes += request_at(link)->bytes;
        count++;
        nx_list_append(batch, link);
    }
}

bool queue_take(struct queue *queue, struct nx_list *batch, size_t max_count,
        size_t max_bytes, int timeout_ms) {
    pthread_mutex_lock(&queue->lock);
    if (wait_for_work(queue, timeout_ms)) {
        take_waiting(queue, batch, max_count, max_bytes);
    }
    pthread_mutex_unlock(&queue->lock);
    return !nx_list_empty(batch);
}

void queue_put_back(struct queue *queue, struct nx_list *rest) {
    pthread_mutex_lock(&queue->lock);
    nx_list_splice(rest, &queue->waiting);
    nx_list_splice(&queue->waiting, rest);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_done(struct queue *queue, struct nx_list *batch) {
    pthread_mutex_lock(&queue->lock);
    nx_list_for_each (link, batch) {
        queue->answer_bytes += rows_size(&request_at(link)->rows);
        queue->busy--;
    }
    nx_list_splice(&queue->done, batch);
    bool post = !queue->posted;
    queue->posted = true;
    pthread_mutex_unlock(&queue->lock);
    return post;
}

// --- answering ------------------------------------------------------------

void queue_answered(
        struct queue *queue, struct nx_list *list, size_t most, bool *more) {
    pthread_mutex_lock(&queue->lock);
    for (size_t i = 0; i < most && !nx_list_empty(&queue->done); i++) {
        struct nx_list *link = nx_list_take_first(&queue->done);
        queue->answer_bytes -= rows_size(&request_at(link)->rows);
        nx_list_append(list, link);
    }
    *more = !nx_list_empty(&queue->done);
    queue->posted = *more;
    bool wake = queue->sleeping && is_ready(queue);
    if (wake) {
        queue->sleeping = false;
        pthread_cond_signal(&queue->work);
    }
    pthread_mutex_unlock(&queue->lock);
}

void queue_release(struct queue *queue, size_t count, size_t bytes) {
    pthread_mutex_lock(&queue->lock);
    queue->count -= count;
    queue->bytes -= bytes;
    pthread_mutex_unlock(&queue->lock);
}

void queue_stop(struct queue *queue, bool stop) {
    pthread_mutex_lock(&queue->lock);
    queue->stopping = stop;
    pthread_mutex_unlock(&queue->lock);
    queue_wake(queue);
}

void queue_wake(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->sleeping = false;
    pthread_cond_signal(&queue->work);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_is_stopping(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    bool stopping = queue->stopping;
    pthread_mutex_unlock(&queue->lock);
    return stopping;
}

bool queue_is_over(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    bool over = is_over(queue);
    pthread_mutex_unlock(&queue->lock);
    return over;
}

size_t queue_count(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    size_t count = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

size_t queue_bytes(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    size_t bytes = queue->bytes;
    pthread_mutex_unlock(&queue->lock);
    return bytes;
}
