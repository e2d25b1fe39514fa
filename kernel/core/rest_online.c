#include <stdlib.h>
#include <string.h>

#include <nexus/router.h>

#include "kernel/core/core.h"
#include "kernel/core/http_request.h"
#include "kernel/core/rest.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"

#define USERS_DEFAULT 100u
#define USERS_MOST    1000u

// Pages follow the names' bytes and not the order of coming: a page can then
// begin behind a user who has left, and whoever is online all the time is
// listed exactly once, whatever others do. The first names behind `after` are
// chosen in one walk over all users.
struct page {
    struct nx_str after; // absent: from the first
    size_t limit;
    size_t count;
    bool more; // users were left out behind the last one
    // A heap, so that the one to give way, the greatest, is the first.
    const struct user *users[USERS_MOST];
};

static int compare(struct nx_str a, struct nx_str b) {
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

static int compare_users(const void *a, const void *b) {
    const struct user *const *left = a;
    const struct user *const *right = b;
    return compare(user_name(*left), user_name(*right));
}

static bool is_greater(const struct page *page, size_t a, size_t b) {
    return compare(user_name(page->users[a]), user_name(page->users[b])) > 0;
}

static void swap(struct page *page, size_t a, size_t b) {
    const struct user *user = page->users[a];
    page->users[a] = page->users[b];
    page->users[b] = user;
}

static void add_last(struct page *page, const struct user *user) {
    size_t at = page->count++;
    page->users[at] = user;
    while (at > 0 && is_greater(page, at, (at - 1) / 2)) {
        swap(page, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static void replace_first(struct page *page, const struct user *user) {
    size_t at = 0;
    size_t greatest = 0;
    page->users[0] = user;
    do {
        at = greatest;
        size_t child = 2 * at + 1;
        for (size_t i = child; i < page->count && i <= child + 1; i++) {
            greatest = is_greater(page, i, greatest) ? i : greatest;
        }
        swap(page, at, greatest);
    } while (at != greatest);
}

static void consider(struct page *page, const struct user *user) {
    struct nx_str name = user_name(user);
    if (user->hidden) {
        return;
    }
    if (page->after.ptr && compare(name, page->after) <= 0) {
        return;
    }
    if (page->count < page->limit) {
        add_last(page, user);
        return;
    }
    page->more = true;
    if (compare(name, user_name(page->users[0])) < 0) {
        replace_first(page, user);
    }
}

static void put_page(struct nx_writer *body, const struct page *page) {
    writer_begin_array(body, "users");
    for (size_t i = 0; i < page->count; i++) {
        writer_begin_object(body, NULL);
        writer_put_str(body, "user_id", user_name(page->users[i]));
        writer_put_u64(body, "sessions", page->users[i]->session_count);
        writer_end(body);
    }
    writer_end(body);
}

// False when it is no number from 1 to USERS_MOST.
static bool read_limit(struct nx_str text, size_t *limit) {
    size_t value = 0;
    *limit = USERS_DEFAULT;
    if (!text.ptr) {
        return true;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || value > USERS_MOST) {
            return false;
        }
        value = value * 10 + (size_t)(text.ptr[i] - '0');
    }
    *limit = value;
    return value >= 1 && value <= USERS_MOST;
}

int32_t rest_online(void *user, const struct nx_http_request *request) {
    static const char *const known[] = {"limit", "after", NULL};
    struct rest rest;
    struct page page = {.after = http_request_query(request->handle, "after")};
    if (!rest_open(&rest, user, request, known)) {
        return NX_DONE;
    }
    if (!read_limit(
                http_request_query(request->handle, "limit"), &page.limit)) {
        return rest_refuse(&rest, NX_ERR_INVALID_FIELD,
                "limit must be an integer from 1 to 1000");
    }
    const struct users *users = rest.core->users;
    size_t cursor = 0;
    const struct user *next;
    while ((next = users_next(users, &cursor)) != NULL) {
        consider(&page, next);
    }
    qsort(page.users, page.count, sizeof(const struct user *), compare_users);
    struct nx_writer *body = rest_body(&rest);
    put_page(body, &page);
    writer_put_u64(
            body, "count", users_count(users) - users_hidden_count(users));
    if (page.more) {
        writer_put_str(body, "next", user_name(page.users[page.count - 1]));
    }
    return rest_close(&rest, body);
}
